import { DOCUMENT_LIMITS, LintelError, NewFaceMetadata, type Face, type FaceMetadata } from '#contract';

/** A JSON text, refused before it is parsed where it is nested so deeply that it could not be written again. @throws `document-invalid` */
export function parseJson(text: string): unknown {
  if (depthOf(text) > DOCUMENT_LIMITS.depth) throw new LintelError('document-invalid');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LintelError('document-invalid', undefined, { cause: error });
  }
}

/** The document of a face as it is stored. @throws `document-invalid` */
export function toDocument(value: unknown): string {
  const text = JSON.stringify(value);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject || text.length > DOCUMENT_LIMITS.length) throw new LintelError('document-invalid');
  return text;
}

/** What appliances show of a document: its name. */
export function metadataOf(document: string): FaceMetadata {
  const { name } = JSON.parse(document) as { name?: unknown };
  return NewFaceMetadata.safeParse({ name }).data ?? {};
}

/** The document of a face. If the face was enrolled or renamed through another API, the document has that name. */
export function documentOf({ metadata }: Face, document: string | null): object {
  if (document === null) return metadata;
  const own = JSON.parse(document) as object;
  return metadata.name === metadataOf(document).name ? own : { ...own, ...metadata };
}

/** Brackets that are open at once; those in strings do not count. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') deepest = Math.max(deepest, ++depth);
    else if (c === '}' || c === ']') depth--;
  }
  return deepest;
}
