import { describe, expect, it } from 'vitest';
import { chart, decades } from './chart.ts';
import { reportHtml } from './html.ts';

describe('reportHtml', () => {
  const svg = chart('Figure', decades('x', -2, 0), decades('y', -2, 0), [
    { name: 'One', colour: '#000', kind: 'points', points: [[0.1, 0.1]], intervals: [[0.01, 1]] },
    { name: 'Two', colour: '#111', kind: 'area', points: [[0, 0]] },
  ]);
  const html = reportHtml(
    'Title',
    'About <us> & them',
    [['Key', '1 %']],
    [
      {
        table: { title: 'Part', note: 'Note', header: ['A', 'B'], rows: [['x', '<script>']] },
        figures: [svg],
      },
      { table: { title: 'Other', note: '', header: [], rows: [['y', 'z']] }, figures: [] },
    ],
  );

  it('shows figures and tables of each part', () => {
    expect(html).toContain('About &lt;us> &amp; them');
    expect(html.match(/<section>/g)).toHaveLength(2);
    expect(html).toContain('<th>A</th><th>B</th>');
    expect(html).toContain('<th scope="row">x</th><td>&lt;script></td>');
    expect(html).toContain(svg);
  });

  it('runs nothing and fetches nothing', () => {
    expect(html).not.toMatch(/<script|<link|<img|url\(|src=|@import/);
  });

  it('draws intervals and a legend', () => {
    const [, top, bottom] = /<path d="M[\d.]+ ([\d.]+)V([\d.]+)"/.exec(svg)!;
    const [, middle] = /<circle cx="[\d.]+" cy="([\d.]+)"/.exec(svg)!;
    expect(Number(middle)).toBeCloseTo((Number(top) + Number(bottom)) / 2, 1);
    expect(svg).toContain('>Two</text>');
  });
});
