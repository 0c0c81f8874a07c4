import { similarity, type Calibration } from '#core/matching';
import { problemOf, RECOGNITION_GATE, type AnalysedFace, type Template } from '#core/recognition';
import { exactProportion, type Proportion } from '../proportion.ts';
import type { SpoiledPicture } from './gather.ts';
import { UNTOUCHED } from './kinds.ts';

/** Confidence, and the rate of false matches per comparison that it promises. */
export const PROMISES = [
  [70, 1e-3],
  [80, 1e-4],
  [90, 1e-5],
  [95, 1e-6],
] as const;

/** By how much a rate may exceed its promise. */
const TOLERANCE = 3;

/** Where misses are counted: the default threshold. */
const MISS_CONFIDENCE = 80;

export interface KeptRate extends Proportion {
  readonly confidence: number;
  readonly claimed: number;
  /** The same by pairs of people: comparisons of the same two people repeat each other. */
  readonly pairsOfPeople: Proportion;
  /** Whether more pairs of people matched than three times the promise explains: the interval of 95 % lies above. */
  readonly isBroken: boolean;
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
  const untouched = byKind.get(UNTOUCHED) ?? [];
  return [...byKind].map(([kind, own]) => ({
    kind,
    pictures: own.length,
    before: outcomeOf(own, untouched, ({ found }) => found, calibration),
    after: outcomeOf(own, untouched, throughGate, calibration),
  }));
}

/** The face, where the gate lets it become a probe or a reference. */
export function throughGate({ found, turn }: SpoiledPicture): SpoiledPicture['found'] {
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
function falseMatches(a: readonly Usable[], b: readonly Usable[], calibration: Calibration): KeptRate[] {
  const thresholds = PROMISES.map(([confidence]) => calibration.similarity(confidence));
  const counts = PROMISES.map(() => 0);
  let comparisons = 0;
  const compared = new Set<string>();
  const matched = PROMISES.map(() => new Set<string>());
  for (const one of a) {
    for (const other of b) {
      if (one.person === other.person || (a === b && one.path > other.path)) continue;
      comparisons++;
      const value = similarity(one.template, other.template);
      const pair = [one.person, other.person].toSorted().join('\0');
      compared.add(pair);
      for (const [i, threshold] of thresholds.entries()) {
        if (value < threshold) break;
        counts[i]! += 1;
        matched[i]!.add(pair);
      }
    }
  }
  return PROMISES.map(([confidence, claimed], i) => {
    const pairsOfPeople = exactProportion(matched[i]!.size, Math.max(1, compared.size));
    return {
      ...exactProportion(counts[i]!, Math.max(1, comparisons)),
      of: comparisons,
      confidence,
      claimed,
      pairsOfPeople,
      isBroken: pairsOfPeople.interval[0] > TOLERANCE * claimed,
    };
  });
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
