import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { shuffled } from '#core/matching';
import { checkGate, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import type { Subject } from '../../../test/attacks/index.ts';
import type { AnimatedHead } from '../../samples/animated-head.ts';
import { liveHead, sampleHead, toJpeg } from '../../samples/live-head.ts';
import { samples } from '../../samples/samples.ts';
import { listImages, type LabelledImage } from '../images.ts';

/** What a photograph must show to stand for a living head: degrees, and the eyes' aspect ratio. */
const FRONTAL = { yaw: 10, pitch: 14, roll: 12, eyeOpenness: 0.25 } as const;

interface Candidate {
  readonly person: string;
  readonly load: () => Promise<AnimatedHead>;
}

/**
 * People to be presented, each with the next one as attacker.
 * @param dir folder with one folder of images per person; without it the sample photographs
 * @throws LintelError `usage` when too few people have a frontal photograph with open eyes
 */
export async function chooseSubjects(
  recognizer: Recognizer,
  dir: string | undefined,
  count: number,
  random: () => number,
  onProgress: (share: number) => void,
): Promise<Subject[]> {
  const chosen: { person: string; head: AnimatedHead }[] = [];
  for (const { person, load } of await candidates(recognizer, dir, random)) {
    if (chosen.length === count) break;
    if (chosen.some((other) => other.person === person)) continue;
    const head = await load().catch((error: unknown) => {
      if (error instanceof LintelError && error.code !== 'internal') return null;
      throw error;
    });
    if (head === null || (dir !== undefined && !(await isFrontal(recognizer, head)))) continue;
    chosen.push({ person, head });
    onProgress(chosen.length / count);
  }
  if (chosen.length < Math.max(2, count)) {
    throw new LintelError('usage', `${count} people are needed, ${chosen.length} have a frontal photograph.`);
  }
  return chosen.map(({ person, head }, i) => ({
    person,
    head,
    attacker: chosen[(i + 1) % chosen.length]!.head,
  }));
}

async function candidates(
  recognizer: Recognizer,
  dir: string | undefined,
  random: () => number,
): Promise<Candidate[]> {
  if (dir === undefined) {
    return samples.faces.map((face) => ({ person: face.person, load: () => sampleHead(recognizer, face) }));
  }
  const images = shuffled<LabelledImage>(await listImages(dir), random);
  return images.map(({ person, path }) => ({
    person,
    load: async () => await liveHead(recognizer, await readFile(join(dir, path))),
  }));
}

/** Whether the photograph, as the camera will show it, is one that a visitor's rest could be. */
async function isFrontal(recognizer: Recognizer, head: AnimatedHead): Promise<boolean> {
  const { face, others } = await recognizer.analyse(await toJpeg(head.photo));
  if (face === null || others.length > 0) return false;
  const { measurements } = face;
  return (
    Math.abs(measurements.yaw) <= FRONTAL.yaw &&
    Math.abs(measurements.pitch) <= FRONTAL.pitch &&
    Math.abs(measurements.roll) <= FRONTAL.roll &&
    measurements.eyeOpenness >= FRONTAL.eyeOpenness &&
    checkGate(RECOGNITION_GATE, measurements).length === 0
  );
}
