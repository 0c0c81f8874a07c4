export {
  anyPort,
  connectTo,
  hasCredentials,
  pin,
  PUBLIC_REACH,
  requestPinned,
  type Reach,
} from './pinned.ts';
export { isPublicAddress } from './public-address.ts';
export { createPoster, type Poster, type PosterOptions } from './post.ts';
