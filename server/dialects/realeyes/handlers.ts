import type { RealeyesInput, RealeyesName, RealeyesOutput, ImageInput } from '#contract';
import type { Gallery } from '#core/gallery';
import type { ImageAnalysis } from '#core/recognition';

/** What the handlers work with, for one request. */
export interface Context {
  readonly gallery: Gallery;
  readonly modelId: string;
  /** @throws `image-*`, `busy` */
  readonly analyse: (image: ImageInput) => Promise<ImageAnalysis>;
  /** The id of the face that this request may make, the same whenever it is repeated; null: any. */
  readonly faceId: string | null;
}

export type Handlers<Names extends RealeyesName> = {
  readonly [Name in Names]: (input: RealeyesInput<Name>, context: Context) => Promise<RealeyesOutput<Name>>;
};
