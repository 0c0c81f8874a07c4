import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { getMultipartBoundary, MaxPartsExceededError, parseMultipart } from '@remix-run/multipart-parser';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { IMAGE_LIMITS, LintelError } from '#contract';

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

/** Of one text, of what stands before one part, and the number of parts. */
const FIELD_BYTES = 65_536;
const HEADER_BYTES = 8192;
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
  const boundary = getMultipartBoundary(headers['content-type'] ?? '');
  if (boundary === null) throw new LintelError('form-malformed');
  const body = await readWhole(payload, limit);
  try {
    return parseForm(body, boundary);
  } catch (error) {
    if (error instanceof LintelError) throw error;
    const code = error instanceof MaxPartsExceededError ? 'body-too-large' : 'form-malformed';
    throw new LintelError(code, undefined, { cause: error });
  }
}

/** @throws `form-malformed`, `body-too-large`, and what the stream itself refuses */
async function readWhole(payload: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new LintelError('body-too-large');
      chunks.push(chunk);
    }
  } catch (error) {
    // What still comes is read and dropped, so that the answer arrives.
    payload.resume();
    throw error instanceof LintelError
      ? error
      : new LintelError('form-malformed', undefined, { cause: error });
  }
  return Buffer.concat(chunks);
}

/**
 * The whole form at once: a parser that tells of parts by events can throw where no caller catches.
 *
 * @throws `form-malformed`, `body-too-large`, and what the parser throws
 */
function parseForm(body: Buffer, boundary: string): Record<string, Value | Value[]> {
  const values = new Map<string, Value[]>();
  const limits = { maxHeaderSize: HEADER_BYTES, maxFileSize: body.length, maxParts: PARTS };
  for (const part of parseMultipart(body, { boundary, ...limits, maxTotalSize: body.length })) {
    if (part.name === undefined) throw new LintelError('form-malformed', '(A part has no name.)');
    if (part.isText && part.size > FIELD_BYTES) throw new LintelError('body-too-large');
    const value = part.isText ? part.text : new Upload(part.size > IMAGE_LIMITS.bytes ? null : part.bytes);
    values.set(part.name, [...(values.get(part.name) ?? []), value]);
  }
  // Without a prototype: names come from outside.
  const form = Object.create(null) as Record<string, Value | Value[]>;
  for (const [name, list] of values) form[name] = name.endsWith('[]') || list.length > 1 ? list : list[0]!;
  return form;
}
