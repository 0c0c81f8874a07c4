import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { kekProviderFrom } from './key-encryption-key.ts';

const dir = await mkdtemp(join(tmpdir(), 'lintel-keys-'));
afterAll(() => rm(dir, { recursive: true }));

async function keyIn(option: 'keyFile' | 'passphraseFile', text: string) {
  const path = join(dir, `${option}-${Buffer.from(text).toString('hex').slice(-40)}`);
  await writeFile(path, text, { mode: 0o600 });
  return kekProviderFrom({ [option]: path });
}

it.each([
  ['passphraseFile', 'correct horse battery'],
  ['keyFile', '5a'.repeat(32)],
] as const)('a %s is the same whatever an editor adds to it', async (option, secret) => {
  const dataKey = Buffer.alloc(32, 7);
  const plain = await keyIn(option, secret);
  const sealed = await plain.wrap(dataKey);
  for (const text of [`${secret}\n`, `\ufeff${secret}\r\n`]) {
    expect(await (await keyIn(option, text)).unwrap(sealed)).toEqual(dataKey);
  }
});

it('a passphrase keeps its blanks, and line breaks but the last', async () => {
  const sealed = await (await keyIn('passphraseFile', 'two lines\nof words \n')).wrap(Buffer.alloc(32));
  const other = await keyIn('passphraseFile', 'two lines\nof words');
  await expect(other.unwrap(sealed)).rejects.toMatchObject({ code: 'store-key-wrong' });
});
