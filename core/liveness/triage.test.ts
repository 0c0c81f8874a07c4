import { describe, expect, it } from 'vitest';
import type { VisitMoment } from '#contract';
import { GOOD_FACE } from '../recognition/testing/measurements.ts';
import type { FaceMeasurements } from '#core/recognition';
import { triage } from './triage.ts';
import type { EvidenceFrame } from './types.ts';

type Frame = Pick<EvidenceFrame, 'moment' | 'analysis'>;

const frame = (kind: 'baseline' | 'frontal', change: Partial<FaceMeasurements> = {}): Frame => ({
  moment: { kind } satisfies VisitMoment,
  analysis: {
    face: {
      confidence: 1,
      boundingBox: { x: 0, y: 0, width: 100, height: 100 },
      landmarks: [],
      template: new Float32Array(),
      measurements: { ...GOOD_FACE, ...change },
      passive: null,
    },
    others: [],
    luma: 110,
  },
});
const nobody = (luma: number): Frame => ({
  moment: { kind: 'frontal' },
  analysis: { face: null, others: [], luma },
});

describe('triage', () => {
  it('says that it is dark where no face is found in a dark picture', () => {
    expect(triage(['no-face'], [frame('baseline'), nobody(20)]).hints).toEqual(['too-dark']);
    expect(triage(['no-face'], [frame('baseline'), nobody(100)]).hints).toEqual([]);
  });

  it('says what covers a face', () => {
    const cover = { code: 'mouth-covered', likeness: 1.3 } as const;
    const { isUnsure, hints } = triage(['poor-quality', 'step-missing'], [frame('baseline', { cover })]);
    expect({ isUnsure, hints }).toEqual({ isUnsure: true, hints: ['mouth-covered'] });
  });

  it('asks for a larger face at rest than for a match', () => {
    const small = { interOcular: 12 };
    expect(triage(['poor-quality'], [frame('baseline', small)]).hints).toEqual(['face-too-small']);
    expect(triage(['poor-quality'], [frame('frontal', small)]).hints).toEqual([]);
  });
});
