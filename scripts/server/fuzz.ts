import { Problem, REALEYES, type Endpoint, type RealeyesName } from '../../contract/index.ts';
import { seeded } from '../../core/matching/index.ts';
import { mutateBytes, mutateObject, pick, type Random } from './mutate.ts';

export interface FuzzTarget {
  readonly origin: string;
  readonly apiKey: string;
}

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Encoded images to spoil. */
  readonly images: readonly Buffer[];
}

export interface FuzzReport {
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers that are not documented, each with the request that led to it. */
  readonly unexpected: readonly string[];
  /** Resident memory of the server in MB before the first request, and after each tenth of them. */
  readonly memory: readonly number[];
}

/** What the page and docs/api-notes.md let an endpoint answer. */
const DOCUMENTED = new Set([200, 400, 401, 403, 404, 405, 409, 413, 415, 422, 431, 503]);
const CONCURRENCY = 8;

interface Sent {
  readonly name: RealeyesName;
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/** Sends spoiled requests to a server that is running; it needs a collection `fuzz`. */
export async function fuzz(server: FuzzTarget, { requests, seed, images }: FuzzOptions): Promise<FuzzReport> {
  const random = seeded(seed);
  const statuses: Record<string, number> = {};
  const unexpected: string[] = [];
  const memory = [await residentMegabytes(server)];
  let sent = 0;
  const work = async (): Promise<void> => {
    for (let number = ++sent; number <= requests; number = ++sent) {
      const request = spoiled(random, server.apiKey, images);
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
    name,
    method: random() < 0.97 ? method : pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    target:
      (random() < 0.97 ? path : pick(random, ['/v1/%zz', '/v1//face', '/', `/v1/${'a'.repeat(3000)}`])) +
      query,
    headers,
    body,
  };
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
    ...(sent.body !== null && sent.method !== 'GET' && { body: Buffer.from(sent.body, 'latin1') }),
  });
  const text = await response.text();
  statuses[response.status] = (statuses[response.status] ?? 0) + 1;
  if (!DOCUMENTED.has(response.status)) return `${response.status} ${text.slice(0, 200)}`;
  const schema = response.ok ? (REALEYES[sent.name] as Endpoint).output : Problem;
  const parsed = schema.safeParse(asJson(text));
  return parsed.success ? null : `${response.status} with an undocumented body ${text.slice(0, 200)}`;
}

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
    headers: { ...headers, authorization: '…' },
    body: body?.slice(0, 200),
  });
