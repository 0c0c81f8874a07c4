import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { migrationsIn } from '../sql/migrations.ts';

/** The last one from when there was one server at a time. */
const BEFORE_SEVERAL = 6;

it('only add, since servers of the version before go on meanwhile', () => {
  const migrations = migrationsIn(new URL('./migrations/', import.meta.url));
  const later = migrations.filter(({ number }) => number > BEFORE_SEVERAL);
  expect(later.length).toBeGreaterThan(0);
  for (const { file } of later) {
    const sql = readFileSync(file, 'utf8').replaceAll(/--.*$/gm, '');
    expect(sql).not.toMatch(/\b(DROP\s+(TABLE|COLUMN)|RENAME|ALTER\s+COLUMN|TRUNCATE)\b/i);
    const added = (sql.match(/ADD\s+COLUMN[^;,]*/gi) ?? []).filter((each) => /NOT\s+NULL/i.test(each));
    expect(added.filter((each) => !/DEFAULT/i.test(each))).toEqual([]);
  }
});
