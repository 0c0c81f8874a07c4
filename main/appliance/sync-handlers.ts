import { forgetMembership, joinServer } from '../sync/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** The server of this appliance, and what follows when the store was set back. */
export function syncHandlers({ engine, sync, screens }: Collaborators): HandlersOf<'sync' | 'store'> {
  const { store, serve } = engine;

  return {
    'sync.status': () => sync.status(),

    'sync.join': async ({ origin, code, name, allowHttp }) => {
      await joinServer(store, { origin }, code, name, allowHttp);
      await sync.now();
      return await sync.status();
    },

    'sync.leave': async () => {
      await forgetMembership(store);
      return await sync.status();
    },

    'sync.now': async () => {
      await sync.now();
      return await sync.status();
    },

    'sync.resolve': async ({ conflictId, resolution }) => {
      await sync.resolve(conflictId, resolution);
      return await sync.status();
    },

    'sync.confirm-removals': async () => {
      await sync.confirmRemovals('operator');
      await screens.announce();
      return await sync.status();
    },

    'sync.retry': async () => {
      await sync.retryParked();
      return await sync.status();
    },

    'store.settle-set-back': async ({ decision }) => {
      const erasedAgain = await serve(() => store.settleSetBack(decision));
      await screens.announce();
      return { erasedAgain };
    },
  };
}
