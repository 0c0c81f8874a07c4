import { expect, it } from 'vitest';
import { crash } from '../../scripts/server/crash.ts';
import { newInstallation } from '../support/appliance.ts';
import { portraits, startServer } from '../support/server.ts';

it('loses no acknowledged index when it is killed, and does none twice', async () => {
  const installation = await newInstallation();
  const report = await crash({
    ...installation,
    rounds: 2,
    seed: 1,
    image: (await portraits()).robin,
    start: () => startServer(installation),
  });
  await installation.remove();
  expect(report).toMatchObject({ lost: 0, doubled: 0 });
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(report.repeated).toBeGreaterThan(0);
});
