import { z } from 'zod';
import { AccessId, AccessMoment } from './access.ts';
import { FaceId } from './ids.ts';
import { MOST_SCANNED } from './scanned.ts';
import { DisplayName } from './text.ts';

/** A card's serial number, in its QR code, in events and on the list of those revoked: 64 random bits. */
export const CardId = z.string().regex(/^card_[0-9a-f]{16}$/);
export type CardId = z.infer<typeof CardId>;

/** How the text of a card begins: its format. What follows is base 45 (RFC 9285). */
export const CARD_START = 'LINTEL1:';

/** What the QR code of a card holds. Sealed: a screen can read nothing of it. */
export const CardText = z
  .string()
  .max(MOST_SCANNED)
  .regex(/^LINTEL1:[0-9A-Z $%*+\-./:]+$/);

/** Whose card it is, and for how long. */
export const NewCard = z.strictObject({
  name: DisplayName.pipe(z.string().max(64)).nullable(),
  groups: z.array(AccessId).max(8),
  validFrom: AccessMoment.nullable(),
  /** A card without an end is good until it is revoked. */
  validUntil: AccessMoment.nullable(),
});
export type NewCard = z.infer<typeof NewCard>;

/** What is kept of a card that was issued: no template, and of somebody who is not enrolled not whose it is. */
export const KeptCard = z.strictObject({
  cardId: CardId,
  /** Null: it was issued by another appliance. */
  issuedAt: z.iso.datetime().nullable(),
  validUntil: AccessMoment.nullable(),
  revokedAt: z.iso.datetime().nullable(),
  /** Who holds it, where that is somebody enrolled: the card is good while they are. */
  faceId: FaceId.nullable().default(null),
});
export type KeptCard = z.infer<typeof KeptCard>;

/** Cards that are kept at once. */
export const MOST_CARDS = 10_000;
