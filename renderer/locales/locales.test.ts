import { createInstance } from 'i18next';
import { describe, expect, it } from 'vitest';
import { ERRORS, LANGUAGES } from '#contract';
import { GUIDANCE_CODES } from '../guidance/guidance.ts';
import ar from './ar.json';
import en from './en.json';

type Texts = { readonly [key: string]: string | Texts };
const LOCALES = { en, ar } as const;
const PLURAL = /_(zero|one|two|few|many|other)$/;

/** All keys, with dots, plural suffixes included. */
function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : keysOf(value, `${prefix}${key}.`),
  );
}
function textOf(texts: Texts, key: string): string {
  let at: string | Texts = texts;
  for (const part of key.split('.')) at = typeof at === 'string' ? '' : (at[part] ?? '');
  return typeof at === 'string' ? at : '';
}
const withoutPlural = (keys: readonly string[]): string[] => [
  ...new Set(keys.map((key) => key.replace(PLURAL, ''))),
];
const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)/g)].map((match) => match[1] ?? '').toSorted();

/** The sources that show texts. */
const sources = Object.entries(
  import.meta.glob<string>(['../**/*.tsx', '../**/*.ts', '!../**/*.test.ts'], {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);
const code = sources.map(([, source]) => source).join('\n');

describe('the locales', () => {
  it('have the same keys', () => {
    expect(withoutPlural(keysOf(ar)).toSorted()).toEqual(withoutPlural(keysOf(en)).toSorted());
  });

  it.each(LANGUAGES)('have every plural form that %s needs', (language) => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted();
    const forms = Map.groupBy(
      keysOf(LOCALES[language]).filter((key) => PLURAL.test(key)),
      (key) => key.replace(PLURAL, ''),
    );
    expect(forms.size).toBeGreaterThan(0);
    for (const [key, found] of forms)
      expect([key, found.map((form) => form.replace(`${key}_`, '')).toSorted()]).toEqual([key, categories]);
  });

  it('fill the same places', () => {
    for (const key of keysOf(en).filter((key) => !PLURAL.test(key)))
      expect([key, placeholders(textOf(ar, key))]).toEqual([key, placeholders(textOf(en, key))]);
  });

  it('leave no text empty and none of the Arabic in English', () => {
    for (const key of keysOf(en)) expect([key, textOf(en, key).trim()]).not.toEqual([key, '']);
    for (const key of keysOf(ar)) expect([key, /[\u0600-\u06ff]/.test(textOf(ar, key))]).toEqual([key, true]);
  });

  it('have a text for every error and every piece of guidance', () => {
    for (const locale of Object.values(LOCALES)) {
      const keys = keysOf(locale);
      expect(keys).toEqual(expect.arrayContaining(Object.keys(ERRORS).map((error) => `errors.${error}`)));
      expect(keys).toEqual(expect.arrayContaining(GUIDANCE_CODES.map((guidance) => `guidance.${guidance}`)));
    }
  });

  it('count and write numbers as the language does', async () => {
    const i18n = createInstance();
    await i18n.init({
      lng: 'ar',
      resources: { en: { translation: en }, ar: { translation: ar } },
      interpolation: { escapeValue: false },
    });
    const people = (count: number, lng: string): string => i18n.t('people.count', { count, lng });
    expect([people(1, 'en'), people(2, 'en'), people(1200, 'en')]).toEqual([
      '1 person',
      '2 people',
      '1,200 people',
    ]);
    expect([people(1, 'ar'), people(2, 'ar'), people(3, 'ar')]).toEqual([
      'شخص واحد',
      'شخصان',
      `${new Intl.NumberFormat('ar').format(3)} أشخاص`,
    ]);
  });
});

describe('the sources', () => {
  const keys = new Set(withoutPlural(keysOf(en)));

  it('use only texts that exist', () => {
    expect(sources.length).toBeGreaterThan(20);
    const used = [...code.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] ?? '');
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((key) => !keys.has(key))).toEqual([]);
    const stems = [...code.matchAll(/\bt\(\s*`([^`$]+)\$\{/g)].map((match) => match[1] ?? '');
    expect(stems.length).toBeGreaterThan(3);
    expect(stems.filter((stem) => ![...keys].some((key) => key.startsWith(stem)))).toEqual([]);
  });

  it('use every text', () => {
    const stems = [...code.matchAll(/`([\w.]+\.\w*)\$\{/g)].map((match) => match[1] ?? '');
    const unused = [...keys].filter(
      (key) => !code.includes(`'${key}'`) && !stems.some((stem) => key.startsWith(stem)),
    );
    expect(unused).toEqual([]);
  });
});
