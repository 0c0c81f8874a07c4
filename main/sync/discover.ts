import { ApiError, createClient } from '#client';
import { LintelError, type Hello } from '#contract';
import { answer } from './realeyes-calls.ts';
import { greet, type ServerAddress } from './http-transport.ts';

/** How an appliance can keep in step with a server. */
export type Offer = { readonly mode: 'feed'; readonly hello: Hello } | { readonly mode: 'realeyes' };

/**
 * Find out what a server offers.
 * @param apiKey for a server that speaks the Realeyes API and nothing else; null: there is none
 * @throws LintelError `server-unsuitable` when it speaks neither, `unauthenticated` and `forbidden` when it does not take
 *   the key, `server-unreachable`
 */
export async function discover(address: ServerAddress, apiKey: string | null): Promise<Offer> {
  const hello = await greet(address);
  if (hello !== null) return { mode: 'feed', hello };
  if (apiKey === null) throw new LintelError('unauthenticated');
  const { origin } = address;
  try {
    await answer(createClient({ origin, apiKey }).getAllCollections({}));
  } catch (error) {
    const cause = error instanceof LintelError ? error.cause : error;
    // It is there, and says something else than the Realeyes API would.
    const isOther =
      (cause instanceof ApiError && cause.status < 500 && error === cause) || isMalformed(cause);
    throw isOther ? new LintelError('server-unsuitable', undefined, { cause }) : error;
  }
  return { mode: 'realeyes' };
}

const isMalformed = (error: unknown): boolean =>
  error instanceof SyntaxError || (error instanceof Error && error.name.includes('ZodError'));
