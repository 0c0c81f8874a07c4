/**
 * What a page with a camera may load, as directives of a Content-Security-Policy: everything comes from where the page comes
 * from, and nothing goes anywhere else. MediaPipe compiles WebAssembly ('wasm-unsafe-eval'); captured and chosen pictures are
 * shown as blobs.
 */
export const CAMERA_PAGE_SOURCES = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
] as const;
