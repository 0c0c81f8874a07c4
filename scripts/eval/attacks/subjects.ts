import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { shuffled } from '#core/matching';
import { checkGate, ENROLMENT_GATE, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import type { Subject } from '../../../test/attacks/index.ts';
import type { AnimatedHead } from '../../samples/animated-head.ts';
import { liveHead, sampleHead, toJpeg } from '../../samples/live-head.ts';
import { portrait } from '../../samples/clip.ts';
import { samples } from '../../samples/samples.ts';
import { listImages, type LabelledImage } from '../images.ts';

/** What a photograph must show to stand for a living head: degrees, and the eyes' aspect ratio. */
const FRONTAL = { yaw: 10, pitch: 14, roll: 12, eyeOpenness: 0.27 } as const;

/** A subject, and the photograph of the folder that stands for it. */
export interface ChosenSubject extends Subject {
  readonly photograph: string;
}

/** The people of a run. Their heads are made when they are presented. */
export interface Cast {
  /** By name, one of each person. */
  readonly photographs: readonly string[];
  /** The encoded picture. */
  picture(photograph: string): Promise<Uint8Array>;
  /** @param index of the photograph; the next person is the attacker */
  subject(index: number): Promise<ChosenSubject>;
}

interface Candidate {
  readonly person: string;
  readonly photograph: string;
  readonly picture: () => Promise<Uint8Array>;
  readonly head: () => Promise<AnimatedHead>;
}

export interface Choosing {
  /** Folder with one folder of images per person; without it the sample photographs. */
  readonly dir: string | undefined;
  readonly count: number;
  readonly random: () => number;
  readonly onProgress: (share: number) => void;
  /** Photographs that were chosen before, in their order: no others are looked at. */
  readonly known?: readonly string[] | undefined;
  /** Photographs to choose from; default: all. */
  readonly isWanted?: ((candidate: Pick<Candidate, 'person' | 'photograph'>) => boolean) | undefined;
}

/** @throws LintelError `usage` when too few people have a frontal photograph with open eyes */
export async function chooseCast(recognizer: Recognizer, choosing: Choosing): Promise<Cast> {
  const { dir, count, known } = choosing;
  const all = await candidates(recognizer, dir, choosing.random);
  const chosen =
    known?.flatMap((name) => all.find(({ photograph }) => photograph === name) ?? []) ??
    (await choose(recognizer, all, choosing));
  if (chosen.length < Math.max(2, count)) {
    throw new LintelError('usage', `${count} people are needed, ${chosen.length} have a frontal photograph.`);
  }
  const at = (index: number): Candidate => chosen[index % chosen.length]!;
  return {
    photographs: chosen.map(({ photograph }) => photograph),
    picture: (name) => chosen.find(({ photograph }) => photograph === name)!.picture(),
    subject: async (index) => {
      const { person, photograph, head } = at(index);
      return { person, photograph, head: await head(), attacker: await at(index + 1).head() };
    },
  };
}

/** Every subject of a cast, with its head. */
export async function chooseSubjects(
  recognizer: Recognizer,
  dir: string | undefined,
  count: number,
  random: () => number,
  onProgress: (share: number) => void,
): Promise<ChosenSubject[]> {
  const cast = await chooseCast(recognizer, { dir, count, random, onProgress });
  const subjects: ChosenSubject[] = [];
  for (const index of cast.photographs.keys()) subjects.push(await cast.subject(index));
  return subjects;
}

async function choose(
  recognizer: Recognizer,
  all: readonly Candidate[],
  { dir, count, onProgress, isWanted = () => true }: Choosing,
): Promise<Candidate[]> {
  const chosen = new Map<string, Candidate>();
  for (const candidate of all) {
    if (chosen.size === count) break;
    if (chosen.has(candidate.person) || !isWanted(candidate)) continue;
    // The samples were looked at when they were chosen.
    if (dir !== undefined) {
      if (!(await serves(recognizer, await candidate.picture()))) continue;
      const { photo } = await candidate.head();
      if (!(await serves(recognizer, await toJpeg(photo)))) continue;
    }
    chosen.set(candidate.person, candidate);
    onProgress(chosen.size / count);
  }
  return [...chosen.values()];
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
      picture: () => portrait(face),
      head: once(() => sampleHead(recognizer, face)),
    }));
  }
  const images = shuffled<LabelledImage>(await listImages(dir), random);
  return images.map(({ person, path }) => {
    const picture = (): Promise<Uint8Array> => readFile(join(dir, path));
    return {
      person,
      photograph: path,
      picture,
      head: once(async () => await liveHead(recognizer, await picture())),
    };
  });
}

/**
 * Whether the appliance would enrol somebody who stands there as the photograph shows them: one person, uncovered, frontal and well
 * lit. Visitors who hide their mouths behind a hand are told so, and do not smile behind it.
 */
export async function isFit(recognizer: Recognizer, { head }: Subject): Promise<boolean> {
  const { face, others } = await recognizer.analyse(await toJpeg(head.photo));
  return face !== null && others.length === 0 && checkGate(ENROLMENT_GATE, face.measurements).length === 0;
}

/** Makes something when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
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
