import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelIdOf } from '../../core/recognition/index.ts';
import { fileKekProvider, openStore } from '../../core/store/index.ts';
import { openPostgresStore } from '../../core/store/postgres/index.ts';
import { portraits } from '../../test/support/server.ts';
import { FOLDER } from '../../test/sync/world.ts';
import { crashSeveral, type CrashSeveralOptions, type CrashSeveralReport } from './crash-several.ts';
import { severalServers } from './several-servers.ts';

/** {@link crashSeveral} with all that it needs: a database that waits for the disk, two servers and an appliance. */
export async function drill(
  options: Pick<CrashSeveralOptions, 'victims' | 'seed' | 'onRound' | 'signal'>,
): Promise<CrashSeveralReport> {
  const several = await severalServers(['fsync=on']);
  const { cluster, keyFile, start } = several;
  const folder = await mkdtemp(join(FOLDER, 'lintel-drill-'));
  const appliance = await openStore({ dir: folder, kekProvider: fileKekProvider(join(folder, 'key')) });
  const store = await openPostgresStore({ url: cluster.url, kekProvider: fileKekProvider(keyFile) });
  const { robin, sasha, kim } = await portraits();
  try {
    return await crashSeveral({
      ...options,
      pictures: [robin, sasha, kim],
      modelId: await modelIdOf(fileURLToPath(new URL('../../models/weights', import.meta.url)), 'default'),
      start,
      crashDatabase: () => cluster.crash(),
      store,
      appliance,
    });
  } finally {
    await store.close();
    await appliance.close();
    await several.remove();
    await rm(folder, { recursive: true });
  }
}
