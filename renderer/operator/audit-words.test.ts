import { expect, it } from 'vitest';
import { auditWords } from './audit-words.ts';

it('puts the entries that are met often into words, and leaves the others as they are', () => {
  expect(
    [
      ['signed-in', '{}'],
      ['enrolled', '{"faceId":"face_0"}'],
      ['settings-changed', '{"changes":{"sound":false,"threshold":90}}'],
      ['exported', '{"what":"backup","faceId":null}'],
      // Of a newer version.
      ['exported', '{"what":"all"}'],
      ['door-set', '{"doorId":null}'],
    ].map(([kind = '', details = '']) => auditWords({ kind, details })),
  ).toEqual([
    'Signed in',
    'Enrolled a person',
    'Changed settings: sound, threshold',
    'Made a backup',
    null,
    null,
  ]);
});
