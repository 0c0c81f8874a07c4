import type { Answer } from './commands.ts';

/** To the beginning of the line, and nothing of what stood there stays. */
const AFRESH = '\r\u001b[K';

/** Where a command writes: its answer, and besides it progress and errors. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Whether somebody watches what `stderr` writes; by default nobody. */
  readonly isTerminal?: boolean;
}

/** Shows progress over itself while an answer is made, on a terminal only: in a file every step of it would stay. */
export async function onOneLine(
  output: Output,
  make: (tell: (line: string) => void) => Promise<Answer>,
): Promise<Answer> {
  let isShown = false;
  try {
    return await make((line) => {
      if (!output.isTerminal) return;
      output.stderr(`${AFRESH}${line}`);
      isShown = true;
    });
  } finally {
    if (isShown) output.stderr('\n');
  }
}
