import { describe, expect, it } from 'vitest';
import { decodeImage } from '#core/recognition';
import type { Subject } from '../spoiled/drawing.ts';
import { COVERS } from './covers.ts';
import { DEGRADED } from './kinds.ts';

const [WIDTH, HEIGHT] = [120, 120];
const EYES = [
  { x: 45, y: 45 },
  { x: 75, y: 45 },
] as const;

/** Corners of a jaw, a nose and two eyes on an evenly grey picture. */
const landmarks = Array.from({ length: 68 }, (_, i) => {
  if (i < 17) return { x: 60 - 35 * Math.cos((Math.PI * i) / 16), y: 50 + 45 * Math.sin((Math.PI * i) / 16) };
  if (i < 31) return { x: 60, y: 40 + 25 * ((i - 17) / 13) };
  if (i < 36) return { x: 60, y: 68 };
  if (i < 48) return EYES[i < 42 ? 0 : 1];
  return { x: 60, y: 80 };
});
const subject: Subject = {
  width: WIDTH,
  height: HEIGHT,
  data: new Uint8Array(3 * WIDTH * HEIGHT).fill(130),
  face: { boundingBox: { x: 20, y: 20, width: 80, height: 80 }, landmarks },
  seed: 5,
};

/** Mean of the values around a point. */
async function around(encoded: Uint8Array, at: { x: number; y: number }): Promise<number> {
  const { data, width } = await decodeImage(encoded);
  let sum = 0;
  for (let y = at.y - 3; y <= at.y + 3; y++) {
    for (let x = at.x - 3; x <= at.x + 3; x++) sum += data[3 * (y * width + x)]!;
  }
  return sum / 49;
}

const MOUTH = { x: 60, y: 80 };

describe.each(Object.entries(COVERS))('%s', (name, cover) => {
  it('covers eyes or mouth, and not the other', async () => {
    const drawn = await cover.spoil(subject);
    const changes = { eyes: await around(drawn, EYES[0]), mouth: await around(drawn, MOUTH) };
    const [changed, kept] = name.endsWith('sunglasses') ? ['eyes', 'mouth'] : ['mouth', 'eyes'];
    expect(Math.abs(changes[changed as 'eyes'] - 130)).toBeGreaterThan(3);
    expect(changes[kept as 'eyes']).toBe(130);
  });

  it('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = await Promise.all(
      [5, 5, 6].map((seed) => cover.spoil({ ...subject, seed })),
    );
    expect(again!).toEqual(first);
    expect(other!).not.toEqual(first);
  });
});

it.each(['backlight', 'strong backlight'])(
  '%s leaves the face dark before a bright background',
  async (kind) => {
    const drawn = await DEGRADED[kind]!.spoil(subject);
    expect(await around(drawn, MOUTH)).toBeLessThan(60);
    expect(await around(drawn, { x: 8, y: 8 })).toBeGreaterThan(200);
  },
);
