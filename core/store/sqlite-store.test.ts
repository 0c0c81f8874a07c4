import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fileKekProvider, openStore } from './index.ts';
import { describeMerged } from './testing/merged-suite.ts';
import { describeStore } from './testing/store-suite.ts';

const folder = await mkdtemp(join(tmpdir(), 'lintel-store-'));
afterAll(() => rm(folder, { recursive: true }));

const fresh = async () => {
  const dir = await mkdtemp(join(folder, 'store-'));
  return () => openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
};
describeStore(fresh);
describeMerged(fresh);
