export { createImageFetcher, type FetchOptions, type ImageFetcher } from './fetch-image.ts';
export { fromBase64 } from './base64.ts';
export { createImageSource, type ImageSource } from './image-source.ts';
