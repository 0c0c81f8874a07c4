import { Low } from 'lowdb';
import { Settings, type SettingsPatch } from '#contract';
import { Turns } from '#core/serial';
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
  const turns = new Turns();
  return {
    get current() {
      return current;
    },
    update: (patch) =>
      turns.take('write', async () => {
        const named = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
        db.data = Settings.parse({ ...current, ...named });
        await db.write();
        current = db.data;
        return current;
      }),
  };
}
