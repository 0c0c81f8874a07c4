import { ModelSetName } from '#contract';
import { buildKernel } from './kernel.ts';
import { setUpWeights } from './weights.ts';

/** Before tests that were started without `npm test`: what they cannot run without. */
export default async function setUpTests(): Promise<void> {
  await buildKernel();
  await setUpWeights(ModelSetName.options);
}
