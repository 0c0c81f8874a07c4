import { LintelError } from '#contract';
import { claimDataFolder, moveStore, openStore } from '#core/store';
import { openPostgresStore } from '#core/store/postgres';
import { keepEpochs } from '#core/upkeep';
import type { Answer } from './commands.ts';
import { placeOfStore, withStore, type InStore } from './store-access.ts';

/** Make what was deleted from the database of a server unreadable now; so are its backups from then on. */
export async function turnEpochs(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const done = await keepEpochs(store, new Date(), null);
    if (done === null) {
      throw new LintelError(
        'usage',
        'There are no epochs: the store is a file. LINTEL_DATABASE names a database.',
      );
    }
    const { resealed, destroyed, inForce } = done;
    const left =
      inForce === 1 ? '' : ` ${inForce - 1} are left, which somebody still reads: run it again later.`;
    return {
      json: { resealed, destroyed, left: inForce - 1 },
      text: `${resealed} rows sealed anew, ${destroyed.length} keys destroyed.${left}`,
    };
  });
}

/** Copy the store of a server from its data folder into a database, or back. No server may run on either. */
export async function moveServer(
  { to, from, ...options }: InStore & { to?: string; from?: string },
  tell: (line: string) => void,
): Promise<Answer> {
  const url = to ?? from;
  if (url === undefined || (to !== undefined && from !== undefined)) {
    throw new LintelError('usage', 'Name where the store goes (--to), or where it comes from (--from).');
  }
  const place = await placeOfStore({ ...options, makesStore: from !== undefined });
  await using stack = new AsyncDisposableStack();
  const claim = await claimDataFolder(place.dir);
  stack.defer(() => claim.release());
  const embedded = await openStore({ ...place, claim, isMoving: from !== undefined });
  stack.defer(() => embedded.close());
  const database = await openPostgresStore({
    url,
    kekProvider: place.kekProvider,
    serves: true,
    isMoving: to !== undefined,
  });
  stack.defer(() => database.close());
  await database.servers.requireOne().catch((error: unknown) => {
    throw new LintelError('already-running', '(on this database)', { cause: error });
  });
  let moved = 0;
  const ends = to === undefined ? { from: database, to: embedded } : { from: embedded, to: database };
  await moveStore({ ...ends, embedded }, (rows, of) => {
    moved = rows;
    tell(`${rows} of ${of} rows`);
  });
  return {
    json: { rows: moved },
    text: `${moved} rows moved, and found to be the same. The former store is as it was: no server may run on it any more, and it is to be destroyed.`,
  };
}
