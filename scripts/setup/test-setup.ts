import { ModelSetName } from '#contract';
import { buildKernels } from './kernel.ts';
import { setUpWeights } from './weights.ts';

/** Before tests that were started without `npm test`: what they cannot run without. */
export default async function setUpTests(): Promise<void> {
  await buildKernels();
  await setUpWeights(ModelSetName.options);
}
