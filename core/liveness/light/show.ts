import type { LightSlot } from '#contract';
import type { Colour } from '#core/recognition';
import { emissionOf, middle } from './colour.ts';

/** What the corners of the screen emit, as the visitor sees them. */
export type Corners = readonly [topLeft: Colour, topRight: Colour, bottomLeft: Colour, bottomRight: Colour];

/** What the corners emit in a slot. */
export function cornersOf({ split, colours }: LightSlot): Corners {
  const [first, second] = [emissionOf(colours[0]), emissionOf(colours[1])];
  if (split === 'left-right') return [first, second, first, second];
  if (split === 'top-bottom') return [first, first, second, second];
  return [first, first, first, first];
}

/** What the halves of the screen emit; of halves that are not of one colour their mean. */
export interface Halves {
  readonly left: Colour;
  readonly right: Colour;
  readonly top: Colour;
  readonly bottom: Colour;
}

export const halvesOf = ([topLeft, topRight, bottomLeft, bottomRight]: Corners): Halves => ({
  left: middle(topLeft, bottomLeft),
  right: middle(topRight, bottomRight),
  top: middle(topLeft, topRight),
  bottom: middle(bottomLeft, bottomRight),
});

/** A light challenge over time. */
export class Show {
  readonly #parts: readonly { readonly from: number; readonly to: number; readonly corners: Corners }[];
  /** Milliseconds. */
  readonly duration: number;

  constructor(slots: readonly LightSlot[]) {
    let from = 0;
    this.#parts = slots.map((slot) => {
      const to = from + slot.milliseconds;
      const part = { from, to, corners: cornersOf(slot) };
      from = to;
      return part;
    });
    this.duration = from;
  }

  /**
   * Which share of the time between two times, in milliseconds since the sequence began, each slot was shown; null where the
   * sequence was not shown all the while.
   */
  sharesBetween(from: number, to: number): readonly number[] | null {
    if (from < 0 || to > this.duration || to <= from) return null;
    return this.#parts.map((part) =>
      Math.max(0, (Math.min(to, part.to) - Math.max(from, part.from)) / (to - from)),
    );
  }

  /** What the screen emitted on average between two times; null as for `sharesBetween`. */
  between(from: number, to: number): Corners | null {
    const shares = this.sharesBetween(from, to);
    if (shares === null) return null;
    const mean = (corner: number): Colour =>
      shares.reduce<Colour>(
        ([r, g, b], share, slot) => {
          const [red, green, blue] = this.#parts[slot]!.corners[corner]!;
          return [r + share * red, g + share * green, b + share * blue];
        },
        [0, 0, 0],
      );
    return [mean(0), mean(1), mean(2), mean(3)];
  }
}
