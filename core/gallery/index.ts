export { createAccessCodes, type AccessCodes } from './access-codes.ts';
export {
  Gallery,
  type GalleryOptions,
  type Identification,
  type NewPerson,
  type Recognition,
} from './gallery.ts';
export { reEmbed, type ReEmbeddingOptions, type ReEmbeddingProgress } from './re-embedding.ts';
export { labelledTemplates } from './labelled-templates.ts';
