import type { Command } from 'commander';
import { giveConsent, reportAlternatives } from './consent-commands.ts';
import type { MakeCommand, Printing } from './make-command.ts';
import { withdrawConsent } from './personal-data-commands.ts';

/** The commands about consent. */
export function addConsentCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const consent = root.command('consent').description('Consent, and the ways without a face.');
  command('give', 'Note that a person who is enrolled agrees to the text in force.', consent)
    .requiredOption('--collection <id>', 'the collection')
    .option('--face <id>', 'the face')
    .option('--key <key>', 'the external key of the face')
    .option('--by <way>', 'tick or signature', 'signature')
    .action(printing(giveConsent));
  command('withdraw', 'Erase a person who takes consent back, everywhere, with a signed receipt.', consent)
    .option('--face <id>', 'the face')
    .option('--key <key>', 'every face under this external key')
    .option('--out <file>', 'write the receipt here too')
    .action(printing(withdrawConsent));
  command('report', 'Count how often a way without a face was offered and taken.', consent)
    .option('--from <time>', 'not older')
    .option('--until <time>', 'older')
    .action(printing(reportAlternatives));
}
