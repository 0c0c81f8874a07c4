import { LintelError } from '#contract';

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
