import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_GROUPS, MetadataEdit, PersonAccess, type FaceMetadata } from '#contract';
import { edited, editOf, notedOver } from './noted.ts';

const group = fc.constantFrom('staff', 'night', 'guards', 'visitors');
const day = fc.option(fc.constantFrom('2026-01-01', '2026-12-24'));
const plain = { noNullPrototype: true };
const access = fc.record({ groups: fc.uniqueArray(group), validFrom: day, validUntil: day }, plain);
const consent = fc.record(
  {
    version: fc.constantFrom('1', '2'),
    purpose: fc.constant('door'),
    termDays: fc.option(fc.integer({ min: 1, max: 30 })),
    way: fc.constantFrom('tick' as const, 'signature' as const),
    givenAt: fc.constant('2026-01-01T00:00:00.000Z'),
  },
  plain,
);
const metadata: fc.Arbitrary<FaceMetadata> = fc.record(
  { name: fc.constantFrom('Ada', 'Bob'), access, consent },
  { ...plain, requiredKeys: [] },
);
/** An edit as a store makes it: access and consent that were noted once are replaced and never removed. */
const change = fc
  .tuple(metadata, metadata)
  .map(([before, after]) => [before, notedOver(before, after)] as const);

/** What the rules and the screens make of it: no access noted is no groups and no limits, and groups have no order. */
const meaningOf = ({ name, access, consent }: FaceMetadata) => {
  const { groups, validFrom, validUntil } = PersonAccess.parse(access ?? {});
  return { name, groups: groups.toSorted(), validFrom, validUntil, consent };
};

it('an edit makes of what was there what its maker saw, however often it comes', () => {
  fc.assert(
    fc.property(change, ([before, after]) => {
      const edit = MetadataEdit.parse(editOf(before, after));
      const there = edited(before, edit);
      expect(meaningOf(there)).toEqual(meaningOf(after));
      expect(edited(there, edit)).toEqual(there);
    }),
  );
});

it('what an edit does not change stays as it is known elsewhere', () => {
  fc.assert(
    fc.property(change, metadata, ([before, after], elsewhere) => {
      const [was, is] = [meaningOf(before), meaningOf(after)];
      const [known, there] = [meaningOf(elsewhere), meaningOf(edited(elsewhere, editOf(before, after)))];
      const theirs = (part: (of: typeof is) => unknown) =>
        isDeepStrictEqual(part(was), part(is)) ? part(known) : part(is);
      const isTaken = (each: string) => was.groups.includes(each) && !is.groups.includes(each);
      const given = is.groups.filter((each) => !was.groups.includes(each));
      expect(there).toEqual({
        name: theirs(({ name }) => name),
        groups: [...new Set([...known.groups.filter((each) => !isTaken(each)), ...given])].toSorted(),
        validFrom: theirs(({ validFrom }) => validFrom),
        validUntil: theirs(({ validUntil }) => validUntil),
        consent: theirs(({ consent }) => consent),
      });
    }),
  );
});

it('edits of two stores that change different things come to the same in any order', () => {
  const renamed = editOf({ name: 'Ada' }, { name: 'Ada L.' });
  const full = { groups: ['staff', 'night'], validFrom: null, validUntil: null };
  const taken = editOf({ access: full }, { access: { ...full, groups: ['night'] } });
  const ended = editOf({ access: full }, { access: { ...full, validUntil: '2026-12-24' } });
  const before = { name: 'Ada', access: full };
  for (const [one, other] of [
    [renamed, taken],
    [renamed, ended],
    [taken, ended],
  ] as const)
    expect(edited(edited(before, one), other)).toEqual(edited(edited(before, other), one));
});

it('gives no group for which there is no room', () => {
  const groups = Array.from({ length: MAX_GROUPS }, (_, i) => `g${i}`);
  const access = { groups, validFrom: null, validUntil: null };
  expect(edited({ access }, { groupsGiven: ['staff'] })).toEqual({ access });
  const { access: after } = edited({ access }, { groupsGiven: ['staff'], groupsTaken: ['g0'] });
  expect(after?.groups).toEqual([...groups.slice(1), 'staff']);
});
