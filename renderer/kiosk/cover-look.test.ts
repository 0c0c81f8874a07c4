import { expect, it } from 'vitest';
import type { QualityCode } from '#contract';
import { type Guidance, NO_GUIDANCE } from '../guidance/guidance.ts';
import { CoverLook } from './cover-look.ts';

const good: Guidance = {
  ...NO_GUIDANCE,
  code: 'hold-still',
  present: true,
  good: true,
  goodSince: 0,
  arrivedAt: 1,
};

/** A guide, and the appliance's answers to its looks, one after the other. */
function guide(...answers: (readonly QualityCode[] | Error)[]) {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const look = new CoverLook(async () => {
    const answer = answers[asked++] ?? [];
    await new Promise<void>((resolve) => waiting.push(resolve));
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const picture = { clone: () => picture } as VideoFrame;
  return {
    see: (at: number, guidance = good) => look.follow({ guidance, picture, at }),
    forget: () => look.forget(),
    /** The answer to the look that waits. */
    async answer(): Promise<void> {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
    get asked() {
      return asked;
    },
  };
}

it('a face is looked at once, and no visit waits for the answer', async () => {
  const clear = guide([]);
  expect(clear.see(100)).toBe(good);
  expect(clear.see(130)).toBe(good);
  await clear.answer();
  expect(clear.see(160)).toBe(good);
  expect(clear.see(5000)).toBe(good);
  expect(clear.asked).toBe(1);
});

it('a covered face is told so until it is clear', async () => {
  const visitor = guide(['face-too-small', 'eyes-covered'], ['eyes-covered'], []);
  visitor.see(100);
  await visitor.answer();
  expect(visitor.see(130)).toMatchObject({ code: 'eyes-covered', good: false, goodSince: null });
  expect(visitor.asked).toBe(1);
  visitor.see(600);
  await visitor.answer();
  expect(visitor.see(700).code).toBe('eyes-covered');
  visitor.see(1100);
  await visitor.answer();
  expect(visitor.see(1130)).toBe(good);
  expect(visitor.asked).toBe(3);
});

it('a visit begins all the same after a while, and where nothing can be looked at', async () => {
  const veiled = guide(['mouth-covered'], ['mouth-covered']);
  veiled.see(100);
  await veiled.answer();
  expect(veiled.see(8099).code).toBe('mouth-covered');
  expect(veiled.see(8100)).toBe(good);
  const busy = guide(new Error('busy'));
  busy.see(100);
  await busy.answer();
  expect(busy.see(130)).toBe(good);
  expect(busy.asked).toBe(1);
});

it('what else there is to mend comes first; another face, or another try, is looked at again', async () => {
  const visitor = guide(['eyes-covered'], ['mouth-covered'], []);
  const away: Guidance = { ...good, code: 'look-straight', good: false, goodSince: null };
  expect(visitor.see(50, away)).toBe(away);
  expect(visitor.asked).toBe(0);
  visitor.see(100);
  const other: Guidance = { ...good, arrivedAt: 2 };
  visitor.see(200, other);
  // The answer about the one before says nothing of this one.
  await visitor.answer();
  expect(visitor.see(230, other).code).toBe('hold-still');
  await visitor.answer();
  expect(visitor.see(260, other).code).toBe('mouth-covered');
  visitor.forget();
  visitor.see(300, other);
  await visitor.answer();
  expect(visitor.see(330, other)).toBe(other);
  expect(visitor.asked).toBe(3);
});
