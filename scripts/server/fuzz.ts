import type { z } from 'zod';
import { AccessToken, Problem, REALEYES, type Endpoint, type RealeyesName } from '../../contract/index.ts';
import { seeded } from '../../core/matching/index.ts';
import { FUZZ_DIALECTS, type FuzzDialect, type Wanted } from './fuzz-dialects.ts';
import { mutateBytes, mutateObject, pick, type Random } from './mutate.ts';

export interface FuzzTarget {
  readonly origin: string;
  readonly apiKey: string;
  readonly accountId: string;
}

export interface FuzzOptions {
  /** By default Realeyes; a collection `fuzz` has to be there. */
  readonly dialect?: keyof typeof FUZZ_DIALECTS;
  readonly requests: number;
  readonly seed: number;
  /** Encoded images to spoil. */
  readonly images: readonly Buffer[];
}

export interface FuzzReport {
  /** Answers by status; `reset` where the connection ended before one could be read. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers that are not documented, each with the request that led to it. */
  readonly unexpected: readonly string[];
  /** Resident memory of the server in MB before the first request, and after each tenth of them. */
  readonly memory: readonly number[];
}

/** What the page and docs/api-notes.md let an endpoint answer. */
const DOCUMENTED = new Set([200, 201, 204, 207, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 431, 503]);
const CONCURRENCY = 8;

interface Sent {
  /** What a body of success, and of a refusal, has to be like; null: anything. */
  readonly output: z.ZodType | null;
  readonly refusal: z.ZodType;
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer | null;
}

/** Sends spoiled requests to a server that is running; it needs a collection `fuzz`. */
export async function fuzz(
  server: FuzzTarget,
  { requests, seed, images, dialect }: FuzzOptions,
): Promise<FuzzReport> {
  const random = seeded(seed);
  const statuses: Record<string, number> = {};
  const unexpected: string[] = [];
  const memory = [await residentMegabytes(server)];
  const credential = dialect === 'uqudo' ? await tokenOf(server) : server.apiKey;
  let sent = 0;
  const work = async (): Promise<void> => {
    for (let number = ++sent; number <= requests; number = ++sent) {
      const request =
        dialect === undefined
          ? spoiled(random, server.apiKey, images)
          : await spoiledFor(random, FUZZ_DIALECTS[dialect], { ...server, credential }, images);
      const problem = await outcome(server.origin, request, statuses);
      if (problem !== null) unexpected.push(`${problem}: ${describe(request)}`);
      if (number % Math.ceil(requests / 10) === 0) memory.push(await residentMegabytes(server));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return { statuses, unexpected, memory };
}

function spoiled(random: Random, apiKey: string, images: readonly Buffer[]): Sent {
  const name = pick(random, Object.keys(REALEYES) as RealeyesName[]);
  const { method, path } = REALEYES[name];
  const isInBody = method === 'POST' || method === 'PUT';
  const valid = validInput(random, name, images);
  const input = random() < 0.6 ? mutateObject(random, valid) : valid;
  const headers: Record<string, string> = {
    authorization:
      random() < 0.95 ? `ApiKey ${apiKey}` : pick(random, ['', 'ApiKey', 'Bearer x', `Basic ${apiKey}`]),
    ...(isInBody && { 'content-type': 'application/json' }),
  };
  if (random() < 0.05) headers['idempotency-key'] = pick(random, ['a', 'b', 'x'.repeat(300), '\u00e9']);
  if (random() < 0.05)
    headers['content-type'] = pick(random, [
      'text/plain',
      'application/xml',
      'application/json; charset=x',
      'x',
    ]);
  let body = isInBody ? JSON.stringify(input) : null;
  if (body !== null && random() < 0.15) body = mutateBytes(random, Buffer.from(body)).toString('latin1');
  const query = isInBody
    ? ''
    : `?${random() < 0.9 ? encode(input) : pick(random, ['%zz', '&&=', 'collectionId=%ff', 'collectionId=a&collectionId=b'])}`;
  return {
    output: (REALEYES[name] as Endpoint).output,
    refusal: Problem,
    method: random() < 0.97 ? method : pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    target:
      (random() < 0.97 ? path : pick(random, ['/v1/%zz', '/v1//face', '/', `/v1/${'a'.repeat(3000)}`])) +
      query,
    headers,
    body,
  };
}

async function spoiledFor(
  random: Random,
  { endpoints, refusal, within, authentication }: FuzzDialect,
  { origin, apiKey, accountId, credential }: FuzzTarget & { readonly credential: string },
  images: readonly Buffer[],
): Promise<Sent> {
  const { method, output, make } = pick(random, endpoints);
  const image = (): Buffer => {
    const chosen = pick(random, images);
    return random() < 0.6 ? mutateBytes(random, chosen) : chosen;
  };
  const wanted = await make({ random, image, origin, apiKey, accountId });
  const { path, json, form, query } = wanted;
  const isSpoiled = random() < 0.6;
  const encoded = await encodedBody(json && isSpoiled ? mutateObject(random, json) : json, form);
  const isForm = path === '/api/oauth/token';
  const parameters = query === undefined ? '' : encode(isSpoiled ? mutateObject(random, query) : query);
  let body = isForm ? parameters : encoded.body;
  if (body !== null && random() < 0.15) body = mutateBytes(random, bytesOf(body));
  const type = isForm ? 'application/x-www-form-urlencoded' : encoded.type;
  const odd = pick(random, ['text/plain', 'multipart/form-data', 'application/json; charset=x', 'x']);
  const sent = random() < 0.97 ? method : pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
  return {
    // By another method it is another endpoint.
    output: sent === method ? output && within(output) : null,
    refusal,
    method: sent,
    target:
      (random() < 0.97 ? path : pick(random, [`${path}/%zz`, `${path}//`, `${path}/${'a'.repeat(3000)}`])) +
      (parameters === '' || isForm ? '' : `?${parameters}`),
    headers: {
      ...(random() < 0.95
        ? (wanted.headers ?? authentication(credential))
        : { authorization: pick(random, ['', 'Bearer', 'x']) }),
      ...(type !== null && { 'content-type': random() < 0.95 ? type : odd }),
    },
    body,
  };
}

async function encodedBody(
  json: Record<string, unknown> | undefined,
  form: Wanted['form'],
): Promise<{ body: string | Buffer | null; type: string | null }> {
  if (json !== undefined) return { body: Buffer.from(JSON.stringify(json)), type: 'application/json' };
  if (form === undefined) return { body: null, type: null };
  const data = new FormData();
  for (const [name, values] of Object.entries(form)) {
    for (const value of [values].flat()) {
      if (typeof value === 'string') data.append(name, value);
      else data.append(name, new Blob([Uint8Array.from(value)]), 'x.jpg');
    }
  }
  const made = new Response(data);
  return { body: Buffer.from(await made.arrayBuffer()), type: made.headers.get('content-type') };
}

async function tokenOf({ origin, apiKey, accountId }: FuzzTarget): Promise<string> {
  const credentials = { client_id: accountId, client_secret: apiKey };
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...credentials });
  const answer = await fetch(`${origin}/api/oauth/token`, { method: 'POST', body });
  return AccessToken.parse(await answer.json()).access_token;
}

function validInput(random: Random, name: RealeyesName, images: readonly Buffer[]): Record<string, unknown> {
  // The collection with faces stays most of the time; others come and go.
  const passing = pick(random, ['a', 'b', 'A.b-c_9']);
  const isPassing = ['createCollection', 'deleteCollection'].includes(name) || random() < 0.1;
  const input: Record<string, unknown> = { collectionId: isPassing ? passing : 'fuzz' };
  if (/createCollection|updateCollection/.test(name)) input['description'] = pick(random, ['x', null]);
  if (/deleteFace|ExternalKey/.test(name)) input['faceId'] = `face_${'0'.repeat(32)}`;
  if (/getFaceIds|ExternalKey/.test(name)) input['externalKey'] = pick(random, ['k', '~!@', 'x'.repeat(512)]);
  if (/searchFace|indexFace|searchOrIndexFace/.test(name)) {
    const image = pick(random, images);
    const bytes = (random() < 0.7 ? mutateBytes(random, image) : image).toString('base64');
    input['image'] =
      random() < 0.9
        ? { bytes }
        : { url: pick(random, ['http://127.0.0.1/', 'x:', 'http://[::1]:1/', 'file:///']) };
    if (name !== 'indexFace') input['faceMatchThreshold'] = pick(random, [0, 80, 100]);
  }
  return input;
}

const encode = (input: Record<string, unknown>): string =>
  Object.entries(input)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(toWellFormed(value))}`)
    .join('&');

const toWellFormed = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed();

/** @returns what is wrong with the answer, or null */
async function outcome(origin: string, sent: Sent, statuses: Record<string, number>): Promise<string | null> {
  const response = await fetch(`${origin}${sent.target}`, {
    method: sent.method,
    headers: sent.headers,
    ...(sent.body !== null && sent.method !== 'GET' && { body: bytesOf(sent.body) }),
  }).catch((error: unknown) => {
    if (!isReset(error)) throw error;
    return null;
  });
  // Its answer was lost: the server ended the connection while the rest of a body was on its way.
  if (response === null) {
    statuses['reset'] = (statuses['reset'] ?? 0) + 1;
    return null;
  }
  const text = await response.text();
  statuses[response.status] = (statuses[response.status] ?? 0) + 1;
  if (!DOCUMENTED.has(response.status)) return `${response.status} ${text.slice(0, 200)}`;
  // What never became a request is answered for all APIs.
  const refusal = response.status === 431 ? Problem : sent.refusal;
  const schema = response.ok ? sent.output : refusal;
  if (schema === null) return null;
  const parsed = schema.safeParse(asJson(text));
  return parsed.success ? null : `${response.status} with an undocumented body ${text.slice(0, 200)}`;
}

const bytesOf = (body: string | Buffer): Buffer<ArrayBuffer> =>
  Buffer.from(typeof body === 'string' ? Buffer.from(body, 'latin1') : body);

const isReset = (error: unknown): boolean =>
  error instanceof TypeError && (error.cause as { code?: unknown } | undefined)?.code === 'ECONNRESET';

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function residentMegabytes({ origin, apiKey }: FuzzTarget): Promise<number> {
  const headers = { authorization: `ApiKey ${apiKey}` };
  const metrics = await (await fetch(`${origin}/metrics`, { headers })).text();
  const [, bytes] = /^process_resident_memory_bytes (\S+)/m.exec(metrics) ?? [];
  return Math.round(Number(bytes) / 1e6);
}

const describe = ({ method, target, headers, body }: Sent): string =>
  JSON.stringify({
    method,
    target: target.slice(0, 200),
    headers: { ...headers, authorization: '…', 'x-api-key': '…' },
    body: body?.slice(0, 200).toString(),
  });
