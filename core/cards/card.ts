import { createHash } from 'node:crypto';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { CARD_START, CardId, FaceId, LintelError, NewCard } from '#contract';
import { seal, unseal } from '#core/store';
import { fromBase45, toBase45 } from './base45.ts';
import { fromCoarse, toCoarse } from './coarse.ts';

/** Most characters of a card: what version 15 of a QR code holds at the lowest level, 77 modules a side. */
const MOST_CHARACTERS = 758;

/** Sealed along: nothing else that was sealed with the key is a card. */
const CONTEXT = 'lintel card 1';

/** What a card says. */
export interface Card extends NewCard {
  readonly cardId: CardId;
  /** Who holds it, where that is somebody enrolled: all else is known of them then. Null: the person was not enrolled by it. */
  readonly faceId: string | null;
  readonly issuedAt: Date;
  /** The version of the text that the person agreed to. */
  readonly consentVersion: string | null;
  readonly modelId: string;
  readonly template: Float32Array;
}

/** The same as it is read: of the model it says only whether it is a given one. */
export interface OpenedCard extends Omit<Card, 'modelId'> {
  readonly isOf: (modelId: string) => boolean;
}

const Bytes = z.instanceof(Uint8Array);
/** In this order. What fails here was sealed by a newer version. */
const Payload = z.tuple([
  Bytes.refine(({ length }) => length === 8),
  z.int().nonnegative(),
  Bytes.refine(({ length }) => length === 8),
  Bytes.refine(({ length }) => length > 0),
  NewCard.shape.name,
  NewCard.shape.groups,
  NewCard.shape.validFrom,
  NewCard.shape.validUntil,
  z.string().max(32).nullable(),
  Bytes.refine(({ length }) => length === 16).nullable(),
]);

/** Eight bytes say which model it is. */
const digestOf = (modelId: string): Buffer => createHash('sha256').update(modelId).digest().subarray(0, 8);

/** The random part of an id such as `card_0123456789abcdef`. */
const idBytes = (id: string): Uint8Array => Buffer.from(id.slice('card_'.length), 'hex');

/**
 * The text of a card's QR code: sealed with the key of the deployment (AES-256-GCM), so that nobody without it can read,
 * change or make one.
 * @throws LintelError `card-too-large`
 */
export function sealCard(key: Uint8Array, card: Card): string {
  const payload = [
    idBytes(card.cardId),
    Math.floor(card.issuedAt.getTime() / 1000),
    Uint8Array.from(digestOf(card.modelId)),
    toCoarse(card.template),
    card.name,
    card.groups,
    card.validFrom,
    card.validUntil,
    card.consentVersion,
    card.faceId && idBytes(card.faceId),
  ];
  const text = CARD_START + toBase45(seal(key, encode(payload), CONTEXT));
  if (text.length > MOST_CHARACTERS) throw new LintelError('card-too-large');
  return text;
}

/** What a card says; null when it was not sealed with this key, or is no card. */
export function unsealCard(key: Uint8Array, text: string): OpenedCard | null {
  if (!text.startsWith(CARD_START) || text.length > MOST_CHARACTERS) return null;
  const sealed = fromBase45(text.slice(CARD_START.length));
  const plain = sealed && unseal(key, sealed, CONTEXT);
  const parsed = plain && Payload.safeParse(decode(plain));
  if (!parsed?.success) return null;
  const [id, issuedAt, model, coarse, name, groups, validFrom, validUntil, consentVersion, face] =
    parsed.data;
  return {
    cardId: CardId.parse(`card_${Buffer.from(id).toString('hex')}`),
    issuedAt: new Date(issuedAt * 1000),
    faceId: face && FaceId.parse(`face_${Buffer.from(face).toString('hex')}`),
    isOf: (modelId) => digestOf(modelId).equals(model),
    template: fromCoarse(coarse),
    name,
    groups,
    validFrom,
    validUntil,
    consentVersion,
  };
}
