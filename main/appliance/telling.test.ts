import { join } from 'node:path';
import { expect, it } from 'vitest';
import { appliancePerTest } from '../../test/support/appliance-per-test.ts';
import { lintel } from '../../test/support/appliance.ts';

const at = appliancePerTest();
const place = () => ({ data: at.dataDir, keyFile: join(at.root, 'key'), remove: async () => undefined });

it('says from the start that somebody who is told of events is not reached, before anything happens', async () => {
  expect(await at.ask('appliance.status', {})).toMatchObject({ isTellingFailing: false });
  await at.close();
  const added = await lintel(place(), 'webhook', 'add', 'http://127.0.0.1:1/', '--allow-private');
  expect(added).toMatchObject({ status: 0, answer: { problem: 'it refuses the connection' } });
  await at.open();
  const told = ['appliance.status-changed', expect.objectContaining({ isTellingFailing: true })];
  await expect.poll(() => at.events, { interval: 20 }).toContainEqual(told);
  expect(await at.ask('appliance.status', {})).toMatchObject({ isTellingFailing: true });
});
