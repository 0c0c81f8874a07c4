import { expect, it } from 'vitest';
import { Settings } from '#contract';
import { consentNow } from './consent-now.ts';
import { retentionSchedule } from './retention-schedule.ts';

const terms = { version: 'v2', purpose: 'check-in', text: 'I agree.' };
const asked = Settings.parse({ consent: terms, keepPeopleDays: 365 });
const missing = expect.objectContaining({ code: 'consent-missing' });

it('is the text in force that somebody agreed to, for the term that is set', () => {
  const now = new Date('2026-11-29T09:00:00Z');
  expect(consentNow(asked, 'tick', 'v2', now)).toEqual({
    version: 'v2',
    purpose: 'check-in',
    termDays: 365,
    way: 'tick',
    givenAt: '2026-11-29T09:00:00.000Z',
  });
  expect(consentNow(asked, 'signature')).toMatchObject({ version: 'v2', way: 'signature' });
});

it('is refused where nobody was asked, another text was read, or there is none', () => {
  expect(() => consentNow(asked, null)).toThrow(missing);
  expect(() => consentNow(asked, 'tick', 'v1')).toThrow(missing);
  expect(() => consentNow(Settings.parse({}), 'tick', 'v2')).toThrow(missing);
  expect(consentNow(Settings.parse({}), null)).toBeNull();
});

it('is kept for three years at most', () => {
  expect(Settings.safeParse({ keepPeopleDays: 1095 }).success).toBe(true);
  expect(Settings.safeParse({ keepPeopleDays: 1096 }).success).toBe(false);
});

it('gives a schedule that follows the settings', () => {
  const line = (what: string, settings = asked, isPaired = false) =>
    retentionSchedule(settings, isPaired).find((each) => each.what.startsWith(what));
  expect(line('People')).toMatchObject({ days: 365 });
  expect(line('People', asked, true)).toMatchObject({ days: null });
  expect(line('Events')).toMatchObject({ days: 90 });
  expect(line('Events', Settings.parse({ keepEventDays: 7 }))).toMatchObject({ days: 7 });
  expect(line('Pictures of people', Settings.parse({ keepImages: 30 }))).toMatchObject({ days: 30 });
  expect(line('Cards')).toMatchObject({ days: null });
  expect(line('Consent')?.rule).toContain('v2');
});
