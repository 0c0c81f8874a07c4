import { join } from 'node:path';
import { fileKekProvider, openStore } from '#core/store';
import { exchangeRealeyes } from '../../main/sync/index.ts';
import { API_KEY } from './page-server.ts';

/** One exchange as a process of its own. Arguments: the data folder, the origin of the server. */
const [dir = '', origin = ''] = process.argv.slice(2);
const store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
console.log('ready');
await exchangeRealeyes({ store, origin, apiKey: API_KEY, scope: null, patienceMs: 0 });
await store.close();
