import { describe, expect, it } from 'vitest';
import type { DetectedFace } from '#core/recognition';
import { decidePerson, type FrameFinding, type Person, type SeenFace } from './decide-person.ts';

const ALICE: Person = { faceId: `face_${'a'.repeat(32)}`, name: 'Alice' };
const BOB: Person = { faceId: `face_${'b'.repeat(32)}`, name: 'Bob' };

/** A unit vector at this angle, in degrees, from the first axis: similarity is the cosine of the difference. */
function template(angle = 0): Float32Array {
  const t = new Float32Array(512);
  t[0] = Math.cos((angle * Math.PI) / 180);
  t[1] = Math.sin((angle * Math.PI) / 180);
  return t;
}

const detected = (height: number): DetectedFace => ({
  confidence: 0.9,
  boundingBox: { x: 0, y: 0, width: height, height },
});

const face = ({ angle = 0, turn = 0, height = 100 } = {}): SeenFace => ({
  ...detected(height),
  measurements: { yaw: turn, pitch: 0 },
  template: template(angle),
});

interface Seen {
  angle?: number;
  turn?: number;
  height?: number;
  others?: number[];
  person?: Person | null;
}

const frame = ({ others = [], person = null, ...seen }: Seen = {}): FrameFinding => ({
  analysis: { face: face(seen), others: others.map(detected) },
  identity: person === null ? { kind: 'unknown' } : { kind: 'known', person },
});

const nobody: FrameFinding = { analysis: { face: null, others: [] }, identity: { kind: 'unknown' } };

const decided = (...frames: FrameFinding[]): ReturnType<typeof decidePerson> =>
  decidePerson({ frames, enrolledCount: 5, samePersonSimilarity: 0.34 });

const refused = { hints: [], person: null };
const undecided = (reason: string): object => ({ outcome: 'undecided', reasons: [reason], ...refused });
const denied = (reason: string): object => ({ outcome: 'denied', reasons: [reason], ...refused });
const granted = { outcome: 'granted', reasons: ['match'], hints: [], person: ALICE };

describe('a decision', () => {
  it('grants when every frame matches one person', () => {
    expect(decided(frame({ person: ALICE }), frame({ person: ALICE }), frame({ person: ALICE }))).toEqual(
      granted,
    );
  });

  it('grants on the most frontal frame when turned ones are not recognised', () => {
    expect(decided(frame({ turn: 30 }), frame({ person: ALICE }), frame({ turn: -30 }))).toEqual(granted);
  });

  it('denies when only a turned frame matches', () => {
    expect(decided(frame(), frame({ turn: 30, person: ALICE }))).toEqual(denied('no-match'));
  });

  it('does not choose between two people who are about as like the face', () => {
    const ambiguous: FrameFinding = { ...frame(), identity: { kind: 'ambiguous' } };
    expect(decided(ambiguous, ambiguous)).toEqual(undecided('ambiguous'));
    expect(
      decided(frame({ person: ALICE }), { ...frame({ turn: 30 }), identity: { kind: 'ambiguous' } }),
    ).toEqual(granted);
  });

  it('denies a stranger, and says so when no face is enrolled', () => {
    expect(decided(frame(), frame(), frame())).toEqual(denied('no-match'));
    expect(decidePerson({ frames: [frame()], enrolledCount: 0, samePersonSimilarity: 0.34 })).toEqual(
      denied('empty-gallery'),
    );
  });

  it('does not grant when a frame matches another person', () => {
    expect(decided(frame({ person: ALICE }), frame({ person: BOB, turn: 30 }))).toEqual(
      undecided('different-people'),
    );
  });

  it('does not grant when the faces of one visit are not alike, even where one of them matches', () => {
    // cos 71° = 0.326, just below; cos 69° = 0.358, just above.
    expect(decided(frame({ person: ALICE }), frame({ angle: 71, turn: 30 }))).toEqual(
      undecided('different-people'),
    );
    expect(decided(frame({ person: ALICE }), frame({ angle: 69, turn: 30 }))).toEqual(granted);
  });

  it('compares every frame with every other, not only with the first', () => {
    expect(decided(frame({ angle: 0 }), frame({ angle: 60 }), frame({ angle: -60 }))).toEqual(
      undecided('different-people'),
    );
  });

  it('asks again without a face, and makes do with the frames that have one', () => {
    expect(decided(nobody, nobody)).toEqual(undecided('no-face'));
    expect(decided(nobody, frame({ person: ALICE }))).toEqual(granted);
  });

  it('asks again when a second face of comparable size is in two frames, or alone in one', () => {
    const beside = frame({ person: ALICE, others: [60] });
    expect(decided(beside)).toEqual(undecided('several-faces'));
    expect(decided(beside, beside)).toEqual(undecided('several-faces'));
    expect(decided(beside, frame({ person: ALICE }))).toEqual(granted);
    expect(decided(frame({ person: ALICE, others: [80] }), frame({ person: ALICE }))).toEqual(
      undecided('several-faces'),
    );
    expect(decided(frame({ person: ALICE, others: [59, 20] }))).toEqual(granted);
  });
});
