import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CalibrationTable } from '#contract';
import { DEGRADED } from './eval/degraded/kinds.ts';
import { KINDS } from './eval/spoiled/kinds.ts';

const SAMPLES = new URL('../.cache/samples/', import.meta.url);

/** Faces cut out of photographs of groups: person, number of the photograph, left, top, width, height. */
const PORTRAITS = [
  ['carol', 1, 1290, 60, 560, 560],
  ['carol', 3, 900, 50, 560, 700],
  ['grace', 3, 420, 150, 500, 600],
  ['judy', 4, 900, 80, 300, 450],
  ['quinn', 6, 130, 350, 450, 550],
  ['tess', 6, 1380, 150, 450, 550],
] as const;

const run = async (...args: string[]): Promise<Result> => await runScript('eval.ts', ...args);

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const runScript = async (name: string, ...args: string[]): Promise<Result> =>
  await new Promise((resolve) => {
    const script = fileURLToPath(new URL(name, import.meta.url));
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-eval-'));
  for (const [person, number, left, top, width, height] of PORTRAITS) {
    await mkdir(join(dir, 'people', person), { recursive: true });
    await sharp(await readFile(new URL(`sample${number}.jpg`, SAMPLES)))
      .extract({ left, top, width, height })
      .toFile(join(dir, 'people', person, `${number}.jpg`));
  }
  await mkdir(join(dir, 'people', 'nobody'));
  await sharp({ create: { width: 200, height: 200, channels: 3, background: 'grey' } })
    .png()
    .toFile(join(dir, 'people', 'nobody', '1.png'));
  await writeFile(join(dir, 'people', 'nobody', '2.jpg'), 'no image');
});
afterAll(async () => await rm(dir, { recursive: true }));

describe('eval', () => {
  it('spoils pictures in every way, and says what confidence promises then', async () => {
    const { status, stdout } = await run(
      'spoiled',
      '--images',
      join(dir, 'people'),
      '--people',
      '1',
      '--json',
    );
    expect(status).toBe(0);
    const { kinds } = JSON.parse(stdout) as { kinds: { kind: string; pictures: number; leftOut: number }[] };
    expect(kinds.map(({ kind }) => kind)).toEqual(Object.keys(KINDS));
    expect(kinds.every(({ pictures, leftOut }) => pictures + leftOut > 0)).toBe(true);
  });

  it('degrades the other pictures of a person, and says what becomes of them', async () => {
    const people = join(dir, 'people');
    const { status, stdout } = await run('degraded', '--images', people, '--json');
    expect(status).toBe(0);
    const { gates } = JSON.parse(stdout) as {
      gates: Record<string, { kind: string; probes: number; leftOut: number }[]>;
    };
    for (const rates of Object.values(gates)) {
      expect(rates.map(({ kind }) => kind)).toEqual(Object.keys(DEGRADED));
      expect(rates.every(({ probes, leftOut }) => probes + leftOut === 1)).toBe(true);
    }
  });

  it('compares all pairs, reports as JSON and plots', async () => {
    const plot = join(dir, 'det.svg');
    const report = join(dir, 'report.html');
    const { status, stdout, stderr } = await run(
      '--images',
      join(dir, 'people'),
      '--all-pairs',
      '--json',
      '--plot',
      plot,
      '--report',
      report,
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      modelId: 'fr_feature-87aacdfe5751',
      people: 6,
      images: 8,
      failuresToAcquire: { images: 2, rate: 1 / 4, reasons: { 'no-face': 1, 'image-unsupported': 1 } },
      failuresToEnrol: { images: expect.any(Number) },
      failuresToUpload: { images: expect.any(Number) },
      allPairs: {
        identification: [{ gallerySize: 5, falsePositive: { rate: 0 }, falseNegative: { rate: 0 } }],
        calibrationCheck: null,
        errorReject: null,
        groups: null,
      },
      genuineComparisons: 1,
      impostorComparisons: 14,
      equalError: { rate: 0 },
      operatingPoints: [],
      unsupportedRates: [1e-2, 1e-3, 1e-4, 1e-5, 1e-6],
      rank1: { rate: 1, probes: 2 },
      milliseconds: { total: expect.any(Number), embed: expect.any(Number) },
    });
    expect(stderr).toContain('nobody/1.png: no-face');
    expect(stderr).toContain('nobody/2.jpg: image-unsupported');
    expect(stderr).toMatch(/Analysing images: 100 %/);
    expect(await readFile(plot, 'utf8')).toMatch(/^<svg/);
    expect(await readFile(report, 'utf8')).toContain('6 people');
  });

  it('compares listed pairs and reports as text', async () => {
    const pairs = join(dir, 'pairs.csv');
    await writeFile(
      pairs,
      'a,b,same\ncarol/1.jpg,carol/3.jpg,1\ncarol/1.jpg,grace/3.jpg,0\ncarol/1.jpg,nobody/1.png,0\n',
    );
    const { status, stdout } = await run('--images', join(dir, 'people'), '--pairs', pairs);
    expect(status).toBe(0);
    expect(stdout).toMatch(/1 of the same person, 1 of different people/);
    expect(stdout).toMatch(/TAR at FAR 1e-6 +too few comparisons/);
  });

  it.each([
    ['a folder without people', ['--images', '/nowhere']],
    ['an unknown option', ['--images', '.', '--fast']],
  ])('refuses %s', async (_, args) => {
    const { status, stdout, stderr } = await run(...args, '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage' } });
    expect(stderr).toContain('[usage]');
  });

  it('explains itself', async () => {
    const { status, stdout } = await run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--all-pairs');
  });
});

describe('calibrate', () => {
  it('refuses too few people, saying how many', async () => {
    const { status, stderr } = await runScript('calibrate.ts', '--images', join(dir, 'people'));
    expect(status).toBe(2);
    expect(stderr).toMatch(/100 are needed, 5 were given. \[calibration-too-few\]/);
  });

  it('refuses to guess the folder', async () => {
    const { status, stderr } = await runScript('calibrate.ts');
    expect(status).toBe(2);
    expect(stderr).toContain('[usage]');
  });

  it('writes the table of a hundred people', async () => {
    // A few faces under many names, never quite the same: no calibration to use, but one to make.
    const crowd = join(dir, 'crowd');
    for (let i = 0; i < 100; i++) {
      const [, number, left, top, width, height] = PORTRAITS[i % PORTRAITS.length]!;
      await mkdir(join(crowd, `${i}`), { recursive: true });
      await sharp(await readFile(new URL(`sample${number}.jpg`, SAMPLES)))
        .extract({ left: left + (i >> 1), top, width, height })
        .resize(200)
        .toFile(join(crowd, `${i}`, '1.jpg'));
    }
    const out = join(dir, 'table.json');
    const { status, stdout, stderr } = await runScript('calibrate.ts', '--images', crowd, '--out', out);
    expect(stderr).not.toContain('[');
    expect(status).toBe(0);
    expect(stdout).toMatch(/4,950 comparisons of 100 people/);
    const table = CalibrationTable.parse(JSON.parse(await readFile(out, 'utf8')));
    expect(table).toMatchObject({ modelId: 'fr_feature-87aacdfe5751', dataSet: 'crowd', people: 100 });
  });
});
