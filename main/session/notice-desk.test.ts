import { expect, it } from 'vitest';
import { createNoticeDesk } from './notice-desk.ts';

it('takes each kind ten times at once, and once a second after that', async () => {
  let now = 5_000;
  const told: string[] = [];
  const desk = createNoticeDesk(
    async (kind) => void told.push(kind),
    () => now,
  );
  for (let i = 0; i < 10; i++) await desk('alternative-offered');
  const limited = { code: 'rate-limited' };
  await expect(desk('alternative-offered')).rejects.toMatchObject(limited);
  await desk('alternative-chosen');
  now += 999;
  await expect(desk('alternative-offered')).rejects.toMatchObject(limited);
  now += 1;
  await desk('alternative-offered');
  await expect(desk('alternative-offered')).rejects.toMatchObject(limited);
  expect(told).toEqual([
    ...Array<string>(10).fill('alternative-offered'),
    'alternative-chosen',
    'alternative-offered',
  ]);
});
