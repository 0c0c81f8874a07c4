import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import type { Page } from 'playwright';
import type { MadeFilm } from './film.ts';
import type { Temper } from './page/film.ts';

/** People who expect to be asked begin a simple movement about so long after they see what it is. Milliseconds. */
const REACTION = { least: 400, most: 600 } as const;
/** From a screen to a camera's picture; the browser takes some 50 ms more to hand it over. */
const LATENCY = { least: 30, most: 110 } as const;
/** Reactions that are drawn: a visit asks for three steps, and some again. */
const REACTIONS = 12;

export function drawTemper(random: () => number): Temper {
  const between = ({ least, most }: { least: number; most: number }): number =>
    least + (most - least) * random();
  return {
    reactions: Array.from({ length: REACTIONS }, () => between(REACTION)),
    latency: between(LATENCY),
    take: Math.floor(random() * 100),
  };
}

/** What a page showed and its visitor did, in order: the name, and when in milliseconds since 1970. */
export type Notes = readonly { readonly name: string; readonly at: number }[];

const script = async (name: string): Promise<string> =>
  stripTypeScriptTypes(await readFile(new URL(`page/${name}.ts`, import.meta.url), 'utf8'));

/** Puts a visitor before the camera of a page that is opened afterwards. */
export async function placeVisitor(page: Page, { film, bytes }: MadeFilm, temper: Temper): Promise<void> {
  const served: Readonly<Record<string, { contentType: string; body: string | Buffer }>> = {
    'worker.js': { contentType: 'text/javascript', body: await script('worker') },
    'film.json': { contentType: 'application/json', body: JSON.stringify({ film, temper }) },
    'film.bin': {
      contentType: 'application/octet-stream',
      body: Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength),
    },
  };
  await page.route('**/bench-visitor/*', async (route) => {
    const answer = served[route.request().url().split('/').at(-1)!];
    await (answer ? route.fulfill(answer) : route.abort());
  });
  await page.addInitScript(`{ ${await script('page')} }`);
}

/** Has the visitor walk by the camera. */
export const pass = (page: Page): Promise<unknown> => page.evaluate('visitor.pass()');

/** Has the visitor step in front of the camera. */
export const arrive = (page: Page): Promise<unknown> => page.evaluate('visitor.arrive()');

export const notesOf = async (page: Page): Promise<Notes> => (await page.evaluate('visitor.notes')) as Notes;
