import { signal } from '@preact/signals';

/** A whole picture darker than this (luma 0..255) shows no face; a dark wall behind nobody is brighter. */
export const NIGHT_LUMA = 20;
/** Milliseconds without a brighter picture after which it is told: nobody holds a hand before a camera so long. */
const TOLD_AFTER_MS = 20_000;

/** Whether the camera has seen nothing for a while: it is covered, or it is night. */
export const cameraIsDark = signal(false);

/**
 * Since when all pictures were dark, after one more.
 * @param luma mean of the whole picture; null when it was not measured, or shows a face
 * @returns milliseconds of the same clock, null when this one is not dark
 */
export const darkSince = (since: number | null, luma: number | null, at: number): number | null =>
  luma !== null && luma < NIGHT_LUMA ? (since ?? at) : null;

export const isToldDark = (since: number | null, at: number): boolean =>
  since !== null && at - since >= TOLD_AFTER_MS;
