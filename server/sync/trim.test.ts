import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { DEFAULT_POLICY, type DeviceStatus } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { requirePlausibleClock } from '#core/upkeep';
import { confirmedCursor, startTrimming } from './trim.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const daysAgo = (days: number): string => new Date(NOW.getTime() - days * 86_400_000).toISOString();

function device(
  cursor: number | null,
  contact: string | null,
  revokedAt: string | null = null,
): DeviceStatus {
  const audit = { n: 0, hash: '0'.repeat(64) };
  const rest = { version: '1', clock: daysAgo(0), queue: 0, parked: 0, faces: 0, audit };
  return {
    deviceId: `dev_${'0'.repeat(32)}`,
    name: 'door',
    pairedAt: daysAgo(200),
    revokedAt,
    lastContact: contact,
    policy: DEFAULT_POLICY,
    report: cursor === null ? null : { cursor, ...rest },
    behind: 0,
    unconfirmedDeletions: 0,
  };
}

it('is what the appliance that is furthest behind has confirmed', () => {
  expect(confirmedCursor([device(7, daysAgo(1)), device(5, daysAgo(40))], NOW)).toBe(5);
});

it('does not wait for appliances that are revoked, away for good, or new', () => {
  const waiting = [device(5, daysAgo(1), daysAgo(0)), device(4, daysAgo(91)), device(null, null)];
  expect(confirmedCursor([device(7, daysAgo(1)), ...waiting], NOW)).toBe(7);
});

it('is everything where there is no appliance to wait for', () => {
  expect(confirmedCursor([], NOW)).toBe(Number.MAX_SAFE_INTEGER);
});

it('drops nothing by a clock that contradicts what is known', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lintel-trim-'));
  const store = await openStore({ dir: join(dir, 'data'), kekProvider: fileKekProvider(join(dir, 'key')) });
  const log: unknown[] = [];
  try {
    await requirePlausibleClock(store, NOW, 0);
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2038-01-19T03:14:08Z') });
    const accounts = vi.fn<() => Promise<string[]>>(async () => []);
    const end = startTrimming(
      store,
      accounts,
      pino({}, { write: (line) => void log.push(JSON.parse(line)) }),
    );
    await expect.poll(() => log.length).toBeGreaterThan(0);
    await end();
    expect(log).toMatchObject([{ msg: 'changes could not be trimmed', err: { code: 'clock-implausible' } }]);
    expect(accounts).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
    await store.close();
    await rm(dir, { recursive: true });
  }
});
