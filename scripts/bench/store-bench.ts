import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { Command } from 'commander';
import { z } from 'zod';
import { Gallery } from '#core/gallery';
import { createCalibration, ExactIndex } from '#core/matching';
import { fileKekProvider, openStore, type Store, type StoreOptions } from '#core/store';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';
import { openDatabase } from '../../core/store/file/database.ts';
import { withDataKey } from '../../core/store/file/place.ts';
import { storeInFile } from '../../core/store/store-in-file.ts';
import { table } from './table.ts';

const MODEL = 'bench';
const DIMENSION = 512;
const random = seeded(1);

/** Enrolments that are timed before each size is reached. */
const TIMED = 500;

/** One way to keep templates. */
interface Subject {
  readonly place: string;
  /** @param durable false to fill it quickly: then a power cut may lose what was enrolled last */
  open(durable: boolean): Promise<Session>;
}

interface Session {
  /** One person, on the disk once this resolves. */
  enrol(template: Float32Array): Promise<void>;
  /** Everybody into a fresh index. */
  load(): Promise<void>;
  close(): Promise<void>;
}

/** The `store` command: durable enrolments, opening, loading and size, beside a plain table of better-sqlite3. */
export function storeCommand(): Command {
  return new Command('store')
    .description(
      'Enrol made-up faces into the store, and templates into a plain, unencrypted table of SQLite.',
    )
    .option('--faces <counts...>', 'at which sizes, ascending', ['1000', '50000', '100000'])
    .action(async ({ faces }: { faces: string[] }) => {
      const folder = await mkdtemp(join(tmpdir(), 'lintel-bench-'));
      try {
        console.log(await compare(folder, faces.map(Number)));
      } finally {
        await rm(folder, { recursive: true });
      }
    });
}

async function compare(folder: string, sizes: readonly number[]): Promise<string> {
  const ours = await measure(lintel(folder), sizes);
  const plain = await measure(plainTable(join(folder, 'plain')), sizes);
  const rows = sizes.flatMap((size, i) =>
    Object.keys(ours[i]!).map((name) => {
      const [a, b] = [ours[i]![name]!, plain[i]![name]!];
      return [`${size} faces: ${name}`, a, b, a / b];
    }),
  );
  return table(['', 'Lintel', 'plain better-sqlite3', 'ratio'], rows);
}

/** Fills one subject up to each size in turn. */
async function measure(subject: Subject, sizes: readonly number[]): Promise<Record<string, number>[]> {
  const results: Record<string, number>[] = [];
  let count = 0;
  for (const size of sizes) {
    console.error(`store: ${size} faces in ${subject.place}`);
    const enrolUntil = async (target: number, session: Session): Promise<void> => {
      for (; count < target; count++) await session.enrol(randomTemplate(DIMENSION, random));
      await session.close();
    };
    await enrolUntil(size - TIMED, await subject.open(false));
    const durable = await subject.open(true);
    const enrolling = await seconds(() => enrolUntil(size, durable));
    let session = durable;
    const opening = await seconds(async () => (session = await subject.open(true)));
    const loading = await seconds(() => session.load());
    await session.close();
    results.push({
      'durable enrolments per second': TIMED / enrolling,
      'open, ms': opening * 1000,
      'load all templates, ms': loading * 1000,
      'bytes per face': (await sizeOf(subject.place)) / size,
    });
  }
  return results;
}

function lintel(folder: string): Subject {
  const place = { dir: folder, kekProvider: fileKekProvider(join(folder, 'key')) };
  return {
    place: join(folder, 'store'),
    open: async (durable) => {
      const store = durable ? await openStore(place) : await openFast(place);
      const gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
      await gallery.ensureCollection('c');
      return {
        enrol: async (template) => {
          const references = [{ modelId: MODEL, template, quality: 1, source: 'file' as const }];
          await gallery.enrol('c', { references });
        },
        load: () => gallery.preload('c'),
        close: () => store.close(),
      };
    },
  };
}

/** The store without its waiting for the disk. */
export async function openFast(place: StoreOptions): Promise<Store> {
  await (await openStore(place)).close();
  return await withDataKey(place.dir, place.kekProvider, async (path, dataKey) => {
    const database = openDatabase(path, dataKey);
    database.pragma('synchronous = OFF');
    return storeInFile(database);
  });
}

const Row = z.object({ id: z.int(), template: z.instanceof(Buffer) });

/** No encryption, no audit log, one table; as safe against a power cut. */
function plainTable(place: string): Subject {
  return {
    place,
    open: async (durable) => {
      await mkdir(place, { recursive: true });
      const database = new Database(join(place, 'plain.db'));
      for (const setting of [
        'page_size = 8192',
        'journal_mode = WAL',
        `synchronous = ${durable ? 'FULL' : 'OFF'}`,
      ]) {
        database.pragma(setting);
      }
      database.exec('CREATE TABLE IF NOT EXISTS faces (id INTEGER PRIMARY KEY, template BLOB NOT NULL)');
      const insert = database.prepare('INSERT INTO faces (template) VALUES (?)');
      return {
        enrol: async (template) => void insert.run(Buffer.from(template.buffer)),
        load: async () => {
          const index = new ExactIndex(DIMENSION);
          for (const row of database.prepare('SELECT id, template FROM faces').iterate()) {
            const { id, template } = Row.parse(row);
            index.add(id, new Float32Array(Uint8Array.from(template).buffer));
          }
        },
        close: async () => void database.close(),
      };
    },
  };
}

/** Similarities are not read here. */
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

async function sizeOf(place: string): Promise<number> {
  const sizes = (await readdir(place)).map(async (file) => (await stat(join(place, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
