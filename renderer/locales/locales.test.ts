import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstance } from 'i18next';
import { describe, expect, it } from 'vitest';
import { ERRORS, type Language, LANGUAGES } from '#contract';
import { GUIDANCE_CODES } from '../guidance/guidance.ts';
import ar from './ar.json' with { type: 'json' };
import de from './de.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import es from './es.json' with { type: 'json' };
import fr from './fr.json' with { type: 'json' };

type Texts = { readonly [key: string]: string | Texts };
const LOCALES: Record<Language, Texts> = { en, de, fr, es, ar };
const TRANSLATIONS = LANGUAGES.filter((language) => language !== 'en');
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
/** What a text leaves to be filled in, and how each is written. A plural form may name its number in words. */
const placesOf = (text: string): string[] =>
  [...new Set(text.match(/\{\{[^}]*\}\}/g))].filter((place) => place !== '{{count, number}}').toSorted();

const RENDERER = join(import.meta.dirname, '..');

/** The sources that show texts. */
const sources = globSync('**/*.{ts,tsx}', { cwd: RENDERER, exclude: ['**/*.test.ts'] }).map(
  (file) => [file, readFileSync(join(RENDERER, file), 'utf8')] as const,
);
const code = sources.map(([, source]) => source).join('\n');

describe('the locales', () => {
  it.each(TRANSLATIONS)('have the same keys in %s as in English', (language) => {
    expect(withoutPlural(keysOf(LOCALES[language])).toSorted()).toEqual(withoutPlural(keysOf(en)).toSorted());
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

  // Who says to a screen what they read on it is understood (WCAG 2.5.3).
  it.each(LANGUAGES)('say of what is named in %s the words that are seen', (language) => {
    const named = keysOf(LOCALES[language]).flatMap((key) => {
      const seen = textOf(LOCALES[language], key.replace(/(?:Named|Of)$/, ''));
      return /(?:Named|Of)$/.test(key) && seen !== ''
        ? [[seen, textOf(LOCALES[language], key)] as const]
        : [];
    });
    expect(named.length).toBeGreaterThan(3);
    for (const [seen, spoken] of named) expect(spoken.toLowerCase()).toContain(seen.toLowerCase());
  });

  it.each(TRANSLATIONS)('fill the same places in %s as in English', (language) => {
    for (const key of keysOf(LOCALES[language])) {
      const english = textOf(en, key) || textOf(en, key.replace(PLURAL, '_other'));
      expect([key, placesOf(textOf(LOCALES[language], key))]).toEqual([key, placesOf(english)]);
    }
  });

  it.each(LANGUAGES)('leave no text of %s empty', (language) => {
    for (const key of keysOf(LOCALES[language]))
      expect([key, textOf(LOCALES[language], key).trim()]).not.toEqual([key, '']);
  });

  it.each(TRANSLATIONS)('leave no text of %s in English', (language) => {
    // Single words may be the same in two languages.
    const english = new Set(
      keysOf(en)
        .map((key) => textOf(en, key))
        .filter((text) => /\p{L}+ \p{L}+/u.test(text)),
    );
    expect(keysOf(LOCALES[language]).filter((key) => english.has(textOf(LOCALES[language], key)))).toEqual(
      [],
    );
  });

  it('write Arabic in its letters', () => {
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
      resources: Object.fromEntries(LANGUAGES.map((each) => [each, { translation: LOCALES[each] }])),
      interpolation: { escapeValue: false },
    });
    const people = (count: number, lng: string): string => i18n.t('people.count', { count, lng });
    expect([people(1, 'en'), people(2, 'en'), people(1200, 'en')]).toEqual([
      '1 person',
      '2 people',
      '1,200 people',
    ]);
    expect([people(1, 'de'), people(1200, 'de')]).toEqual(['1 Person', '1.200 Personen']);
    expect([people(0, 'fr'), people(1200, 'fr'), people(1e6, 'fr')]).toEqual([
      '0 personne',
      '1\u202f200 personnes',
      '1\u202f000\u202f000 de personnes',
    ]);
    expect([people(1, 'es'), people(12_000, 'es'), people(1e6, 'es')]).toEqual([
      '1 persona',
      '12.000 personas',
      '1.000.000 de personas',
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
