import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../../core/store/postgres/testing/cluster.ts';
import { newInstallation } from '../../test/support/appliance.ts';
import { startServer } from '../../test/support/server.ts';

/** What servers on one PostgreSQL need: each has a folder of its own, all have one key. @param settings of the database */
export async function severalServers(settings?: readonly string[]) {
  const cluster = await Cluster.start(settings);
  const installation = await newInstallation();
  process.env['LINTEL_DATABASE'] = cluster.url;
  // As tests have it: most of what a server does before it listens is compiling its files.
  process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../../.cache/compiled', import.meta.url));
  return {
    cluster,
    keyFile: installation.keyFile,
    start: async (number: number) => {
      const data = join(installation.data, String(number));
      await mkdir(data, { recursive: true, mode: 0o700 });
      return await startServer({ ...installation, data }, '--rate-limit', '1000000', '--workers', '1');
    },
    remove: async () => {
      await cluster.stop();
      await installation.remove();
    },
  };
}
