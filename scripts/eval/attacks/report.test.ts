import { expect, it } from 'vitest';
import type { LivenessVerdict } from '#core/liveness';
import { formatTables } from '../tables.ts';
import { makeClipReport, type ClipOutcome } from './clips.ts';
import { attackSvg, attackTables, clipTables, makeAttackReport, type Outcome } from './report.ts';

const verdict = (reasons: LivenessVerdict['reasons'], passive: number | null): LivenessVerdict => ({
  passed: reasons.length === 0,
  reasons,
  scores: {
    steps: [],
    leastSimilarity: { frontal: null, turned: null },
    passive,
    leastDifference: null,
    span: 0,
  },
});

const OUTCOMES: readonly Outcome[] = [
  { kind: null, person: 'a', verdict: verdict([], 0.9) },
  { kind: null, person: 'b', verdict: verdict(['poor-quality'], null) },
  { kind: 'print-still', person: 'a', verdict: verdict(['step-missing', 'presentation-attack'], 0.1) },
  { kind: 'print-still', person: 'b', verdict: verdict(['step-missing'], 0.3) },
  { kind: 'screen-right-steps', person: 'a', verdict: verdict([], 0.8) },
];

it('counts accepted attacks and refused live visits', () => {
  const report = makeAttackReport(7, OUTCOMES);
  expect(report).toMatchObject({ seed: 7, people: 2, attackPresentations: 3 });
  expect(report.bonaFide).toMatchObject({
    presentations: 2,
    errors: { count: 1, rate: 0.5 },
    reasons: { 'poor-quality': 1 },
    medianPassive: 0.9,
  });
  const print = report.attacks.find(({ kind }) => kind === 'print-still');
  expect(print).toMatchObject({
    presentations: 2,
    errors: { count: 0, rate: 0 },
    reasons: { 'step-missing': 2, 'presentation-attack': 1 },
  });
  // Clopper-Pearson for 0 of 2: 1 - 0.025^(1/2).
  expect(print?.errors.interval[1]).toBeCloseTo(0.8419, 4);
  expect(report.attacks.find(({ kind }) => kind === 'screen-right-steps')?.errors.rate).toBe(1);
});

it('leaves out kinds that were not presented, and shows the others', () => {
  const report = makeAttackReport(7, OUTCOMES);
  expect(report.attacks.map(({ kind }) => kind)).toEqual(['print-still', 'screen-right-steps']);
  expect(formatTables({ ...attackTables(report) })).toMatch(
    /print-still +2 +0 +0\.0 % \(0\.0 % to 84\.2 %\)/,
  );
  expect(attackSvg(report)).toMatch(/^<svg/);
});

it('counts clips, but no unreadable ones', () => {
  const clip = (name: string, kind: ClipOutcome['kind'], outcome: ClipOutcome['outcome']): ClipOutcome => ({
    clip: `${kind}/${name}`,
    kind,
    outcome,
    reasons: outcome === 'refused' ? ['step-missing'] : [],
    steps: [],
    challenge: [],
    passive: null,
    error: outcome === 'unreadable' ? { code: 'clip-unreadable', message: 'No.' } : null,
  });
  const report = makeClipReport([
    clip('1.mp4', 'live', 'accepted'),
    clip('2.mp4', 'live', 'unreadable'),
    clip('1.mp4', 'attack', 'refused'),
    clip('2.mp4', 'attack', 'accepted'),
  ]);
  expect(report.bpcer).toMatchObject({ count: 0, of: 1 });
  expect(report.apcer).toMatchObject({ count: 1, of: 2 });
  const text = formatTables(clipTables(report));
  expect(text).toMatch(/live\/2\.mp4 +unreadable +clip-unreadable/);
  expect(makeClipReport([]).bpcer).toBeNull();
});
