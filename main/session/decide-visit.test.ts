import { describe, expect, it } from 'vitest';
import type { DecisionReason } from '#contract';
import type { EvidenceFrame, LivenessVerdict } from '#core/liveness';
import { decideVisit, type VisitVerdict } from './decide-visit.ts';
import type { Identity } from '#core/matching';
import type { Person } from './decide-person.ts';

import type { ServerAnswer } from './server-answer.ts';

const ADA = { faceId: `face_${'a'.repeat(32)}`, name: 'Ada' };
const KNOWN: Identity<Person> = { kind: 'known', person: ADA };
const UNKNOWN: Identity<Person> = { kind: 'unknown' };
const FOUND: ServerAnswer = { code: 'found', person: { faceId: null, name: null }, remoteId: 'r-7' };
const NOBODY: ServerAnswer = { code: 'nobody', person: null, remoteId: null };

const GOOD = {
  interOcular: 80,
  insideShare: 1,
  meanLuma: 120,
  contrast: 40,
  darkShare: 0,
  brightShare: 0,
  imbalance: 0,
  detail: 1,
  yaw: 0,
  pitch: 0,
  roll: 0,
  eyeOpenness: 0.3,
  confidence: 0.99,
  embeddingNorm: 10,
  landmarkShift: 1,
  spoiling: null,
  cover: null,
  surroundLuma: 120,
  turn: 0 as const,
};

const face = (yaw: number, measured: Partial<typeof GOOD> = {}) => ({
  confidence: 0.99,
  boundingBox: { x: 0, y: 0, width: 100, height: 100 },
  landmarks: [],
  template: Float32Array.of(1, yaw === 0 ? 0 : 1e-9),
  measurements: { ...GOOD, yaw, ...measured },
  passive: null,
});

interface Visit {
  /** The identity of each frontal frame, the most frontal first. */
  identities?: readonly Identity<Person>[];
  failed?: readonly DecisionReason[];
  others?: number;
  turned?: number;
  answer?: ServerAnswer | null;
  /** Of the faces. */
  measured?: Partial<typeof GOOD>;
}

/** @returns the verdict and how often the server was asked */
async function decided({
  identities = [UNKNOWN, UNKNOWN],
  failed = [],
  others = 0,
  turned = 0,
  answer = FOUND,
  measured = {},
}: Visit): Promise<VisitVerdict & { asked: number }> {
  const frames = identities.map((_, i): EvidenceFrame => ({
    moment: { kind: 'frontal' },
    capturedAt: i,
    arrivedAt: i,
    digest: `${i}`,
    analysis: {
      face: face(turned + i, measured),
      others: Array.from({ length: others }, () => face(0)),
      luma: 110,
    },
  }));
  const liveness: LivenessVerdict = {
    passed: failed.length === 0,
    reasons: failed,
    missed: failed.includes('step-missing') ? ['smile'] : [],
    scores: {
      steps: [],
      leastSimilarity: { frontal: null, turned: null },
      passive: null,
      leastDifference: null,
      span: 0,
    },
  };
  const left = [...identities];
  let asked = 0;
  const verdict = await decideVisit(
    frames,
    liveness,
    { count: async () => 3, identify: async () => left.shift()! },
    0.3,
    async () => {
      asked += 1;
      return answer;
    },
  );
  return { ...verdict, asked };
}

describe('a person that this appliance does not know', () => {
  it('is granted when found online, and the decision says so', async () => {
    expect(await decided({})).toEqual({
      asked: 1,
      decision: { outcome: 'granted', reasons: ['match-online'], hints: [], person: FOUND.person },
      online: FOUND,
    });
  });

  it.each<ServerAnswer | null>([NOBODY, { ...NOBODY, code: 'timeout' }, null])(
    'stays unknown with the answer %j',
    async (answer) => {
      expect(await decided({ answer })).toEqual({
        asked: 1,
        decision: { outcome: 'denied', reasons: ['no-match'], hints: [], person: null },
        online: answer,
      });
    },
  );
});

describe('a person in poor light', () => {
  const backlit = { meanLuma: 50, surroundLuma: 200 };

  it('is granted when known', async () => {
    const { decision } = await decided({ identities: [KNOWN, KNOWN], measured: backlit });
    expect(decision).toMatchObject({ outcome: 'granted', hints: [] });
  });

  it('hears what it may have been when not', async () => {
    const { decision } = await decided({ answer: null, measured: backlit });
    expect(decision).toMatchObject({ outcome: 'denied', reasons: ['no-match'], hints: ['backlit'] });
  });

  it('hears nothing of the light when found online', async () => {
    const { decision } = await decided({ measured: backlit });
    expect(decision).toMatchObject({ outcome: 'granted', hints: [] });
  });
});

describe('a visit without a step that was asked for', () => {
  it('names the step, unless the pictures tell too little', async () => {
    const { decision } = await decided({ failed: ['step-missing'] });
    expect(decision).toMatchObject({ outcome: 'denied', missed: ['smile'] });
    const { decision: unsure } = await decided({ failed: ['no-face', 'step-missing'] });
    expect(unsure).not.toHaveProperty('missed');
  });
});

describe('the server is not asked', () => {
  it.each<[string, Visit, string]>([
    ['is known', { identities: [KNOWN, UNKNOWN] }, 'match'],
    ['is like a person in another frame', { identities: [UNKNOWN, KNOWN] }, 'no-match'],
    ['is like two people', { identities: [{ kind: 'ambiguous' }, UNKNOWN] }, 'ambiguous'],
    ['is perhaps like two people', { identities: [UNKNOWN, { kind: 'ambiguous' }] }, 'no-match'],
    ['is not alone', { others: 1 }, 'several-faces'],
    ['is not seen well', { turned: 60 }, 'poor-quality'],
    ['does not do what is asked', { failed: ['step-missing'] }, 'step-missing'],
    ['is a picture', { failed: ['presentation-attack'] }, 'presentation-attack'],
  ])('when the visitor %s', async (_, visit, reason) => {
    const { asked, online, decision } = await decided(visit);
    expect([asked, online, decision.reasons]).toEqual([0, null, [reason]]);
  });
});
