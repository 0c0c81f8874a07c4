import { createHash, randomBytes } from 'node:crypto';
import {
  LintelError,
  type ChallengeStep,
  type Decision,
  type Settings,
  type VisitFrame,
  type VisitTicket,
} from '#contract';
import { LIMITS, verifyLiveness, type EvidenceFrame, type SamePerson } from '#core/liveness';
import type { Recognizer } from '#core/recognition';
import { drawChallenge } from './challenge.ts';
import { decideVisit, type People } from './decide-visit.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import type { FrameMemory } from './frame-memory.ts';

/** Milliseconds for everything around the steps: finding the face, coming to rest, the frontal frames. */
const AROUND_STEPS_MS = 30_000;
const FRONTAL_FRAMES = 3;
/** A screen runs one visit at a time; the few more are for those it began and lost sight of. */
const OPEN_AT_MOST = 4;

export interface VisitsOptions {
  readonly recognizer: Pick<Recognizer, 'analyse'>;
  readonly people: People;
  readonly samePerson: SamePerson;
  readonly settings: () => Pick<Settings, 'challengeSteps' | 'stepSeconds'>;
  readonly doorkeeper: Doorkeeper;
  readonly memory: FrameMemory;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/** The visits of one connection. Each can be submitted once and gets one decision. */
export interface Visits {
  /**
   * Beyond the number that may be open, the oldest visit ends.
   * @param avoid steps that this visitor cannot do
   * @throws LintelError `kiosk-paused`, `challenge-impossible`
   */
  begin(avoid?: readonly ChallengeStep[]): Promise<VisitTicket>;
  /**
   * @throws LintelError `kiosk-paused`, `visit-unknown`, `visit-expired`, `usage` for too few frontal frames, `image-*`,
   *   `busy`; then the visit has ended without a decision
   */
  submit(visitId: string, frames: readonly VisitFrame[]): Promise<Decision>;
  cancel(visitId: string): void;
}

interface OpenVisit {
  readonly challenge: readonly ChallengeStep[];
  readonly stepMs: number;
  readonly openedAt: number;
  readonly expiresAt: number;
}

export function createVisits({
  recognizer,
  people,
  samePerson,
  settings,
  doorkeeper,
  memory,
  now = () => performance.now(),
}: VisitsOptions): Visits {
  const open = new Map<string, OpenVisit>();

  const take = (visitId: string, at: number): OpenVisit => {
    const visit = open.get(visitId);
    open.delete(visitId);
    if (visit === undefined) throw new LintelError('visit-unknown');
    if (at > visit.expiresAt) throw new LintelError('visit-expired');
    return visit;
  };

  const analyse = async ({ image, capturedAt, moment }: VisitFrame): Promise<EvidenceFrame> => ({
    moment,
    capturedAt,
    digest: createHash('sha256').update(image).digest('hex'),
    analysis: await recognizer.analyse(image, { passive: true }),
  });

  return {
    async begin(avoid = []) {
      await doorkeeper.admit();
      const { challengeSteps, stepSeconds } = settings();
      const challenge = drawChallenge(challengeSteps, avoid);
      const [oldest] = open.keys();
      if (oldest !== undefined && open.size >= OPEN_AT_MOST) open.delete(oldest);
      const visitId = `visit_${randomBytes(16).toString('hex')}`;
      const stepMs = stepSeconds * 1_000;
      const expiresInMs = AROUND_STEPS_MS + challenge.length * (stepMs + LIMITS.betweenStepsMs);
      const openedAt = now();
      open.set(visitId, { challenge, stepMs, openedAt, expiresAt: openedAt + expiresInMs });
      return { visitId, challenge, stepMs, frameCount: FRONTAL_FRAMES, expiresInMs };
    },
    async submit(visitId, images) {
      const submittedAt = now();
      const { challenge, stepMs, openedAt } = take(visitId, submittedAt);
      if (images.filter(({ moment }) => moment.kind === 'frontal').length < FRONTAL_FRAMES) {
        throw new LintelError('usage', `A visit needs ${FRONTAL_FRAMES} frontal frames.`);
      }
      await doorkeeper.admit();
      const frames = await Promise.all(images.map(analyse));
      const earlier = memory.frames;
      memory.remember(
        frames.map(({ digest, analysis }) => ({ digest, print: analysis.face?.passive?.print ?? null })),
      );
      const liveness = verifyLiveness(
        { challenge, stepMs, openedAt, submittedAt, frames, earlier },
        samePerson,
      );
      const decision = await decideVisit(frames, liveness, people, samePerson.frontal);
      return await doorkeeper.settle(decision, { visitId, challenge, scores: liveness.scores });
    },
    cancel: (visitId) => void open.delete(visitId),
  };
}
