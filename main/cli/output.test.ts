import { expect, it } from 'vitest';
import { onOneLine } from './output.ts';

const answer = { json: {}, text: 'done' };

/** What is written of two steps. */
async function written(isTerminal?: boolean): Promise<string> {
  let said = '';
  const stderr = (text: string): void => void (said += text);
  const output = { stdout: () => undefined, stderr, ...(isTerminal !== undefined && { isTerminal }) };
  const made = await onOneLine(output, async (tell) => {
    tell('0 of 2');
    tell('1 of 2');
    return answer;
  });
  expect(made).toBe(answer);
  return said;
}

it('progress is shown over itself on a terminal, and nowhere else', async () => {
  expect(await written(true)).toBe('\r\u001b[K0 of 2\r\u001b[K1 of 2\n');
  expect(await written(false)).toBe('');
  expect(await written()).toBe('');
});

it('progress ends its line also where there is no answer', async () => {
  let said = '';
  const output = {
    stdout: () => undefined,
    stderr: (text: string): void => void (said += text),
    isTerminal: true,
  };
  const failing = onOneLine(output, async (tell) => {
    tell('0 of 2');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(said).toBe('\r\u001b[K0 of 2\n');
});
