import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLog } from '../process/index.ts';
import { createAccess } from './access.ts';
import { keepSessionIn } from './kept-session.ts';

const log = createLog('silent');

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-session-'));
  path = join(dir, 'session');
});
afterEach(async () => await rm(dir, { recursive: true }));

it('keeps a session for its user alone, without the secret, and only for the same version', async () => {
  const access = createAccess(keepSessionIn(path, '1.0.0', log));
  const secret = access.redeem(access.issueToken())!;
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(path, 'utf8')).not.toContain(secret);
  expect(createAccess(keepSessionIn(path, '1.0.0', log)).admits(secret)).toBe(true);
  expect(createAccess(keepSessionIn(path, '1.0.1', log)).admits(secret)).toBe(false);
});

it.each(['', 'x', '1.0.0', '1.0.0\nabc\n', `1.0.0\n${'g'.repeat(64)}\n`])(
  'takes nothing from a file of %j',
  async (text) => {
    await writeFile(path, text);
    expect(createAccess(keepSessionIn(path, '1.0.0', log)).isResumed).toBe(false);
  },
);

it('does without where it cannot be written', () => {
  const access = createAccess(keepSessionIn(join(dir, 'missing', 'session'), '1.0.0', log));
  expect(access.admits(access.redeem(access.issueToken())!)).toBe(true);
  access.end();
  expect(access.isResumed).toBe(false);
});
