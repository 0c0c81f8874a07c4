import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seeded } from '../../core/matching/index.ts';
import { CALL_TIMEOUT_MS, type MessageReader } from './message-readers.ts';
import { mutateBytes, pick, type Random } from './mutate.ts';

export interface MessagesReport {
  readonly reader: string;
  readonly messages: number;
  /** How often it answered what. */
  readonly answers: Readonly<Record<string, number>>;
  /** Megabytes of memory in use after garbage collection: after a tenth of the messages, and in the end. */
  readonly before: number;
  readonly after: number;
  /** The most that the process had between two messages, in megabytes above what it had before. */
  readonly peak: number;
}

/** Hand spoiled and hostile messages to a reader. @throws what it does not answer */
export async function fuzzMessages(
  reader: MessageReader,
  { messages, seed }: { messages: number; seed: number },
): Promise<MessagesReport> {
  const random = seeded(seed);
  const answers: Record<string, number> = {};
  const start = process.memoryUsage().rss;
  let before = 0;
  let peak = 0;
  for (let i = 0; i < messages; i++) {
    if (i === Math.floor(messages / 10)) before = await settledBytes();
    const answer = await reader.read(i === 0 ? reader.valid(0) : spoiled(random, reader.valid(i)));
    answers[answer] = (answers[answer] ?? 0) + 1;
    if (i % 16 === 0) peak = Math.max(peak, process.memoryUsage().rss - start);
  }
  return {
    reader: reader.name,
    messages,
    answers,
    before: megabytes(before),
    after: megabytes(await settledBytes()),
    peak: megabytes(peak),
  };
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;

/** In use after garbage collection, outside the heap too, once the calls under way are forgotten. */
async function settledBytes(): Promise<number> {
  await sleep(2 * CALL_TIMEOUT_MS);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function spoiled(random: Random, valid: Uint8Array): Uint8Array {
  const message = Buffer.from(valid);
  const chance = random();
  if (chance < 0.1) return pick(random, HOSTILE);
  if (chance < 0.5) return withHeader(random, message);
  return mutateBytes(random, message);
}

/** A header that claims up to four thousand million values or bytes, put over a place or in between. */
function withHeader(random: Random, message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header[0] = pick(random, [0xdd, 0xdf, 0xdb, 0xc6, 0xdc, 0xde, 0xda, 0xc5, 0xc9, 0xc8, 0xd8, 0xc1]);
  header.writeUInt32BE(pick(random, [1, 0x100, 0xffff, 0x1ffffff, 0xfffffff, 0xffffffff]), 1);
  const at = Math.floor(random() * message.length);
  const rest = message.subarray(random() < 0.5 ? at : Math.min(message.length, at + header.length));
  const times = pick(random, [1, 1, 1, 20]);
  return Buffer.concat([message.subarray(0, at), ...Array.from({ length: times }, () => header), rest]);
}

/** Arrays in arrays, each of which claims many; nesting without end; many of the smallest containers. */
const HOSTILE: readonly Buffer[] = [
  Buffer.from('dd01ffffff'.repeat(20), 'hex'),
  Buffer.from('df01ffffff'.repeat(20), 'hex'),
  Buffer.from('ddffffffff', 'hex'),
  Buffer.from('dbffffffff', 'hex'),
  Buffer.from('c6ffffffff', 'hex'),
  Buffer.from('91'.repeat(50_000), 'hex'),
  Buffer.from(`${'81a178'.repeat(20_000)}c0`, 'hex'),
  Buffer.concat([Buffer.from('dd00100000', 'hex'), Buffer.alloc(0x100000, 0x80)]),
  Buffer.from('81a95f5f70726f746f5f5f80', 'hex'),
  Buffer.alloc(0),
];
