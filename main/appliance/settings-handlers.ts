import { ASSURANCE_LEVELS, isLower, LintelError, type SettingsPatch } from '#contract';
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
  /** @throws LintelError `assurance-opens-no-door`, `assurance-below-policy` */
  async function requireAllowed({ assurance }: SettingsPatch): Promise<void> {
    if (assurance === undefined) return;
    if (hasDoor() && !ASSURANCE_LEVELS[assurance].opensDoors) {
      throw new LintelError('assurance-opens-no-door');
    }
    if (isLower(assurance, await leastAssurance(engine.store))) {
      throw new LintelError('assurance-below-policy');
    }
  }

  return {
    'appliance.status': () => screens.status(),

    'settings.update': async (patch) => {
      await requireAllowed(patch);
      if (patch.collectionId !== undefined) await engine.gallery.ensureCollection(patch.collectionId);
      const updated = await settings.update(patch);
      await screens.announce();
      return updated;
    },
  };
}
