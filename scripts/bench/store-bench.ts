import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { Command } from 'commander';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import { fileKeyProvider, openStore, type Store } from '#core/store';
import { madeUpTable } from '../../core/matching/made-up-table.ts';
import { randomTemplate, seeded } from '../../core/matching/random-templates.ts';
import { migrate } from '../../core/store/migrations.ts';
import { SqliteStore } from '../../core/store/sqlite-store.ts';
import { table } from './table.ts';

const MODEL = 'bench';
const DIMENSION = 512;
const random = seeded(1);

/** The `store` command: durable enrolments one after the other, opening and loading them, encrypted and not. */
export function storeCommand(): Command {
  return new Command('store')
    .description('Enrol made-up faces into the encrypted store, and into the same store without encryption.')
    .option('--faces <count>', 'how many', Number, 10_000)
    .action(async ({ faces }: { faces: number }) => {
      const folder = await mkdtemp(join(tmpdir(), 'lintel-bench-'));
      try {
        console.log(await compare(folder, faces));
      } finally {
        await rm(folder, { recursive: true });
      }
    });
}

async function compare(folder: string, faces: number): Promise<string> {
  console.error(`store: ${faces} faces`);
  const keyProvider = fileKeyProvider(join(folder, 'key'));
  const encrypted = await measure(join(folder, 'store'), faces, () =>
    openStore({ dir: folder, keyProvider }),
  );
  const plain = await measure(join(folder, 'plain'), faces, () => openPlain(join(folder, 'plain')));
  const rows = Object.keys(plain).map((name) => {
    const [ours, theirs] = [encrypted[name]!, plain[name]!];
    return [name, ours, theirs, ours / theirs];
  });
  return table([`${faces} faces`, 'encrypted', 'plain SQLite', 'ratio'], rows);
}

async function measure(
  place: string,
  faces: number,
  open: () => Promise<Store>,
): Promise<Record<string, number>> {
  let store = await open();
  let gallery = await galleryOf(store);
  await gallery.createCollection('c');
  const enrolling = await seconds(async () => {
    for (let i = 0; i < faces; i++) {
      const template = randomTemplate(DIMENSION, random);
      await gallery.enrol('c', { references: [{ modelId: MODEL, template, quality: 1, source: 'file' }] });
    }
  });
  await store.close();
  const opening = await seconds(async () => (store = await open()));
  gallery = await galleryOf(store);
  const loading = await seconds(() => gallery.preload('c'));
  await store.close();
  const files = await readdir(place);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(place, file))).size));
  return {
    'durable enrolments per second': faces / enrolling,
    'open, ms': opening * 1000,
    'load all templates, ms': loading * 1000,
    'bytes per face': sizes.reduce((sum, size) => sum + size, 0) / faces,
  };
}

const galleryOf = (store: Store): Promise<Gallery> =>
  Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });

/** Similarities are not read here. */
const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

/** The same store without its encryption, as safe against a power cut. */
async function openPlain(place: string): Promise<Store> {
  await mkdir(place, { recursive: true });
  const database = new Database(join(place, 'store.db'));
  for (const setting of [
    'page_size = 8192',
    'journal_mode = WAL',
    'synchronous = FULL',
    'foreign_keys = ON',
    'secure_delete = ON',
  ]) {
    database.pragma(setting);
  }
  migrate(database);
  return SqliteStore.over(database);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
