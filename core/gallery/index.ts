export { createAccessCodes, type AccessCodes } from './access-codes.ts';
export { Gallery, type GalleryOptions, type Identification, type NewPerson } from './gallery.ts';
