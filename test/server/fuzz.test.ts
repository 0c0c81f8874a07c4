import { afterAll, beforeAll, expect, it } from 'vitest';
import { FUZZ_DIALECTS } from '../../scripts/server/fuzz-dialects.ts';
import { fuzz } from '../../scripts/server/fuzz.ts';
import { mustRun } from '../support/appliance.ts';
import { openServer, portraits, type Server } from '../support/server.ts';

let server: Server;
let images: Buffer[];
beforeAll(async () => {
  server = await openServer();
  await server.client.createCollection({ collectionId: 'fuzz' });
  await mustRun(server.installation, 'account', 'descriptors', server.accountId, 'on');
  const { robin, sasha } = await portraits();
  images = [robin, sasha].map((image) => Buffer.from(image, 'base64'));
});
afterAll(() => server.remove());

const DIALECTS = Object.keys(FUZZ_DIALECTS) as (keyof typeof FUZZ_DIALECTS)[];

it.each([undefined, ...DIALECTS])(
  'answers whatever it is sent as documented, and never with 500: %s',
  async (dialect) => {
    const report = await fuzz(server, { requests: 150, seed: 1, images, ...(dialect && { dialect }) });
    expect(report.unexpected).toEqual([]);
    expect(Object.keys(report.statuses)).toEqual(expect.arrayContaining(['200', '400', '401']));
  },
);
