import { expect, it } from 'vitest';
import type { LightReason } from '#contract';
import { formatTables } from '../tables.ts';
import { lightSvg, lightTables, makeLightReport, type LightOutcome } from './report.ts';

const outcome = (kind: LightOutcome['kind'], ambient: number, reason: LightReason | null): LightOutcome => ({
  kind,
  person: `${ambient}`,
  ambient,
  verdict: { reason, scores: { match: 0.9, rivalry: 0, delay: 100, gain: 0.1, relief: 0.3, gloss: null } },
});

const OUTCOMES = [
  outcome(null, 100, null),
  outcome(null, 100, 'light-missing'),
  outcome(null, 1000, 'light-unclear'),
  outcome('phone', 100, 'light-glossy'),
  outcome('phone', 1000, null),
];

it('counts living people by light and attacks by species, and who could not be told apart', () => {
  const { live, attacks } = makeLightReport(1, 'held-out', OUTCOMES);
  expect(live).toMatchObject([
    { ambient: 100, presentations: 2, errors: { count: 1 }, unclear: 0, judged: { count: 1, of: 2 } },
    { ambient: 1000, presentations: 1, errors: { count: 1 }, unclear: 1, judged: { count: 0, of: 0 } },
  ]);
  expect(attacks).toMatchObject([
    { kind: 'phone', presentations: 2, errors: { count: 1 }, reasons: { 'light-glossy': 1 } },
  ]);
});

it('says on which people it was measured, and that it is simulated', () => {
  const held = makeLightReport(1, 'held-out', OUTCOMES);
  const { live } = lightTables(held);
  expect(formatTables({ live })).toMatch(/100 lx +2 +1 +50\.0 %/);
  expect(formatTables({ live })).toMatch(/1000 lx +1 +1 +100\.0 % \([^)]*\) +1 +100\.0 % \([^)]*\) +0 +0 /);
  expect(live.note).toContain('2 held-out people');
  expect(live.note).toContain('Simulated');
  expect(lightTables(makeLightReport(1, 'fitting', OUTCOMES)).live.note).toContain('limits were settled');
  expect(lightSvg(held)).toMatch(/^<svg/);
});
