import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { StationConfig } from '#contract';
import { openSignals } from './signals.ts';

it('tells which lamp is in fault, and once that it is mended', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-signals-'));
  const mended = join(folder, 'mended');
  const actuator = { kind: 'command', open: ['/bin/true'], close: ['/usr/bin/test', '-e', mended] };
  const config = StationConfig.parse({ signals: { granted: { ms: 200, actuator } } });
  const told: unknown[] = [];
  const signals = openSignals(config.signals, (...fault) => told.push(fault), pino({ level: 'silent' }));
  await expect.poll(() => told).toEqual([['granted', 'door-fault', 'not shut']]);
  await writeFile(mended, '');
  await expect.poll(() => told.slice(1), { timeout: 10_000 }).toEqual([['granted', 'door-mended', null]]);
  await signals.end();
  await rm(folder, { recursive: true });
});
