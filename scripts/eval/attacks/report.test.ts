import { expect, it } from 'vitest';
import { formatTables } from '../tables.ts';
import { makeClipReport, type ClipOutcome } from './clips.ts';
import type { Outcome, Presented } from './presented.ts';
import { attackSvg, attackTables, clipTables, makeAttackReport } from './report.ts';

const outcome = (
  kind: Outcome['kind'],
  reasons: Outcome['reasons'],
  passive: number | null,
  granted: Outcome['granted'] = reasons.length === 0 ? 'target' : 'nobody',
): Outcome => ({ kind, passed: reasons.length === 0, reasons, passive, granted });

const PRESENTED: readonly Presented[] = [
  {
    photograph: 'a/1.jpg',
    outcomes: [
      { ...outcome(null, [], 0.9), fit: true },
      outcome('print-still', ['step-missing', 'presentation-attack'], 0.1),
      outcome('screen-right-steps', [], 0.8),
    ],
  },
  {
    photograph: 'b/1.jpg',
    outcomes: [
      outcome(null, ['poor-quality'], null),
      outcome('print-still', ['step-missing'], 0.3),
      outcome('screen-right-steps', [], 0.8, 'other'),
    ],
  },
];

it('counts accepted attacks, those granted as the person presented, and refused live visits', () => {
  const report = makeAttackReport({ seed: 7, identities: 3, half: 'held-out' }, PRESENTED);
  expect(report).toMatchObject({
    seed: 7,
    half: 'held-out',
    people: 2,
    identities: 3,
    attackPresentations: 4,
  });
  expect(report.bonaFide).toMatchObject({
    presentations: 2,
    errors: { count: 0 },
    notJudged: { count: 1, rate: 0.5 },
    decisions: { count: 1 },
    reasons: { 'poor-quality': 1 },
    medianPassive: 0.9,
  });
  expect(report.fit).toMatchObject({ presentations: 1, errors: { count: 0, of: 1 } });
  // An earlier run presented nobody again.
  expect(report.refusedTwice).toBeNull();
  const [print, screen] = report.attacks;
  expect(print).toMatchObject({
    kind: 'print-still',
    presentations: 2,
    errors: { count: 0, rate: 0 },
    decisions: { count: 0 },
    reasons: { 'step-missing': 2, 'presentation-attack': 1 },
  });
  // Clopper-Pearson for 0 of 2: 1 - 0.025^(1/2).
  expect(print?.errors.interval[1]).toBeCloseTo(0.8419, 4);
  expect(screen).toMatchObject({ errors: { rate: 1 }, decisions: { rate: 0.5 }, grantedAsOther: 1 });
});

it('takes a live visit for refused as an attack where one reason of several says so', () => {
  const seen = (reasons: Outcome['reasons']) =>
    makeAttackReport({ seed: 7, identities: 1, half: null }, [
      { photograph: 'a/1.jpg', outcomes: [outcome(null, reasons, null)] },
    ]).bonaFide;
  expect(seen(['several-faces', 'poor-quality'])).toMatchObject({
    errors: { count: 0 },
    notJudged: { count: 1 },
  });
  expect(seen(['poor-quality', 'step-missing'])).toMatchObject({
    errors: { count: 1 },
    notJudged: { count: 0 },
  });
});

it('counts people whose second visit was refused, too', () => {
  const again = PRESENTED.map(({ photograph, outcomes }) => ({
    photograph,
    outcomes: outcomes.map((one) =>
      one.kind === null && !one.passed ? { ...one, refusedAgain: true } : one,
    ),
  }));
  const report = makeAttackReport({ seed: 7, identities: 3, half: 'held-out' }, again);
  expect(report.refusedTwice).toMatchObject({ count: 1, of: 2 });
  expect(attackTables(report).bonaFide.note).toContain('1 of 2 people were refused again');
});

it('leaves out kinds that were not presented, says that it is unfinished, and shows the others', () => {
  const report = makeAttackReport({ seed: 7, identities: 3, half: 'held-out' }, PRESENTED);
  expect(report.attacks.map(({ kind }) => kind)).toEqual(['print-still', 'screen-right-steps']);
  const text = formatTables({ ...attackTables(report) });
  expect(text).toMatch(
    /print-still +2 +0 +0\.0 % \(0\.0 % to 84\.2 %\) +0 +0\.0 % \(0\.0 % to 84\.2 %\) +no/,
  );
  expect(attackTables(report).attacks.note).toContain('2 of 3 people so far');
  expect(attackTables(report).attacks.note).toContain('2 held-out people');
  expect(text).toMatch(/of fit photographs +1 +0 +0\.0 %/);
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
