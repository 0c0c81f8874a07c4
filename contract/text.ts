import { z } from 'zod';

/**
 * Characters that are not seen, or change how others are shown: controls, separators of lines, directional marks,
 * embeddings and overrides, zero-width ones, halves of a character, tags. Joiners are not among them: scripts need them.
 */
const UNSEEN =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Of these, the ones that a name gets rid of silently: they come along when text is pasted. */
const PASTED = /[\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff]/gu;

/** A letter, digit, mark of punctuation or sign, but for those that are blank. */
const SEEN = /(?![\u115f\u1160\u2800\u3164\uffa0])[\p{L}\p{N}\p{P}\p{S}]/u;

/** A name that a user gives to a person, a device or an account: one line, of which something can be seen. */
export const DisplayName = z
  .string()
  .max(1000)
  .transform((text) => text.normalize('NFC').replace(PASTED, '').trim())
  .pipe(
    z
      .string()
      .min(1)
      .max(200)
      .refine((name) => name.search(UNSEEN) === -1, 'No line breaks and control characters.')
      .refine((name) => SEEN.test(name), 'Something that can be seen.'),
  );

/**
 * The name of a person as a screen shows it. It may have come from a server, or from a version, that did not look at it: a
 * person is recognised by whatever name, and no name says more than its characters.
 */
export const ShownName = z.string().transform((name) => {
  const clean = name.replace(PASTED, '').trim();
  return oneLine(clean === '' ? name : clean);
});

/** Text from elsewhere as one line of plain text: what is not seen is written as `\u{200b}`. */
export const oneLine = (text: string): string => text.replace(UNSEEN, escaped);

/** The same of text whose own line breaks and tabs stay. */
export const plainText = (text: string): string =>
  text.replace(UNSEEN, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );

/** JSON that is plain text as well. */
export const plainJson = (value: unknown): string =>
  JSON.stringify(value).replace(UNSEEN, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );

/** Text without the byte-order mark that some editors write at its beginning. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;
