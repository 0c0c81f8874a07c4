export { createAccessCodes, type AccessCodes } from './access-codes.ts';
export { Gallery } from './gallery.ts';
export { reEmbed, type ReEmbeddingOptions, type ReEmbeddingProgress } from './re-embedding.ts';
export { labelledTemplates } from './labelled-templates.ts';
export type { GalleryOptions, Identification, NewPerson } from './types.ts';
