import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CardText, MOST_SCANNED } from '#contract';
import { similarity } from '#core/matching';
import { randomTemplate, seeded } from '../matching/testing/random-templates.ts';
import { fromBase45, toBase45 } from './base45.ts';
import { sealCard, unsealCard, type Card } from './card.ts';

const KEY = randomBytes(32);
const MODEL = 'fr_feature-87aacdfe5751';
const TEMPLATE = randomTemplate(512, seeded(1));
const CARD: Card = {
  cardId: 'card_0123456789abcdef',
  faceId: null,
  issuedAt: new Date('2026-11-29T12:00:00Z'),
  name: 'Noor عائشة',
  groups: ['staff', 'night'],
  validFrom: '2026-11-29',
  validUntil: '2027-11-29',
  consentVersion: '2026-1',
  modelId: MODEL,
  template: TEMPLATE,
};

describe('a card', () => {
  it('says what was sealed, to whom has the key', () => {
    const text = sealCard(KEY, CARD);
    expect(CardText.parse(text)).toBe(text);
    const { isOf, template, ...said } = unsealCard(KEY, text)!;
    const { modelId, template: _, ...sealed } = CARD;
    expect(said).toEqual(sealed);
    expect([isOf(modelId), isOf('another')]).toEqual([true, false]);
    expect(similarity(template, TEMPLATE)).toBeGreaterThan(0.99);
    expect(similarity(template, template)).toBeCloseTo(1, 5);
  });

  it('names who holds it, of those enrolled', () => {
    const faceId = `face_${'0123456789abcdef'.repeat(2)}`;
    expect(unsealCard(KEY, sealCard(KEY, { ...CARD, faceId }))).toMatchObject({ faceId });
  });

  it('is another text each time, and none of another deployment opens', () => {
    expect(sealCard(KEY, CARD)).not.toBe(sealCard(KEY, CARD));
    expect(unsealCard(randomBytes(32), sealCard(KEY, CARD))).toBeNull();
  });

  it('opens no more with a bit of it changed, whichever byte it is in, or cut', () => {
    const text = sealCard(KEY, CARD);
    const [start, sealed] = [text.slice(0, 8), fromBase45(text.slice(8))!];
    for (let bit = 0; bit < sealed.length * 8; bit += 5) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(unsealCard(KEY, start + toBase45(changed))).toBeNull();
    }
    for (let length = 0; length < text.length; length += 1) {
      expect(unsealCard(KEY, text.slice(0, length))).toBeNull();
    }
    expect(unsealCard(KEY, `${text}00`)).toBeNull();
    expect(unsealCard(KEY, `LINTEL2:${text.slice(8)}`)).toBeNull();
    expect(unsealCard(KEY, text + '0'.repeat(MOST_SCANNED))).toBeNull();
  });

  it('has limits', () => {
    const groups = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(64));
    expect(() => sealCard(KEY, { ...CARD, groups })).toThrow(
      expect.objectContaining({ code: 'card-too-large' }),
    );
  });
});

describe('base 45', () => {
  it('is that of RFC 9285', () => {
    for (const [plain, text] of [
      ['AB', 'BB8'],
      ['Hello!!', '%69 VD92EX0'],
      ['base-45', 'UJCLQE7W581'],
      ['ietf!', 'QED8WEX0'],
    ] as const) {
      expect(toBase45(Buffer.from(plain))).toBe(text);
      expect(Buffer.from(fromBase45(text)!).toString()).toBe(plain);
    }
    for (const wrong of ['GGW', ':::', '::', 'A', 'ab8']) expect(fromBase45(wrong)).toBeNull();
  });
});
