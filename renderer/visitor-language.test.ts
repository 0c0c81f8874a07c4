import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { language } from './i18n.ts';
import { forgetVisitor, isWaiting, speakForSite, speakForVisitor } from './visitor-language.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { documentElement: {} });
  speakForSite('de');
});
afterEach(() => {
  forgetVisitor();
  speakForSite('en');
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('a visitor is spoken to as they chose, also while settings change, until nobody steps up for a while', () => {
  speakForVisitor('fr');
  expect(language.value).toBe('fr');
  vi.advanceTimersByTime(19_000);
  isWaiting(false);
  vi.advanceTimersByTime(60_000);
  speakForSite('es');
  expect(language.value).toBe('fr');
  isWaiting(true);
  vi.advanceTimersByTime(19_000);
  expect(language.value).toBe('fr');
  vi.advanceTimersByTime(2_000);
  expect(language.value).toBe('es');
  isWaiting(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('an operator reads the language of the site at once', () => {
  speakForVisitor('ar');
  forgetVisitor();
  expect([language.value, document.documentElement.dir]).toEqual(['de', 'ltr']);
});
