import { randomBytes } from 'node:crypto';
import { CardId, LintelError, type Consent, type KeptCard, type NewCard } from '#contract';
import {
  CARD_KEY_ROW as KEY_ROW,
  CARD_LIST_ROW as LIST_ROW,
  CardList,
  checkedCards,
  isRevoked,
  sealCard,
  unsealCard,
  withRoom,
  type OpenedCard,
} from '#core/cards';
import type { KekProvider, Store } from '#core/store';
import { changeRow, readRow } from '../secrets/index.ts';

const KEY_BYTES = 32;

/** What is made into a card besides {@link NewCard}. */
export interface CardContents {
  /** What the person agreed to; null: nothing is asked here. */
  readonly consent: Consent | null;
  readonly modelId: string;
  readonly template: Float32Array;
  /** Who holds the card, where that is somebody enrolled. */
  readonly faceId: string | null;
}

/**
 * Cards by which people carry their template: nothing of it stays here. What is kept of a card is its number, its dates,
 * whether it was revoked, and who holds it where that is somebody enrolled.
 */
export interface Cards {
  /** @returns the text of its QR code @throws LintelError `card-too-large`, `too-many-cards` */
  issue(card: NewCard, contents: CardContents): Promise<{ readonly cardId: CardId; readonly text: string }>;
  /** What a card says, and whether it was revoked; null when no key of this deployment sealed it. */
  open(text: string): Promise<{ readonly card: OpenedCard; readonly isRevoked: boolean } | null>;
  /** Those issued or revoked here, the newest first. */
  list(): Promise<KeptCard[]>;
  /** Also of a card that another appliance issued. @throws LintelError `too-many-cards` where all that are kept are revoked */
  revoke(cardId: CardId): Promise<void>;
  /** Another key takes the place of the present one: every card there is opens no more. What was revoked stays so. */
  turnKey(): Promise<void>;
  /** The key, sealed by a provider, for another appliance of the deployment. */
  exportKey(to: KekProvider): Promise<Uint8Array>;
  /**
   * Takes the key of another appliance. What was revoked stays so: the key may be the one that was here already, or come back later.
   * @throws LintelError `store-key-wrong`
   */
  importKey(from: KekProvider, sealed: Uint8Array): Promise<void>;
}

export function createCards(store: Store, now: () => Date = () => new Date()): Cards {
  /** The key first: while the list is as it was, no card that was revoked is good again. */
  const setKey = async (key: Uint8Array): Promise<void> => {
    await store.setSecret(KEY_ROW, key, { kind: 'key-changed', what: 'card-key', stage: 'done' });
    await changeRow(store, LIST_ROW, CardList, (cards) => (cards ?? []).filter(isRevoked));
  };
  const list = async (): Promise<KeptCard[]> => (await readRow(store, LIST_ROW, CardList)) ?? [];

  return {
    async issue(card, { consent, modelId, template, faceId }) {
      const cardId = CardId.parse(`card_${randomBytes(8).toString('hex')}`);
      const issuedAt = now();
      const key = await store.sharedSecret(KEY_ROW);
      const consentVersion = consent?.version ?? null;
      const text = sealCard(key, { ...card, cardId, issuedAt, consentVersion, modelId, template, faceId });
      const { validUntil } = card;
      const kept = { cardId, issuedAt: issuedAt.toISOString(), validUntil, revokedAt: null, faceId };
      const agreed = consent && {
        version: consent.version,
        purpose: consent.purpose,
        termDays: consent.termDays,
        way: consent.way,
      };
      await changeRow(store, LIST_ROW, CardList, (cards) => checkedCards([kept, ...(cards ?? [])]), {
        kind: 'card-issued',
        cardId,
        consent: agreed,
        ...(faceId !== null && { faceId }),
      });
      return { cardId, text };
    },
    async open(text) {
      const card = unsealCard(await store.sharedSecret(KEY_ROW), text);
      if (card === null) return null;
      return {
        card,
        isRevoked: (await list()).some((each) => each.cardId === card.cardId && isRevoked(each)),
      };
    },
    list,
    async revoke(cardId) {
      const revokedAt = now().toISOString();
      const unknown: KeptCard = { cardId, issuedAt: null, validUntil: null, revokedAt: null, faceId: null };
      await changeRow(
        store,
        LIST_ROW,
        CardList,
        (cards) => {
          const all = cards ?? [];
          const known = all.some((each) => each.cardId === cardId) ? all : [unknown, ...all];
          return withRoom(
            known.map((each) =>
              each.cardId === cardId ? { ...each, revokedAt: each.revokedAt ?? revokedAt } : each,
            ),
          );
        },
        { kind: 'card-revoked', cardId },
      );
    },
    turnKey: () => setKey(randomBytes(KEY_BYTES)),
    exportKey: async (to) => await to.wrap(Buffer.from(await store.sharedSecret(KEY_ROW))),
    async importKey(from, sealed) {
      const key = await from.unwrap(Buffer.from(sealed));
      if (key.length !== KEY_BYTES) throw new LintelError('store-key-wrong');
      await setKey(key);
    },
  };
}
