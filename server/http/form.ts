import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { IMAGE_LIMITS, LintelError, type ErrorCode } from '#contract';

/** A file of a form, in memory: pictures of people never reach the disk in the clear. */
export class Upload {
  /** Null when it was larger than an image may be. */
  readonly #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array | null) {
    this.#bytes = bytes;
  }

  /** @throws `image-too-large`, `image-empty` */
  get image(): Uint8Array {
    if (this.#bytes === null) throw new LintelError('image-too-large');
    if (this.#bytes.length === 0) throw new LintelError('image-empty');
    return this.#bytes;
  }
}

/** A file of a form in a schema. */
export const UploadedFile = z
  .custom<Upload>((value) => value instanceof Upload, 'Send a file.')
  .meta({ type: 'string', format: 'binary', contentMediaType: 'image/jpeg, image/png' });

/** A text of a form; what is longer is cut off and then refused. */
const FIELD_BYTES = 65_536;
const PARTS = 256;

type Value = string | Upload;

/**
 * Lets a scope take `multipart/form-data`. The body is an object of texts and {@link Upload}s by name; a name that ends
 * with `[]`, or comes more than once, has a list in the order of the form.
 */
export function acceptForms(scope: FastifyInstance): void {
  scope.addContentTypeParser('multipart/form-data', (request: FastifyRequest, payload: Readable) =>
    readForm(payload, request.headers, request.routeOptions.bodyLimit),
  );
}

/** Lets a route take nothing else. @throws `content-type-unsupported` */
export async function requireForm({ headers }: FastifyRequest): Promise<void> {
  if (!/^multipart\/form-data\b/i.test(headers['content-type'] ?? '')) {
    throw new LintelError('content-type-unsupported');
  }
}

/** @throws `form-malformed`, `body-too-large` */
async function readForm(payload: Readable, headers: IncomingHttpHeaders, limit: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const refuse = (code: ErrorCode) => (): void => reject(new LintelError(code));
  const values = new Map<string, Value[]>();
  const add = (name: string, value: Value): number => {
    const list = values.get(name) ?? [];
    values.set(name, list);
    return list.push(value) - 1;
  };

  const parser = createParser(headers);
  parser.on('field', (name, value, _nameTruncated, isTruncated) => {
    if (isTruncated) refuse('body-too-large')();
    else add(name, value);
  });
  parser.on('file', (name, stream) => {
    // Its place is that of the file in the form.
    const place = add(name, new Upload(null));
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', refuse('form-malformed'));
    stream.on('end', () => {
      const bytes = Buffer.concat(chunks);
      values.get(name)![place] = new Upload(bytes.length > IMAGE_LIMITS.bytes ? null : bytes);
    });
  });
  parser.on('partsLimit', refuse('body-too-large'));
  parser.on('error', refuse('form-malformed'));
  parser.on('finish', () => resolve(toObject(values)));
  let size = 0;
  payload.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) refuse('body-too-large')();
  });
  // Its bytes may be too many for this moment.
  payload.on('error', (error) =>
    reject(error instanceof LintelError ? error : new LintelError('form-malformed')),
  );
  payload.pipe(parser);
  try {
    return await promise;
  } finally {
    // What still comes is read and dropped, so that the answer arrives.
    payload.unpipe();
    payload.resume();
  }
}

/** @throws `form-malformed` without a boundary */
function createParser(headers: IncomingHttpHeaders): BusboyInstance {
  try {
    return new Busboy({
      headers: headers as BusboyHeaders,
      limits: { fieldSize: FIELD_BYTES, fileSize: IMAGE_LIMITS.bytes + 1, parts: PARTS, headerPairs: 32 },
    });
  } catch (error) {
    throw new LintelError('form-malformed', undefined, { cause: error });
  }
}

function toObject(values: ReadonlyMap<string, Value[]>): Record<string, Value | Value[]> {
  // Without a prototype: names come from outside.
  const body = Object.create(null) as Record<string, Value | Value[]>;
  for (const [name, list] of values) body[name] = name.endsWith('[]') || list.length > 1 ? list : list[0]!;
  return body;
}
