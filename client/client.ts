import {
  Problem,
  REALEYES,
  readBoundedJson,
  withinTime,
  type Endpoint,
  type RealeyesName,
  type RealeyesOutput,
  type RealeyesRequest,
} from '#contract';

export interface ClientOptions {
  /** Scheme, host and port, such as `https://faces.example.org`. */
  readonly origin: string | URL;
  readonly apiKey: string;
  /** Most milliseconds of a whole call. */
  readonly timeoutMilliseconds?: number;
  /** Ends all calls. */
  readonly signal?: AbortSignal;
}

/** Most bytes of an answer: as many collections as an account may have, with the longest ids and descriptions. */
const ANSWER_BYTES = 16 * 1024 * 1024;

/** Most bytes of a refusal. */
const PROBLEM_BYTES = 64 * 1024;

export interface CallOptions {
  /** For POST and PUT: the server does the work of all calls with the same key once. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Every endpoint of the Realeyes API, under its name in the table of endpoints. */
export type Client = {
  readonly [Name in RealeyesName]: (
    input: RealeyesRequest<Name>,
    options?: CallOptions,
  ) => Promise<RealeyesOutput<Name>>;
};

/** A server's refusal. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Null when the server does not answer with problems as ours does. */
  readonly code: string | null;
  /** Seconds to wait before another try, where the server says so. */
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem | null, retryAfter: number | null) {
    super(problem?.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem?.code ?? null;
    this.retryAfter = retryAfter;
  }
}

/**
 * A client of any server that speaks the Realeyes API.
 * @returns calls that throw {@link ApiError}, TypeError or a DOMException when the server cannot be reached in time,
 *   ZodError or SyntaxError when it answers otherwise than documented, LintelError `answer-too-large`
 */
export function createClient({
  origin,
  apiKey,
  timeoutMilliseconds = 30_000,
  signal,
}: ClientOptions): Client {
  const call = async (endpoint: Endpoint, input: object, options: CallOptions = {}): Promise<unknown> => {
    const { method, path, output } = endpoint;
    const isInBody = method === 'POST' || method === 'PUT';
    const url = new URL(path, origin);
    if (!isInBody) {
      for (const [name, value] of Object.entries(input)) {
        if (value !== undefined) url.searchParams.set(name, String(value));
      }
    }
    return await withinTime(timeoutMilliseconds, [signal, options.signal], async (ending) => {
      const response = await fetch(url, {
        method,
        // A redirect could carry the key to another server.
        redirect: 'error',
        headers: {
          authorization: `ApiKey ${apiKey}`,
          ...(isInBody && { 'content-type': 'application/json' }),
          ...(options.idempotencyKey !== undefined && { 'idempotency-key': options.idempotencyKey }),
        },
        signal: ending,
        ...(isInBody && { body: JSON.stringify(input) }),
      });
      if (!response.ok) throw await refusal(response);
      return output.parse(await readBoundedJson(response, ANSWER_BYTES));
    });
  };
  return Object.fromEntries(
    Object.entries(REALEYES).map(([name, endpoint]) => [
      name,
      (input: object, options?: CallOptions) => call(endpoint, input, options),
    ]),
  ) as unknown as Client;
}

async function refusal(response: Response): Promise<ApiError> {
  const body: unknown = await readBoundedJson(response, PROBLEM_BYTES).catch(() => null);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(
    response.status,
    Problem.safeParse(body).data ?? null,
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}
