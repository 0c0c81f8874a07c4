import { beforeAll, describe, expect, it } from 'vitest';
import type { ChallengeStep } from '#contract';
import { verifyLight, type LightFrame } from '#core/liveness';
import { seeded } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import { createJudge, type Judge } from '../../scripts/eval/attacks/judge.ts';
import { chooseSubjects } from '../../scripts/eval/attacks/subjects.ts';
import { MODELS } from '../../scripts/setup/paths.ts';
import { networks } from '../support/networks.ts';
import { LIGHT_ATTACKS, liveLight, presentLight, type LightPresentation } from './light/kinds.ts';
import { standStill } from './light/standing.ts';
import { ATTACK_KINDS, liveVisit, type AttackKind, type Presentation, type Subject } from './index.ts';

const STEPS: readonly ChallengeStep[] = ['turn-left', 'blink'];

let recognizer: Recognizer;
let judge: Judge;
let subjects: Subject[];
const recordings = new Map<Subject, Presentation>();

beforeAll(async () => {
  ({ recognizer } = await networks());
  judge = await createJudge(MODELS, recognizer);
  subjects = await chooseSubjects(recognizer, undefined, 2, seeded(1), () => undefined);
  for (const subject of subjects) recordings.set(subject, await liveVisit(subject, STEPS, seeded(1)));
});

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

describe('the light of the screen', () => {
  it('is found on a living head, and not on pictures that were taken without it', async () => {
    const standing = await standStill(subjects[0]!.head, seeded(1));
    const judged = async ({ slots, pictures }: LightPresentation) => {
      const frames = pictures.map(async ({ at, image }): Promise<LightFrame> => {
        const { face } = await recognizer.analyse(image, { colours: true });
        return { at, colours: face!.colours! };
      });
      return verifyLight({ slots, frames: await Promise.all(frames) });
    };
    const live = await presentLight(standing, 200, liveLight, seeded(3));
    expect((await judged(live)).reason).toBeNull();
    const unlit = await presentLight(standing, 200, LIGHT_ATTACKS['injected-unlit'].scene, seeded(3));
    expect((await judged(unlit)).reason).not.toBeNull();
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
