import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { LintelError } from '#contract';

/** Asks the user at the terminal for a secret, such as a PIN, without showing what they type. */
export type AskSecret = (question: string) => Promise<string>;

const MAX_INPUT = 1024;

/** At a terminal without an echo, twice; else the first line of standard input, for scripts. */
export const askSecret: AskSecret = async (question) => {
  if (!process.stdin.isTTY) return await firstLine(process.stdin);
  // Readline echoes to its output: here to nowhere. The terminal's own echo ends here, before anything is asked, and for
  // both questions, so that what an operator types at once is not seen either.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  const cancelled = new Promise<never>((_resolve, reject) => {
    // Also at the end of the input, where the question would never be answered.
    for (const event of ['SIGINT', 'close'] as const) {
      lines.once(event, () => reject(new LintelError('usage', 'Nothing was changed.')));
    }
  });
  const ask = async (prompt: string): Promise<string> => {
    process.stderr.write(prompt);
    try {
      return await Promise.race([lines.question(''), cancelled]);
    } finally {
      process.stderr.write('\n');
    }
  };
  try {
    const first = await ask(`${question}: `);
    if ((await ask('Once more: ')) === first) return first;
  } finally {
    lines.close();
  }
  throw new LintelError('usage', 'The two differ. Nothing was changed.');
};

/** @throws LintelError `usage` when there is none of a sensible length */
async function firstLine(input: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString('utf8');
    if (text.includes('\n') || text.length > MAX_INPUT) break;
  }
  const line = /^([^\r\n]{1,1024})(?:\r?\n|$)/.exec(text)?.[1];
  if (line === undefined) throw new LintelError('usage', 'Write it to standard input, on one line.');
  return line;
}
