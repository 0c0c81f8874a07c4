import { signal } from '@preact/signals';

/** A whole picture darker than this (luma 0..255) shows no face; a dark wall without a person before it is brighter. */
export const NIGHT_LUMA = 20;
/** Milliseconds without a brighter picture until the camera counts as dark: no hand covers it that long. */
const TOLD_AFTER_MS = 20_000;

/** Whether the camera has seen nothing for a while: it is covered, or it is night. */
export const cameraIsDark = signal(false);

/** Since when all pictures were dark, in milliseconds of the page's clock; null: the last was not. All screens share it. */
let darkSince: number | null = null;

/**
 * Notes how bright one more picture is.
 * @param luma mean of the whole picture; null when it was not measured, or shows a face
 * @param at milliseconds of the page's clock
 */
export function noteBrightness(luma: number | null, at: number): void {
  const isDark = luma !== null && luma < NIGHT_LUMA;
  darkSince = isDark ? (darkSince ?? at) : null;
  cameraIsDark.value = darkSince !== null && at - darkSince >= TOLD_AFTER_MS;
}
