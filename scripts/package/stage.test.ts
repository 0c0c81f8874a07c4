import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../setup/paths.ts';
import { controlOf } from './control.ts';
import { isInstalled, PLACES } from './stage.ts';

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

describe('the Debian package', () => {
  it('brings every package that its code imports', async () => {
    const { dependencies } = JSON.parse(await read('package.json')) as { dependencies: object };
    const sources = globSync('{client,contract,core,main}/**/*.ts', { cwd: ROOT }).filter(isInstalled);
    expect(sources.length).toBeGreaterThan(300);
    const missing = new Set<string>();
    for (const source of sources) {
      const imports = (await read(source)).matchAll(
        /^(?:import|export) (?!type )[^;]*?from '((?:@[^/']+\/)?[a-z][^/':]*)(?:\/[^']*)?';/gm,
      );
      for (const [, name = ''] of imports) if (!(name in dependencies)) missing.add(name);
    }
    // What the desktop build runs on and is made by.
    expect([...missing].toSorted()).toEqual(['electron', 'vite']);
  });

  it('leaves out tests, foreign addons and what networks were converted from', () => {
    const addon = 'node_modules/better-sqlite3-multiple-ciphers/prebuilds';
    expect(isInstalled(`${addon}/linux-${process.arch}.node`)).toBe(true);
    expect(isInstalled(`${addon}/win32-x64.node`)).toBe(false);
    const runtime = 'node_modules/onnxruntime-node/bin/napi-v6';
    expect(isInstalled(`${runtime}/linux/${process.arch}/libonnxruntime.so.1`)).toBe(true);
    expect(isInstalled(`${runtime}/darwin`)).toBe(false);
    expect(isInstalled('core/store/testing')).toBe(false);
    expect(isInstalled('main/shell/access.test.ts')).toBe(false);
    expect(isInstalled('models/weights/face_recognition_model.bin')).toBe(false);
    expect(isInstalled('models/manifest.json')).toBe(true);
  });

  it('has the files that its units and scripts name', async () => {
    const targets = PLACES.map(([, target]) => `/${target}`);
    for (const file of (await read('main/deploy/debian/conffiles')).trim().split('\n'))
      expect(targets).toContain(file);
    const named: string[] = [];
    for (const [source] of PLACES)
      named.push(...((await read(source)).match(/(?<=\/opt\/lintel\/)main\/[\w./-]+/g) ?? []));
    expect(named).toContain('main/screen.ts');
    expect(named.flatMap((path) => globSync(path, { cwd: ROOT }))).toEqual(named);
  });

  it('says for which machine it is', () => {
    const fields = { version: '1.2.3', kilobytes: 7 };
    expect(controlOf({ ...fields, architecture: 'arm64' })).toMatch(/^Architecture: arm64$/m);
    expect(() => controlOf({ ...fields, architecture: 'ppc64' })).toThrow('no package for ppc64');
  });
});
