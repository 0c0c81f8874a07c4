import { afterAll, beforeAll } from 'vitest';
import type { DialectName } from '#contract';
import { landscape, openServer, portraits, type Server } from '../support/server.ts';
import { describeCollections } from './collections/conformance.ts';
import { describeDevices } from './devices/conformance.ts';
import { describeFaceAuth } from './faceauth/conformance.ts';
import { describeFaceAuthPages } from './faceauth/pages.ts';
import { describeFaceSmash } from './facesmash/conformance.ts';
import { describeMatrix } from './matrix.ts';
import type { Place } from './place.ts';
import { describeUqudo } from './uqudo/conformance.ts';

/** The documented APIs beside the first one, all in one server process at the same time. */

let server: Server;
let place: Place;

beforeAll(async () => {
  server = await openServer();
  const encoded = { ...(await portraits()), landscape: await landscape() };
  const pictures = Object.fromEntries(
    Object.entries(encoded).map(([name, base64]) => [name, new Uint8Array(Buffer.from(base64, 'base64'))]),
  ) as Place['pictures'];
  place = { server, pictures };
});
afterAll(() => server.remove());

/** Those of Realeyes, the first, are in files of their own. */
const SUITES: Readonly<Record<Exclude<DialectName, 'realeyes'>, (place: () => Place) => void>> = {
  collections: describeCollections,
  faceauth: describeFaceAuth,
  facesmash: describeFaceSmash,
  uqudo: describeUqudo,
  devices: describeDevices,
};

for (const describeDialect of Object.values(SUITES)) describeDialect(() => place);
describeFaceAuthPages(() => place);
describeMatrix(() => place);
