import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createClient, type Client } from '#client';
import type { Scope } from '#contract';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { createLog } from '../../server/log.ts';
import { parseOptions } from '../../server/options.ts';
import { startServer as startServerHere } from '../../server/server.ts';
import { lintel, newInstallation, type Installation } from './appliance.ts';
import { sharedRecognizer } from './networks.ts';

const ENTRY = fileURLToPath(new URL('../../server/main.ts', import.meta.url));

/** Each thread loads networks of its own; a test asks for one thing at a time. */
const FEW_THREADS = ['--workers', '1'];

/** How a server is reached. */
interface Reached {
  readonly origin: string;
  /** Key of the first account. */
  readonly apiKey: string;
  readonly client: Client;
}

/** The server as its own process, started as a user would. */
export interface RunningServer extends Reached {
  readonly process: ChildProcess;
  /** What it wrote so far. */
  readonly output: () => string;
  /** Sends SIGTERM. @returns its exit status */
  stop(): Promise<number | null>;
}

/** What an API client of an account has. */
interface Credentials {
  readonly accountId: string;
  readonly apiKey: string;
}

/** A server on a folder of its own. */
export interface Server extends Reached {
  readonly installation: Installation;
  /** The id of the first account. */
  readonly accountId: string;
  /** Another account, with its id. */
  newCredentials(name: string): Promise<Credentials>;
  revokeApiKey(keyId: string): Promise<void>;
  /** Another account. @returns its key */
  newAccount(name: string): Promise<string>;
  /** Another key of the first account. */
  newKey(...scopes: Scope[]): Promise<{ keyId: string; authorization: string }>;
  stop(): Promise<unknown>;
  /** Stops it, too. */
  remove(): Promise<void>;
}

export type ServerProcess = Server & RunningServer;

export const BOOTSTRAP_KEY = 'a-key-for-tests-0123456789';

/** A server on an empty folder and a free port. @throws Error with its output when it ends instead */
export async function newServer(...args: string[]): Promise<ServerProcess> {
  return await onEmptyFolder(async (installation) => {
    const server = await startServer(installation, ...args);
    const [, accountId = ''] = /\((acct_\w+)\)/.exec(server.output()) ?? [];
    return { ...server, accountId };
  });
}

/** The same in this process, with the networks that all share here: for tests of what it answers. It logs nothing. */
export async function openServer(...args: string[]): Promise<Server> {
  return await onEmptyFolder(async ({ data, keyFile }) => {
    const { LINTEL_DATABASE: database } = process.env;
    const server = await startServerHere({
      ...parseOptions([...FEW_THREADS, '--port', '0', '--data', data, '--key-file', keyFile, ...args]),
      bootstrapKey: BOOTSTRAP_KEY,
      ...(database && { database }),
      log: createLog('silent'),
      openRecognizer: sharedRecognizer,
    });
    const { accountId } = server.created!;
    return { ...reached(server.origin), accountId, stop: () => server.close() };
  });
}

const reached = (origin: string): Reached => ({
  origin,
  apiKey: BOOTSTRAP_KEY,
  client: createClient({ origin, apiKey: BOOTSTRAP_KEY, timeoutMilliseconds: NEVER_COMES_MS }),
});

/** @param start on this folder */
async function onEmptyFolder<Started extends Pick<Server, 'accountId' | 'stop'>>(
  start: (installation: Installation) => Promise<Started>,
) {
  const installation = await newInstallation();
  const leaveSchema = takeSchema();
  const server = await start(installation);
  const newCredentials = async (name: string): Promise<Credentials> => {
    const { answer } = await lintel(installation, 'account', 'create', name);
    return { accountId: String(answer['accountId']), apiKey: String(answer['apiKey']) };
  };
  return {
    ...server,
    installation,
    newCredentials,
    newAccount: async (name: string) => (await newCredentials(name)).apiKey,
    revokeApiKey: async (keyId: string) => {
      await lintel(installation, 'account', 'keys', 'revoke', keyId);
    },
    newKey: async (...scopes: Scope[]) => {
      const chosen = scopes.length > 0 ? ['--scopes', scopes.join(',')] : [];
      const { answer } = await lintel(installation, 'account', 'keys', 'add', 'admin', ...chosen);
      return { keyId: String(answer['keyId']), authorization: `ApiKey ${String(answer['apiKey'])}` };
    },
    remove: async () => {
      await server.stop();
      await installation.remove();
      leaveSchema();
    },
  };
}

/**
 * Where tests are run with LINTEL_DATABASE, the server that was made last has a schema of its own in that database, which
 * its command line finds there too. @returns what takes that back, for the files that this process runs after it
 */
function takeSchema(): () => void {
  const { LINTEL_DATABASE: database } = process.env;
  if (!database) return () => undefined;
  const url = new URL(database);
  url.searchParams.set('schema', `test_${randomBytes(8).toString('hex')}`);
  process.env['LINTEL_DATABASE'] = url.href;
  return () => void (process.env['LINTEL_DATABASE'] = database);
}

export async function startServer(
  { data, keyFile }: Installation,
  ...args: string[]
): Promise<RunningServer> {
  const child = spawn(process.execPath, [ENTRY, ...FEW_THREADS, '--port', '0', '--data', data, ...args], {
    env: { ...process.env, LINTEL_KEY_FILE: keyFile, LINTEL_BOOTSTRAP_KEY: BOOTSTRAP_KEY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = once(child, 'exit').then(([status]) => status as number | null);
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  const listen = (chunk: Buffer): void => {
    output += chunk.toString();
    const [, origin] = /^Listening at (\S+)/m.exec(output) ?? [];
    if (origin !== undefined) resolve(origin);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  void exited.then((status) => reject(new Error(`The server ended with ${status}:\n${output}`)));
  const origin = await listening;
  return {
    ...reached(origin),
    process: child,
    output: () => output,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** Portraits as base 64 JPEGs of some 40 KB: two photographs of one person, and one each of two others. */
export async function portraits(): Promise<Record<'robin' | 'robinAgain' | 'sasha' | 'kim', string>> {
  const encode = async (person: string, number = 0): Promise<string> => {
    const image = await portrait(sampleFace(person, number));
    return (await sharp(image).jpeg({ quality: 85 }).toBuffer()).toString('base64');
  };
  const [robin, robinAgain, sasha, kim] = await Promise.all([
    encode('Robin', 0),
    encode('Robin', 1),
    encode('Sasha'),
    encode('Kim'),
  ]);
  return { robin, robinAgain, sasha, kim };
}

/** A form to be sent: texts, and pictures as files of that name. */
export function form(
  fields: Readonly<Record<string, string | Uint8Array | readonly (string | Uint8Array)[]>>,
): FormData {
  const data = new FormData();
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) {
      if (typeof value === 'string') data.append(name, value);
      else data.append(name, new Blob([Uint8Array.from(value)]), `${name}.jpg`);
    }
  }
  return data;
}

/** A picture without a face. */
export async function landscape(): Promise<string> {
  const image = sharp({
    create: { width: 320, height: 240, channels: 3, background: '#48a' },
  });
  return (await image.jpeg().toBuffer()).toString('base64');
}

/** An answer as the wire carries it. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

export interface Sent {
  readonly authorization?: string | null;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Sends one request without the help of the client. @param target method and path, such as `GET /v1/healthz` */
export async function send(
  server: { readonly origin: string; readonly apiKey?: string },
  target: string,
  sent: Sent = {},
): Promise<Answer> {
  const { authorization = `ApiKey ${server.apiKey}`, body, headers } = sent;
  const [method = '', path = ''] = target.split(' ');
  const response = await fetch(new URL(path, server.origin), {
    method,
    headers: {
      ...(authorization !== null && { authorization }),
      ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: toBody(body) }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return {
    status: response.status,
    type,
    body: type.includes('json') ? (JSON.parse(text) as Record<string, unknown>) : { text },
    headers: response.headers,
  };
}

const toBody = (body: unknown): string | FormData =>
  typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body);
