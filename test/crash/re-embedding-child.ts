import { createHash } from 'node:crypto';
import { reEmbed } from '#core/gallery';
import { createRecognizer } from '#core/recognition';
import { fileKekProvider, openStore } from '#core/store';
import { secondModel } from '../support/second-model.ts';

/**
 * Changes the model of a store, and prints a line before each image is looked at (its SHA-256) and after each template
 * is committed. Arguments: data folder, key file, weights folder.
 */
const [dir = '', keyFile = '', weightsDir = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const recognizer = secondModel(await createRecognizer({ weightsDir, workers: 1 }));
const store = await openStore({ dir, kekProvider: fileKekProvider(keyFile) });
await reEmbed({
  store,
  recognizer: {
    modelId: recognizer.modelId,
    analyse: async (image) => {
      say(`looking ${createHash('sha256').update(image).digest('hex')}`);
      return await recognizer.analyse(image);
    },
  },
  onProgress: ({ done }) => say(`seen ${done}`),
});
say('switched');
await store.close();
await recognizer.close();
