import { join } from 'node:path';
import { LintelError, type QuarterTurn } from '#contract';
import type { Recognizer } from '#core/recognition';
import { claimDataFolder } from '#core/store';
import { findTurn, takeStill } from '../camera/index.ts';
import { openSettings } from '../settings/index.ts';
import { withEngine, type Answer, type StoreOptions } from './commands.ts';
import { readPictures } from './pictures.ts';
import { requireStore } from './store-access.ts';

interface TurnOptions extends StoreOptions {
  /** Which device takes the pictures; by default the first. */
  readonly camera?: string;
  readonly degrees?: QuarterTurn;
  readonly dryRun?: boolean;
}

/** Pictures that a camera takes until somebody stands before it: some two seconds each. */
const MOST_STILLS = 15;

/**
 * Stores how the camera hangs (setting `cameraTurn`), as the page of settings does: by pictures of somebody who stands upright before
 * it, or as `--degrees` says. Not beside an appliance that runs, which has its settings in memory, and the camera.
 * @param images pictures of that camera in place of new ones
 * @param onProgress called with a line of text
 * @param take takes one picture of a camera
 * @throws LintelError `already-running`, `no-face` where no picture has a good face whichever way it is turned, `usage` also where two
 *   pictures disagree, `image-*`, `camera-unavailable`
 */
export async function turnCamera(
  images: readonly string[],
  { camera, degrees, dryRun, ...options }: TurnOptions,
  onProgress: (line: string) => void,
  take: typeof takeStill = takeStill,
): Promise<Answer> {
  const ways = [images.length > 0 || undefined, camera, degrees].filter((each) => each !== undefined);
  if (ways.length > 1) throw new LintelError('usage', 'Name pictures, a camera or degrees.');
  const making = { ...options, makesStore: dryRun !== true };
  await requireStore(making);
  const claim = await claimDataFolder(options.data);
  try {
    return await withEngine(making, async (engine) => {
      const turn =
        degrees ??
        (await engine.serve(({ recognizer }) =>
          images.length > 0
            ? turnOfAll(recognizer, images)
            : turnOfCamera(recognizer, () => take(camera), onProgress),
        ));
      const settings = await openSettings(join(options.data, 'settings.json'));
      const { cameraTurn: before } = settings.current;
      const isChanged = turn !== before && dryRun !== true;
      if (isChanged) {
        await settings.update({ cameraTurn: turn });
        await engine.store.audit.append({ kind: 'settings-changed', changes: { cameraTurn: turn } });
      }
      const found =
        turn === 0 ? 'People stand upright in its pictures.' : `Its pictures have to be turned by ${turn}°.`;
      return {
        json: { cameraTurn: turn, before, changed: isChanged },
        text: `${found} ${isChanged ? `Stored; it was ${before}°.` : 'Nothing was changed.'}`,
      };
    });
  } finally {
    claim.release();
  }
}

const NOBODY = 'Stand upright before the camera, in good light.';

/** Pictures as they were taken: what the settings say of the camera is what is looked for. */
async function turnOfCamera(
  recognizer: Pick<Recognizer, 'analyse'>,
  take: () => Promise<Uint8Array>,
  onProgress: (line: string) => void,
): Promise<QuarterTurn> {
  for (let i = 1; i <= MOST_STILLS; i++) {
    const turn = await findTurn(recognizer, await take());
    if (turn !== null) return turn;
    onProgress(`${i} of ${MOST_STILLS} pictures show nobody well enough`);
  }
  throw new LintelError('no-face', NOBODY);
}

async function turnOfAll(
  recognizer: Pick<Recognizer, 'analyse'>,
  images: readonly string[],
): Promise<QuarterTurn> {
  const turns = new Set<QuarterTurn>();
  for (const { bytes } of await readPictures(images)) {
    const turn = await findTurn(recognizer, bytes);
    if (turn !== null) turns.add(turn);
  }
  const [turn, ...others] = turns;
  if (turn === undefined) throw new LintelError('no-face', NOBODY);
  if (others.length > 0) throw new LintelError('usage', 'The pictures are turned differently.');
  return turn;
}
