/**
 * Lets a process go on when no process reads what it prints any more: its reader ended, such as `head` or a terminal. Without a
 * listener the next line would end it.
 */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
