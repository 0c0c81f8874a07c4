import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ModelSetName } from '#contract';
import { createRecognizer, type Recognizer } from '#core/recognition';

/**
 * Work with a recognizer on all processors, which is closed afterwards.
 * @param modelsDir folder of the networks, in `weights/`
 */
export async function withRecognizer<T>(
  modelsDir: string,
  set: ModelSetName,
  work: (recognizer: Recognizer) => Promise<T>,
): Promise<T> {
  const recognizer = await createRecognizer({
    weightsDir: join(modelsDir, 'weights'),
    set,
    workers: availableParallelism(),
  });
  try {
    return await work(recognizer);
  } finally {
    await recognizer.close();
  }
}
