import {
  CompreFaceExamples,
  ExternalKey,
  IMAGE_LIMITS,
  LintelError,
  LIST_LIMITS,
  MAX_REFERENCES_PER_FACE,
  readBounded,
} from '#contract';
import { keyOfName } from '#core/enrolment';
import { anyPort, pin, requestPinned } from '#core/outbound';
import { acceptsTarget } from '../doors/index.ts';
import { whyUnreachable } from '../sync/index.ts';
import { readText } from './documents.ts';
import { rowsOf, type Listed } from './listed.ts';

/** Examples on a page; CompreFace names no greatest size. */
const PAGE = 100;
/** Also where a server keeps to its 20 a page. */
const MOST_PAGES = (LIST_LIMITS.people * MAX_REFERENCES_PER_FACE) / 20;
/** Of a page: ids, and subjects of some length. */
const MOST_BYTES = 1_000_000;
const LIMIT_MILLISECONDS = 30_000;

export interface CompreFaceAccess {
  readonly apiKeyFile?: string;
  /** Private addresses and plain http, too. */
  readonly allowPrivate?: boolean;
}

/**
 * The subjects of a CompreFace recognition service, each with its saved examples: a subject is a name and, encoded where it has to
 * be, an external key.
 * @param address such as `https://compreface.example:8000`
 * @throws LintelError `usage` without a key, or for an address that is not permitted or does not take it; `list-invalid` where
 *   there are too many; `server-unreachable`; `server-inconsistent` where it answers otherwise than documented
 */
export async function listCompreFace(address: string, options: CompreFaceAccess): Promise<Listed> {
  const get = await connect(address, options);
  const subjects = new Map<string, string[]>();
  let characters = 0;
  for (let page = 0, pages = 1; page < pages; page += 1) {
    const answer = await get(`faces?page=${page}&size=${PAGE}`, MOST_BYTES);
    const { faces, total_pages } = readPage(answer);
    if (total_pages > MOST_PAGES) throw new LintelError('list-invalid', `(${total_pages} pages)`);
    for (const { image_id, subject } of faces) {
      const ids = subjects.get(subject) ?? [];
      if (ids.length === 0) characters += subject.length;
      // A page that is repeated, because something was added meanwhile, doubles nothing.
      if (ids.length < MAX_REFERENCES_PER_FACE && !ids.includes(image_id)) ids.push(image_id);
      subjects.set(subject, ids);
    }
    // With each page: a server that names ever more people fills no memory.
    if (subjects.size > LIST_LIMITS.people || characters > LIST_LIMITS.characters) {
      throw new LintelError('list-invalid', `(at least ${subjects.size} people)`);
    }
    pages = total_pages;
  }
  return {
    ...rowsOf(subjects, (id) => id, keyOf),
    read: async (ids) => {
      const pictures = [];
      for (const id of ids) {
        const bytes = await get(`faces/${id}/img`, IMAGE_LIMITS.bytes);
        // A picture that is not kept there is answered with nothing.
        if (bytes.length > 0) pictures.push({ label: id, bytes, isFromCamera: false });
      }
      if (pictures.length === 0) throw new LintelError('image-unreadable');
      return pictures;
    },
  };
}

const keyOf = (name: string): string | null => ExternalKey.safeParse(keyOfName(name)).data ?? null;

type Get = (path: string, limit: number) => Promise<Uint8Array>;

async function connect(
  address: string,
  { apiKeyFile, allowPrivate = false }: CompreFaceAccess,
): Promise<Get> {
  if (apiKeyFile === undefined) throw new LintelError('usage', 'CompreFace asks for --api-key-file.');
  if (!acceptsTarget(address, allowPrivate)) {
    throw new LintelError('usage', 'Use a public https address, or permit others by --allow-private.');
  }
  const key = (await readText(apiKeyFile, 1024)).trim();
  if (!/^[\x21-\x7e]+$/.test(key)) throw new LintelError('usage', 'The file holds no API key.');
  const base = new URL('api/v1/recognition/', address.endsWith('/') ? address : `${address}/`);
  const reach = anyPort(allowPrivate);
  return async (path, limit) => {
    const signal = AbortSignal.timeout(LIMIT_MILLISECONDS);
    const url = new URL(path, base);
    const headers = { 'x-api-key': key, 'user-agent': 'Lintel' };
    try {
      const response = await requestPinned(url, await pin(url, reach, signal), { signal, headers });
      const body = await readBounded({ body: response }, limit);
      if (response.statusCode === 200) return body;
      throw new LintelError('usage', `CompreFace answers ${response.statusCode}: look at address and key.`);
    } catch (error) {
      if (error instanceof LintelError) throw error;
      const why = whyUnreachable(error);
      throw new LintelError('server-unreachable', why === null ? undefined : `(${why})`, { cause: error });
    }
  };
}

function readPage(answer: Uint8Array): CompreFaceExamples {
  try {
    return CompreFaceExamples.parse(JSON.parse(new TextDecoder().decode(answer)));
  } catch (error) {
    throw new LintelError('server-inconsistent', undefined, { cause: error });
  }
}
