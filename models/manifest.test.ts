import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ModelManifest, ModelSetName, preparedName } from '#contract';
import { NETWORK_SETS } from '#core/recognition';
import manifest from './manifest.json' with { type: 'json' };

describe('the manifest', () => {
  const { sets, files, converted } = ModelManifest.parse(manifest);
  const all = [...files, ...converted];

  it('names each file once', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  const prepared = all.filter((entry) => entry.prepared !== undefined);
  const placed = [
    ...all.map(({ name, sha256 }) => [name, sha256] as const),
    ...prepared.map(({ name, prepared }) => [preparedName(name), prepared!] as const),
  ];
  it.each(placed)('describes what set-up placed: %s', async (name, sha256) => {
    const weights = await readFile(new URL(`weights/${name}`, import.meta.url));
    expect(createHash('sha256').update(weights).digest('hex')).toBe(sha256);
  });

  it.each(ModelSetName.options)(
    'names the files that the set "%s" runs, and brings all they need',
    (name) => {
      const { detector, landmarker, embedder } = NETWORK_SETS[name];
      const parts = { detector: detector.file, landmarker: landmarker.file, embedder: embedder.file };
      expect(sets[name]).toEqual(parts);
      const isBrought = (file: string): boolean => {
        const entry = all.find((other) => other.name === file);
        if (entry === undefined || (entry.set !== undefined && entry.set !== name)) return false;
        return !('from' in entry) || entry.from.every(isBrought);
      };
      expect(Object.values(parts).filter((file) => !isBrought(file))).toEqual([]);
    },
  );

  it('lists for the set "clean" only networks whose makers granted the licence', () => {
    const isGranted = ({ licence }: { licence: string }): boolean =>
      /^(Apache-2\.0|MIT|CC0-1\.0)/.test(licence) && !licence.includes('declared');
    expect(all.filter(({ set }) => set === 'clean').filter((file) => !isGranted(file))).toEqual([]);
  });
});
