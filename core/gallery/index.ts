export { Gallery, type GalleryOptions, type Identification, type NewPerson } from './gallery.ts';
