import { LintelError } from '#contract';
import { CAMERA_WORDS, createCameraWatch, readFake } from '../camera/index.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** The cameras that are connected, and whether they belong here. */
export async function listCameras(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const state = await createCameraWatch({ store }).state();
    const { findings, cameras, trusted } = state;
    const lines = [
      ...(cameras ?? []).map(({ name, vendor, product, serial, path, isVirtual }) =>
        [
          name,
          `${vendor ?? '-'}:${product ?? '-'}`,
          serial ?? '-',
          path,
          isVirtual ? 'VIRTUAL' : 'device',
        ].join('\t'),
      ),
      ...(cameras === null ? ['This system cannot tell.'] : []),
      trusted === null ? 'No camera was connected yet at a start.' : `${trusted.length} belong here.`,
      ...findings.map((code) => `${code}: ${CAMERA_WORDS[code]}`),
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
