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
import type { Calibration } from '#core/matching';
import { ENROLMENT_GATE, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import type { AttemptGuard } from './attempt-guard.ts';
import { decideSession } from './decide-session.ts';
import { decideVisit, type People } from './decide-visit.ts';
import type { FaceSessions } from './face-sessions.ts';
import type { AskServer } from './server-answer.ts';

/** A screen runs one visit at a time. The others are visits that it began and lost, by a reload for example. */
const OPEN_AT_MOST = 4;
/** On frames that granted another visit. */
const REPLAY: Decision = { outcome: 'denied', reasons: ['frames-not-genuine'], hints: [], person: null };

/** Whether a decision rests on its frames in somebody's favour. */
const proves = ({ outcome, reasons }: Decision): boolean =>
  outcome === 'granted' || reasons.includes('photo-match');

/** What a visit is judged with, all of one embedding model. */
export interface Judge {
  readonly recognizer: Pick<Recognizer, 'analyse' | 'modelId'>;
  readonly people: People;
  readonly samePerson: SamePerson;
  readonly calibration: Pick<Calibration, 'similarityAtRate'>;
  readonly askServer: AskServer;
}

export interface VisitsOptions {
  /** Runs `work` with the model that serves now, and again if another model takes its place meanwhile. */
  readonly serve: <T>(work: (judge: Judge) => Promise<T>) => Promise<T>;
  readonly settings: () => Pick<Settings, 'challengeSteps' | 'stepSeconds'>;
  readonly guard: AttemptGuard;
  readonly memory: FrameMemory;
  readonly challenges: Challenges;
  readonly sessions: Pick<FaceSessions, 'photoOf' | 'settle'>;
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
   * @param sessionId of the claimed face session whose photo the visitor is compared with; null: with everybody enrolled
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, `challenge-impossible`, `rate-limited`, `session-unknown`
   */
  begin(avoid?: readonly ChallengeStep[], sessionId?: string | null): Promise<VisitTicket>;
  /**
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, `visit-unknown`, `visit-expired`, `usage` for too few frontal
   *   frames, `image-*`, `busy`, `session-unknown`; then the visit has ended without a decision
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
  sessions,
  learn,
  now,
}: VisitsOptions): Visits {
  /** Each with the id of its face session. */
  const tickets = new Tickets<string | null>(OPEN_AT_MOST, now);

  async function decideOn(
    visitId: string,
    { challenge, stepMs, openedAt, submittedAt, context: sessionId }: ReturnType<typeof tickets.take>,
    images: readonly VisitFrame[],
  ): Promise<Decision> {
    let traces: FrameTrace[] = [];
    let earlier: FrameTrace[] | null = null;
    const { liveness, verdict, picture } = await serve(async (judge) => {
      const { recognizer, people, samePerson, calibration } = judge;
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
      const { modelId } = recognizer;
      const compare = (id: string) =>
        decideSession(frames, liveness, () => sessions.photoOf(id), modelId, calibration);
      return {
        liveness,
        verdict:
          sessionId === null
            ? {
                ...(await decideVisit(frames, liveness, people, samePerson.frontal, askServer)),
                matchLevel: 0,
              }
            : { ...compare(sessionId), online: null },
        picture: bestPicture(frames, ENROLMENT_GATE, recognizer.modelId),
      };
    });
    const { online } = verdict;
    // Last: of two visits that show the same at the same moment, one is granted.
    const isReplay = proves(verdict.decision) && !(await memory.claim(traces));
    const decision = isReplay ? REPLAY : verdict.decision;
    const live = liveness.passed && !isReplay;
    const isDecided = decision.outcome !== 'undecided';
    if (isDecided) challenges.answered();
    const settled = await guard.settleVisit(decision, live, {
      visitId,
      level: 'steps',
      challenge,
      scores: liveness.scores,
      ...(online && { online: { code: online.code, remoteId: online.remoteId } }),
      ...(sessionId !== null && { sessionId }),
    });
    if (isDecided && sessionId !== null) {
      sessions.settle(sessionId, { live, matchLevel: live ? verdict.matchLevel : 0 });
    }
    const faceId = settled.person?.faceId ?? null;
    if (faceId !== null && picture) learn(faceId, picture);
    return settled;
  }

  return {
    async begin(avoid = [], sessionId = null) {
      await guard.admit('face');
      if (sessionId !== null) sessions.photoOf(sessionId);
      const { challengeSteps, stepSeconds } = settings();
      const challenge = challenges.next(challengeSteps, avoid);
      return tickets.issue(challenge, stepSeconds * 1_000, sessionId);
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
