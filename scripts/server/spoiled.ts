import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exactProportion, type Proportion } from '#core/matching';
import { ApiError, type createClient } from '../../client/index.ts';
import { decodeImage, type Recognizer } from '../../core/recognition/index.ts';
import type { LabelledImage } from '../eval/images.ts';
import { isOfSubject, type Subject } from '../eval/spoiled/drawing.ts';
import { KINDS } from '../eval/spoiled/kinds.ts';
import { PROMISES } from '../eval/promises.ts';
import { isBroken, MISS_CONFIDENCE } from '../eval/spoiled/rates.ts';

export interface SpoiledOptions {
  readonly client: ReturnType<typeof createClient>;
  /** Finds faces in untouched images, so that they can be spoiled. */
  readonly recognizer: Recognizer;
  readonly dir: string;
  /** Two of each person at most. The first of half of the people are indexed, all others are searched for. */
  readonly images: readonly LabelledImage[];
  /** Names of {@link KINDS}. */
  readonly kinds: readonly string[];
}

export interface SpoiledAnswers {
  readonly kind: string;
  readonly indexed: number;
  /** Refusals by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly searches: number;
  /** Searches left out, since the face that was found in one of the two pictures is of another person in it. */
  readonly leftOut: number;
  /** Searches with another picture of a person indexed, spoiled alike, that did not end as them at {@link MISS_CONFIDENCE}. */
  readonly missed: Proportion;
  /** Searches that ended as a person, who is always another one, of all comparisons that were made. */
  readonly matches: readonly (Proportion & {
    readonly threshold: number;
    readonly promised: number;
    readonly isBroken: boolean;
  })[];
}

/** A person's picture, and another one where there is one. */
interface Person {
  readonly first: Subject;
  readonly second: Subject | undefined;
}

/**
 * Index spoiled pictures of some people and search with pictures of others, spoiled alike, as a caller of the API would.
 * A search compares with everybody indexed, and the threshold's promise is of each comparison.
 */
export async function* spoiledAnswers(options: SpoiledOptions): AsyncGenerator<SpoiledAnswers> {
  const people = await peopleOf(options);
  for (const kind of options.kinds) yield await answersOf(kind, people, options);
}

async function answersOf(
  kind: string,
  people: readonly Person[],
  { client, recognizer }: SpoiledOptions,
): Promise<SpoiledAnswers> {
  const spoil = async (subject: Subject): Promise<string> =>
    Buffer.from(await KINDS[kind]!.spoil(subject)).toString('base64');
  const showsSubject = async (subject: Subject): Promise<boolean> => {
    const spoiled = await recognizer.analyse(await KINDS[kind]!.spoil(subject));
    return spoiled.face !== null && isOfSubject(KINDS[kind]!, spoiled.face.boundingBox, spoiled, subject);
  };
  const half = Math.floor(people.length / 2);
  const collectionId = `spoiled-${Object.keys(KINDS).indexOf(kind)}`;
  await client.createCollection({ collectionId });

  const refused: Record<string, number> = {};
  const indexed = new Map<string, Person>();
  for (const person of people.slice(0, half)) {
    try {
      const image = { bytes: await spoil(person.first) };
      const { faceId } = await client.indexFace({ collectionId, image });
      if (faceId === null) refused['no-face'] = (refused['no-face'] ?? 0) + 1;
      else indexed.set(faceId, person);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === null) throw error;
      const { code } = error;
      refused[code] = (refused[code] ?? 0) + 1;
    }
  }

  let searches = 0;
  let leftOut = 0;
  const counts = PROMISES.map(() => 0);
  // Without anybody to be taken for, no search can go wrong.
  for (const { first: subject } of indexed.size === 0 ? [] : people.slice(half)) {
    const image = { bytes: await spoil(subject) };
    const found: string[] = [];
    for (const [faceMatchThreshold] of PROMISES) {
      const { faceId } = await client.searchFace({ collectionId, image, faceMatchThreshold });
      // A face without a match at a threshold has none at higher ones.
      if (faceId === null) break;
      found.push(faceId);
    }
    const [taken] = found;
    if (
      taken !== undefined &&
      !((await showsSubject(subject)) && (await showsSubject(indexed.get(taken)!.first)))
    ) {
      leftOut++;
      continue;
    }
    searches++;
    for (const i of found.keys()) counts[i]! += 1;
  }
  let missed = 0;
  const again = [...indexed].filter(([, { second }]) => second !== undefined);
  for (const [own, { second }] of again) {
    const image = { bytes: await spoil(second!) };
    const { faceId } = await client.searchFace({ collectionId, image, faceMatchThreshold: MISS_CONFIDENCE });
    if (faceId !== own) missed++;
  }
  const comparisons = indexed.size * searches;
  return {
    kind,
    indexed: indexed.size,
    refused,
    searches,
    leftOut,
    missed: { ...exactProportion(missed, Math.max(1, again.length)), of: again.length },
    matches: PROMISES.map(([threshold, promised], i) => {
      const share = { ...exactProportion(counts[i]!, Math.max(1, comparisons)), of: comparisons };
      return { ...share, threshold, promised, isBroken: isBroken(share, promised) };
    }),
  };
}

/** The people whose first image shows a face, decoded, so that each image can be spoiled in many ways. */
async function peopleOf({ recognizer, dir, images }: SpoiledOptions): Promise<Person[]> {
  const subjectOf = async ({ path }: LabelledImage, seed: number): Promise<Subject | undefined> => {
    const bytes = await readFile(join(dir, path));
    const { face } = await recognizer.analyse(bytes);
    return face === null ? undefined : { ...(await decodeImage(bytes)), face, seed };
  };
  const people: Person[] = [];
  for (const [seed, [one, other]] of [...Map.groupBy(images, ({ person }) => person).values()].entries()) {
    const first = await subjectOf(one!, seed);
    const second = other && (await subjectOf(other, seed));
    if (first !== undefined) people.push({ first, second });
  }
  return people;
}
