import { LintelError } from './errors.ts';

/**
 * Read the body of an answer, but no more of it than expected: a server is not trusted with this machine's memory.
 * @param limit in bytes, after the transfer's own compression is undone
 * @param onChunk called whenever some of it came
 * @throws LintelError `answer-too-large`; what the connection throws
 */
export async function readBounded(
  { body }: { readonly body: AsyncIterable<Uint8Array> | null },
  limit: number,
  onChunk?: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of body ?? []) {
    onChunk?.();
    size += chunk.length;
    if (size > limit) throw new LintelError('answer-too-large');
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** As {@link readBounded}, of JSON. @throws also SyntaxError */
export async function readBoundedJson(response: Response, limit: number): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await readBounded(response, limit)));
}

/**
 * Call a server and read its answer within a time. `AbortSignal.timeout` together with another signal would keep each call
 * in memory until its time is up, long after its answer.
 * @param call gets what ends it: a DOMException `TimeoutError` after `ms` milliseconds, or one of the signals
 */
export async function withinTime<T>(
  ms: number,
  signals: readonly (AbortSignal | undefined)[],
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException('No answer in time.', 'TimeoutError')), ms);
  try {
    const others = signals.filter((each) => each !== undefined);
    return await call(AbortSignal.any([late.signal, ...others]));
  } finally {
    clearTimeout(timer);
  }
}
