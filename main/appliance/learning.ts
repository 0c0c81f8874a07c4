import { referenceOf } from '#core/enrolment';
import type { Log } from '../process/index.ts';
import type { Picture } from '#core/liveness';
import { Turns } from '#core/serial';
import { mayEnrol } from '../sync/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import type { Engine } from './engine.ts';
import { policyOf } from './judge.ts';

/** Keeps what visits show of people whose looks changed, in the background: no visitor waits for it. */
export interface Learning {
  /** Begins to learn from a picture of the person that a live visit granted, where the settings allow it. Never throws. */
  learn(faceId: string, picture: Picture): void;
  /** Resolves when all learning that was begun has ended. */
  close(): Promise<void>;
}

/** A failure goes to the log only: nothing waits for it, and later visits teach again. */
export function createLearning(engine: Engine, settings: SettingsStore, log: Log): Learning {
  const { serve, setModel, store } = engine;
  // One at a time: two visits of one person must not both count as the first of the day.
  const turns = new Turns();

  async function keep(faceId: string, picture: Picture): Promise<void> {
    const { collectionId, keepImages } = settings.current;
    // The server would refuse the learned reference, and then undo it here.
    if (!(await mayEnrol(store))) return;
    const { modelId, analysis } = picture;
    const seen = { modelId, template: analysis.face.template };
    const kept = await serve(({ gallery, ...serving }) =>
      gallery.learn(collectionId, faceId, seen, policyOf(settings), () =>
        referenceOf({ ...serving, setModel, keepImages }, picture, 'as-set'),
      ),
    );
    if (kept) log.info('learned from a visit');
  }

  return {
    learn: (faceId, picture) => {
      if (!settings.current.learnFromVisits) return;
      void turns
        .take('learn', () => keep(faceId, picture))
        .catch((error: unknown) => log.error({ err: error }, 'learned nothing from a visit'));
    },
    close: () => turns.take('learn', async () => undefined),
  };
}
