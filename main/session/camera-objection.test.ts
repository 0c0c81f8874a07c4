import { describe, expect, it } from 'vitest';
import type { Decision } from '#contract';
import { objectToCamera } from './camera-objection.ts';

const decisionOf = (outcome: Decision['outcome'], reason: Decision['reasons'][number]): Decision => ({
  outcome,
  reasons: [reason],
  hints: [],
  person: null,
});

describe('a visit through a camera that something speaks against', () => {
  it.each([
    decisionOf('granted', 'match'),
    decisionOf('granted', 'match-online'),
    decisionOf('compared', 'photo-match'),
  ])('proves nothing: $reasons', (decision) => {
    expect(objectToCamera(decision, ['camera-virtual', 'camera-changed'])).toEqual({
      outcome: 'denied',
      reasons: ['camera-virtual', 'camera-changed'],
      hints: [],
      person: null,
    });
    expect(objectToCamera(decision, [])).toBe(decision);
  });

  it('is noted where it proved nothing anyway', () => {
    expect(objectToCamera(decisionOf('undecided', 'no-face'), ['camera-unknown'])).toMatchObject({
      outcome: 'undecided',
      reasons: ['no-face', 'camera-unknown'],
    });
  });
});
