import { LintelError, type ImageInput } from '#contract';
import { fromBase64 } from './base64.ts';
import type { ImageFetcher } from './fetch-image.ts';

/** The encoded image that a request of an account names. @throws `image-not-base64`, `image-empty`, `image-url-*` */
export type ImageSource = (image: ImageInput, account: string) => Promise<Uint8Array>;

/** @param fetchImage null: addresses are refused */
export function createImageSource(fetchImage: ImageFetcher | null): ImageSource {
  return async ({ bytes, url }, account) => {
    if (typeof bytes === 'string') return fromBase64(bytes);
    if (fetchImage === null) throw new LintelError('image-url-off');
    // The schema lets exactly one of the two through.
    return await fetchImage(url ?? '', account);
  };
}
