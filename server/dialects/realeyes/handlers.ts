import type { RealeyesInput, RealeyesName, RealeyesOutput, ImageInput } from '#contract';
import type { Gallery } from '#core/gallery';
import type { Recognizer } from '#core/recognition';

/** What the handlers work with, for one request. */
export interface Context {
  readonly gallery: Gallery;
  readonly recognizer: Recognizer;
  /** The encoded image. @throws `image-*`, `busy` */
  readonly load: (image: ImageInput) => Promise<Uint8Array>;
  /** The id of the face that this request may make, the same whenever it is repeated; null: any. */
  readonly faceId: string | null;
}

export type Handlers<Names extends RealeyesName> = {
  readonly [Name in Names]: (input: RealeyesInput<Name>, context: Context) => Promise<RealeyesOutput<Name>>;
};
