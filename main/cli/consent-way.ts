import { ConsentWay, LintelError } from '#contract';

/** How consent was given, as a command says it. @throws LintelError `usage` */
export function consentWay(word: string): ConsentWay {
  const way = ConsentWay.safeParse(word);
  if (way.success) return way.data;
  throw new LintelError('usage', `Consent is given by ${ConsentWay.options.join(' or ')}.`);
}
