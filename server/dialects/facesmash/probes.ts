import { DEFAULT_THRESHOLD, DESCRIPTOR_THRESHOLD, LintelError } from '#contract';
import type { Gallery } from '#core/gallery';
import type { Calibration } from '#core/matching';
import { RECOGNITION_GATE, requireFace, type AnalysedFace } from '#core/recognition';
import type { UserStore } from '#core/store';
import { fromBase64 } from '../../http/images/index.ts';
import { countEnrolled, DEFAULT_COLLECTION } from '../default-collection.ts';
import type { DialectOptions } from '../options.ts';

/** What is searched with: a face of a picture, or what a client says that face-api made of one. */
export type Probe = { readonly face: AnalysedFace } | { readonly descriptor: Float32Array };

/** How alike a probe and a person are. */
export interface Likeness {
  readonly faceId: string;
  /** 1 - Euclidean distance of descriptors; of pictures as {@link similarityOf} maps it. */
  readonly similarity: number;
}

/** Which of a body's two ways to tell a face; exactly one is given. */
export interface ProbeBody {
  readonly image?: string | undefined;
  readonly descriptor?: readonly number[] | undefined;
}

/** @throws `descriptors-not-allowed` */
export async function descriptorFrom(
  { accounts }: Pick<DialectOptions, 'accounts'>,
  account: string,
  numbers: readonly number[],
): Promise<Float32Array> {
  if (!(await accounts.get(account)).descriptors) throw new LintelError('descriptors-not-allowed');
  return Float32Array.from(numbers);
}

/** @throws `descriptors-not-allowed`, `image-*`, `no-face`, the codes of quality, `busy` */
export async function probeFrom(
  options: Pick<DialectOptions, 'accounts' | 'recognizers'>,
  account: string,
  { image, descriptor }: ProbeBody,
): Promise<Probe> {
  if (descriptor !== undefined) return { descriptor: await descriptorFrom(options, account, descriptor) };
  const recognizer = await options.recognizers.of(account);
  // Refuse a picture that shows no face clearly: such pictures resemble each other, also when they show other people.
  return { face: requireFace(await recognizer.analyse(fromBase64(image ?? '')), RECOGNITION_GATE) };
}

/**
 * The similarity of pictures on the scale of descriptors: 1 for the same picture, the threshold at a confidence of 80, and
 * linear in the cosine between. Rounded down to four decimals, and judged as shown.
 */
export function similarityOf(cosine: number, calibration: Calibration): number {
  const unit = (1 - DESCRIPTOR_THRESHOLD) / (1 - calibration.similarity(DEFAULT_THRESHOLD));
  return shown(1 - (1 - cosine) * unit + 1e-9);
}

export const isMatch = (similarity: number): boolean => similarity >= DESCRIPTOR_THRESHOLD;

const shown = (similarity: number): number => Math.floor(Math.min(1, Math.max(-1, similarity)) * 1e4) / 1e4;

/** The likeness of a probe and one face. */
export async function compare(
  gallery: Gallery,
  faceId: string,
  probe: Probe,
  calibration: Calibration,
): Promise<Likeness> {
  if ('face' in probe) {
    const { template, descriptor } = probe.face;
    const compared = await gallery.compare(DEFAULT_COLLECTION, faceId, template, descriptor);
    return { faceId, similarity: similarityOf(compared.similarity, calibration) };
  }
  const [nearest] = await gallery.searchDescriptors(DEFAULT_COLLECTION, probe.descriptor, { faceId });
  return { faceId, similarity: nearest === undefined ? 0 : shown(1 - nearest.distance) };
}

/** The faces most like a probe, best first, and how many were compared. */
export async function nearest(
  gallery: Gallery,
  probe: Probe,
  count: number,
  calibration: Calibration,
): Promise<{ readonly likenesses: Likeness[]; readonly compared: number }> {
  if ('face' in probe) {
    const found = await gallery.nearest(DEFAULT_COLLECTION, probe.face, count);
    const likenesses = found.map(({ faceId, confidence }) => ({
      faceId,
      similarity: similarityOf(calibration.similarity(confidence), calibration),
    }));
    return { likenesses, compared: await countEnrolled(gallery) };
  }
  const found = await gallery.searchDescriptors(DEFAULT_COLLECTION, probe.descriptor);
  const likenesses = found.map(({ faceId, distance }) => ({ faceId, similarity: shown(1 - distance) }));
  return { likenesses: likenesses.slice(0, count), compared: found.length };
}

/** The name of a face's template that a probe is most like; null: there is none of its kind. */
export async function nearestTemplate(
  {
    gallery,
    users,
    account,
  }: { readonly gallery: Gallery; readonly users: UserStore; readonly account: string },
  faceId: string,
  probe: Probe,
): Promise<string | null> {
  const nearestUid = async (described: Float32Array, only: { faceId: string; isForeign?: true }) =>
    (await gallery.searchDescriptors(DEFAULT_COLLECTION, described, only))[0]?.uid ?? null;
  if (!('face' in probe)) return await nearestUid(probe.descriptor, { faceId });
  const { template, descriptor } = probe.face;
  const reference = await gallery.nearestReference(DEFAULT_COLLECTION, faceId, template);
  if (reference !== null) return await users.nameOf(account, reference.referenceId);
  if (descriptor === undefined) return null;
  return await nearestUid(descriptor, { faceId, isForeign: true });
}
