import { exactProportion, similarity, type Calibration, type Proportion } from '#core/matching';
import { problemOf, RECOGNITION_GATE, type AnalysedFace, type Template } from '#core/recognition';
import { PROMISES } from '../promises.ts';
import type { SpoiledPicture } from './gather.ts';
import { UNTOUCHED } from './kinds.ts';

/** By how much a rate may exceed its promise. */
const TOLERANCE = 3;

/**
 * Whether more matched than three times the promise explains: the exact 95 % interval lies above. Comparisons of the same
 * people repeat each other, so the interval is rather too narrow, and a promise is called broken rather too soon.
 */
export const isBroken = ({ interval }: Proportion, claimed: number): boolean =>
  interval[0] > TOLERANCE * claimed;

/** Whether there are comparisons enough to show a rate of at most three times the promise, if none of them matches. */
export const canShow = (comparisons: number, claimed: number): boolean =>
  comparisons > 0 && exactProportion(0, comparisons).interval[1] <= TOLERANCE * claimed;

/** Where misses are counted: the default threshold. */
export const MISS_CONFIDENCE = 80;

export interface KeptRate extends Proportion {
  readonly confidence: number;
  readonly claimed: number;
}

/** What comes of pictures of one kind: of all in which a face was found, or of those that the gate lets through. */
export interface Outcome {
  /** Share of pictures that come to nothing. */
  readonly refused: Proportion;
  /** Different people, both pictures spoiled: a reference and a probe. */
  readonly bothSpoiled: readonly KeptRate[];
  /** Different people, one of the pictures spoiled, the other untouched. */
  readonly oneSpoiled: readonly KeptRate[];
  /** Misses of the same person at confidence 80 by another picture: spoiled probe, spoiled reference, both. */
  readonly missed: { readonly probe: Proportion; readonly reference: Proportion; readonly both: Proportion };
}

export interface KindRates {
  readonly kind: string;
  readonly pictures: number;
  /** Pictures besides, which are left out: the face that was found in them is of another person. */
  readonly leftOut: number;
  readonly before: Outcome;
  readonly after: Outcome;
}

interface Usable {
  readonly person: string;
  readonly path: string;
  readonly template: Template;
}

/** Rates of false matches and misses by kind of spoiling, without and with the gate. */
export function ratesByKind(pictures: readonly SpoiledPicture[], calibration: Calibration): KindRates[] {
  const byKind = Map.groupBy(pictures, ({ kind }) => kind);
  const ofSubject = (kind: string): SpoiledPicture[] =>
    (byKind.get(kind) ?? []).filter(({ isOfAnother }) => !isOfAnother);
  const untouched = ofSubject(UNTOUCHED);
  return [...byKind].map(([kind, all]) => {
    const own = ofSubject(kind);
    return {
      kind,
      pictures: own.length,
      leftOut: all.length - own.length,
      before: outcomeOf(own, untouched, ({ found }) => found, calibration),
      after: outcomeOf(own, untouched, throughGate, calibration),
    };
  });
}

/** The face, where the gate lets it become a probe or a reference. */
function throughGate({ found, turn }: SpoiledPicture): SpoiledPicture['found'] {
  const isFit = problemOf({ face: found as AnalysedFace | null, turn }, RECOGNITION_GATE) === null;
  return isFit ? found : null;
}

function outcomeOf(
  spoiled: readonly SpoiledPicture[],
  untouched: readonly SpoiledPicture[],
  use: (picture: SpoiledPicture) => SpoiledPicture['found'],
  calibration: Calibration,
): Outcome {
  const usable = (all: readonly SpoiledPicture[]): Usable[] =>
    all.flatMap((picture) => {
      const face = use(picture);
      return face ? [{ person: picture.person, path: picture.path, template: face.template }] : [];
    });
  const [own, whole] = [usable(spoiled), usable(untouched)];
  const missed = (references: readonly Usable[], probes: readonly Usable[]): Proportion =>
    missesOf(references, probes, calibration.similarity(MISS_CONFIDENCE));
  return {
    refused: exactProportion(spoiled.length - own.length, spoiled.length),
    bothSpoiled: falseMatches(own, own, calibration),
    oneSpoiled: falseMatches(own, whole, calibration),
    missed: { probe: missed(whole, own), reference: missed(own, whole), both: missed(own, own) },
  };
}

/** Each two images of different people once. */
export function falseMatches(
  a: readonly Usable[],
  b: readonly Usable[],
  calibration: Calibration,
): KeptRate[] {
  const thresholds = PROMISES.map(([confidence]) => calibration.similarity(confidence));
  const counts = PROMISES.map(() => 0);
  let comparisons = 0;
  for (const one of a) {
    for (const other of b) {
      if (one.person === other.person || (a === b && one.path > other.path)) continue;
      comparisons++;
      const value = similarity(one.template, other.template);
      for (const [i, threshold] of thresholds.entries()) {
        if (value < threshold) break;
        counts[i]! += 1;
      }
    }
  }
  return PROMISES.map(([confidence, claimed], i) => ({
    ...exactProportion(counts[i]!, Math.max(1, comparisons)),
    of: comparisons,
    confidence,
    claimed,
  }));
}

/** The first image of each person is the reference, the second the probe. */
function missesOf(references: readonly Usable[], probes: readonly Usable[], threshold: number): Proportion {
  let missed = 0;
  let pairs = 0;
  const first = new Map<string, Usable>();
  for (const reference of references) {
    if (!first.has(reference.person)) first.set(reference.person, reference);
  }
  for (const probe of probes) {
    const reference = first.get(probe.person);
    if (!reference || reference.path >= probe.path) continue;
    pairs++;
    if (similarity(reference.template, probe.template) < threshold) missed++;
  }
  return exactProportion(missed, Math.max(1, pairs));
}
