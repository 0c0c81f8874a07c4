import { verifyLight, type LightFrame, type LightSession } from '#core/liveness';
import { seeded } from '#core/matching';
import type { Recognizer, RegionColours } from '#core/recognition';
import type { Random, Subject } from '../../../test/attacks/index.ts';
import {
  LIGHT_ATTACKS,
  liveLight,
  presentLight,
  type LightAttack,
  type LightAttackName,
  type LightPresentation,
} from '../../../test/attacks/light/kinds.ts';
import { standStill } from '../../../test/attacks/light/standing.ts';
import { chooseCast } from '../attacks/subjects.ts';
import { halfOf, type Half } from '../halves.ts';
import { progress } from '../progress.ts';
import { withRecognizer } from '../with-recognizer.ts';
import { makeLightReport, type LightOutcome, type LightReport } from './report.ts';

/** Illuminance of the face by the room, in lux: a dim hall, an office, a place by the window. */
const AMBIENT = [100, 500, 1000] as const;

export interface LightOptions {
  readonly images?: string | undefined;
  readonly identities: number;
  readonly half: Half;
  readonly seed: number;
  /** Whether attacks are presented as well as living people. */
  readonly attacks: boolean;
}

/** One presentation as main measures it. `kind` is null for a living person. */
interface LightTrial {
  readonly kind: LightAttackName | null;
  readonly person: string;
  /** Lux. */
  readonly ambient: number;
  readonly session: LightSession;
}

/**
 * Presents each person alive at every ambient light, and in each kind of attack at one of them, to the appliance's
 * verification.
 */
export async function runLight(
  modelsDir: string,
  { images, identities, half, seed, attacks }: LightOptions,
): Promise<LightReport> {
  return await withRecognizer(modelsDir, 'default', async (recognizer) => {
    const cast = await chooseCast(recognizer, {
      dir: images,
      count: identities,
      random: seeded(seed),
      onProgress: progress('Choosing people'),
      // The sample photographs show too few people for halves.
      isWanted: ({ person }) => images === undefined || halfOf(person) === half,
    });
    const tell = progress('Presenting');
    const outcomes: LightOutcome[] = [];
    const kinds = attacks ? Object.entries<LightAttack>(LIGHT_ATTACKS) : [];
    const total = identities * (AMBIENT.length + kinds.length);
    const queue = cast.photographs.keys();
    const lane = async (): Promise<void> => {
      for (const i of queue) {
        const subject = await cast.subject(i);
        for await (const { session, ...trial } of presentAll(recognizer, subject, {
          number: i,
          seed,
          kinds,
        })) {
          outcomes.push({ ...trial, verdict: verifyLight(session) });
          tell(outcomes.length / total);
        }
      }
    };
    await Promise.all([lane(), lane()]);
    return makeLightReport(seed, images === undefined ? null : half, outcomes);
  });
}

/** @param number of the person: it decides the light of the attacks, and with the seed everything that is drawn */
async function* presentAll(
  recognizer: Recognizer,
  { person, head }: Subject,
  { number, seed, kinds }: { number: number; seed: number; kinds: readonly [string, LightAttack][] },
): AsyncGenerator<LightTrial> {
  const random = seeded(seed * 100_003 + number);
  const standing = await standStill(head, random);
  const measured = async ({ slots, pictures }: LightPresentation): Promise<LightSession> => {
    const frames = pictures.map(async ({ at, image }): Promise<LightFrame[]> => {
      const colours = await coloursOf(image);
      return colours ? [{ at, colours }] : [];
    });
    return { slots, frames: (await Promise.all(frames)).flat() };
  };
  // Attacks reuse pictures: each is analysed once.
  const known = new WeakMap<Buffer, Promise<RegionColours | undefined>>();
  const coloursOf = (image: Buffer): Promise<RegionColours | undefined> => {
    const found =
      known.get(image) ?? recognizer.analyse(image, { colours: true }).then(({ face }) => face?.colours);
    known.set(image, found);
    return found;
  };
  const lives: LightPresentation[] = [];
  for (const ambient of AMBIENT) {
    const live = await presentLight(standing, ambient, liveLight, seededBy(random));
    lives.push(live);
    yield { kind: null, person, ambient, session: await measured(live) };
  }
  const turn = number % AMBIENT.length;
  const ambient = AMBIENT[turn]!;
  for (const [name, attack] of kinds) {
    const own = seededBy(random);
    const presentation =
      'replay' in attack
        ? attack.replay(lives[turn]!, own)
        : await presentLight(standing, ambient, attack.scene, own);
    yield { kind: name as LightAttackName, person, ambient, session: await measured(presentation) };
  }
}

/** A series of its own, so that one presentation does not change the next one. */
const seededBy = (random: Random): Random => seeded(Math.floor(random() * 2 ** 31));
