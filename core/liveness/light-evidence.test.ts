import { expect, it } from 'vitest';
import { judgeLight } from './light-evidence.ts';
import { LIMITS } from './limits.ts';
import type { EvidenceFrame, LightAsked } from './types.ts';

const ASKED: LightAsked = { slots: [], drawnAt: 1_000 };
/** By the screen's own clock. */
const SHOWN = 70_000;

/** @param after milliseconds from the earliest moment at which the frame can have been taken until it came; null: it did not */
const lit = (at: number, after: number | null, capturedAt = SHOWN + at): EvidenceFrame => ({
  moment: { kind: 'light', at },
  capturedAt,
  arrivedAt: after === null ? null : ASKED.drawnAt + at + after,
  digest: String(at),
  analysis: { face: null, others: [], luma: 110 },
});

/** What is said of pictures without a face, once they count as those of the show. */
const UNSEEN = 'light-unclear';

it.each<[string, EvidenceFrame, ReturnType<typeof judgeLight>['reason']]>([
  ['came in time', lit(100, LIMITS.lightLateMs), UNSEEN],
  ['came as early as clocks differ', lit(100, -LIMITS.clockMs), UNSEEN],
  ['came late', lit(100, LIMITS.lightLateMs + 1), 'light-late'],
  ['did not come', lit(100, null), 'light-late'],
  ['came before it can have been taken', lit(100, -LIMITS.clockMs - 1), 'frames-not-genuine'],
  ['is of another show', lit(100, 100, SHOWN + 102), 'frames-not-genuine'],
])('of frames of which one %s', (_, frame, reason) => {
  expect(judgeLight(ASKED, [lit(0, 100), frame]).reason).toBe(reason);
});

it('is missing where none was asked for, and where no frame shows it', () => {
  expect(judgeLight(null, [lit(0, 100)]).reason).toBe('light-missing');
  expect(judgeLight(ASKED, [{ ...lit(0, 100), moment: { kind: 'frontal' } }]).reason).toBe('light-missing');
});

it('is judged once for the same frames, and again for others', () => {
  const frames = [lit(0, 100), lit(100, 100)];
  const ahead = judgeLight(ASKED, frames);
  const frontal: EvidenceFrame = { ...lit(200, 100), moment: { kind: 'frontal' } };
  expect(judgeLight(ASKED, [...frames, frontal])).toBe(ahead);
  expect(judgeLight(ASKED, [...frames, lit(300, null)]).reason).toBe('light-late');
  expect(judgeLight(ASKED, [{ ...frames[0]!, arrivedAt: null }, frames[1]!]).reason).toBe('light-late');
});
