import { changeLanguage, init, type ParseKeys, t as translate } from 'i18next';
import { signal } from '@preact/signals';
import { LANGUAGES, type Language } from '#contract';
import ar from './locales/ar.json' with { type: 'json' };
import de from './locales/de.json' with { type: 'json' };
import en from './locales/en.json' with { type: 'json' };
import es from './locales/es.json' with { type: 'json' };
import fr from './locales/fr.json' with { type: 'json' };

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

export type TextKey = ParseKeys;

const LOCALES = { en, de, fr, es, ar } as const satisfies Record<Language, object>;

/** Each language in its own words. */
export const LANGUAGE_NAMES = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ar: 'العربية',
} as const satisfies Record<Language, string>;

/** The screen's language. Reading it (or {@link t}) in a component makes the component follow it. */
export const language = signal<Language>('en');

void init({
  initAsync: false,
  lng: language.value,
  fallbackLng: 'en',
  resources: Object.fromEntries(LANGUAGES.map((each) => [each, { translation: LOCALES[each] }])),
  interpolation: { escapeValue: false },
});

/** Switches every text, and the direction of the page. */
export function setLanguage(next: Language): void {
  void changeLanguage(next);
  document.documentElement.lang = next;
  document.documentElement.dir = next === 'ar' ? 'rtl' : 'ltr';
  language.value = next;
}

/** The text of a key in the screen's language. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return translate(key, { ...values, lng: language.value });
}

/** The text for a failure; a code without a text of its own gets the text of a fault. */
export const errorText = (code: string): string =>
  translate([`errors.${code}`, 'errors.internal'] as TextKey[], { lng: language.value });

export const formatNumber = (value: number): string => new Intl.NumberFormat(language.value).format(value);

export const formatDate = (date: Date, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language.value, options).format(date);
