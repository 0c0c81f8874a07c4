export { createAccessCodes, hashAccessCode, newAccessCode, type AccessCodes } from './access-codes.ts';
export { Gallery, newFaceId } from './gallery.ts';
export { embedPending, type EmbeddingOptions, type EmbeddingProgress } from './embed-pending.ts';
export type { ComparedDescriptor } from './descriptor-index.ts';
export { IndexMemory } from './index-memory.ts';
export type { Holders, PartPlace } from './indexes.ts';
export { reEmbed } from './re-embedding.ts';
export { labelledTemplates } from './labelled-templates.ts';
export type { GalleryOptions, Identification, KnownPerson, NewPerson } from './types.ts';
