import type { Decision, DecisionReason } from '#contract';
import { hintsFrom, triage, type EvidenceFrame, type LivenessVerdict, type SamePerson } from '#core/liveness';
import type { Identity } from '#core/matching';
import { ADVICE_GATE, checkGate, VISIT_GATE, type Recognizer, type Template } from '#core/recognition';
import { decidePerson, grantedOnline, type Person } from './decide-person.ts';
import type { ServerAnswer } from './server-answer.ts';

/** The people that this appliance knows. */
export interface People {
  count(): Promise<number>;
  /** Whose face this is, by the policy in force. */
  identify(template: Template): Promise<Identity<Person>>;
}

/** The same, for a policy that may ask for more. */
export interface ComparablePeople extends People {
  /** Whether nobody else is nearly as like this face as the person that it is taken for. */
  hasClearLead(template: Template): Promise<boolean>;
}

/** What a decision reads of a frame. */
type DecidedFrame = Pick<EvidenceFrame, 'moment' | 'analysis'>;

export interface VisitVerdict {
  readonly decision: Decision;
  /** Null when nobody was asked. */
  readonly online: ServerAnswer | null;
}

/**
 * The decision on a visit: refused unless a live person did what was asked, and then made on the frontal frames that
 * are good enough to recognise somebody by.
 * @param askServer who the person of the frontal frames is; asked when none of them shows somebody who is known here
 */
export async function decideVisit(
  frames: readonly DecidedFrame[],
  liveness: Pick<LivenessVerdict, 'passed' | 'reasons' | 'missed'>,
  people: People,
  samePersonSimilarity: number,
  askServer: () => Promise<ServerAnswer | null>,
): Promise<VisitVerdict> {
  if (!liveness.passed) return { decision: refuseLiveness(liveness, frames), online: null };
  const fit = fitFrames(frames);
  if (fit.length === 0) return { decision: refuse(['poor-quality'], frames), online: null };
  const findings = await Promise.all(
    fit.map(async (analysis) => ({
      analysis,
      identity: await people.identify(analysis.face.template),
    })),
  );
  const decision = decidePerson({
    frames: findings,
    enrolledCount: await people.count(),
    samePersonSimilarity,
  });
  const isUnknown = findings.every(({ identity }) => identity.kind === 'unknown');
  const online = isUnknown && decision.outcome === 'denied' ? await askServer() : null;
  if (online?.person) return { decision: grantedOnline(online.person), online };
  const isMissed = decision.reasons.includes('no-match');
  return { decision: isMissed ? { ...decision, hints: hintsFrom(frames, ADVICE_GATE) } : decision, online };
}

/**
 * Whose face one picture shows, by the rules of a visit. It proves nobody's presence: it opens nothing and is no attempt.
 * @param image encoded JPEG or PNG
 * @throws LintelError `image-*`, `busy`
 */
export async function tryPicture(
  {
    recognizer,
    people,
    samePerson,
  }: {
    readonly recognizer: Pick<Recognizer, 'analyse'>;
    readonly people: People;
    readonly samePerson: Pick<SamePerson, 'frontal'>;
  },
  image: Uint8Array,
): Promise<Decision> {
  const frame: DecidedFrame = { moment: { kind: 'frontal' }, analysis: await recognizer.analyse(image) };
  const seen = { passed: true, reasons: [], missed: [] };
  return (await decideVisit([frame], seen, people, samePerson.frontal, async () => null)).decision;
}

/** The frontal frames that are good enough to recognise somebody by. */
export const fitFrames = (frames: readonly DecidedFrame[]) =>
  frames.flatMap(({ moment, analysis: { face, others } }) =>
    moment.kind === 'frontal' && face && checkGate(VISIT_GATE, face.measurements).length === 0
      ? [{ face, others }]
      : [],
  );

function refuseLiveness(
  { reasons, missed }: Pick<LivenessVerdict, 'reasons' | 'missed'>,
  frames: readonly DecidedFrame[],
): Decision {
  const decision = refuse(reasons, frames);
  return missed.length > 0 && decision.reasons.includes('step-missing')
    ? { ...decision, missed: [...missed] }
    : decision;
}

export function refuse(reasons: readonly DecisionReason[], frames: readonly DecidedFrame[]): Decision {
  const { isUnsure, named, hints } = triage(reasons, frames);
  return { outcome: isUnsure ? 'undecided' : 'denied', reasons: named, hints, person: null };
}
