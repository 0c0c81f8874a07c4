import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TEMPLATE_LENGTHS } from '#contract';
import { createRecognizer, inspectNetworks, stepBack } from './recognizer.ts';
import { sample, WEIGHTS_DIR } from './testing/images.ts';
import type { Recognizer } from './analysis.ts';

const FILES = [
  'fr_detect.onnx',
  'fr_landmark.onnx',
  'fr_landmark.prepared.onnx',
  'fr_feature.onnx',
  'fr_feature.prepared.onnx',
  'fr_liveness.onnx',
  'fr_liveness.prepared.onnx',
] as const;

/** A field of ONNX's outermost message that no reader uses. */
const UNREAD_FIELD = Buffer.from([0xf8, 0x7f, 0x00]);

it('steps back at every niceness of the process, and never to the one that reads as an error', () => {
  for (let own = -20; own <= 19; own += 1) {
    expect(stepBack(own)).toBeGreaterThan(0);
    expect(own + stepBack(own)).not.toBe(-1);
  }
});

describe('a recognizer', () => {
  let recognizer: Recognizer;
  let image: Buffer;
  beforeAll(async () => {
    recognizer = await createRecognizer({ weightsDir: WEIGHTS_DIR, workers: 1 });
    image = await sample(4);
  });
  afterAll(async () => await recognizer.close());

  it('is named after its embedding network', () => {
    expect(recognizer.modelId).toBe('fr_feature-87aacdfe5751');
    expect(recognizer.dimension).toBe(512);
    expect(TEMPLATE_LENGTHS[recognizer.modelId]).toBe(512);
    expect(recognizer.concurrency).toBe(1);
  });

  it('analyses on another thread and leaves the bytes to the caller', async () => {
    const before = Buffer.from(image);
    const { face, others, milliseconds } = await recognizer.analyse(image);
    expect(image.equals(before)).toBe(true);
    expect(face!.template).toBeInstanceOf(Float32Array);
    expect(face!.template).toHaveLength(recognizer.dimension);
    expect(others).toHaveLength(3);
    expect(Object.keys(milliseconds)).toEqual(['decode', 'detect', 'landmarks', 'align', 'embed']);
  });

  it('takes a view into a larger buffer', async () => {
    const larger = Buffer.concat([Buffer.alloc(100), image, Buffer.alloc(100)]);
    const { face } = await recognizer.analyse(larger.subarray(100, 100 + image.length));
    expect(face).not.toBeNull();
    expect(larger.subarray(100, 100 + image.length).equals(image)).toBe(true);
  });

  it('leaves the event loop free', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await recognizer.analyse(image);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it('passes on the code and the detail of an error, and lives on', async () => {
    await expect(recognizer.analyse(Buffer.from('words'))).rejects.toMatchObject({
      name: 'LintelError',
      code: 'image-unsupported',
      message: 'The image is neither a JPEG nor a PNG.',
    });
    expect((await recognizer.analyse(image)).face).not.toBeNull();
  });

  it('refuses work beyond its queue and finishes what it took', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 60 }, async () => await recognizer.analyse(Buffer.from('words'))),
    );
    const codes = answers.map((a) =>
      a.status === 'rejected' ? (a.reason as { code: string }).code : 'answered',
    );
    const counts = Object.groupBy(codes, (code) => code);
    expect(Object.keys(counts).toSorted()).toEqual(['busy', 'image-unsupported']);
    expect(counts['image-unsupported']!.length).toBeGreaterThanOrEqual(32);
  });

  it('answers whoever asks whether its threads work, also while many images wait', async () => {
    await recognizer.answers();
    let done = 0;
    const images = Array.from({ length: 8 }, () => recognizer.analyse(image).then(() => done++));
    await recognizer.answers();
    expect(done).toBeLessThan(images.length);
    await Promise.all(images);
  });

  it('loses the image of a thread that ends, and no other', async () => {
    // Ending a thread while it loads its networks aborts the process.
    await recognizer.analyse(image);
    const run = vi.spyOn(Piscina.prototype, 'run');
    const lost = recognizer.analyse(image);
    const { threads } = run.mock.contexts[0] as Piscina;
    await threads[0]!.terminate();
    await expect(lost).rejects.toThrow('worker exited');
    expect((await recognizer.analyse(image)).face).not.toBeNull();
  });

  it('are analysed in the order in which they came', async () => {
    const answered: number[] = [];
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        recognizer.analyse(Buffer.from('words')).catch(() => answered.push(i)),
      ),
    );
    expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('networks', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lintel-weights-'));
  });
  afterEach(async () => {
    for (const file of FILES) await copyFile(join(WEIGHTS_DIR, file), join(dir, file));
  });
  afterAll(async () => await rm(dir, { recursive: true }));

  it.each(FILES)('missing are named: %s', async (file) => {
    for (const other of FILES) if (other !== file) await copyFile(join(WEIGHTS_DIR, other), join(dir, other));
    await rm(join(dir, file), { force: true });
    await expect(createRecognizer({ weightsDir: dir })).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringContaining(file),
    });
  });

  it('damaged are named for every image', async () => {
    await writeFile(join(dir, 'fr_landmark.onnx'), 'no network');
    const recognizer = await createRecognizer({ weightsDir: dir, workers: 1 });
    for (let i = 0; i < 2; i++) {
      await expect(recognizer.analyse(await sample(3))).rejects.toMatchObject({
        code: 'model-corrupt',
        message: expect.stringContaining('fr_landmark.onnx'),
      });
    }
    await recognizer.close();
  });

  it('are loaded with the first image where they may not be needed', async () => {
    const recognizer = await createRecognizer({ weightsDir: dir, workers: 1, startsWhenUsed: true });
    await rm(join(dir, 'fr_landmark.onnx'));
    await expect(recognizer.analyse(Buffer.from('words'))).rejects.toMatchObject({ code: 'model-missing' });
    await recognizer.close();
    const unused = await createRecognizer({ weightsDir: WEIGHTS_DIR, workers: 1, startsWhenUsed: true });
    await unused.close();
  });

  it('are not run where the prepared form is not the one of the manifest', async () => {
    // A valid file of the same network with other bytes.
    await appendFile(join(dir, 'fr_feature.prepared.onnx'), UNREAD_FIELD);
    await expect(createRecognizer({ weightsDir: dir, workers: 1 })).rejects.toMatchObject({
      code: 'model-corrupt',
      message: expect.stringContaining('fr_feature.prepared.onnx'),
    });
  });

  it('are told apart from those of an operator, which are run as they are', async () => {
    await appendFile(join(dir, 'fr_landmark.onnx'), UNREAD_FIELD);
    await rm(join(dir, 'fr_landmark.prepared.onnx'));
    expect((await inspectNetworks(dir, 'default')).filter(({ isKnown }) => !isKnown)).toEqual([
      { file: 'fr_landmark.onnx', digest: expect.any(String), isKnown: false },
    ]);
    const recognizer = await createRecognizer({ weightsDir: dir, workers: 1 });
    expect((await recognizer.analyse(await sample(3))).face).not.toBeNull();
    await recognizer.close();
  });

  it('get another id when replaced', async () => {
    await appendFile(join(dir, 'fr_feature.onnx'), UNREAD_FIELD);
    const recognizer = await createRecognizer({ weightsDir: dir, workers: 1 });
    expect(recognizer.modelId).toMatch(/^fr_feature-[0-9a-f]{12}$/);
    expect(recognizer.modelId).not.toBe('fr_feature-87aacdfe5751');
    await recognizer.close();
  });
});
