import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SlowOptions {
  /** How many of each kind. */
  readonly connections: number;
  /** How long to watch at most. */
  readonly seconds: number;
}

export interface SlowReport {
  /** By kind: how many the server let go of, after how many seconds, and how many it still held in the end. */
  readonly held: Readonly<
    Record<Kind, { readonly released: number; readonly seconds: Range | null; readonly stillHeld: number }>
  >;
  /** Requests of another client meanwhile: served, not served, and the milliseconds that they took. */
  readonly others: { readonly served: number; readonly failed: number; readonly milliseconds: Range | null };
}

interface Range {
  readonly least: number;
  readonly most: number;
}

const HEAD = 'GET /v1/healthz HTTP/1.1\r\nHost: server\r\n';

/** A large answer that everybody may ask for, often enough to fill the buffers of a connection. */
const LARGE = 'GET /swagger/static/swagger-ui-bundle.js HTTP/1.1\r\nHost: server\r\n\r\n'.repeat(20);

/** What each kind of connection does once it is open. */
const KINDS = {
  'nothing sent': () => {},
  'half-sent headers': (socket: Socket) => socket.write(HEAD),
  'trickled headers': (socket: Socket) => {
    socket.write(`${HEAD}X: `);
    const trickle = setInterval(() => socket.write('x'), 1000);
    socket.once('close', () => clearInterval(trickle));
  },
  'answers not read': (socket: Socket) => socket.pause().write(LARGE),
} as const;

type Kind = keyof typeof KINDS;

const LOOK_EVERY_MS = 200;

interface Opened {
  readonly kind: Kind;
  readonly socket: Socket;
  readonly port: number;
  readonly at: number;
  /** Whether the server has taken it; until then the kernel has it wait. */
  isTaken?: boolean;
  released?: number;
}

/** Opens connections that keep a server of this machine waiting, and watches how long it holds them. Linux only. */
export async function slow(
  { origin, apiKey }: { readonly origin: string; readonly apiKey: string },
  { connections, seconds }: SlowOptions,
): Promise<SlowReport> {
  const port = Number(new URL(origin).port);
  const opened: Opened[] = [];
  for (let i = 0; i < connections; i++) {
    for (const kind of Object.keys(KINDS) as Kind[]) opened.push(await open(kind, port));
  }
  const until = performance.now() + seconds * 1000;
  const isOver = (): boolean =>
    performance.now() >= until || opened.every(({ released }) => released !== undefined);
  const others = askMeanwhile(origin, apiKey, isOver);
  while (!isOver()) {
    const held = await heldBy(port);
    const now = performance.now();
    for (const each of opened) {
      if (held.has(each.port)) each.isTaken = true;
      else if (each.isTaken) each.released ??= now;
    }
    await sleep(LOOK_EVERY_MS);
  }
  for (const { socket } of opened) socket.destroy();
  const reports = (Object.keys(KINDS) as Kind[]).map((kind) => [kind, reportOf(kind, opened)] as const);
  return { held: Object.fromEntries(reports) as SlowReport['held'], others: await others };
}

async function open(kind: Kind, port: number): Promise<Opened> {
  // Half open, and never closed by this end.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  // What is written after the server has let go fails.
  socket.on('error', () => {});
  KINDS[kind](socket);
  return { kind, socket, port: socket.localPort!, at: performance.now() };
}

/**
 * The other ends' ports of the connections that a server's process holds. The kernel drops the inode of a connection
 * that its process has closed, also while unread bytes wait in it; the client sees nothing of that.
 */
async function heldBy(port: number): Promise<ReadonlySet<number>> {
  const lines = (await readFile('/proc/net/tcp', 'utf8')).trim().split('\n').slice(1);
  const held = new Set<number>();
  for (const line of lines) {
    const [, local = '', remote = '', , , , , , , inode] = line.trim().split(/\s+/);
    if (portOf(local) === port && inode !== '0') held.add(portOf(remote));
  }
  return held;
}

const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16);

/** Asks as another client does, one request after the other, until it is over. */
async function askMeanwhile(
  origin: string,
  apiKey: string,
  isOver: () => boolean,
): Promise<SlowReport['others']> {
  const headers = { authorization: `ApiKey ${apiKey}` };
  const taken: number[] = [];
  let failed = 0;
  while (!isOver()) {
    const start = performance.now();
    const signal = AbortSignal.timeout(10_000);
    const isServed = await fetch(`${origin}/v1/collection/get-all`, { headers, signal }).then(
      async (answer) => (await answer.text()) !== '' && answer.ok,
      () => false,
    );
    if (isServed) taken.push(performance.now() - start);
    else failed++;
    await sleep(LOOK_EVERY_MS);
  }
  return { served: taken.length, failed, milliseconds: rangeOf(taken) };
}

function reportOf(kind: Kind, opened: readonly Opened[]): SlowReport['held'][Kind] {
  const own = opened.filter((each) => each.kind === kind);
  const waits = own.flatMap(({ at, released }) => (released === undefined ? [] : [(released - at) / 1000]));
  return { released: waits.length, seconds: rangeOf(waits), stillHeld: own.length - waits.length };
}

const rangeOf = (values: readonly number[]): Range | null =>
  values.length === 0 ? null : { least: rounded(Math.min(...values)), most: rounded(Math.max(...values)) };

const rounded = (value: number): number => Math.round(value * 10) / 10;
