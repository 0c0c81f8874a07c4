import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { expect, it } from 'vitest';
import type { LintelError } from '#contract';
import { exactProportion } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import { program } from './program.ts';
import { gather } from './spoiled/gather.ts';

/** Where nothing can be written. */
const NOWHERE = join(tmpdir(), 'lintel-no-such-folder');

async function run(...args: string[]): Promise<void> {
  const command = program(NOWHERE);
  for (const one of [command, ...command.commands]) {
    one.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  await command.parseAsync(args, { from: 'user' });
}

it.each([
  ['attacks', '--identities', '1'],
  ['light', '--identities', '1'],
  ['attacks', '--minutes', '0'],
  ['attacks', '--seed', '-1'],
  ['degraded', '--images', '.', '--people', '0'],
  ['references', '--images', '.', '--most', '0'],
])('asks for a number that can be meant: %s %s %s', async (...args) => {
  await expect(run(...args)).rejects.toThrow(/A whole number from \d on is needed/);
});

it.each([
  ['no folder', []],
  ['both kinds of pairs', ['--images', '.', '--all-pairs', '--pairs', 'x.csv']],
  ['a plot of another kind', ['--images', '.', '--plot', 'det.pdf']],
  ['a report of another kind', ['--images', '.', '--report', 'report.pdf']],
  ['attacks with clips that are not there', ['attacks', '--clips', '/nowhere']],
  ['attacks by no number of people', ['attacks', '--identities', 'many']],
])('refuses %s', async (_, args) => {
  await expect(run(...args)).rejects.toSatisfy(
    (refusal) => refusal instanceof CommanderError || (refusal as LintelError).code === 'usage',
  );
});

it.each([
  ['attacks', '--resume', `${NOWHERE}/run.jsonl`],
  ['light', '--plot', `${NOWHERE}/light.svg`],
  ['degraded', '--images', '.', '--fit', `${NOWHERE}/covers.json`],
  ['spoiled', '--images', '.', '--fit', `${NOWHERE}/spoiling.json`],
  ['references', '--images', '.', '--plot', `${NOWHERE}/references.svg`],
])('says at once that its results cannot be written: %s %s', async (...args) => {
  await expect(run(...args)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('cannot be written') as unknown,
  });
});

it('knows the kinds of attack by their names', async () => {
  const wrong = run('attacks', '--kinds', 'live', 'print-folded');
  await expect(wrong).rejects.toThrow(/print-folded.*Allowed choices are live, print-still/);
});

it('says that no person is left, and has a rate of nothing', async () => {
  const nobody = gather({} as Recognizer, NOWHERE, [], {}, () => undefined);
  await expect(nobody).rejects.toMatchObject({ code: 'usage' });
  expect(exactProportion(0, 0)).toEqual({ count: 0, of: 0, rate: 0, interval: [0, 1] });
});
