import { requireAllowed } from '../settings/index.ts';
import { leastAssurance } from '../sync/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** The settings, and the appliance's status. */
export function settingsHandlers({
  engine,
  settings,
  screens,
  hasDoor,
}: Collaborators): HandlersOf<'settings' | 'appliance'> {
  return {
    'appliance.status': () => screens.status(),

    'settings.update': async (patch) => {
      requireAllowed(patch, { hasDoor: hasDoor(), leastLevel: await leastAssurance(engine.store) });
      if (patch.collectionId !== undefined) await engine.gallery.ensureCollection(patch.collectionId);
      const updated = await settings.update(patch);
      await screens.announce();
      return updated;
    },
  };
}
