import { expect, it } from 'vitest';
import { barChart } from './bars.ts';

it('a bar is as long as its value, and names are no markup', () => {
  const svg = barChart('A & B', 'ms', [
    { name: 'ours', value: 2, isOurs: true },
    { name: '<theirs>', value: 8, isOurs: false },
  ]);
  const widths = [...svg.matchAll(/<rect x="230"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths[1]! / widths[0]!).toBeCloseTo(4, 2);
  expect(svg).toContain('&lt;theirs>');
  expect(svg).toContain('aria-label="A &amp; B"');
  expect(svg).toContain('2 ms');
});
