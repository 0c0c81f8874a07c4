import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { DIALECTS } from '#contract';
import { newServer, portraits, type Server } from '../support/server.ts';

/**
 * The examples of docs/api-examples.md, run by a shell as they stand there, in one session. Replaced is the address of the server,
 * and `npm run lintel` is what it starts once all is set up.
 */

const PAGE = readFileSync(new URL('../../docs/api-examples.md', import.meta.url), 'utf8');
const LINTEL = fileURLToPath(new URL('../../main/cli/lintel.ts', import.meta.url));
const ADDRESS = 'http://127.0.0.1:8080';

/** Each block for the shell, and the answer that stands below it; null: none does. */
const EXAMPLES = Array.from(
  PAGE.matchAll(/^```sh\n([^]*?)^```(?:\n\n```json\n([^]*?)^```)?/gm),
  ([, commands = '', answer]) => ({ commands, answer: answer ?? null }),
);

/** Stands between the outputs of two blocks. */
const MARK = '-----next-----';

/** A failure ends the session, and says why. `npm run --silent lintel -- WORDS` has four words before its own. */
const SESSION = `set -e
curl() { command curl -sS --fail-with-body "$@"; }
npm() { shift 4; "${process.execPath}" "${LINTEL}" "$@"; }
`;

let server: Server;
let outputs: string[];

beforeAll(async () => {
  server = await newServer();
  const { data, keyFile } = server.installation;
  const cwd = join(data, '../examples');
  await mkdir(cwd);
  const { robin, robinAgain } = await portraits();
  await writeFile(join(cwd, 'robin-1.jpg'), robin, 'base64');
  await writeFile(join(cwd, 'robin-2.jpg'), robinAgain, 'base64');
  const script = EXAMPLES.map(({ commands }) => commands).join(`echo; echo ${MARK}\n`);
  const { stdout } = await promisify(execFile)(
    '/bin/sh',
    ['-c', SESSION + script.replace(ADDRESS, server.origin)],
    { cwd, env: { ...process.env, LINTEL_DATA: data, LINTEL_KEY_FILE: keyFile } },
  );
  outputs = stdout.split(`\n${MARK}\n`);
});
afterAll(() => server.remove());

const NUMBER: unknown = expect.any(Number);
const beginning = (text: string): unknown => expect.stringMatching(new RegExp(`^${RegExp.escape(text)}.`));

/** As the page has it: `…` stands for what differs, and a number for any number. */
function like(value: z.core.util.JSONType): unknown {
  if (typeof value === 'number') return NUMBER;
  if (typeof value === 'string' && value.endsWith('…')) return beginning(value.slice(0, -1));
  if (Array.isArray(value)) return value.map(like);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, like(each)]));
}

const parse = (text: string): z.core.util.JSONType => z.json().parse(JSON.parse(text));

it.each(EXAMPLES.map((example, i) => ({ ...example, i })))('$commands', ({ answer, i }) => {
  const output = outputs[i] ?? '';
  expect(answer === null ? output : parse(output)).toEqual(answer === null ? '' : like(parse(answer)));
});

it('each API that works with faces has some', () => {
  const parts = Array.from(PAGE.matchAll(/^## (.+)$/gm), ([, title]) => title);
  const names = Object.values(DIALECTS).flatMap(({ name }) => (name === 'Devices' ? [] : [name]));
  expect(parts).toEqual(expect.arrayContaining(names));
});
