/** Newer than TypeScript's library: absent where the browser does not know them. */
interface Orientation {
  readonly rotation?: number;
  readonly flip?: boolean;
}

/** Copies the pixels of pictures, one at a time, into memory that is used again. */
export class PixelReader {
  #image = new ImageData(1, 1);

  /**
   * @returns its pixels, until the next is read; null where the browser cannot give them as they are shown: the picture is
   * turned, or its format is not converted
   */
  async read(picture: VideoFrame): Promise<ImageData | null> {
    const { displayWidth: width, displayHeight: height, visibleRect } = picture;
    const { rotation = 0, flip = false } = picture as Orientation;
    if (visibleRect?.width !== width || visibleRect.height !== height || rotation !== 0 || flip) return null;
    if (this.#image.width !== width || this.#image.height !== height)
      this.#image = new ImageData(width, height);
    try {
      // Who does not know `format` copies the planes of the camera's own format.
      const planes = await picture.copyTo(this.#image.data, { format: 'RGBA' });
      return planes.length === 1 && planes[0]?.stride === 4 * width ? this.#image : null;
    } catch {
      return null;
    }
  }
}
