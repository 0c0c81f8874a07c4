import type { Language } from '#contract';
import { setLanguage } from './i18n.ts';

/** How long the choice of a visitor stays while the attract screen waits: they read, and step up. Milliseconds. */
const KEPT_MS = 20_000;

let site: Language = 'en';
let chosen: Language | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Speak the language of the settings, unless a visitor chose one. */
export function speakForSite(language: Language): void {
  site = language;
  setLanguage(chosen ?? site);
}

/** Speak the language that a visitor chose, until their visit is over. */
export function speakForVisitor(language: Language): void {
  chosen = language;
  setLanguage(language);
  isWaiting(true);
}

/** @param waits whether the screen waits for a visitor: after a while it is the next one, who did not choose */
export function isWaiting(waits: boolean): void {
  clearTimeout(timer);
  if (waits && chosen !== null) timer = setTimeout(forgetVisitor, KEPT_MS);
}

/** Speak the language of the settings again. */
export function forgetVisitor(): void {
  clearTimeout(timer);
  chosen = null;
  setLanguage(site);
}
