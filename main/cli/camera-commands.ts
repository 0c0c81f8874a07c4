import { LintelError } from '#contract';
import { CAMERA_WORDS, createCameraWatch, readFake } from '../camera/index.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** The cameras that are connected, and whether they belong here. */
export async function listCameras(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const state = await createCameraWatch({ store }).state();
    const { findings, cameras, trusted } = state;
    const lines = [
      table(
        ['Camera', 'Vendor', 'Product', 'Serial number', 'Socket', 'Kind'],
        (cameras ?? []).map(({ name, vendor, product, serial, path, isVirtual }) => [
          name,
          vendor,
          product,
          serial,
          path,
          isVirtual ? 'VIRTUAL' : 'device',
        ]),
        cameras === null ? 'This system cannot tell which cameras are connected.' : 'No camera is connected.',
      ),
      trusted === null ? 'No camera was connected yet at a start.' : `${trusted.length} belong here.`,
      ...findings.map((code) => `${code}: ${CAMERA_WORDS[code]}`),
      ...(findings.includes('camera-changed') ? ['If it belongs here: lintel camera confirm'] : []),
    ];
    return { json: { ...state, isFakeAllowed: await readFake(store) }, text: lines.join('\n') };
  });
}

/** The cameras connected now belong here, also while the appliance runs. @throws LintelError `camera-unavailable` */
export async function confirmCameras(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const watch = createCameraWatch({ store });
    await watch.confirm(store);
    const { trusted } = await watch.state();
    if (trusted === null) throw new LintelError('internal');
    return {
      json: { trusted },
      text: `${trusted.map(({ name, path }) => `${name} at ${path}`).join(', ')}: confirmed.`,
    };
  });
}
