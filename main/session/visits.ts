import { randomBytes } from 'node:crypto';
import { LintelError, type Decision, type VisitFrame, type VisitTicket } from '#contract';
import type { Recognizer, Template } from '#core/recognition';
import { decide, type FrameFinding, type Identity } from './decision.ts';

const LIFETIME_MS = 30_000;
const FRAME_COUNT = 3;
/** A screen runs one visit at a time; the few more are for those it began and lost sight of. */
const OPEN_AT_MOST = 4;

/** The steps that prove a live person, in the order asked. Active liveness begins here; until then none are asked. */
export const CHALLENGE: VisitTicket['challenge'] = [];

const UNKNOWN: Identity = { kind: 'unknown' };

/** The people whom this appliance knows. */
export interface People {
  count(): Promise<number>;
  /** Whose face this is, by the policy in force. */
  identify(template: Template): Promise<Identity>;
}

/** What a visit is judged with, all of one embedding model. */
export interface Judge {
  readonly recognizer: Pick<Recognizer, 'analyse'>;
  readonly people: People;
  readonly samePersonSimilarity: number;
}

export interface VisitsOptions {
  /** Runs `work` with the model that serves, anew should another take its place meanwhile. */
  readonly serve: <T>(work: (judge: Judge) => Promise<T>) => Promise<T>;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/** The visits of one connection. Each can be submitted once. */
export interface Visits {
  /** Beyond the number that may be open, the oldest visit ends. */
  begin(): VisitTicket;
  /** @throws LintelError `visit-unknown`, `visit-expired`, `usage` for too few frames, `image-*`, `busy` */
  submit(visitId: string, frames: readonly VisitFrame[]): Promise<Decision>;
  cancel(visitId: string): void;
}

export function createVisits({ serve, now = () => performance.now() }: VisitsOptions): Visits {
  const openUntil = new Map<string, number>();
  return {
    begin() {
      const [oldest] = openUntil.keys();
      if (oldest !== undefined && openUntil.size >= OPEN_AT_MOST) openUntil.delete(oldest);
      const visitId = `visit_${randomBytes(16).toString('hex')}`;
      openUntil.set(visitId, now() + LIFETIME_MS);
      return { visitId, challenge: CHALLENGE, frameCount: FRAME_COUNT, expiresInMs: LIFETIME_MS };
    },
    async submit(visitId, frames) {
      const until = openUntil.get(visitId);
      openUntil.delete(visitId);
      if (until === undefined) throw new LintelError('visit-unknown');
      if (now() > until) throw new LintelError('visit-expired');
      if (frames.length < FRAME_COUNT) throw new LintelError('usage', `A visit needs ${FRAME_COUNT} frames.`);
      return await serve(async ({ recognizer, people, samePersonSimilarity }) => {
        const findings: FrameFinding[] = await Promise.all(
          frames.map(async ({ image }) => {
            const analysis = await recognizer.analyse(image);
            const identity = analysis.face ? await people.identify(analysis.face.template) : UNKNOWN;
            return { analysis, identity };
          }),
        );
        return decide({ frames: findings, enrolledCount: await people.count(), samePersonSimilarity });
      });
    },
    cancel: (visitId) => void openUntil.delete(visitId),
  };
}
