import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDataFolder } from '#core/store';
import { lintel, mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { readAuditLog } from '../support/audit-log.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await newInstallation();
});
afterAll(() => installation.remove());

const set = (name: string, value: string) => lintel(installation, 'settings', 'set', name, value);
const shown = async (): Promise<Record<string, unknown>> =>
  (await lintel(installation, 'settings', 'show')).answer;

describe('settings', () => {
  it('are shown, and changed by a word, a number, or JSON', async () => {
    await set('sound', 'true');
    expect(await shown()).toMatchObject({ collectionId: 'default', keepImages: 'until-synced', night: null });
    expect(await set('collectionId', 'staff')).toMatchObject({
      status: 0,
      answer: { collectionId: 'staff' },
    });
    await set('keepImages', '30');
    await set('night', '{"from":"22:00","to":"06:00"}');
    await set('notice', 'true');
    expect(await shown()).toMatchObject({
      collectionId: 'staff',
      keepImages: 30,
      night: { from: '22:00', to: '06:00' },
      notice: true,
    });
    // A text, though it would be a number as JSON.
    await set('cameraLabel', '1042');
    expect(await shown()).toMatchObject({ cameraLabel: '1042' });
    await set('cameraLabel', 'null');
    expect(await shown()).toMatchObject({ cameraLabel: null });
    const { entries } = await readAuditLog(installation.data, installation.keyFile);
    expect(entries).toContainEqual([
      'command-line',
      { kind: 'settings-changed', changes: { keepImages: 30 } },
    ]);
  });

  it('that there are not, or may not be, are refused, and none is changed', async () => {
    const before = await shown();
    for (const [name, value] of [
      ['keepPictures', '30'],
      ['keepEventDays', 'soon'],
      ['__proto__', '1'],
      ['night', '{"from":"22:00","to":"22:00"}'],
    ] as const) {
      expect(await set(name, value)).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    }
    expect(await shown()).toEqual(before);
  });

  it('that a door does not permit are refused', async () => {
    const file = join(installation.data, '..', 'door.json');
    await writeFile(
      file,
      JSON.stringify({
        doorId: 'front',
        actuator: { kind: 'command', open: ['/bin/true'], close: ['/bin/true'] },
      }),
    );
    await mustRun(installation, 'door', 'set', file);
    expect(await set('assurance', 'presence')).toMatchObject({
      status: 2,
      answer: { error: { code: 'assurance-opens-no-door' } },
    });
    expect(await shown()).toMatchObject({ assurance: 'steps' });
    await mustRun(installation, 'door', 'remove');
    expect(await set('assurance', 'presence')).toMatchObject({ status: 0 });
  });

  it('are not changed beside an appliance, which has them in memory', async () => {
    const claim = await claimDataFolder(installation.data);
    expect(await set('sound', 'false')).toMatchObject({
      status: 2,
      answer: { error: { code: 'already-running' } },
    });
    claim.release();
  });
});
