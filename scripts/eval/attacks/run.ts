import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { CHALLENGE_STEPS, movesHead, type ChallengeStep } from '#contract';
import { seeded, shuffled } from '#core/matching';
import { createRecognizer } from '#core/recognition';
import {
  ATTACK_KINDS,
  liveVisit,
  type AttackName,
  type Random,
  type Subject,
} from '../../../test/attacks/index.ts';
import { progress } from '../progress.ts';
import { createJudge, type Judge } from './judge.ts';
import { makeAttackReport, type AttackReport, type Outcome } from './report.ts';
import { chooseSubjects } from './subjects.ts';

export interface AttackOptions {
  readonly images?: string | undefined;
  readonly identities: number;
  readonly seed: number;
}

/** Presents each person once alive and once in each kind of attack, with a challenge of their own, to the appliance's verification. */
export async function runAttacks(
  modelsDir: string,
  { images, identities, seed }: AttackOptions,
): Promise<AttackReport> {
  const recognizer = await createRecognizer({
    weightsDir: join(modelsDir, 'weights'),
    workers: availableParallelism(),
  });
  try {
    const judge = await createJudge(modelsDir, recognizer);
    const subjects = await chooseSubjects(
      recognizer,
      images,
      identities,
      seeded(seed),
      progress('Choosing people'),
    );
    const tell = progress('Presenting');
    const outcomes: Outcome[] = [];
    const total = identities * (1 + Object.keys(ATTACK_KINDS).length);
    const queue = subjects.entries();
    const lane = async (): Promise<void> => {
      for (const [i, subject] of queue) {
        for await (const outcome of presentAll(judge, subject, seeded(seed * 100_003 + i))) {
          outcomes.push(outcome);
          tell(outcomes.length / total);
        }
      }
    };
    await Promise.all([lane(), lane()]);
    return makeAttackReport(seed, outcomes);
  } finally {
    await recognizer.close();
  }
}

export async function* presentAll(judge: Judge, subject: Subject, random: Random): AsyncGenerator<Outcome> {
  const steps = drawChallenge(random);
  const { person } = subject;
  const recorded = await liveVisit(subject, steps, random);
  yield { kind: null, person, verdict: await judge(recorded) };
  for (const [name, { present }] of Object.entries(ATTACK_KINDS)) {
    const presentation = await present({ subject, steps, recorded }, random);
    yield { kind: name as AttackName, person, verdict: await judge(presentation) };
  }
}

/** As a kiosk draws it, but repeatable: two or three steps, and the head moves in one at least. */
function drawChallenge(random: Random): ChallengeStep[] {
  const steps = shuffled(CHALLENGE_STEPS, random).slice(0, random() < 0.5 ? 2 : 3);
  return steps.some(movesHead) ? steps : drawChallenge(random);
}
