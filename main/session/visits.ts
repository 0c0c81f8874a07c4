import {
  LintelError,
  type ChallengeStep,
  type Decision,
  type Settings,
  type VisitFrame,
  type VisitTicket,
} from '#contract';
import {
  analyseFrame,
  bestPicture,
  FRONTAL_FRAMES,
  Tickets,
  traceOf,
  verifyLiveness,
  type Challenges,
  type FrameMemory,
  type FrameTrace,
  type Picture,
  type SamePerson,
} from '#core/liveness';
import { ENROLMENT_GATE, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import { decideVisit, type People } from './decide-visit.ts';
import type { AttemptGuard } from './attempt-guard.ts';
import type { AskServer } from './server-answer.ts';

/** A screen runs one visit at a time. The others are visits that it began and lost, by a reload for example. */
const OPEN_AT_MOST = 4;
/** On frames that granted another visit. */
const REPLAY: Decision = { outcome: 'denied', reasons: ['frames-not-genuine'], hints: [], person: null };

/** What a visit is judged with, all of one embedding model. */
export interface Judge {
  readonly recognizer: Pick<Recognizer, 'analyse' | 'modelId'>;
  readonly people: People;
  readonly samePerson: SamePerson;
  readonly askServer: AskServer;
}

export interface VisitsOptions {
  /** Runs `work` with the model that serves now, and again if another model takes its place meanwhile. */
  readonly serve: <T>(work: (judge: Judge) => Promise<T>) => Promise<T>;
  readonly settings: () => Pick<Settings, 'challengeSteps' | 'stepSeconds'>;
  readonly guard: AttemptGuard;
  readonly memory: FrameMemory;
  readonly challenges: Challenges;
  /** Receives a good frontal picture of the person that a live visit granted, once that is settled. The answer does not wait. */
  readonly learn: (faceId: string, picture: Picture) => void;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/** The visits of one connection. Each can be submitted once and gets one decision. */
export interface Visits {
  /**
   * Beyond the number that may be open, the oldest visit ends.
   * @param avoid steps that this visitor cannot do
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, `challenge-impossible`, `rate-limited`
   */
  begin(avoid?: readonly ChallengeStep[]): Promise<VisitTicket>;
  /**
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, `visit-unknown`, `visit-expired`, `usage` for too few frontal
   *   frames, `image-*`, `busy`; then the visit has ended without a decision
   */
  submit(visitId: string, frames: readonly VisitFrame[]): Promise<Decision>;
  cancel(visitId: string): void;
}

export function createVisits({
  serve,
  settings,
  guard,
  memory,
  challenges,
  learn,
  now,
}: VisitsOptions): Visits {
  const tickets = new Tickets(OPEN_AT_MOST, now);

  async function decideOn(
    visitId: string,
    { challenge, stepMs, openedAt, submittedAt }: ReturnType<Tickets['take']>,
    images: readonly VisitFrame[],
  ): Promise<Decision> {
    let traces: FrameTrace[] = [];
    let earlier: FrameTrace[] | null = null;
    const { liveness, verdict, picture } = await serve(async (judge) => {
      const { recognizer, people, samePerson } = judge;
      const frames = await Promise.all(images.map((image) => analyseFrame(recognizer, memory, image)));
      // Once, also when another model takes over and `work` runs again: else these frames would count as copies of themselves.
      if (earlier === null) {
        traces = frames.map(traceOf);
        earlier = await memory.enter(traces);
      }
      const session = { challenge, stepMs, openedAt, submittedAt, frames, earlier };
      const liveness = verifyLiveness(session, samePerson);
      const askServer = async (): ReturnType<AskServer> => {
        const probe = bestPicture(frames, RECOGNITION_GATE, recognizer.modelId);
        const isPaused = (await guard.pausedFor()) > 0;
        return probe === null || isPaused ? null : await judge.askServer(probe);
      };
      return {
        liveness,
        verdict: await decideVisit(frames, liveness, people, samePerson.frontal, askServer),
        picture: bestPicture(frames, ENROLMENT_GATE, recognizer.modelId),
      };
    });
    const { online } = verdict;
    // Last: of two visits that show the same at the same moment, one is granted.
    const isReplay = verdict.decision.outcome === 'granted' && !(await memory.claim(traces));
    const decision = isReplay ? REPLAY : verdict.decision;
    if (decision.outcome !== 'undecided') challenges.answered();
    const settled = await guard.settleVisit(decision, liveness.passed && !isReplay, {
      visitId,
      challenge,
      scores: liveness.scores,
      ...(online && { online: { code: online.code, remoteId: online.remoteId } }),
    });
    const faceId = settled.person?.faceId ?? null;
    if (faceId !== null && picture) learn(faceId, picture);
    return settled;
  }

  return {
    async begin(avoid = []) {
      await guard.admit('face');
      const { challengeSteps, stepSeconds } = settings();
      const challenge = challenges.next(challengeSteps, avoid);
      return tickets.issue(challenge, stepSeconds * 1_000, null);
    },
    async submit(visitId, images) {
      const visit = tickets.take(visitId);
      if (images.filter(({ moment }) => moment.kind === 'frontal').length < FRONTAL_FRAMES) {
        throw new LintelError('usage', `A visit needs ${FRONTAL_FRAMES} frontal frames.`);
      }
      return await guard.attempt('face', () => decideOn(visitId, visit, images));
    },
    cancel: (visitId) => tickets.cancel(visitId),
  };
}
