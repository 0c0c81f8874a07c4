import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { codesCommand } from './bench/codes-bench.ts';
import { pageCommand } from './bench/page/page-command.ts';
import { peersCommand } from './bench/peers.ts';
import { postgresCommand } from './bench/postgres/postgres-bench.ts';
import { soakCommand } from './bench/soak-bench.ts';
import { storeCommand } from './bench/store-bench.ts';
import { syncCommand } from './bench/sync-bench.ts';
import { visitCommand } from './bench/visit-bench.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

await new Command('bench')
  .description('Measure speed on this machine. Prints Markdown tables.')
  .addCommand(
    pageCommand({
      models: pathOf('../models'),
      peers: pathOf('../.cache/peers'),
      results: pathOf('../.cache/bench'),
      docs: pathOf('../docs'),
    }),
    { isDefault: true },
  )
  .addCommand(postgresCommand({ models: pathOf('../models'), results: pathOf('../.cache/bench') }))
  .addCommand(codesCommand())
  .addCommand(soakCommand())
  .addCommand(storeCommand())
  .addCommand(syncCommand(pathOf('../models')))
  .addCommand(visitCommand(pathOf('../models/weights')))
  .addCommand(peersCommand(pathOf('../models/weights'), pathOf('../.cache/peers')))
  .parseAsync();
