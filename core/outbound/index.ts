export { hasCredentials, pin, PUBLIC_REACH, requestPinned, WEB_PORTS, type Reach } from './pinned.ts';
export { isPublicAddress } from './public-address.ts';
export { createPoster, type Poster, type PosterOptions } from './post.ts';
