import { expect, it } from 'vitest';
import { Settings } from '#contract';
import { elsewhere } from './commands.ts';

it('says when people went where the screen does not look for them', () => {
  const settings = Settings.parse({ collectionId: 'staff' });
  const into = { models: 'default', data: '' } as const;
  expect(elsewhere(settings, { ...into, collection: 'staff' })).toEqual([]);
  expect(elsewhere(settings, { ...into, collection: 'Staff' })).toEqual([
    'The screen recognises the collection staff (settings), not Staff.',
  ]);
});
