import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A server that does what the page of the Realeyes API says, and nothing besides: no idempotency keys, no problems
 * with codes, no path of ours. It takes people for who they are by two bytes of their picture, so that it needs no
 * neural network.
 */

export const API_KEY = 'a-key-for-the-page';

interface RemoteFace {
  readonly faceId: string;
  readonly picture: Buffer;
  key: string | null;
}

interface RemoteCollection {
  description: string | null;
  readonly createdAt: string;
  updatedAt: string;
  readonly faces: Map<string, RemoteFace>;
}

/** What becomes of a request and of its answer. */
export type Fate = 'well' | 'hang' | 'lose-request' | 'lose-answer' | 'late' | 'too-many' | 'fail' | 'refuse';

/** A picture of a person: no two shots are the same. */
export const pictureOf = (person: number, shot: string): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0, person >> 8, person & 0xff]),
    createHash('sha256').update(shot).digest(),
  ]);

/** How long a request whose connection broke is still worked on. */
const LATE_MS = 100;

const PERSON = { from: 4, to: 6 };

/** How sure it is that two pictures show one person: the same picture more than another one. */
function confidenceOf(a: Buffer, b: Buffer): number {
  if (a.equals(b)) return 100;
  return a.subarray(PERSON.from, PERSON.to).equals(b.subarray(PERSON.from, PERSON.to)) ? 97 : 0;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

type Input = Record<string, unknown>;

export class PageServer {
  readonly collections = new Map<string, RemoteCollection>();
  /** Decides over each request; by default all goes well. */
  fate: () => Fate = () => 'well';
  /** How sure it is, 0 to 100, that two pictures show one person. */
  confidence: (a: Buffer, b: Buffer) => number | Promise<number> = confidenceOf;
  /** All requests, by their paths. */
  readonly asked: string[] = [];
  /** Requests that were carried out, by their paths. */
  readonly done: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<PageServer> {
    const page = new PageServer();
    page.#server.listen(0, '127.0.0.1');
    await once(page.#server, 'listening');
    return page;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** As another client of the account does. */
  ask(path: string, input: Input): unknown {
    const route = this.#routes[path];
    if (route === undefined) throw new Refusal(404);
    return route(input);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fate = this.fate();
    const { pathname, searchParams } = new URL(request.url ?? '/', this.origin);
    this.asked.push(pathname);
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(status === 429 && { 'retry-after': '7' }),
      });
      response.end(JSON.stringify(body));
    };
    try {
      const body = (
        request.method === 'GET' || request.method === 'DELETE'
          ? Object.fromEntries(searchParams)
          : await json(request)
      ) as Input;
      if (fate === 'hang') return;
      if (fate === 'lose-request') return void request.socket.destroy();
      if (fate === 'too-many') throw new Refusal(429);
      if (fate === 'fail') throw new Refusal(500);
      if (fate === 'refuse') throw new Refusal(400);
      const route = this.#routes[`${request.method} ${pathname}`];
      if (route === undefined) throw new Refusal(404);
      if (request.headers.authorization !== `ApiKey ${API_KEY}`) throw new Refusal(401);
      if (fate === 'late') {
        request.socket.destroy();
        await sleep(LATE_MS);
      }
      const result = await route(body);
      this.done.push(pathname);
      if (fate === 'lose-answer' || fate === 'late') return void request.socket.destroy();
      answer(200, result);
    } catch (error) {
      if (error instanceof Refusal) answer(error.status, { message: 'Refused.' });
      else request.socket.destroy(error as Error);
    }
  }

  readonly #routes: Record<string, (input: Input) => unknown> = {
    'GET /v1/collection/get-all': () => ({
      collections: Array.from(this.collections, ([collectionId, { description, createdAt, updatedAt }]) => ({
        collectionId,
        description,
        createdAt,
        updatedAt,
      })),
    }),
    'POST /v1/collection/create': (input) => {
      const collectionId = textOf(input, 'collectionId', /^[\w.-]{1,512}$/);
      if (this.collections.has(collectionId)) throw new Refusal(409);
      const now = new Date().toISOString();
      const description = descriptionOf(input);
      this.collections.set(collectionId, { description, createdAt: now, updatedAt: now, faces: new Map() });
      return { collectionId };
    },
    'PUT /v1/collection/update': (input) => {
      const collection = this.collections.get(textOf(input, 'collectionId'));
      if (collection === undefined) throw new Refusal(400);
      collection.description = descriptionOf(input);
      collection.updatedAt = new Date().toISOString();
      return { collectionId: input['collectionId'] };
    },
    'DELETE /v1/collection/reset': (input) => {
      this.#collection(input).faces.clear();
      return { collectionId: input['collectionId'] };
    },
    'DELETE /v1/collection/delete': (input) => {
      this.collections.delete(textOf(input, 'collectionId'));
      return {};
    },
    'POST /v1/face/search': (input) => this.#search(input),
    'POST /v1/face/index': (input) => this.#index(input),
    'POST /v1/face/search-or-index': async (input) => {
      const found = await this.#search(input);
      if (found.faceId !== null) return { ...found, resultSource: 'Search' };
      const made = this.#index(input);
      const resultSource = made.hasFace ? 'Index' : 'None';
      return { ...made, externalKey: null, resultSource };
    },
    'DELETE /v1/face/delete': (input) => {
      const { faces } = this.#collection(input);
      if (input['externalKey'] !== undefined) {
        for (const { faceId, key } of faces.values()) if (key === input['externalKey']) faces.delete(faceId);
      } else if (!faces.delete(textOf(input, 'faceId'))) throw new Refusal(404);
      return {};
    },
    'PUT /v1/external-key/set': (input) => {
      const { faces } = this.#collection(input);
      const externalKey = textOf(input, 'externalKey', /^[\x21-\x7e]{1,512}$/);
      const face = faces.get(textOf(input, 'faceId'));
      if (face === undefined) throw new Refusal(400);
      const isTaken = [...faces.values()].some((other) => other !== face && other.key === externalKey);
      if (isTaken && input['allowDuplicates'] !== true) throw new Refusal(400);
      const result = face.key === null ? 'Created' : 'Updated';
      face.key = externalKey;
      return { faceId: face.faceId, externalKey, result };
    },
    'GET /v1/external-key/get-face-ids': (input) => {
      const { faces } = this.#collection(input);
      const holders = [...faces.values()].filter(({ key }) => key === textOf(input, 'externalKey'));
      return { faceIds: holders.map(({ faceId }) => faceId) };
    },
    'DELETE /v1/external-key/delete': (input) => {
      const { faces } = this.#collection(input);
      for (const face of faces.values()) {
        const isMeant = input['faceId'] === undefined || input['faceId'] === face.faceId;
        if (isMeant && face.key === textOf(input, 'externalKey')) face.key = null;
      }
      return {};
    },
  };

  #collection(input: Input): RemoteCollection {
    const collection = this.collections.get(textOf(input, 'collectionId'));
    if (collection === undefined) throw new Refusal(404);
    return collection;
  }

  async #search(input: Input) {
    const { faces } = this.#collection(input);
    const picture = pictureIn(input);
    const threshold = Number(input['faceMatchThreshold'] ?? 80);
    const compared = await Promise.all(
      Array.from(faces.values(), async (face) => ({
        face,
        confidence: await this.confidence(face.picture, picture),
      })),
    );
    const [best] = compared
      .filter(({ confidence }) => confidence >= threshold)
      .toSorted((a, b) => b.confidence - a.confidence);
    return { ...seen(picture), faceId: best?.face.faceId ?? null, externalKey: best?.face.key ?? null };
  }

  #index(input: Input) {
    const { faces } = this.#collection(input);
    const picture = pictureIn(input);
    const seeing = seen(picture);
    if (!seeing.hasFace) return { ...seeing, faceId: null };
    const faceId = randomUUID();
    faces.set(faceId, { faceId, picture, key: null });
    return { ...seeing, faceId };
  }
}

/** A picture of person 0 has no face. */
function seen(picture: Buffer) {
  const hasFace = picture.readUInt16BE(PERSON.from) !== 0;
  const face = hasFace ? { confidence: 0.99, boundingBox: { x: 1, y: 1, width: 9, height: 9 } } : null;
  return { face, hasFace, unprocessedFaceCount: 0 };
}

function textOf(input: Input, name: string, shape = /./): string {
  const value = input[name];
  if (typeof value !== 'string' || !shape.test(value)) throw new Refusal(400);
  return value;
}

function descriptionOf(input: Input): string | null {
  const { description = null } = input;
  if (description !== null && (typeof description !== 'string' || description.length > 1024)) {
    throw new Refusal(400);
  }
  return description;
}

function pictureIn(input: Input): Buffer {
  const { bytes } = (input['image'] ?? {}) as { bytes?: unknown };
  if (typeof bytes !== 'string') throw new Refusal(400);
  const picture = Buffer.from(bytes, 'base64');
  if (picture.length < PERSON.to || picture.readUInt16BE(0) !== 0xffd8) throw new Refusal(400);
  return picture;
}
