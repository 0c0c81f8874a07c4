import { ConsentWay, LintelError, type Consent, type Settings } from '#contract';
import { consentNow } from '../settings/index.ts';

/** How consent was given, as a command says it. @throws LintelError `usage` */
function consentWay(word: string): ConsentWay {
  const way = ConsentWay.safeParse(word);
  if (way.success) return way.data;
  throw new LintelError('usage', `Consent is given by ${ConsentWay.options.join(' or ')}.`);
}

/**
 * What somebody agreed to who is enrolled by a command now.
 * @param word how, as the command says it; by default they were not asked
 * @throws LintelError `usage`, `consent-missing`
 */
export function consentOf(
  settings: Pick<Settings, 'consent' | 'keepPeopleDays'>,
  word?: string,
): Consent | null {
  if (word === undefined) return consentNow(settings, null);
  const way = consentWay(word);
  if (settings.consent === null) throw new LintelError('consent-missing', undefined, { words: NO_TEXT });
  return consentNow(settings, way);
}

const NO_TEXT =
  'No text is set that anybody could agree to. Set one in Settings on the operator\'s screen, or with "lintel settings set consent".';
