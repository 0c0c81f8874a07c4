import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import {
  ERRORS,
  IMAGE_LIMITS,
  LintelError,
  oneLine,
  PICTURE_WORDS,
  QualityCode,
  type ErrorBody,
  type ErrorCode,
} from '#contract';
import { takeStill, uprightStill } from '../camera/index.ts';
import { openSettings } from '../settings/index.ts';
import { whyUnreadable } from './unreadable.ts';

/** An encoded image; `label` names it in messages, on one line. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly label: string;
  /** Of what the camera just took, messages speak to the person before it. */
  readonly isFromCamera: boolean;
}

/** A picture that was not used, and why. */
export type Refused = { readonly image: string } & ErrorBody;

/**
 * The files named, or one picture from a camera, upright as the appliance's settings say.
 * @param data folder of the appliance
 * @param folder from which files are named; by default the one in which the command runs
 * @throws LintelError `usage` for neither or both, `image-unreadable`, `image-too-large`, `camera-unavailable`
 */
export async function readPictures(
  files: readonly string[],
  {
    camera,
    data = '',
    folder,
  }: { readonly camera?: string | undefined; readonly data?: string; readonly folder?: string } = {},
): Promise<Picture[]> {
  if (files.length === 0 && camera === undefined) {
    throw new LintelError('usage', 'Name an image file, or take a picture with --camera.');
  }
  if (files.length > 0 && camera !== undefined) {
    throw new LintelError('usage', 'Name image files or a camera, not both.');
  }
  if (camera !== undefined) {
    const { current } = await openSettings(join(data, 'settings.json'));
    return [
      {
        bytes: await uprightStill(await takeStill(camera), current),
        label: oneLine(camera),
        isFromCamera: true,
      },
    ];
  }
  return await Promise.all(files.map((file) => readOne(file, folder)));
}

export async function readPicture(
  file: string | undefined,
  from?: Parameters<typeof readPictures>[1],
): Promise<Picture> {
  const [picture] = await readPictures(file === undefined ? [] : [file], from);
  return picture!;
}

/** What to say of a picture that is not used. */
const wordsFor = (code: ErrorCode, { isFromCamera }: Pick<Picture, 'isFromCamera'>): string => {
  const quality = QualityCode.safeParse(code);
  return quality.success && !isFromCamera ? PICTURE_WORDS[quality.data] : ERRORS[code].message;
};

/** @param rejected as enrolment names them, by their place among the pictures */
export const refusedOf = <T extends ErrorBody & { readonly index: number }>(
  rejected: readonly T[],
  pictures: readonly Picture[],
): (Omit<T, 'index'> & Refused)[] =>
  rejected.map(({ index, ...why }) => {
    const picture = pictures[index]!;
    const detail = why.message.slice(ERRORS[why.code].message.length);
    return { ...why, image: picture.label, message: `${wordsFor(why.code, picture)}${detail}` };
  });

/** Why a picture cannot be used. @param detail names it, where there are several */
export const unusable = (
  code: ErrorCode,
  picture: Pick<Picture, 'isFromCamera'>,
  detail?: string,
): LintelError => new LintelError(code, detail, { words: wordsFor(code, picture) });

/**
 * Why none of somebody's pictures could be used: the reason of the first, and the codes of the others.
 * @param refused one at least
 */
export function noneUsable(refused: readonly Refused[]): LintelError {
  const [{ image, code, message }, ...more] = refused as readonly [Refused, ...Refused[]];
  const others = more.map((each) => `; ${each.image}: ${each.code}`).join('');
  return new LintelError(code, `(${image}${others})`, { words: message });
}

async function readOne(named: string, folder = ''): Promise<Picture> {
  const file = isAbsolute(named) ? named : join(folder, named);
  const label = oneLine(basename(file));
  const place = oneLine(file === named || folder === '' ? named : `${named}, looked for in ${folder}`);
  try {
    // Looked at first, so that a huge file is never read, nor one that never ends: a pipe, a device.
    const stats = await stat(file);
    if (!stats.isFile()) throw new LintelError('image-unreadable', `(${place}: it is no ordinary file)`);
    if (stats.size > IMAGE_LIMITS.bytes) throw new LintelError('image-too-large', `(${label})`);
    return { bytes: await readFile(file), label, isFromCamera: false };
  } catch (error) {
    if (error instanceof LintelError) throw error;
    throw new LintelError('image-unreadable', `(${whyUnreadable(place, error)})`, { cause: error });
  }
}

/** A person's picture in a folder of people. */
export interface LabelledFile {
  readonly person: string;
  readonly file: string;
}

/** Every JPEG and PNG in a folder with one folder of pictures per person. @throws LintelError `usage` */
export async function listPeople(dir: string): Promise<LabelledFile[]> {
  const unreadable = (cause: unknown): LintelError =>
    new LintelError('usage', `The folder cannot be read. (${whyUnreadable(oneLine(dir), cause)})`, { cause });
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    const people = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const files = await Promise.all(
      people.toSorted().map(async (person) => {
        const names = (await readdir(join(dir, person))).filter((name) => /\.(jpe?g|png)$/i.test(name));
        return names.toSorted().map((name) => ({ person, file: join(dir, person, name) }));
      }),
    );
    return files.flat();
  } catch (error) {
    throw unreadable(error);
  }
}
