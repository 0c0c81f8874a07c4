import { findTurn } from '../camera/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** The cameras that belong to this appliance. */
export function cameraHandlers({ cameras, engine }: Collaborators): HandlersOf<'cameras'> {
  return {
    'cameras.state': () => cameras.state(),

    'cameras.confirm': async () => {
      await cameras.confirm(engine.store);
      return await cameras.state();
    },

    'cameras.find-turn': ({ image }) =>
      engine.serve(async ({ recognizer }) => ({ turn: await findTurn(recognizer, image) })),
  };
}
