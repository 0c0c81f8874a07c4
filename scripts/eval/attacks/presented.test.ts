import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { kindsLeft, savedProgress, type Plan, type Presented } from './presented.ts';

const PLAN: Plan = {
  seed: 3,
  identities: 2,
  half: 'held-out',
  modelId: 'model',
  photographs: ['a/1.jpg', 'é/1.jpg'],
};
const ASKED = { ...PLAN, without: [] };
const presentedOf = (photograph: string): Presented => ({
  photograph,
  outcomes: [{ kind: null, passed: true, reasons: [], passive: 0.5, granted: 'target' }],
});

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'lintel-attacks-')), 'run.jsonl');
});

it('takes up a run where it was stopped, without the person that was cut short', async () => {
  const begun = await savedProgress(file, ASKED);
  expect(begun.plan).toBeNull();
  await begun.begin(PLAN);
  await begun.add(presentedOf('é/1.jpg'));
  await appendFile(file, '{"photograph":"a/1.jpg","outco');

  const continued = await savedProgress(file, ASKED);
  expect(continued.plan).toEqual(PLAN);
  expect(continued.presented).toEqual([presentedOf('é/1.jpg')]);
  await continued.add(presentedOf('a/1.jpg'));
  expect((await savedProgress(file, ASKED)).presented).toHaveLength(2);
});

it('adds the kinds that were not presented of a person yet, and no other', async () => {
  const begun = await savedProgress(file, ASKED);
  await begun.begin(PLAN);
  await begun.add(presentedOf('a/1.jpg'));
  const [live] = presentedOf('a/1.jpg').outcomes;
  await begun.add({ photograph: 'a/1.jpg', outcomes: [{ ...live!, kind: 'print-still' }] });
  const continued = await savedProgress(file, ASKED);
  expect(kindsLeft(continued, 'a/1.jpg', [null, 'print-still', 'face-swap'])).toEqual(['face-swap']);
  expect(kindsLeft(continued, 'é/1.jpg', [null, 'print-still'])).toEqual([null, 'print-still']);
});

it('takes up a run that was begun before there were halves', async () => {
  const { half, ...old } = PLAN;
  await writeFile(file, `${JSON.stringify(old)}\n`);
  expect((await savedProgress(file, { ...ASKED, half: null })).plan).toEqual({ ...old, half: null });
  await expect(savedProgress(file, { ...ASKED, half })).rejects.toMatchObject({ code: 'usage' });
});

it('refuses a file of another run, or of something else', async () => {
  const begun = await savedProgress(file, ASKED);
  await begun.begin(PLAN);
  await expect(savedProgress(file, { ...ASKED, seed: 4 })).rejects.toMatchObject({ code: 'usage' });
  await expect(savedProgress(file, { ...ASKED, half: 'fitting' })).rejects.toMatchObject({ code: 'usage' });
  await expect(savedProgress(file, { ...ASKED, without: ['é/1.jpg'] })).rejects.toMatchObject({
    code: 'usage',
  });
  await appendFile(file, '{"photograph":7}\n');
  await expect(savedProgress(file, ASKED)).rejects.toMatchObject({ code: 'usage' });
  expect(await readFile(file, 'utf8')).toContain('"photograph":7');
});
