import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CardId, LintelError, NewCard, PersonAccess } from '#contract';
import { ENROLMENT_RULES } from '#core/enrolment';
import { unwritable } from '#core/store';
import { createCards, issueFrom, issueOf } from '../cards/index.ts';
import { kekProviderFrom } from '../secrets/index.ts';
import { openSettings } from '../settings/index.ts';
import { readBytes } from './documents.ts';
import { withCodePicture } from './code-picture.ts';
import { withServing, type Answer, type StoreOptions } from './commands.ts';
import { consentOf } from './consent-way.ts';
import { faceIdNamed } from './face-named.ts';
import { accessNamed, type AccessChange } from './person-access.ts';
import { noneUsable, readPictures, refusedOf } from './pictures.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** More than a sealed key has. */
const MOST_KEY_BYTES = 4096;

interface Issuing extends StoreOptions, AccessChange {
  readonly name?: string;
  readonly out: string;
  readonly face?: string;
  readonly key?: string;
  readonly consent?: string;
  readonly camera?: string;
}

/**
 * Make a card that carries a person's template as a QR code; nothing of it is kept here. Of somebody enrolled, or of pictures.
 * @throws LintelError `usage`, `file-exists`, `consent-missing`, `face-not-found`, `card-too-large`, `too-many-cards`, and those
 *   of pictures
 */
export const issueCard = async (images: readonly string[], options: Issuing): Promise<Answer> =>
  options.face === undefined && options.key === undefined
    ? await cardOfPictures(images, options)
    : await cardOfFace(images, options);

const settingsOf = async ({ data }: StoreOptions) =>
  (await openSettings(join(data, 'settings.json'))).current;

async function cardOfFace(images: readonly string[], options: Issuing): Promise<Answer> {
  const { name, groups, validFrom, validUntil, consent, camera } = options;
  if ([name, groups, validFrom, validUntil, consent, camera, images[0]].some((each) => each !== undefined)) {
    throw new LintelError(
      'usage',
      'A card of somebody enrolled says what is known of them, and nothing else.',
    );
  }
  const current = await settingsOf(options);
  return await withServing(options, async (serving, { store }) => {
    const faceId = await faceIdNamed(options, (key) =>
      serving.gallery.faceIdsByExternalKey(current.collectionId, key),
    );
    const make = () => issueOf(createCards(store), serving, current, faceId);
    const { cardId } = await withCodePicture(options.out, make, ({ text }) => text);
    return {
      json: { cardId, out: options.out, rejected: [] },
      text: `${cardId} is in ${options.out}. Hand it over and remove the file. It is good while they are enrolled, or until it is revoked.`,
    };
  });
}

async function cardOfPictures(images: readonly string[], options: Issuing): Promise<Answer> {
  const access = PersonAccess.parse(accessNamed(options) ?? {});
  const card = NewCard.safeParse({ name: options.name ?? null, ...access });
  if (!card.success) {
    throw new LintelError('usage', 'A name on a card has up to 64 characters, and a card up to 8 groups.');
  }
  const consent = consentOf(await settingsOf(options), options.consent);
  const rules = ENROLMENT_RULES.commandLine[options.camera === undefined ? 'file' : 'camera'];
  const pictures = await readPictures(images, options);
  return await withServing({ ...options, makesStore: true }, async (serving, { store }) => {
    const make = async () => {
      const bytes = pictures.map((picture) => picture.bytes);
      const issued = await issueFrom(createCards(store), serving, bytes, rules, card.data, consent);
      const refused = refusedOf(issued.rejected, pictures);
      if (issued.card !== null) return { ...issued.card, rejected: refused };
      throw noneUsable(refused);
    };
    const { cardId, rejected } = await withCodePicture(options.out, make, ({ text }) => text);
    return {
      json: { cardId, out: options.out, rejected },
      text: `${cardId} is in ${options.out}. Hand it over and remove the file; note the number: by it the card is revoked.`,
    };
  });
}

export async function listCards(options: InStore): Promise<Answer> {
  const cards = await withStore(options, (store) => createCards(store).list());
  const text = table(
    ['Card', 'Issued', 'Good until', 'Revoked', 'Face'],
    cards.map(({ cardId, issuedAt, validUntil, revokedAt, faceId }) => [
      cardId,
      issuedAt ?? 'elsewhere',
      validUntil ?? (faceId === null ? 'revoked' : 'revoked or removed'),
      revokedAt,
      faceId,
    ]),
    'There are no cards.',
  );
  return { json: { cards }, text };
}

/** @throws LintelError `usage`, `too-many-cards` */
export async function revokeCard(id: string, options: InStore): Promise<Answer> {
  const cardId = CardId.safeParse(id);
  if (!cardId.success) throw new LintelError('usage', 'A card has a number such as card_0123456789abcdef.');
  await withStore(options, (store) => createCards(store).revoke(cardId.data));
  return { json: { cardId: cardId.data }, text: `${cardId.data} opens nothing here any more.` };
}

/** Ends every card there is. */
export async function turnCardKey(options: InStore): Promise<Answer> {
  await withStore(options, (store) => createCards(store).turnKey());
  return {
    json: { changed: true },
    text: 'Every card that was issued until now opens nothing here any more.',
  };
}

interface ForOther extends InStore {
  readonly withPassphraseFile: string;
}

/** The provider that seals the key on its way. */
const wayOf = ({ withPassphraseFile }: ForOther) => kekProviderFrom({ passphraseFile: withPassphraseFile });

/** @throws LintelError `file-exists`, `usage`, `store-key-missing` */
export async function exportCardKey(file: string, options: ForOther): Promise<Answer> {
  const sealed = await withStore(options, (store) => createCards(store).exportKey(wayOf(options)));
  await using out = await open(file, 'wx', 0o600).catch((error: unknown) => {
    throw unwritable(file, error);
  });
  await out.writeFile(sealed);
  return { json: { file }, text: `The key of the cards, sealed with that passphrase, is in ${file}.` };
}

/** @throws LintelError `usage`, `store-key-wrong`, `store-key-missing` */
export async function importCardKey(file: string, options: ForOther): Promise<Answer> {
  const sealed = await readBytes(file, MOST_KEY_BYTES);
  await withStore({ ...options, makesStore: true }, (store) =>
    createCards(store).importKey(wayOf(options), sealed),
  );
  return { json: { changed: true }, text: 'Cards of the appliance that the key comes from are read here.' };
}
