import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/security.md', ROOT), 'utf8');

/** The rows under each heading of `attack | guard | test`. */
const ROWS = [...PAGE.matchAll(/^\| attack\b.*\| guard .*\| test .*\|\n\|[-| ]+\|\n((?:\|.*\n)+)/gm)]
  .flatMap(([, rows]) => rows!.trim().split('\n'))
  .map((row) => row.split('|').map((cell) => cell.trim()));

/** The rows of the tables of features: feature, Lintel, how, test. */
const FEATURES = [
  ...readFileSync(new URL('docs/features.md', ROOT), 'utf8').matchAll(
    /^\| .+ \| (?:yes|part|no) +\| .*\|$/gm,
  ),
].map(([row]) => row.split('|').map((cell) => cell.trim()));

const missing = (files: readonly string[]): string[] =>
  files.filter((file) => !existsSync(new URL(file, ROOT)));

it('names a test for each attack, and each of them is there', () => {
  expect(ROWS.length).toBeGreaterThan(70);
  for (const [, attack, , tests] of ROWS) {
    const files = [...tests!.matchAll(/`([^`]+\.ts)`/g)].map(([, file]) => file!);
    expect({ attack, tests: files.length > 0, missing: missing(files) }).toEqual({
      attack,
      tests: true,
      missing: [],
    });
  }
});

it('names no file that is gone', () => {
  const named = PAGE.matchAll(
    /`((?:contract|core|main|models|preload|renderer|scripts|server|test)\/[^`]+)`/g,
  );
  expect(missing([...named].map(([, file]) => file!))).toEqual([]);
});

it('names a test for each feature that is claimed beside those of peers, and each of them is there', () => {
  expect(FEATURES.length).toBeGreaterThanOrEqual(40);
  for (const [, feature, has, how, test] of FEATURES) {
    const claimed = has !== 'no';
    const file = /^`([^`]+\.test\.ts)`$/.exec(test!)?.[1];
    const linked = [...how!.matchAll(/\]\(([^)#]+)/g)].map(([, page]) => `docs/${page}`);
    expect({ feature, tested: file !== undefined, linked: linked.length > 0 }).toEqual({
      feature,
      tested: claimed,
      linked: claimed,
    });
    expect(missing([...(file === undefined ? [] : [file]), ...linked])).toEqual([]);
  }
});
