import type { Command } from 'commander';
import { giveConsent, reportAlternatives } from './consent-commands.ts';
import type { MakeCommand, Printing } from './make-command.ts';
import { withdrawConsent } from './personal-data-commands.ts';
import { inPeriod, ofErasure, ofFace } from './shared-options.ts';

/** The commands about consent. */
export function addConsentCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const consent = root.command('consent').description('Consent, and the ways without a face.');
  ofFace(command('give', 'Note that a person who is enrolled agrees to the text in force.', consent))
    .option('--by <way>', 'tick or signature', 'signature')
    .action(printing(giveConsent));
  ofErasure(
    command('withdraw', 'Erase a person who takes consent back, everywhere, with a signed receipt.', consent),
  ).action(printing(withdrawConsent));
  inPeriod(command('report', 'Count how often a way without a face was offered and taken.', consent)).action(
    printing(reportAlternatives),
  );
}
