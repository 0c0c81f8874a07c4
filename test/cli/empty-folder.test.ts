import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lintel, newInstallation, said, type Installation } from '../support/appliance.ts';

let installation: Installation;
beforeEach(async () => {
  installation = await newInstallation();
});
afterEach(() => installation.remove());

const made = (): Promise<string[]> => readdir(dirname(installation.data));

it.each([
  'faces',
  'show --key E-1',
  'edit --key E-1 --name Ada',
  'delete --key E-1',
  'unlearn --key E-1',
  'identify package.json',
  'collections',
  'import --dry-run .',
  'export --all --out out',
  'erase --key E-1',
  'consent report',
  'models status',
  'models list',
  'models migrate',
  'calibrate --collection staff',
  'settings show',
  'events',
  'access show',
  'access remove',
  'door show',
  'station show',
  'webhook list',
  'visitor list',
  'visitor here',
  'card list',
  'card turn-key',
  'operator list',
  'pin reset',
  'camera list',
  'camera turn --degrees 90 --dry-run',
  'audit verify',
  'audit tail',
  'audit anchor',
  'retention',
  'set-back',
  'backup create today.backup',
  'keys wrap --to-key-file other.key',
  'keys rotate',
  'attack-drill run --out report.json',
  'sync status',
  'sync conflicts',
  'unpair',
  'account list',
  'device list',
])('says that nothing was started in a folder, and makes nothing there: %s', async (command) => {
  const before = await made();
  const { status, answer } = await lintel(installation, ...command.split(' '));
  const message = expect.stringContaining(`(${installation.data})`) as string;
  expect([status, answer]).toEqual([2, { error: { code: 'store-missing', message } }]);
  expect(await made()).toEqual(before);
});

it.each([
  'settings set collectionId staff',
  'visitor add --name Ada',
  'webhook add https://www.example.com/door',
  'pin set',
  'account create ACME',
  'metrics on',
])('a command that puts something in begins a store: %s', async (command) => {
  expect(await said(installation, ...command.split(' '))).not.toBe('');
  expect(await readdir(installation.data)).toContain('store');
});

it('a folder that holds no store, but something else, is left as it is', async () => {
  const file = join(dirname(installation.data), 'notes.txt');
  await writeFile(file, 'mine');
  const elsewhere = { ...installation, data: dirname(installation.data) };
  expect(await lintel(elsewhere, 'faces')).toMatchObject({ answer: { error: { code: 'store-missing' } } });
  expect(await made()).toEqual(['notes.txt']);
});
