import { LintelError, type Consent, type ConsentWay, type Settings } from '#contract';

/**
 * What somebody who is enrolled now has agreed to.
 * @param way null: they were not asked
 * @param version of the text that they have read; by default the one in force
 * @returns null where nothing was agreed to, and need not be
 * @throws LintelError `consent-missing` where the text in force was not agreed to
 */
export function consentNow(
  { consent: terms, keepPeopleDays: termDays }: Pick<Settings, 'consent' | 'keepPeopleDays'>,
  way: ConsentWay | null,
  version: string | null = terms?.version ?? null,
  now = new Date(),
): Consent | null {
  if (terms === null && way === null) return null;
  if (terms === null || way === null || version !== terms.version) throw new LintelError('consent-missing');
  const { purpose } = terms;
  return { version, purpose, termDays, way, givenAt: now.toISOString() };
}
