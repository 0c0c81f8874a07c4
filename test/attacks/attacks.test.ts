import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChallengeStep } from '#contract';
import { seeded } from '#core/matching';
import { createRecognizer, type Recognizer } from '#core/recognition';
import { createJudge, type Judge } from '../../scripts/eval/attacks/judge.ts';
import { chooseSubjects } from '../../scripts/eval/attacks/subjects.ts';
import { MODELS } from '../../scripts/setup/paths.ts';
import { ATTACK_KINDS, liveVisit, type AttackKind, type Presentation, type Subject } from './index.ts';

const STEPS: readonly ChallengeStep[] = ['turn-left', 'blink'];

let recognizer: Recognizer;
let judge: Judge;
let subjects: Subject[];
const recordings = new Map<Subject, Presentation>();

beforeAll(async () => {
  recognizer = await createRecognizer({ weightsDir: `${MODELS}weights`, workers: 2 });
  judge = await createJudge(MODELS, recognizer);
  subjects = await chooseSubjects(recognizer, undefined, 2, seeded(1), () => undefined);
  for (const subject of subjects) recordings.set(subject, await liveVisit(subject, STEPS, seeded(1)));
});
afterAll(async () => await recognizer.close());

describe('a generated live visit', () => {
  it('is accepted', async () => {
    for (const recorded of recordings.values()) {
      const { passed, reasons } = await judge(recorded);
      expect(reasons).toEqual([]);
      expect(passed).toBe(true);
    }
  });

  it('is accepted with the other steps', async () => {
    const recorded = await liveVisit(subjects[0]!, ['nod', 'blink', 'turn-right'], seeded(2));
    expect((await judge(recorded)).reasons).toEqual([]);
  });
});

describe('an attack', () => {
  const kinds: (AttackKind & { name: string })[] = Object.entries(ATTACK_KINDS)
    .map(([name, kind]) => ({ name, ...kind }))
    .filter(({ mustFail }) => mustFail);

  it.each(kinds)('is refused: $name', async ({ present }) => {
    for (const [i, subject] of subjects.entries()) {
      const recorded = recordings.get(subject)!;
      const presentation = await present({ subject, steps: STEPS, recorded }, seeded(i + 3));
      expect((await judge(presentation)).passed).toBe(false);
    }
  });
});
