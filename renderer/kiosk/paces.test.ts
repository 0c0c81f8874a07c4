import { expect, it } from 'vitest';
import { GONE_MS } from '../guidance/guidance.ts';
import { PACES } from './paces.ts';

type Name = keyof typeof PACES;

it.each<[Name, Name]>([
  ['busy', 'lighting'],
  ['lighting', 'capturing'],
  ['lighting', 'busy'],
  ['capturing', 'deciding'],
  ['busy', 'deciding'],
  ['deciding', 'idle'],
])('a visitor who stays is found again before they count as gone, from %s to %s', (before, next) => {
  const longest = Math.max(PACES[next].faces, PACES[before].faces + PACES[next].pictures);
  // A busy page is a tenth of a second late.
  expect(longest + 100).toBeLessThanOrEqual(GONE_MS);
});
