import type { Pose } from '../guidance/geometry.ts';

/** The pictures that enrolment asks for by itself: three that differ, so that later visits find one that is like them. */
export const VIEWS = ['front', 'left', 'right'] as const;

/** `left` and `right` are the person's own; `glasses`: frontal once more, with glasses on or off, as it was not before. */
export type EnrolView = (typeof VIEWS)[number] | 'glasses';

/** Degrees that a frontal face is turned at most, and raised or lowered. */
const FRONTAL = 8;
const LEVEL = 12;
/**
 * Degrees that a face slightly turned aside is turned: enough that the picture is no copy of the frontal one, and so few that
 * main's gate for references (`ENROLMENT_GATE`) lets it pass.
 */
const TURNED = { least: 11, most: 18 } as const;

/** Whether a face held so is what a view asks for. */
export function shows(view: EnrolView, { yaw, pitch }: Pose): boolean {
  if (Math.abs(pitch) > LEVEL) return false;
  if (view === 'front' || view === 'glasses') return Math.abs(yaw) <= FRONTAL;
  const towards = view === 'left' ? yaw : -yaw;
  return towards >= TURNED.least && towards <= TURNED.most;
}

/** Whether a face is turned further than a view asks for, to the right side. */
export const isTooFar = (view: EnrolView, { yaw }: Pose): boolean =>
  (view === 'left' && yaw > TURNED.most) || (view === 'right' && yaw < -TURNED.most);

/** The first view wanted that no picture shows; null: there are all. */
export const viewMissing = (
  wanted: readonly EnrolView[],
  pictures: readonly { readonly view: EnrolView | null }[],
): EnrolView | null => wanted.find((view) => !pictures.some((picture) => picture.view === view)) ?? null;
