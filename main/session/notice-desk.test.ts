import { expect, it } from 'vitest';
import { createNoticeDesk } from './notice-desk.ts';

it('takes each kind once a second at most', async () => {
  let now = 5_000;
  const told: string[] = [];
  const desk = createNoticeDesk(
    async (kind) => void told.push(kind),
    () => now,
  );
  await desk('alternative-offered');
  await desk('alternative-chosen');
  now += 999;
  await expect(desk('alternative-offered')).rejects.toMatchObject({ code: 'rate-limited' });
  now += 1;
  await desk('alternative-offered');
  expect(told).toEqual(['alternative-offered', 'alternative-chosen', 'alternative-offered']);
});
