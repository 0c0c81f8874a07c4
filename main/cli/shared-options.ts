import { join } from 'node:path';
import { Option, type Command } from 'commander';

/** In a collection; where none is named, in the one that the screen of this appliance recognises. */
export const inCollection = (command: Command): Command =>
  command
    .option('--collection <id>', 'the collection (default: the one of the settings)')
    .hook('preAction', async () => {
      const { collection, data, all } = command.opts<{ collection?: string; data: string; all?: true }>();
      // Who is asked for everybody names no collection.
      if (collection !== undefined || all) return;
      const { openSettings } = await import('../settings/index.ts');
      const { current } = await openSettings(join(data, 'settings.json'));
      command.setOptionValueWithSource('collection', current.collectionId, 'default');
    });

/** A face of a collection, by its id or its external key. */
export const ofFace = (command: Command): Command =>
  inCollection(command)
    .option('--face <id>', 'the face')
    .option('--key <key>', 'the external key of the face');

/** Who is erased, and where the receipt goes. */
export const ofErasure = (command: Command): Command =>
  command
    .option('--collection <id>', 'only in this collection; needed where several have the key')
    .option('--face <id>', 'the face')
    .option('--key <key>', 'every face under this external key, of one collection')
    .option('--out <file>', 'write the receipt here too');

/** Of which account of a server. */
export const ofAccount = (command: Command): Command =>
  command.option(
    '--account <account>',
    'id or name of an account of a server (default: the people of this appliance)',
  );

/** What the access rules know of a person. @param removes what an empty word does, where it does something */
export const withAccess = (command: Command, removes: 'removes' | null = null): Command => {
  const [all, it] = removes === null ? ['', ''] : ['; "" removes all', '; "" removes it'];
  return command
    .option('--groups <list>', `groups of the access rules, such as staff,night${all}`)
    .option('--valid-from <time>', `day or instant from which access is given${it}`)
    .option('--valid-until <time>', `day or instant until which access is given${it}`);
};

/** One picture, taken now. */
export const camera = (): Option =>
  new Option('--camera [device]', 'take one picture instead of reading files').preset('/dev/video0');

/** How those agreed who are enrolled or get a card. */
export const consent = (who = 'the person'): Option =>
  new Option('--consent <way>', `${who} agreed to the text in force: by tick or signature`);

export const inPeriod = (command: Command): Command =>
  command.option('--from <time>', 'not older').option('--until <time>', 'older');

export const ofEventKinds = (command: Command): Command =>
  command.option('--kind <list>', 'only of these kinds, such as decision,door-forced');

/** How a server of an operator is reached. @param server such as `broker` */
export const withSignIn = (command: Command, server: string): Command =>
  command
    .option('--username <name>', 'to sign in with')
    .option('--password-file <file>', 'its password')
    .option('--ca-file <file>', `certificates that the ${server}'s must lead to, PEM`);

export const asListed = (command: Command): Command => command.argument('<id>', 'as listed');
