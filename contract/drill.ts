import { z } from 'zod';
import { Actor, AuditHead, PublicKey, Sha256, Signature } from './audit.ts';
import { ASSURANCE_LEVELS, type AssuranceLevel } from './assurance.ts';
import { CameraFinding, CameraState } from './camera.ts';
import { Decision } from './decision.ts';
import { DecisionReason } from './decision-reason.ts';

/** What is presented in a drill: a person as they are, or a species of presentation attack instrument (ISO/IEC 30107-3). */
export const DRILL_KINDS = ['bona-fide', 'print', 'phone', 'tablet'] as const;
export const DrillKind = z.enum(DRILL_KINDS);
export type DrillKind = z.infer<typeof DrillKind>;

const Count = z.int().nonnegative();
const LevelName = z.enum(Object.keys(ASSURANCE_LEVELS) as [AssuranceLevel, ...AssuranceLevel[]]);

/** What a drill's visit was judged with. */
export const DrilledWith = z.strictObject({
  version: z.string().max(64),
  /** The embedding model; null where no frame was judged. */
  modelId: z.string().max(256).nullable(),
  /** SHA-256 of the limits of liveness. */
  limits: Sha256,
});

/** One presentation, as the appliance decided it: neither a picture nor the person. */
export const DrillPresentation = z.strictObject({
  /** From 1 on, of the drill. */
  n: Count,
  kind: DrillKind,
  at: z.iso.datetime(),
  level: LevelName,
  /** `unanswered`: the visit ended without a decision, since the screen saw no step, for example. */
  outcome: z.enum([...Decision.shape.outcome.options, 'unanswered']),
  /** Whether liveness took it for a live visitor. */
  accepted: z.boolean(),
  reasons: z.array(DecisionReason).max(32),
  with: DrilledWith,
});
export type DrillPresentation = z.infer<typeof DrillPresentation>;

/** The drill under way, as the command and the appliance share it. */
export const Drill = z.strictObject({
  drillId: z.string().max(64),
  /** Milliseconds since 1970: the drill has ended then, unless its command says that it goes on. */
  until: z.number(),
  /** What the next visit presents; null: visits are not counted. */
  next: z.strictObject({ n: Count, kind: DrillKind }).nullable(),
  last: DrillPresentation.nullable(),
});
export type Drill = z.infer<typeof Drill>;

/** A rate 0..1 with its exact 95 % interval. */
const Rate = z.strictObject({ rate: z.number(), low: z.number(), high: z.number() });

/** What came of the presentations of one kind. */
export const DrillTally = z.strictObject({
  kind: DrillKind,
  presentations: Count,
  /** Not among the presentations: the operator threw them out. */
  discarded: Count,
  /** Neither accepted nor refused: no decision, or one that asks for new pictures or for more. */
  unanswered: Count,
  accepted: Count,
  granted: Count,
  /** Of an attack: accepted, of all presentations. */
  apcer: Rate.nullable(),
  /** Of an attack: granted as somebody enrolled, of all presentations. */
  iapar: Rate.nullable(),
  /** Of bona fide visits: refused by liveness, of all presentations. */
  bpcer: Rate.nullable(),
});
export type DrillTally = z.infer<typeof DrillTally>;

/** What a drill found out, signed by the device. Its public key alone verifies it. */
export const DrillReport = z.strictObject({
  report: z.literal('lintel-attack-drill-1'),
  drillId: z.string().max(64),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  by: Actor,
  levels: z.array(LevelName),
  /** As the operating system named them when the drill ended; null where it cannot tell. */
  cameras: CameraState.shape.cameras,
  cameraFindings: z.array(CameraFinding),
  judgedWith: z.array(DrilledWith),
  tallies: z.array(DrillTally),
  presentations: z.array(DrillPresentation).max(10_000),
  /** The line of the audit log at which the drill had ended. */
  audit: AuditHead,
  publicKey: PublicKey,
  /** Over the JSON text of all other members in this order. */
  signature: Signature,
});
export type DrillReport = z.infer<typeof DrillReport>;
