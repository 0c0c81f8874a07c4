import { createHash } from 'node:crypto';
import type { ModelSetName } from '#contract';
import type { ImageAnalysis, Recognizer, RecognizerOptions } from '#core/recognition';
import {
  openRecognition,
  type OpenModel,
  type OpenNetworks,
  type Recognition,
} from '../../main/appliance/index.ts';
import { MODELS_DIR } from './appliance-on.ts';

const opened = new Map<ModelSetName, Promise<Recognition>>();

/**
 * The networks of a set, opened once in this process: to start their thread and warm it up takes longer than a visit. They
 * stay open until the process ends, and look once at the same picture.
 */
export function networks(set: ModelSetName = 'default'): Promise<Recognition> {
  const found = opened.get(set) ?? open(set);
  opened.set(set, found);
  return found;
}

/** Has all that opens networks in this process share {@link networks}. */
export const sharedNetworks: OpenNetworks = async ({ set }) => ({
  ...(await networks(set)),
  close: async () => undefined,
});

/** The same for servers. */
export const sharedRecognizer = async ({ set }: RecognizerOptions): Promise<Recognizer> => ({
  ...(await networks(set)).recognizer,
  close: async () => undefined,
});

/** The same for appliances, with the default networks. */
export const sharedModel: OpenModel = () => sharedNetworks({ modelsDir: MODELS_DIR });

async function open(set: ModelSetName): Promise<Recognition> {
  const recognition = await openRecognition({ modelsDir: MODELS_DIR, set, workers: 1 });
  // A process that ends while a thread loads its networks is aborted: wait for the first answer.
  await recognition.recognizer.analyse(new Uint8Array()).catch(() => undefined);
  return { ...recognition, recognizer: remembering(recognition.recognizer) };
}

/** Tests show the same few pictures over and over: what one says is found once. */
function remembering(recognizer: Recognizer): Recognizer {
  const known = new Map<string, Promise<ImageAnalysis>>();
  return {
    ...recognizer,
    async analyse(image, options = {}) {
      const { passive = false, descriptor = false, colours = false } = options;
      const digest = createHash('sha256').update(image).digest('hex');
      const key = [digest, passive, descriptor, colours].join();
      const analysis = known.get(key) ?? recognizer.analyse(image, options);
      known.set(key, analysis);
      // Refusals are not kept: that all threads are busy passes.
      analysis.catch(() => known.delete(key));
      return structuredClone(await analysis);
    },
  };
}
