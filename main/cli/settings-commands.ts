import { join } from 'node:path';
import { LintelError, Settings, SettingsPatch } from '#contract';
import { claimDataFolder } from '#core/store';
import { openSettings, requireAllowed } from '../settings/index.ts';
import { leastAssurance } from '../sync/index.ts';
import type { Answer } from './commands.ts';
import { said } from './documents.ts';
import { requireStore, withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

const fileOf = ({ data }: InStore): string => join(data, 'settings.json');

/** Every setting as it is. @throws LintelError `settings-corrupt`, `store-missing` */
export async function showSettings(options: InStore): Promise<Answer> {
  await requireStore(options);
  const { current } = await openSettings(fileOf(options));
  const rows = Object.entries(current).map(([name, value]) => [name, JSON.stringify(value)]);
  return { json: current, text: table(['Setting', 'Value'], rows) };
}

/**
 * Changes one setting, as the page of settings does. Not beside an appliance that runs, which has its settings in memory.
 * @param text JSON, or a text as it is
 * @throws LintelError `usage` for a setting or value that there is not, `already-running`, `settings-corrupt`,
 *   `assurance-opens-no-door`, `assurance-below-policy`
 */
export async function setSetting(name: string, text: string, options: InStore): Promise<Answer> {
  const patch = patchOf(name, text);
  const claim = await claimDataFolder(options.data);
  try {
    return await withStore({ ...options, makesStore: true }, async (store) => {
      const hasDoor = (await store.door.config()) !== null;
      requireAllowed(patch, { hasDoor, leastLevel: await leastAssurance(store) });
      const settings = await openSettings(fileOf(options));
      const key = name as keyof Settings;
      const former = JSON.stringify(settings.current[key]);
      const value = (await settings.update(patch))[key];
      const changes = { [key]: value };
      await store.audit.append({ kind: 'settings-changed', changes });
      const text = `${name} is ${JSON.stringify(value)} from the next start on; it was ${former}.`;
      return { json: changes, text };
    });
  } finally {
    claim.release();
  }
}

function patchOf(name: string, text: string): SettingsPatch {
  const names = Object.keys(Settings.shape);
  if (!names.includes(name)) {
    throw new LintelError('usage', `There is no setting ${name}. There are ${names.join(', ')}.`);
  }
  const asJson = SettingsPatch.safeParse({ [name]: fromJson(text) });
  if (asJson.success) return asJson.data;
  const asText = SettingsPatch.safeParse({ [name]: text });
  if (asText.success) return asText.data;
  throw new LintelError('usage', said(asJson.error));
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
