import { expect, it } from 'vitest';
import { Network } from './network.ts';
import { trial } from './trial.ts';

const { obstacle } = Network;
if (obstacle !== null) console.warn(`Synchronisation between two hosts is not tested: ${obstacle}`);

it.skipIf(obstacle !== null)(
  'an appliance and a server on two hosts agree after kills, cuts and bad lines, with each face once',
  async () => {
    const { faces, deleted, killed } = await trial({
      people: 60,
      kills: 6,
      seed: 3,
      slowPeople: 5,
      slowPictureBytes: 5_000,
    });
    expect(faces + deleted).toBe(65);
    expect(killed.server + killed.appliance).toBe(6);
    expect(Math.min(killed.server, killed.appliance)).toBeGreaterThan(0);
  },
);
