import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/**
 * Kills a process while it keeps events, see `event-process.ts`.
 * @param after so many events
 * @param args its arguments
 * @returns ids of events that it had kept
 */
export async function keptUntilKilled(after: number, args: readonly string[]): Promise<string[]> {
  const entry = fileURLToPath(new URL('event-process.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const kept: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    // The last one may be cut short.
    if (line.length === 'evt_'.length + 32) kept.push(line);
    if (kept.length === after) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return kept;
}
