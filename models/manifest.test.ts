import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ModelManifest } from '#contract';
import manifest from './manifest.json' with { type: 'json' };

describe('the manifest', () => {
  const { files } = ModelManifest.parse(manifest);

  it('names each file once', () => {
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
  });

  it.each(files.map(({ name, sha256 }) => [name, sha256] as const))(
    'describes what set-up placed: %s',
    async (name, sha256) => {
      const weights = await readFile(new URL(`weights/${name}`, import.meta.url));
      expect(createHash('sha256').update(weights).digest('hex')).toBe(sha256);
    },
  );
});
