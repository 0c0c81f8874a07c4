import type { Command } from 'commander';
import type { MakeCommand, Printing } from './make-command.ts';
import { inPeriod, ofErasure, ofFace } from './shared-options.ts';

const consentCommands = () => import('./consent-commands.ts');
const personalDataCommands = () => import('./personal-data-commands.ts');

/** The commands about consent. */
export function addConsentCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const consent = root.command('consent').description('Consent, and the ways without a face.');
  ofFace(command('give', 'Note that a person who is enrolled agrees to the text in force.', consent))
    .option('--by <way>', 'tick or signature', 'signature')
    .action(printing(async () => (await consentCommands()).giveConsent));
  ofErasure(
    command('withdraw', 'Erase a person who takes consent back, everywhere, with a signed receipt.', consent),
  ).action(printing(async () => (await personalDataCommands()).withdrawConsent));
  inPeriod(command('report', 'Count how often a way without a face was offered and taken.', consent)).action(
    printing(async () => (await consentCommands()).reportAlternatives),
  );
}
