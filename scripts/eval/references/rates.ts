import {
  decideIdentity,
  exactProportion,
  MARGIN,
  percentileInterval,
  seeded,
  shuffled,
  type Calibration,
  type Proportion,
} from '#core/matching';
import { TARGET_RATE, type LabelledSimilarities } from '../identification.ts';

/** Pictures that a person is searched for with, at most, in each draw: nobody much photographed decides. */
const PROBES = 3;
/** People who are never enrolled, at most: they leave enough others to fill a gallery. */
const STRANGERS = 520;
const RESAMPLES = 400;

export interface Asked {
  /** People that a gallery stands for: it holds so many times as many references as each person has. */
  readonly people: number;
  /** How many references a person has, rising. */
  readonly references: readonly number[];
  /** Galleries drawn: other references, other probes, other people beside them. */
  readonly draws: number;
}

/** Searches for enrolled people, and for strangers, where everybody has the same number of references. */
export interface ReferenceRates {
  readonly references: number;
  /** References searched, and the similarity that decides among so many. */
  readonly gallery: number;
  readonly similarity: number;
  /** People searched for. */
  readonly people: number;
  readonly searches: number;
  readonly missed: number;
  /** Each person weighs the same; 95 % from {@link RESAMPLES} samples of people. (ISO/IEC 19795-1: FNIR at rank 1.) */
  readonly falseNegative: { readonly rate: number; readonly interval: readonly [low: number, high: number] };
  /** Of one draw, its strangers being the same people in all. Interval: Clopper and Pearson. */
  readonly falsePositive: Proportion;
}

/**
 * Open-set identification of the same people with one reference, two, three and so on, each another photograph, decided as at a
 * kiosk. Searched for are those who have a photograph more than the most references; galleries are filled up with other
 * people.
 * @throws RangeError where too few people have so many photographs, or too few are left to fill the galleries
 */
export function ratesByReferences(
  labelled: LabelledSimilarities,
  calibration: Calibration,
  { people: size, references, draws }: Asked,
  random: () => number,
): ReferenceRates[] {
  const images = Map.groupBy(labelled.people.keys(), (image) => labelled.people[image]!);
  const most = Math.max(...references);
  const [several, few] = split([...images.keys()], (person) => images.get(person)!.length > most);
  const searched = shuffled(several, random).slice(0, size);
  if (searched.length < 2) throw new RangeError(`Too few people have ${most + 1} photographs.`);
  const others = shuffled([...several.filter((person) => !searched.includes(person)), ...few], random);
  const strangers = others.splice(0, Math.min(STRANGERS, others.length >> 2));
  const tallies = references.map(() => ({ missed: new Map<string, number[]>(), matched: 0 }));
  const galleries = references.map(() => 0);

  for (let draw = 0; draw < draws; draw++) {
    const own = new Map(searched.map((person) => [person, shuffled(images.get(person)!, random)]));
    const fillers = shuffled(others, random);
    const seen = strangers.map((person) => pick(images.get(person)!, random));
    for (const [k, count] of references.entries()) {
      const gallery = new Map(searched.map((person) => [person, own.get(person)!.slice(0, count)]));
      let left = size * count - searched.length * count;
      for (const person of fillers) {
        if (left <= 0) break;
        const taken = images.get(person)!.slice(0, Math.min(count, left));
        gallery.set(person, taken);
        left -= taken.length;
      }
      if (left > 0) throw new RangeError('Too few people are left to fill the gallery.');
      galleries[k] = size * count;
      const search = (image: number): string | null => identify(image, gallery, labelled, calibration);
      const tally = tallies[k]!;
      for (const person of searched) {
        const probes = own.get(person)!.slice(most, most + PROBES);
        const missed = tally.missed.get(person) ?? [];
        missed.push(...probes.map((image) => (search(image) === person ? 0 : 1)));
        tally.missed.set(person, missed);
      }
      tally.matched += seen.filter((image) => search(image) !== null).length;
    }
  }

  return references.map((count, k) => {
    const { missed, matched } = tallies[k]!;
    const all = [...missed.values()];
    const rates = all.map(mean);
    const drawn = seeded(1);
    const resampled = Array.from({ length: RESAMPLES }, () => mean(rates.map(() => pick(rates, drawn))));
    return {
      references: count,
      gallery: galleries[k]!,
      similarity: calibration.similarityAtRate(TARGET_RATE / galleries[k]!),
      people: all.length,
      searches: all.flat().length,
      missed: all.flat().filter((one) => one === 1).length,
      falseNegative: { rate: mean(rates), interval: percentileInterval(resampled) },
      falsePositive: exactProportion(Math.round(matched / draws), strangers.length),
    };
  });
}

/** Who an image is taken for, or null. A person is as alike as the most similar reference. */
function identify(
  image: number,
  gallery: ReadonlyMap<string, readonly number[]>,
  { at }: LabelledSimilarities,
  calibration: Calibration,
): string | null {
  let best = { faceId: '', similarity: -Infinity };
  let second = best;
  let compared = 0;
  for (const [faceId, references] of gallery) {
    let similarity = -Infinity;
    for (const reference of references) similarity = Math.max(similarity, at(image, reference));
    compared += references.length;
    if (similarity > best.similarity) [best, second] = [{ faceId, similarity }, best];
    else if (similarity > second.similarity) second = { faceId, similarity };
  }
  const policy = { falsePositiveRate: TARGET_RATE, margin: MARGIN };
  const identity = decideIdentity([best, second], compared, calibration, policy);
  return identity.kind === 'known' ? identity.person.faceId : null;
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)]!;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
