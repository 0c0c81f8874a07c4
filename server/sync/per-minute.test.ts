import { expect, it } from 'vitest';
import { LocalRates } from '#core/store';
import { perMinute } from './per-minute.ts';

const tooMany = { code: 'rate-limited' };

it('counts for each apart, for a minute', async () => {
  let now = 0;
  const take = perMinute(new LocalRates(() => now), 'k', 3, () => now);
  await take('a', 2);
  await take('a');
  await expect(take('a')).rejects.toMatchObject(tooMany);
  await expect(take('b', 4)).rejects.toMatchObject(tooMany);
  await take('c');
  now = 60_000;
  await take('a');
});

it('counts together with others of its kind, and with no other kind', async () => {
  const rates = new LocalRates(() => 0);
  const [one, same, other] = ['k', 'k', 'l'].map((kind) => perMinute(rates, kind, 1, () => 0));
  await one!('a');
  await expect(same!('a')).rejects.toMatchObject(tooMany);
  await other!('a');
});

it('counts ten thousand at once, and all others together', async () => {
  const take = perMinute(new LocalRates(() => 0), 'k', 1, () => 0);
  for (let i = 0; i < 10_000; i++) await take(`n${i}`);
  await take('new');
  await expect(take('another')).rejects.toMatchObject(tooMany);
});
