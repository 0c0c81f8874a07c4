import { overwritePin, resetPin, setupCodeText } from '../operator/index.ts';
import type { AskSecret } from './ask-secret.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** The operator's PIN, from the console; also while the appliance runs. */

/** The PIN never stands on the command line, where other users of the machine see it. */
export async function setPin(options: InStore, ask: AskSecret): Promise<Answer> {
  const pin = await ask('New PIN of the first administrator, 6 to 12 digits');
  await withStore({ ...options, makesStore: true }, (store) => overwritePin(store, pin));
  return { json: { changed: true }, text: 'The PIN is set.' };
}

export async function forgetPin(options: InStore): Promise<Answer> {
  const setupCode = await withStore(options, resetPin);
  return {
    json: { setupCode },
    text: [
      'The PIN is forgotten.',
      setupCodeText(setupCode),
      'With it, an operator chooses the next PIN at the screen.',
    ].join('\n'),
  };
}
