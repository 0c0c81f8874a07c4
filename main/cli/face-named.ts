import { LintelError, oneLine } from '#contract';
import type { Gallery, Identification } from '#core/gallery';

/**
 * The face that a command names.
 * @param idsOf the faces with an external key
 * @throws LintelError `usage` unless exactly one of both is given and the key is that of one face, `face-not-found`
 */
export async function faceIdNamed(
  { face, key }: { readonly face?: string; readonly key?: string },
  idsOf: (key: string) => Promise<readonly string[]>,
): Promise<string> {
  if (face !== undefined && key === undefined) return face;
  if (face !== undefined || key === undefined) {
    throw new LintelError('usage', 'Name a face (--face) or an external key (--key).');
  }
  const [faceId, ...others] = await idsOf(key);
  if (faceId === undefined)
    throw new LintelError(
      'face-not-found',
      '(Nobody here has this key. Look with: lintel faces --search WORDS)',
    );
  if (others.length > 0) {
    throw new LintelError('usage', `${others.length + 1} faces have this key. Name one of them with --face.`);
  }
  return faceId;
}

/** Name, external key and face id, as far as they are known, on one line. */
export function named({
  metadata,
  externalKey,
  faceId,
}: Pick<Identification, 'metadata' | 'externalKey' | 'faceId'>): string {
  const known = [metadata.name, externalKey, faceId].filter((part) => part !== undefined && part !== null);
  return oneLine(known.join(', '));
}

/**
 * Does what may give somebody an external key; where another person has it, the refusal says who.
 * @param key undefined: none is given
 * @throws what `work` throws
 */
export async function withKey<T>(
  gallery: Gallery,
  collection: string,
  key: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isTaken = error instanceof LintelError && error.code === 'external-key-in-use';
    if (!isTaken || key === undefined) throw error;
    const [faceId] = await gallery.faceIdsByExternalKey(collection, key);
    if (faceId === undefined) throw error;
    const holder = named(await gallery.getFace(collection, faceId));
    throw new LintelError('external-key-in-use', `(${holder})`, { cause: error });
  }
}
