import { z } from 'zod';
import { instantWritten, LintelError, oneLine } from '#contract';

const INSTANT = '2026-12-24T18:00, by the clock of this machine, or 2026-12-24T18:00+01:00';

/** What a day or an instant looks like. */
export const TIME_WORDS = `A time is a day such as 2026-12-24, or an instant such as ${INSTANT}.`;

/** An instant that somebody wrote, by UTC. @throws LintelError `usage` */
export function instantGiven(text: string): string {
  const at = instantWritten(text);
  if (at !== null) return at;
  throw new LintelError('usage', `${oneLine(text)} is no instant. An instant is such as ${INSTANT}.`);
}

/**
 * A day by the clock of this machine, or an instant.
 * @param end whether a day stands for its beginning or its end
 * @returns by UTC @throws LintelError `usage`
 */
export function timeGiven(text: string, end: 'begins' | 'ends'): string {
  const isDay = z.iso.date().safeParse(text).success;
  const at = isDay ? new Date(`${text}T00:00:00`) : new Date(instantWritten(text) ?? NaN);
  if (Number.isNaN(at.getTime()))
    throw new LintelError('usage', `${oneLine(text)} is no time. ${TIME_WORDS}`);
  if (isDay && end === 'ends') at.setDate(at.getDate() + 1);
  return at.toISOString();
}

/** From when on and until when, as far as it was said: a day stands for its beginning. @throws LintelError `usage` */
export const periodGiven = ({ from, until }: { readonly from?: string; readonly until?: string }) => ({
  from: from === undefined ? null : timeGiven(from, 'begins'),
  until: until === undefined ? null : timeGiven(until, 'begins'),
});
