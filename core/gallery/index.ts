export { Gallery, type GalleryOptions, type Identification, type NewPerson } from './gallery.ts';
export { reEmbed, type ReEmbeddingOptions, type ReEmbeddingProgress } from './re-embedding.ts';
