import type { Command } from 'commander';
import type { MakeCommand, Printing } from './make-command.ts';
import { asListed, camera, consent, withAccess } from './shared-options.ts';

const cardCommands = () => import('./card-commands.ts');

/** The commands about cards by which people carry their template. */
export function addCardCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const card = root.command('card').description('Cards by which people carry their template.');
  withAccess(
    command(
      'issue',
      'Make a card of somebody enrolled, or out of pictures of a person, who is not enrolled by that.',
      card,
    ),
  )
    .requiredOption('--out <file>', 'a new .svg or .png')
    .option('--face <id>', 'of somebody enrolled, as long as they are')
    .option('--key <key>', 'the same, by their external key')
    .option('--name <name>', 'the name this person is greeted with')
    .addOption(consent())
    .addOption(camera())
    .argument('[images...]', 'JPEG or PNG files')
    .action(printing(async () => (await cardCommands()).issueCard));
  command('list', 'List the cards issued or revoked here.', card).action(
    printing(async () => (await cardCommands()).listCards),
  );
  asListed(command('revoke', 'Revoke a card, also one of another appliance.', card)).action(
    printing(async () => (await cardCommands()).revokeCard),
  );
  command('turn-key', 'Change the key of the cards: every card there is ends.', card).action(
    printing(async () => (await cardCommands()).turnCardKey),
  );
  const carried = (name: string, description: string): Command =>
    command(name, description, card)
      .argument('<file>', 'with the sealed key')
      .requiredOption('--with-passphrase-file <file>', 'passphrase that seals the key on its way');
  carried('export-key', 'Seal the key of the cards for another appliance.').action(
    printing(async () => (await cardCommands()).exportCardKey),
  );
  carried('import-key', 'Take the key of another appliance; cards of the former key end.').action(
    printing(async () => (await cardCommands()).importCardKey),
  );
}
