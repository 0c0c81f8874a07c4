import { expect, it } from 'vitest';
import { fuzz } from '../../scripts/server/fuzz.ts';
import { newServer, portraits } from '../support/server.ts';

it('answers whatever it is sent as documented, and never with 500', async () => {
  const server = await newServer();
  await server.client.createCollection({ collectionId: 'fuzz' });
  const { robin, sasha } = await portraits();
  const images = [robin, sasha].map((image) => Buffer.from(image, 'base64'));
  const report = await fuzz(server, { requests: 150, seed: 1, images });
  await server.remove();
  expect(report.unexpected).toEqual([]);
  expect(Object.keys(report.statuses)).toEqual(expect.arrayContaining(['200', '400', '401', '404']));
});
