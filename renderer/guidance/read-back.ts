/**
 * Spares pictures the way through the graphics card. MediaPipe computes on the processor, yet uploads each picture as a
 * texture and reads it back at once, which takes longer than finding the face where software draws in place of a graphics
 * card. From here on the context keeps a picture that is uploaded as `ImageData`, and the reading is answered from it.
 * Everything else is left to the context.
 */
export function readBackFromMemory(context: WebGL2RenderingContext): void {
  const upload = context.texImage2D.bind(context) as (...args: readonly unknown[]) => void;
  const readBack = context.readPixels.bind(context) as (...args: readonly unknown[]) => void;
  let kept: ImageData | null = null;

  context.texImage2D = (...args: readonly unknown[]): void => {
    const source = args.at(-1);
    kept = source instanceof ImageData ? source : null;
    if (kept === null) upload(...args);
  };

  context.readPixels = (...args: readonly unknown[]): void => {
    const [x, y, width, height, format, type, target, offset = 0] = args;
    const isWhole = x === 0 && y === 0 && width === kept?.width && height === kept?.height;
    const isBytes = format === context.RGBA && type === context.UNSIGNED_BYTE;
    if (kept !== null && isWhole && isBytes && target instanceof Uint8Array)
      target.set(kept.data, Number(offset));
    else readBack(...args);
  };
}
