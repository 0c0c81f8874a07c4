import {
  ASSURANCE_LEVELS,
  highestLevel,
  isLower,
  LintelError,
  type AssuranceLevel,
  type CameraFinding,
  type LightChallenge,
  type Decision,
  type Direction,
  type Settings,
  type VisitFrame,
  type VisitTicket,
} from '#contract';
import {
  analyseFrame,
  bestPicture,
  compareAhead,
  drawLight,
  Tickets,
  traceOf,
  verifyLiveness,
  type Challenges,
  type FrameMemory,
  type FrameTrace,
  type LightAsked,
  type Picture,
  type SamePerson,
} from '#core/liveness';
import type { Calibration } from '#core/matching';
import { ENROLMENT_GATE, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import { doubtsOf, lit, requiredLevel, type AssurancePolicy, type Doubt } from './assurance.ts';
import type { AttemptGuard } from './attempt-guard.ts';
import { objectToCamera, proves } from './camera-objection.ts';
import { decideSession } from './decide-session.ts';
import { decideVisit, type ComparablePeople } from './decide-visit.ts';
import type { DrilledVisit, Drills } from '../drill/index.ts';
import { bearerOf, type ShownCard } from './bearer.ts';
import type { FaceSessions } from './face-sessions.ts';
import type { VisitWish } from './visit-wish.ts';
import { FrameStream, type SeenFrame } from './frame-stream.ts';
import type { AskServer } from './server-answer.ts';

/** A screen runs one visit at a time. The others are visits that it began and lost, by a reload for example. */
const OPEN_AT_MOST = 4;
/** For how long the next visit of a screen is asked for more after one that left doubt. Milliseconds. */
const RAISED_MS = 60_000;
const MORE_ASKED: Decision = { outcome: 'undecided', reasons: ['more-asked'], hints: [], person: null };
/** On frames that granted another visit. */
const REPLAY: Decision = { outcome: 'denied', reasons: ['frames-not-genuine'], hints: [], person: null };

/** What the visitor of a drill is told, whatever was found. */
const DRILL: Decision = { outcome: 'undecided', reasons: ['drill'], hints: [], person: null };

const NO_DRILLS: Drills = { current: async () => null, settle: async () => undefined };

/** What a visit is judged with, all of one embedding model. */
export interface Judge {
  readonly recognizer: Pick<Recognizer, 'analyse' | 'modelId'>;
  readonly people: ComparablePeople;
  readonly samePerson: SamePerson;
  readonly calibration: Pick<Calibration, 'similarityAtRate'>;
  /** How often strangers may pass, by the policy in force. */
  readonly falsePositiveRate: number;
  readonly askServer: AskServer;
}

export interface VisitsOptions {
  /** Runs `work` with the model that serves now, and again if another model takes its place meanwhile. */
  readonly serve: <T>(work: (judge: Judge) => Promise<T>) => Promise<T>;
  readonly settings: () => Pick<Settings, 'challengeSteps' | 'stepSeconds'>;
  /** What visitors have to prove: as it is set, and no less than the server's policy says. */
  readonly assurance: () => Promise<AssurancePolicy>;
  /** When this face or card was last granted here; null: never, as far as is known. */
  readonly lastGrant: (id: string) => Promise<Date | null>;
  /** Whether a grant opens a door. */
  readonly hasDoor: () => boolean;
  readonly guard: AttemptGuard;
  readonly memory: FrameMemory;
  readonly challenges: Challenges;
  readonly sessions: Pick<FaceSessions, 'photoOf' | 'settle'>;
  /** What speaks against the camera of this machine. Default: nothing is known. */
  readonly cameraFindings?: () => Promise<readonly CameraFinding[]>;
  /** Attacks that an operator presents on purpose. Default: there are none. */
  readonly drills?: Drills;
  /** A failure that delays no decision. */
  readonly onFault?: (error: unknown) => void;
  /** Receives a good frontal picture of the person that a live visit granted, once that is settled. The answer does not wait. */
  readonly learn: (faceId: string, picture: Picture) => void;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
}

/** The visits of one connection. Each can be submitted once and gets one decision. */
export interface Visits {
  /**
   * Beyond the number that may be open, the oldest visit ends.
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, `challenge-impossible`, `rate-limited`, `session-unknown`,
   *   `assurance-opens-no-door`
   */
  begin(wish?: VisitWish): Promise<VisitTicket>;
  /**
   * Draws what the screen shows at once. A visit gets one.
   * @throws LintelError `visit-unknown`, `visit-expired`, `usage` where none is asked for or it was drawn before; then the visit
   *   has ended
   */
  light(visitId: string): Promise<LightChallenge>;
  /**
   * Takes frames of an open visit in, and begins to look at them. It tells nothing of what they show.
   * @param from how many were sent before
   * @throws LintelError `visit-unknown`, `visit-expired`, `frames-out-of-order`, `frames-too-many`, `kiosk-paused`,
   *   `kiosk-locked`; then the visit has ended without a decision
   */
  frames(visitId: string, from: number, frames: readonly VisitFrame[]): Promise<void>;
  /**
   * Decides on the frames that came.
   * @param frameCount how many were sent in all
   * @throws LintelError `kiosk-paused`, `kiosk-locked`, `visit-unknown`, `visit-expired`, `frames-out-of-order` where not all came,
   *   `usage` for too few frontal frames, `image-*`, `busy`, `session-unknown`, `card-revoked`, `card-outdated`,
   *   `assurance-opens-no-door`; then the visit has ended without a decision
   */
  submit(visitId: string, frameCount: number): Promise<Decision>;
  /**
   * Ends a visit and forgets its frames.
   * @returns the level that was asked for; null: the visit was over, never open, or one of a drill
   */
  cancel(visitId: string): AssuranceLevel | null;
  /** The same of every open visit: the screen is gone. */
  close(): void;
}

/** What a visit is about, and the frames that it has sent. */
interface Matter {
  readonly doubts: readonly Doubt[];
  readonly sessionId: string | null;
  readonly card: ShownCard | null;
  readonly chosen: Direction | null;
  readonly drill: (DrilledVisit & { readonly level: AssuranceLevel }) | null;
  readonly stream: FrameStream;
  light: LightAsked | null;
}

export function createVisits({
  serve,
  settings,
  assurance,
  lastGrant,
  hasDoor,
  guard,
  memory,
  challenges,
  sessions,
  learn,
  cameraFindings = async () => [],
  drills = NO_DRILLS,
  onFault = () => undefined,
  now = () => performance.now(),
}: VisitsOptions): Visits {
  const tickets = new Tickets<Matter>(OPEN_AT_MOST, now, lose);

  /** Forget the frames of a visit that ended without a decision. */
  function lose({ stream, drill }: Matter): void {
    stream.forget();
    if (drill === null) return;
    const { level, ...visit } = drill;
    const nothing = { visitId: null, level, outcome: 'unanswered', accepted: false, reasons: [] } as const;
    drills.settle(visit, { ...nothing, modelId: null }).catch(onFault);
  }

  function newStream(): FrameStream {
    const before: FrameTrace[] = [];
    return new FrameStream(async ({ frame, arrivedAt }) => {
      const seen = await serve(async ({ recognizer }) => ({
        modelId: recognizer.modelId,
        frame: await analyseFrame(recognizer, memory, frame, arrivedAt),
      }));
      const trace = traceOf(seen.frame);
      compareAhead(trace, before, memory.remembered());
      before.push(trace);
      return seen;
    });
  }

  /** What refuses a frame ends its visit: no other try is made until one is taken. */
  async function orEnd<T>(visitId: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      tickets.cancel(visitId);
      throw error;
    }
  }

  /** The doubts of the visit before, and until when they count. */
  let raised: { readonly doubts: readonly Doubt[]; readonly until: number } | null = null;

  /** What is left open by a visit that would be granted. */
  async function doubtsAbout(
    id: string,
    passive: number | null,
    picture: Picture | null,
    people: ComparablePeople,
  ): Promise<Doubt[]> {
    const last = await lastGrant(id);
    return doubtsOf({
      failures: await guard.failures(),
      passive,
      isFirstOfDay: last?.toDateString() !== new Date().toDateString(),
      hasClearLead: picture && (await people.hasClearLead(picture.analysis.face.template)),
    });
  }

  function requireOpens(level: AssuranceLevel): void {
    if (hasDoor() && !ASSURANCE_LEVELS[level].opensDoors) throw new LintelError('assurance-opens-no-door');
  }

  async function decideOn(
    visitId: string,
    { level, challenge, stepMs, openedAt, submittedAt, context }: ReturnType<typeof tickets.take>,
    seen: readonly SeenFrame[],
  ): Promise<Decision> {
    requireOpens(level);
    const { sessionId, card, drill } = context;
    const { steps: asksSteps, light: asksLight } = ASSURANCE_LEVELS[level];
    const isProof = asksSteps || asksLight;
    let traces: FrameTrace[] = [];
    let earlier: FrameTrace[] | null = null;
    const policy = await assurance();
    const { liveness, verdict, picture, doubts, modelId } = await serve(async (judge) => {
      const { recognizer, samePerson, calibration } = judge;
      const people = card === null ? judge.people : await bearerOf(card, recognizer.modelId, judge);
      // Another model took over since: its templates are compared with its own only.
      const frames = await Promise.all(
        seen.map(async ({ modelId, frame }) =>
          modelId === recognizer.modelId
            ? frame
            : await analyseFrame(recognizer, memory, frame, frame.arrivedAt),
        ),
      );
      // Once, also when another model takes over and `work` runs again: else these frames would count as copies of themselves.
      if (earlier === null) {
        traces = frames.map(traceOf);
        earlier = await memory.enter(traces);
      }
      const asked = { challenge, stepMs, ...(asksLight && { light: context.light }) };
      const session = { ...asked, openedAt, submittedAt, frames, earlier };
      const liveness = verifyLiveness(session, samePerson);
      const { modelId } = recognizer;
      const probe = bestPicture(frames, RECOGNITION_GATE, modelId);
      const askServer = async (): ReturnType<AskServer> => {
        const isPaused = (await guard.pausedFor()) > 0;
        return probe === null || isPaused || drill !== null || card !== null
          ? null
          : await judge.askServer(probe);
      };
      const compare = (id: string) =>
        decideSession(frames, liveness, () => sessions.photoOf(id), modelId, calibration);
      const verdict =
        sessionId === null
          ? {
              ...(await decideVisit(frames, liveness, people, samePerson.frontal, askServer)),
              matchLevel: 0,
            }
          : { ...compare(sessionId), online: null };
      const { outcome, person } = verdict.decision;
      const known = outcome === 'granted' ? (person?.faceId ?? card?.cardId) : undefined;
      return {
        liveness,
        verdict,
        modelId,
        picture: bestPicture(frames, ENROLMENT_GATE, modelId),
        doubts:
          known !== undefined && policy.onDoubt !== null
            ? await doubtsAbout(known, liveness.scores.passive, probe, people)
            : [],
      };
    });
    const { online } = verdict;
    // Last: of two visits that show the same at the same moment, one is granted.
    const isDoubted = isLower(level, requiredLevel(policy, doubts));
    const isToGrant = !isDoubted && drill === null && proves(verdict.decision);
    const isReplay = isToGrant && !(await memory.claim(traces));
    const found = isDoubted ? MORE_ASKED : isReplay ? REPLAY : verdict.decision;
    const decision = objectToCamera(found, await cameraFindings());
    raised = isDoubted ? { doubts, until: now() + RAISED_MS } : null;
    if (isDoubted || drill !== null) memory.withdraw(traces);
    const noted = isDoubted ? doubts : context.doubts;
    const passed = liveness.passed && !isReplay;
    const live = passed && isProof;
    const isDecided = decision.outcome !== 'undecided';
    if (isDecided && asksSteps) challenges.answered();
    if (drill !== null) {
      const { outcome, reasons } = decision;
      const accepted = liveness.passed && !isDoubted;
      await drills.settle(drill, { visitId, level, outcome, accepted, reasons, modelId });
      return DRILL;
    }
    // Who was only recognised may be a picture: that says nothing against them, and clears no failure of others.
    const record = {
      visitId,
      level,
      ...(noted.length > 0 && { doubts: noted }),
      challenge,
      scores: liveness.scores,
      ...(online && { online: { code: online.code, remoteId: online.remoteId } }),
      ...(sessionId !== null && { sessionId }),
    };
    const counted = passed && !isProof ? null : live;
    const bearer = card === null ? undefined : { cardId: card.cardId, access: card };
    const settled = await guard.settleVisit(decision, counted, record, context.chosen, bearer);
    if (isDecided && sessionId !== null) {
      sessions.settle(sessionId, { live, matchLevel: live ? verdict.matchLevel : 0 });
    }
    if (settled.person?.faceId && picture && live) learn(settled.person.faceId, picture);
    return settled;
  }

  return {
    async begin({
      avoid = [],
      missed = [],
      withoutLight = false,
      direction = null,
      sessionId = null,
      card = null,
    } = {}) {
      await guard.admit('face');
      if (sessionId !== null) sessions.photoOf(sessionId);
      const policy = await assurance();
      const before = doubtsOf({
        failures: await guard.failures(),
        passive: null,
        isFirstOfDay: null,
        hasClearLead: null,
      });
      const doubts = raised !== null && now() < raised.until ? raised.doubts : before;
      requireOpens(policy.level);
      // A session's answer says that a live person was compared.
      const required = requiredLevel(policy, doubts);
      const level = lit(sessionId === null ? required : highestLevel(required, 'steps'), withoutLight);
      const { challengeSteps, stepSeconds } = settings();
      const challenge = ASSURANCE_LEVELS[level].steps ? challenges.next(challengeSteps, avoid, missed) : [];
      const drill = sessionId === null ? await drills.current() : null;
      return tickets.issue(
        { level, challenge, stepMs: stepSeconds * 1_000 },
        {
          sessionId,
          card,
          chosen: direction,
          drill: drill && { ...drill, level },
          doubts: isLower(policy.level, required) ? doubts : [],
          stream: newStream(),
          light: null,
        },
      );
    },
    light: (visitId) =>
      orEnd(visitId, () => {
        const { level, context } = tickets.find(visitId);
        if (!ASSURANCE_LEVELS[level].light || context.light !== null) {
          throw new LintelError('usage', 'This visit has no light to show.');
        }
        const slots = drawLight();
        context.light = { slots, drawnAt: now() };
        return slots;
      }),
    frames: (visitId, from, frames) =>
      orEnd(visitId, async () => {
        // At once, since the next frames may come before an answer.
        const count = tickets.find(visitId).context.stream.take(from, frames, now());
        await guard.admit('face');
        // Found again: the visit may have ended meanwhile, and its frames with it.
        const { stream, light } = tickets.find(visitId).context;
        stream.lookAt(count);
        if (light !== null && frames.at(-1)?.moment.kind !== 'light') stream.judgeAhead(light);
      }),
    async submit(visitId, frameCount) {
      const visit = tickets.take(visitId);
      const { stream } = visit.context;
      try {
        if (stream.length !== frameCount) throw new LintelError('frames-out-of-order');
        if (stream.frontal < visit.frameCount) {
          throw new LintelError('usage', `A visit needs ${visit.frameCount} frontal frames.`);
        }
        await guard.admit('face');
        // Before its turn: no other visit waits for threads that look at this one.
        const seen = await stream.seen();
        return await guard.attempt('face', () => decideOn(visitId, visit, seen));
      } catch (error) {
        lose(visit.context);
        throw error;
      }
    },
    cancel(visitId) {
      const visit = tickets.cancel(visitId);
      return visit === null || visit.context.drill !== null ? null : visit.level;
    },
    close: () => tickets.cancelAll(),
  };
}
