import { ConsentWay, LintelError, type Consent, type Settings } from '#contract';
import { consentNow } from '../settings/index.ts';

/** How consent was given, as a command says it. @throws LintelError `usage` */
export function consentWay(word: string): ConsentWay {
  const way = ConsentWay.safeParse(word);
  if (way.success) return way.data;
  throw new LintelError('usage', `Consent is given by ${ConsentWay.options.join(' or ')}.`);
}

/**
 * What somebody agreed to who is enrolled by a command now.
 * @param word how, as the command says it; by default they were not asked
 * @throws LintelError `usage`, `consent-missing`
 */
export const consentOf = (
  settings: Pick<Settings, 'consent' | 'keepPeopleDays'>,
  word?: string,
): Consent | null => consentNow(settings, word === undefined ? null : consentWay(word));
