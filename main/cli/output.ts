import type { Answer } from './commands.ts';

/** Where a command writes: its answer, and besides it progress and errors. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Shows progress over itself while an answer is made. */
export async function onOneLine(
  output: Output,
  make: (tell: (line: string) => void) => Promise<Answer>,
): Promise<Answer> {
  let isShown = false;
  const answer = await make((line) => {
    output.stderr(`\r${line}`);
    isShown = true;
  });
  if (isShown) output.stderr('\n');
  return answer;
}
