import { CHALLENGE_STEPS, LintelError, movesHead, type ChallengeStep } from '#contract';
import { kindsLeft as stepsToAsk } from '#core/liveness';
import { loadCalibration, seeded, shuffled } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import {
  ATTACK_KINDS,
  ATTACK_NAMES,
  liveVisit,
  type AttackName,
  type Presentation,
  type Random,
} from '../../../test/attacks/index.ts';
import { halfOf, type Half } from '../halves.ts';
import { progress } from '../progress.ts';
import { withRecognizer } from '../with-recognizer.ts';
import { enrol } from './enrolled.ts';
import { createJudge, type Judge, type JudgedPresentation } from './judge.ts';
import { kindsLeft, savedProgress, unsavedProgress, type Outcome, type Progress } from './presented.ts';
import { makeAttackReport, type AttackReport } from './report.ts';
import { chooseCast, isFit, type ChosenSubject } from './subjects.ts';

export interface AttackOptions {
  readonly images?: string | undefined;
  readonly identities: number;
  readonly seed: number;
  /** Which half of the people; null: all. */
  readonly half: Half | null;
  /** Photographs that are not chosen. */
  readonly without: readonly string[];
  /** What is presented: kinds of attack, null for living people. */
  readonly kinds: readonly (AttackName | null)[];
  /** A file that keeps what was done; an earlier run that it holds is continued. */
  readonly resume?: string | undefined;
  /** After this time no further person is begun. */
  readonly minutes?: number | undefined;
}

/**
 * Presents each person once alive and once in each kind of attack, with a challenge of their own, to the appliance's
 * verification and decision.
 * @throws LintelError `usage`
 */
export async function runAttacks(modelsDir: string, options: AttackOptions): Promise<AttackReport> {
  const { identities, seed, half, without, kinds, resume, minutes = Infinity } = options;
  const ends = performance.now() + minutes * 60_000;
  const done =
    resume === undefined
      ? unsavedProgress()
      : await savedProgress(resume, { seed, identities, half, without });
  const isDone = done.plan?.photographs.every((one) => kindsLeft(done, one, kinds).length === 0) === true;
  if (!isDone) {
    await withRecognizer(modelsDir, 'default', (recognizer) =>
      presentRest(recognizer, modelsDir, options, done, () => performance.now() < ends),
    );
  }
  return makeAttackReport({ seed, identities, half }, done.presented);
}

async function presentRest(
  recognizer: Recognizer,
  modelsDir: string,
  options: AttackOptions,
  done: Progress,
  hasTime: () => boolean,
): Promise<void> {
  const { images, identities, seed, half, kinds, without } = options;
  const { modelId } = recognizer;
  if (done.plan !== null && done.plan.modelId !== modelId) {
    throw new LintelError('usage', `The run was begun with other networks, ${done.plan.modelId}.`);
  }
  const cast = await chooseCast(recognizer, {
    dir: images,
    count: identities,
    random: seeded(seed),
    onProgress: progress('Choosing people'),
    known: done.plan?.photographs,
    isWanted: ({ person, photograph }) =>
      !without.includes(photograph) && (half === null || halfOf(person) === half),
  });
  const { photographs } = cast;
  if (done.plan === null)
    await done.begin({ seed, identities, half, modelId, photographs: [...photographs] });
  const enrolled = await enrol(recognizer, await loadCalibration(modelsDir, modelId), cast);
  const judge = await createJudge(modelsDir, recognizer, enrolled);

  const tell = progress('Presenting');
  let number = 0;
  const queue = photographs.entries();
  const lane = async (): Promise<void> => {
    for (const [i, photograph] of queue) {
      const left = kindsLeft(done, photograph, kinds);
      if (left.length > 0) {
        if (!hasTime()) return;
        const subject = await cast.subject(i);
        const outcomes = await presentAll(judge, subject, { seed, number: i, kinds: left });
        const fit = await isFit(recognizer, subject);
        for (const outcome of outcomes) if (outcome.kind === null) outcome.fit = fit;
        await done.add({ photograph, outcomes });
      }
      tell(++number / identities);
    }
  };
  await Promise.all([lane(), lane()]);
}

/** Each kind draws from numbers of its own, so that it is the same whatever else is presented. */
async function presentAll(
  judge: Judge,
  subject: ChosenSubject,
  { seed, number, kinds }: { seed: number; number: number; kinds: AttackOptions['kinds'] },
): Promise<Outcome[]> {
  const random = seeded(seed * 100_003 + number);
  const steps = drawChallenge(random);
  const recorded = await liveVisit(subject, steps, random);
  const outcomes: Outcome[] = [];
  for (const kind of kinds) {
    const own = seeded(seed * 100_003 + number + 1_000_003 * (1 + ATTACK_NAMES.indexOf(kind!)));
    const presentation =
      kind === null ? recorded : await ATTACK_KINDS[kind].present({ subject, steps, recorded }, own);
    const { verdict, outcome } = await judged(judge, subject, kind, presentation);
    const isRefused = kind === null && !verdict.passed;
    outcomes.push(
      isRefused
        ? { ...outcome, refusedAgain: await isRefusedAgain(judge, subject, verdict.missed, own) }
        : outcome,
    );
  }
  return outcomes;
}

/** The second visit of a person, as a kiosk asks for it: without the steps that were not seen, where enough others are left. */
async function isRefusedAgain(
  judge: Judge,
  subject: ChosenSubject,
  missed: readonly ChallengeStep[],
  random: Random,
): Promise<boolean> {
  const steps = drawChallenge(random, stepsToAsk(CHALLENGE_STEPS, [], missed));
  return !(await judge(await liveVisit(subject, steps, random))).passed;
}

async function judged(
  judge: Judge,
  { photograph }: ChosenSubject,
  kind: AttackName | null,
  presentation: Presentation,
): Promise<{ verdict: JudgedPresentation; outcome: Outcome }> {
  const verdict = await judge(presentation);
  const { passed, reasons, scores, decision } = verdict;
  const as = decision.outcome === 'granted' ? decision.person?.faceId : undefined;
  const granted = as === undefined ? 'nobody' : as === photograph ? 'target' : 'other';
  return { verdict, outcome: { kind, passed, reasons: [...reasons], passive: scores.passive, granted } };
}

/** As a kiosk draws it, but repeatable: two or three steps, and the head moves in one at least. */
function drawChallenge(random: Random, kinds: readonly ChallengeStep[] = CHALLENGE_STEPS): ChallengeStep[] {
  const steps = shuffled(kinds, random).slice(0, random() < 0.5 ? 2 : 3);
  return steps.some(movesHead) ? steps : drawChallenge(random, kinds);
}
