import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type Database from 'better-sqlite3-multiple-ciphers';
import { z } from 'zod';
import { LintelError } from '#contract';
import { asLintelError, isUnwritable } from './sqlite-errors.ts';

/** A process that runs an appliance or a server on a data folder, told apart from every other, past and future. */
const Runner = z.strictObject({
  pid: z.int().positive(),
  /** When the machine and the process started. */
  started: z.string(),
  /** Device and inode of the data folder: a copy of it, or a backup restored elsewhere, is not run by this process. */
  folder: z.string(),
  /** One process may run on one folder after another. */
  claim: z.string(),
});
export type Runner = z.infer<typeof Runner>;

/** Claims of this process. */
const held = new Set<string>();

/** This process as one that runs on a data folder, until {@link stopRunning}; null where the system tells too little. */
export async function startRunning(dir: string): Promise<Runner | null> {
  const started = startOf(process.pid);
  if (started === null) return null;
  const { dev, ino } = await stat(dir, { bigint: true });
  const runner = { pid: process.pid, started, folder: `${dev}:${ino}`, claim: randomUUID() };
  held.add(runner.claim);
  return runner;
}

export const stopRunning = (runner: Runner | null): void => void (runner && held.delete(runner.claim));

/**
 * Write down in a store who runs on it. The file that is locked for the same purpose can be removed by hand, which lets
 * the next one lock another of that name; this cannot.
 * @throws LintelError `already-running` while another process does
 */
export function recordRunner(database: Database.Database, runner: Runner): void {
  const record = database.transaction(() => {
    const text = database.prepare('SELECT process FROM runner').pluck().get();
    const { data: other } = Runner.safeParse(typeof text === 'string' ? JSON.parse(text) : null);
    if (other?.folder === runner.folder && isRunning(other)) {
      throw new LintelError('already-running', `(process ${other.pid})`);
    }
    database.prepare('INSERT OR REPLACE INTO runner (id, process) VALUES (1, ?)').run(JSON.stringify(runner));
  });
  try {
    record.immediate();
  } catch (error) {
    const known = asLintelError(error);
    // Recognition starts on a disk that takes nothing, too; the lock holds all the same.
    if (!isUnwritable(known)) throw known;
  }
}

const isRunning = ({ pid, started, claim }: Runner): boolean =>
  pid === process.pid && started === startOf(pid) ? held.has(claim) : started === startOf(pid);

/** When this machine and a process on it started, as proc(5) has it; null for one that has ended, or on other systems. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, a name in parentheses, may hold anything; the third is the state, the 22nd the start in ticks.
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[18]}`;
  } catch {
    return null;
  }
}
