import { expect, it } from 'vitest';
import { rateLimited } from './rate-limited.ts';

it('lets each kind through ten times at once, and once a second after that', async () => {
  let now = 5_000;
  const told: string[] = [];
  const tell = rateLimited(
    async (kind) => void told.push(kind),
    () => now,
  );
  for (let i = 0; i < 10; i++) await tell('alternative-offered');
  const limited = { code: 'rate-limited' };
  await expect(tell('alternative-offered')).rejects.toMatchObject(limited);
  await tell('alternative-chosen');
  now += 999;
  await expect(tell('alternative-offered')).rejects.toMatchObject(limited);
  now += 1;
  await tell('alternative-offered');
  await expect(tell('alternative-offered')).rejects.toMatchObject(limited);
  expect(told).toEqual([
    ...Array<string>(10).fill('alternative-offered'),
    'alternative-chosen',
    'alternative-offered',
  ]);
});
