import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** The settings, and the appliance's status. */
export function settingsHandlers({
  engine,
  settings,
  screens,
}: Collaborators): HandlersOf<'settings' | 'appliance'> {
  return {
    'appliance.status': () => screens.status(),

    'settings.update': async (patch) => {
      if (patch.collectionId !== undefined) await engine.gallery.ensureCollection(patch.collectionId);
      const updated = await settings.update(patch);
      await screens.announce();
      return updated;
    },
  };
}
