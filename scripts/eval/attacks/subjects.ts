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
const FRONTAL = { yaw: 10, pitch: 14, roll: 12, eyeOpenness: 0.27 } as const;

/** A subject, and the photograph of `dir` that stands for it. */
export interface ChosenSubject extends Subject {
  readonly photograph: string;
}

interface Candidate {
  readonly person: string;
  readonly photograph: string;
  /** Null when the photograph does not serve. */
  readonly load: () => Promise<AnimatedHead | null>;
}

/**
 * People to be presented, each with the next one as attacker.
 * @param dir folder with one folder of images per person; without it the sample photographs
 * @param known photographs that were chosen before, in their order: no others are looked at
 * @throws LintelError `usage` when too few people have a frontal photograph with open eyes
 */
export async function chooseSubjects(
  recognizer: Recognizer,
  dir: string | undefined,
  count: number,
  random: () => number,
  onProgress: (share: number) => void,
  known?: readonly string[],
): Promise<ChosenSubject[]> {
  const chosen = new Map<string, { head: AnimatedHead; photograph: string }>();
  const all = await candidates(recognizer, dir, random);
  const looked = known?.flatMap((name) => all.find(({ photograph }) => photograph === name) ?? []) ?? all;
  for (const { person, photograph, load } of looked) {
    if (chosen.size === count) break;
    if (chosen.has(person)) continue;
    const head = await load();
    if (head === null) continue;
    chosen.set(person, { head, photograph });
    onProgress(chosen.size / count);
  }
  if (chosen.size < Math.max(2, count)) {
    throw new LintelError('usage', `${count} people are needed, ${chosen.size} have a frontal photograph.`);
  }
  const heads = [...chosen.values()].map(({ head }) => head);
  return [...chosen].map(([person, { head, photograph }], i) => ({
    person,
    photograph,
    head,
    attacker: heads[(i + 1) % heads.length] as AnimatedHead,
  }));
}

async function candidates(
  recognizer: Recognizer,
  dir: string | undefined,
  random: () => number,
): Promise<Candidate[]> {
  if (dir === undefined) {
    return samples.faces.map((face, i) => ({
      person: face.person,
      photograph: `${face.file} ${i}`,
      load: () => sampleHead(recognizer, face),
    }));
  }
  const images = shuffled<LabelledImage>(await listImages(dir), random);
  return images.map(({ person, path }) => ({
    person,
    photograph: path,
    load: async () => {
      const photo = await readFile(join(dir, path));
      if (!(await serves(recognizer, photo))) return null;
      const head = await liveHead(recognizer, photo);
      return (await serves(recognizer, await toJpeg(head.photo))) ? head : null;
    },
  }));
}

/** Whether a picture shows one person alone, as a visitor at rest. */
async function serves(recognizer: Recognizer, image: Uint8Array): Promise<boolean> {
  try {
    const { face, others } = await recognizer.analyse(image);
    if (face === null || others.length > 0) return false;
    const { measurements } = face;
    return (
      Math.abs(measurements.yaw) <= FRONTAL.yaw &&
      Math.abs(measurements.pitch) <= FRONTAL.pitch &&
      Math.abs(measurements.roll) <= FRONTAL.roll &&
      measurements.eyeOpenness >= FRONTAL.eyeOpenness &&
      checkGate(RECOGNITION_GATE, measurements).length === 0
    );
  } catch (error) {
    if (error instanceof LintelError && error.code.startsWith('image-')) return false;
    throw error;
  }
}
