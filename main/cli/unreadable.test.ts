import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { whyUnreadable } from './unreadable.ts';

it('says what is the matter with a file, where that helps', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-'));
  try {
    const file = join(folder, 'file');
    const said = (path: string): Promise<string> =>
      readFile(path).then(
        () => 'read',
        (error: unknown) => whyUnreadable('it', error),
      );
    expect(await said(file)).toBe('it: there is no such file');
    expect(await said(folder)).toBe('it');
    await writeFile(file, '');
    expect(await said(join(file, 'x'))).toBe('it: there is no such file');
    await chmod(file, 0o000);
    // Root reads everything.
    const { uid, username } = userInfo();
    expect(await said(file)).toBe(uid === 0 ? 'read' : `it: the user ${username} may not read it`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
