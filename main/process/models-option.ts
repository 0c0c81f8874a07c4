import { InvalidArgumentError, Option } from 'commander';
import { ModelSetName, OwnNetworkName, ownNameOf, type ModelChoice } from '#contract';

/** `--models <set>`: which networks recognise. */
export function modelsOption(): Option {
  return new Option('--models <set>', 'set of networks')
    .choices(ModelSetName.options)
    .env('LINTEL_MODELS')
    .default('default' satisfies ModelSetName);
}

/** The same where a network of the operator's own may recognise, too. */
export function modelChoiceOption(): Option {
  return new Option('--models <set>', `set of networks (${ModelSetName.options.join(', ')}), or own:NAME`)
    .argParser(toModelChoice)
    .env('LINTEL_MODELS')
    .default('default' satisfies ModelChoice);
}

function toModelChoice(text: string): ModelChoice {
  const set = ModelSetName.safeParse(text);
  if (set.success) return set.data;
  const choice = text as ModelChoice;
  if (OwnNetworkName.safeParse(ownNameOf(choice)).success) return choice;
  throw new InvalidArgumentError(`It is one of ${ModelSetName.options.join(', ')}, or own:NAME.`);
}
