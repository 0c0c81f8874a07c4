import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { passphraseKekProvider } from './passphrase.ts';

/** Cheap, for tests. */
const COST = { N: 1024, r: 8, p: 1 };
const dataKey = randomBytes(32);
const given: Buffer[] = [];
const saying = (text: string) =>
  passphraseKekProvider(() => {
    given.push(Buffer.from(text));
    return Promise.resolve(given.at(-1)!);
  }, COST);

describe('a passphrase', () => {
  it('opens what it sealed, and is wiped after each use', async () => {
    const provider = saying('correct horse battery');
    const sealed = await provider.wrap(dataKey);
    expect(await provider.unwrap(sealed)).toEqual(dataKey);
    expect(given.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true);
    expect(sealed.includes(dataKey)).toBe(false);
  });

  it('opens nothing else', async () => {
    const sealed = await saying('correct horse battery').wrap(dataKey);
    await expect(saying('correct horse batterY').unwrap(sealed)).rejects.toMatchObject({
      code: 'store-key-wrong',
    });
    await expect(saying('short').wrap(dataKey)).rejects.toMatchObject({ code: 'store-key-missing' });
  });

  it('is opened at the cost it was sealed with', async () => {
    const sealed = await saying('correct horse battery').wrap(dataKey);
    const dearer = passphraseKekProvider(() => Promise.resolve(Buffer.from('correct horse battery')), {
      ...COST,
      N: 2048,
    });
    expect(await dearer.unwrap(sealed)).toEqual(dataKey);
  });
});
