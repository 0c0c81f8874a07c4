import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ENTRY = fileURLToPath(new URL('../browser.ts', import.meta.url));

it.each([['--fake-camera'], ['--reset-pin'], ['--port', '8080']])(
  'refuses for a station what it would pass over: %s',
  async (...words) => {
    const { promise, resolve } = Promise.withResolvers<[code: unknown, stderr: string]>();
    execFile(process.execPath, [ENTRY, '--no-screen', ...words], (error, _stdout, stderr) =>
      resolve([error?.code, stderr]),
    );
    const [code, stderr] = await promise;
    expect([code, stderr]).toEqual([2, expect.stringContaining(words[0])]);
  },
);
