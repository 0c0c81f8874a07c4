import type { DecisionReason, VisitMoment } from '#contract';
import { NO_LIGHT_SCORES, verifyLight, type LightFrame, type LightScores } from './light/index.ts';
import { LIMITS } from './limits.ts';
import type { EvidenceFrame, LightAsked } from './types.ts';

export interface LightJudgement {
  /** Null when the light was found. */
  readonly reason: DecisionReason | null;
  readonly scores: LightScores;
}

/** What was judged last, for as long as somebody keeps what was asked. */
const judged = new WeakMap<
  LightAsked,
  { readonly lit: readonly EvidenceFrame[]; readonly judgement: LightJudgement }
>();

/**
 * Whether the frames show the light that the screen was given, in the time that main itself measured. The same frames are judged
 * once: asked while the frames after the light are looked at, the verdict has it done.
 */
export function judgeLight(asked: LightAsked | null, frames: readonly EvidenceFrame[]): LightJudgement {
  if (asked === null) return MISSING;
  const lit = frames.filter(isLit);
  const before = judged.get(asked);
  if (before?.lit.length === lit.length && lit.every((frame, i) => frame === before.lit[i])) {
    return before.judgement;
  }
  const judgement = judge(asked, lit);
  judged.set(asked, { lit, judgement });
  return judgement;
}

function judge(asked: LightAsked, lit: readonly LitFrame[]): LightJudgement {
  if (lit.length === 0) return MISSING;
  if (!areFromTheShow(asked, lit)) return { reason: 'frames-not-genuine', scores: NO_LIGHT_SCORES };
  if (!arePrompt(asked, lit)) return { reason: 'light-late', scores: NO_LIGHT_SCORES };
  const measured = lit.flatMap(({ moment: { at }, analysis: { face } }): LightFrame[] =>
    face?.colours ? [{ at, colours: face.colours }] : [],
  );
  return verifyLight({ slots: asked.slots, frames: measured });
}

const MISSING: LightJudgement = { reason: 'light-missing', scores: NO_LIGHT_SCORES };

type LitFrame = EvidenceFrame & { readonly moment: Extract<VisitMoment, { kind: 'light' }> };
const isLit = (frame: EvidenceFrame): frame is LitFrame => frame.moment.kind === 'light';

/**
 * The screen says by its own clock when it began to show the sequence. That is one moment for all frames, and no frame came before
 * it can have been taken.
 */
function areFromTheShow(asked: LightAsked, frames: readonly LitFrame[]): boolean {
  const begins = frames.map(({ capturedAt, moment }) => capturedAt - moment.at);
  const isOneBeginning = Math.max(...begins) - Math.min(...begins) <= 1;
  return isOneBeginning && frames.every((frame) => latenessOf(asked, frame) >= -LIMITS.clockMs);
}

/**
 * No frame came much later than it can have been taken: nobody has the time to light pictures as asked. A machine that others
 * keep busy is late as well, so this accuses no visitor.
 */
const arePrompt = (asked: LightAsked, frames: readonly LitFrame[]): boolean =>
  frames.every((frame) => latenessOf(asked, frame) <= LIMITS.lightLateMs);

/** Milliseconds from when a frame can have been taken, at the earliest, until it came. */
const latenessOf = ({ drawnAt }: LightAsked, { moment, arrivedAt }: LitFrame): number =>
  (arrivedAt ?? Infinity) - drawnAt - moment.at;
