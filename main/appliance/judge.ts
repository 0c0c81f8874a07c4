import { samePersonOf } from '#core/liveness';
import { CLEAR_MARGIN, MARGIN, type Policy } from '#core/matching';
import type { AskServer, Judge } from '../session/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import type { Serving } from './models.ts';
import { orIfGone } from './own-collection.ts';

/** By which rates people are recognised, as it is set. */
export const policyOf = ({ current }: SettingsStore): Policy => ({
  falsePositiveRate: current.falsePositiveRate,
  margin: MARGIN,
});

/** What a visit is judged with: the model that serves, and the collection that is set. */
export function judgeOf(
  { recognizer, gallery, calibration }: Serving,
  settings: SettingsStore,
  askServer: AskServer,
): Judge {
  return {
    recognizer,
    people: {
      count: () => orIfGone(gallery.count(settings.current.collectionId), 0),
      identify: (template) =>
        orIfGone(gallery.recognise(settings.current.collectionId, template, policyOf(settings)), {
          kind: 'unknown',
        }),
      hasClearLead: async (template) => {
        const policy = { ...policyOf(settings), margin: CLEAR_MARGIN };
        const { collectionId } = settings.current;
        const found = await orIfGone(gallery.recognise(collectionId, template, policy), null);
        return found?.kind === 'known';
      },
    },
    samePerson: samePersonOf(calibration),
    calibration,
    askServer,
  };
}
