import { setImmediate as breathe } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Scanner, type Found, type RowBlock, type Wanted } from './scanner.ts';

/** What the thread is told. `index` names an index, whose blocks it is given one by one. */
export type ScanMessage =
  | { readonly kind: 'block'; readonly index: number; readonly block: RowBlock }
  | { readonly kind: 'forget'; readonly index: number }
  | {
      readonly kind: 'search';
      readonly id: number;
      readonly index: number;
      readonly dimension: number;
      readonly wanted: readonly Wanted[];
    };

export interface ScanReply {
  readonly id: number;
  readonly found: readonly Found[];
}

/** How long the thread computes before it looks for messages again. */
const PIECE_MILLISECONDS = 5;

const scanner = new Scanner(workerData as WebAssembly.Memory, 'scanThread');
const blocks = new Map<number, RowBlock[]>();
let work: Promise<void> = Promise.resolve();

parentPort!.on('message', (message: ScanMessage) => {
  if (message.kind === 'forget') blocks.delete(message.index);
  else if (message.kind === 'block') {
    const known = blocks.get(message.index) ?? [];
    blocks.set(message.index, [...known, message.block]);
  } else work = work.then(() => search(message));
});

async function search({ id, index, dimension, wanted }: ScanMessage & { kind: 'search' }): Promise<void> {
  const pass = scanner.search(blocks.get(index) ?? [], dimension, wanted);
  let deadline = performance.now() + PIECE_MILLISECONDS;
  for (;;) {
    const { done, value } = pass.next();
    if (done) return parentPort!.postMessage({ id, found: value } satisfies ScanReply, []);
    if (performance.now() < deadline) continue;
    await breathe();
    deadline = performance.now() + PIECE_MILLISECONDS;
  }
}
