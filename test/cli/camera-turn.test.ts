import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDataFolder } from '#core/store';
import { turnCamera } from '../../main/cli/camera-turn.ts';
import { lintel } from '../support/appliance.ts';
import { readAuditLog } from '../support/audit-log.ts';
import { landscape } from '../support/server.ts';
import { newPortraitInstallation, type PortraitInstallation } from '../support/portrait-files.ts';

let installation: PortraitInstallation;
beforeAll(async () => {
  installation = await newPortraitInstallation();
});
afterAll(() => installation.remove());

const turn = (...words: string[]) => lintel(installation, 'camera', 'turn', ...words);
const stored = async (): Promise<unknown> =>
  (JSON.parse(await readFile(join(installation.data, 'settings.json'), 'utf8')) as { cameraTurn: number })
    .cameraTurn;
/** What a camera that hangs so takes. */
const taken = async (person: 'robin' | 'sasha', degrees: number): Promise<string> => {
  const file = installation.file(`taken-${person}-${degrees}.jpg`);
  const upright = sharp(await readFile(person === 'robin' ? installation.robin[0] : installation.sasha));
  await writeFile(file, await upright.rotate(degrees).jpeg({ quality: 95 }).toBuffer());
  return file;
};
const nobodyIn = async (name: string): Promise<string> => {
  await writeFile(installation.file(name), Buffer.from(await landscape(), 'base64'));
  return installation.file(name);
};

describe('camera turn', () => {
  it('stores by how much pictures are turned to be upright, as found by a face, if they agree', async () => {
    const [tilted, another] = [await taken('robin', 90), await taken('sasha', 90)];
    expect(await turn(tilted, another)).toMatchObject({
      status: 0,
      answer: { cameraTurn: 270, before: 0, changed: true },
    });
    expect(await stored()).toBe(270);
    const { entries } = await readAuditLog(installation.data, installation.keyFile);
    const changed = { kind: 'settings-changed', changes: { cameraTurn: 270 } };
    expect(entries.at(-1)).toEqual(['command-line', changed]);
    const disagreeing = await turn(tilted, await taken('sasha', 0));
    expect(disagreeing).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    expect(await stored()).toBe(270);
  });

  it('stores what is said, and not beside an appliance that has the settings in its memory', async () => {
    expect(await turn('--degrees', '90')).toMatchObject({ status: 0, answer: { cameraTurn: 90 } });
    expect(await stored()).toBe(90);
    expect((await turn('--degrees', '45')).status).toBe(2);
    expect((await turn('--degrees', '90', installation.sasha)).status).toBe(2);
    const claim = await claimDataFolder(installation.data);
    expect(await turn('--degrees', '0')).toMatchObject({
      status: 2,
      answer: { error: { code: 'already-running' } },
    });
    claim.release();
  });

  it('takes pictures of the camera until one shows somebody upright', async () => {
    const { data, keyFile } = installation;
    // The second head is tilted by 45 degrees: nobody can tell which way is up.
    const stills = [await nobodyIn('still.jpg'), installation.robin[1], await taken('sasha', 180)];
    const told: string[] = [];
    const look = (dryRun: boolean) =>
      turnCamera(
        [],
        { data, keyFile, models: 'default', dryRun },
        (line) => told.push(line),
        async () => new Uint8Array(await readFile(stills.shift()!)),
      );
    expect((await look(true)).json).toEqual({ cameraTurn: 180, before: 90, changed: false });
    expect([told.length, stills.length]).toEqual([2, 0]);
    expect(await stored()).toBe(90);
  });
});
