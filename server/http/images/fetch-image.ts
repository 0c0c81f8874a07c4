import type { IncomingMessage } from 'node:http';
import { IMAGE_LIMITS, LintelError } from '#contract';
import { pin, PUBLIC_REACH, requestPinned, type Reach } from '#core/outbound';
import { Tally } from '../tally.ts';

/** Fetches an encoded image for an account. @throws `busy`, else `image-url-failed` for whatever reason */
export type ImageFetcher = (url: string, account: string) => Promise<Uint8Array>;

export interface FetchOptions extends Partial<Omit<Reach, 'protocols'>> {
  /** All of it: names, connections, redirects and the body. */
  readonly timeoutMilliseconds?: number;
}

const MAX_REDIRECTS = 3;
/** Images that may be on their way at once, each up to 10 MB of memory. */
const MAX_FETCHES = 16;
/** Of them, how many for one account: slow servers that it names hold up no other. */
const MAX_FETCHES_PER_ACCOUNT = 4;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** What servers call a JPEG or PNG; its first bytes decide later. */
const MEDIA_TYPES = new Set([
  'image/jpeg',
  'image/jpg',
  'image/png',
  'application/octet-stream',
  'binary/octet-stream',
  '',
]);

/** Fetches from public addresses only, each checked as `pin` does it, at every redirect too. */
export function createImageFetcher({
  timeoutMilliseconds = 10_000,
  ...options
}: FetchOptions = {}): ImageFetcher {
  const reach = { ...PUBLIC_REACH, ...options };
  let fetches = 0;
  const perAccount = new Tally();
  return async (text, account) => {
    if (fetches >= MAX_FETCHES || perAccount.of(account) >= MAX_FETCHES_PER_ACCOUNT) {
      throw new LintelError('busy');
    }
    fetches++;
    perAccount.add(account, 1);
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    try {
      let url = new URL(text);
      for (let redirects = 0; ; redirects++) {
        const address = await pin(url, reach, signal);
        const headers = {
          accept: 'image/jpeg, image/png',
          'accept-encoding': 'identity',
          'user-agent': 'Lintel',
        };
        const response = await requestPinned(url, address, { signal, headers });
        const next = redirectOf(response, url);
        if (next === null) return await readImage(response);
        response.destroy();
        if (redirects === MAX_REDIRECTS) throw new Error('too many redirects');
        url = next;
      }
    } catch (error) {
      throw new LintelError('image-url-failed', undefined, { cause: error });
    } finally {
      fetches--;
      perAccount.add(account, -1);
    }
  };
}

function redirectOf({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | null {
  if (!REDIRECTS.has(statusCode)) return null;
  if (headers.location === undefined) throw new Error('a redirect to nowhere');
  return new URL(headers.location, from);
}

async function readImage(response: IncomingMessage): Promise<Uint8Array> {
  const { statusCode, headers } = response;
  const [mediaType = ''] = (headers['content-type'] ?? '').toLowerCase().split(';', 1);
  const isImage =
    statusCode === 200 &&
    MEDIA_TYPES.has(mediaType.trim()) &&
    (headers['content-encoding'] ?? 'identity') === 'identity' &&
    !(Number(headers['content-length']) > IMAGE_LIMITS.bytes);
  const parts: Buffer[] = [];
  let length = 0;
  if (isImage) {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > IMAGE_LIMITS.bytes) break;
    }
  }
  response.destroy();
  if (!isImage || length > IMAGE_LIMITS.bytes) throw new Error('no image, or too large');
  return Buffer.concat(parts);
}
