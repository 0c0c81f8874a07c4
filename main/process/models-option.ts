import { Option } from 'commander';
import { ModelSetName } from '#contract';

/** `--models <set>`: which networks recognise. */
export function modelsOption(): Option {
  return new Option('--models <set>', 'set of networks')
    .choices(ModelSetName.options)
    .env('LINTEL_MODELS')
    .default('default' satisfies ModelSetName);
}
