import { Low } from 'lowdb';
import { Settings, type SettingsPatch } from '#contract';
import { createQueue } from '../queue.ts';
import { SettingsFile } from './settings-file.ts';

export interface SettingsStore {
  /** The settings in force. */
  readonly current: Settings;
  /**
   * Changes what the patch names; once this resolves the change is on disk. If it rejects nothing changed.
   * @throws LintelError `store-full`
   */
  update(patch: SettingsPatch): Promise<Settings>;
}

/**
 * Opens the settings of one appliance; without a file the defaults hold.
 * @throws LintelError `settings-corrupt`
 */
export async function openSettings(path: string): Promise<SettingsStore> {
  const db = new Low(new SettingsFile(path, Settings), Settings.parse({}));
  await db.read();
  let current = db.data;
  const queue = createQueue();
  return {
    get current() {
      return current;
    },
    update: (patch) =>
      queue(async () => {
        const named = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
        db.data = Settings.parse({ ...current, ...named });
        await db.write();
        current = db.data;
        return current;
      }),
  };
}
