import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detSvg, writePlot } from './plots.ts';

describe('detSvg', () => {
  it('draws rates on logarithmic axes, the rest of zero on the axis itself', () => {
    const svg = detSvg('A & B <c>', [
      { falseMatchRate: 1, falseNonMatchRate: 0 },
      { falseMatchRate: 1e-3, falseNonMatchRate: 1e-2 },
      { falseMatchRate: 1e-6, falseNonMatchRate: 1 },
    ]);
    const [, points] = /points="([^"]+)"/.exec(svg) ?? [];
    const [start, middle, end] = points!.split(' ').map((p) => p.split(',').map(Number) as [number, number]);
    // Halfway down each axis of six and of four decades.
    expect(middle![0]).toBeCloseTo((start![0] + end![0]) / 2, 1);
    expect(middle![1]).toBeCloseTo((start![1] + end![1]) / 2, 1);
    expect(start![1]).toBeGreaterThan(end![1]);
    expect(svg).toContain('A &amp; B &lt;c>');
  });
});

describe('writePlot', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-plot-'));
  });
  afterAll(async () => await rm(dir, { recursive: true }));

  const svg = detSvg('Curve', [{ falseMatchRate: 0.1, falseNonMatchRate: 0.1 }]);

  it('writes SVG as it is', async () => {
    await writePlot(join(dir, 'det.svg'), svg);
    expect(await readFile(join(dir, 'det.svg'), 'utf8')).toBe(svg);
  });

  it('writes PNG', async () => {
    await writePlot(join(dir, 'det.PNG'), svg);
    const png = await readFile(join(dir, 'det.PNG'));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([720, 520]);
  });
});
