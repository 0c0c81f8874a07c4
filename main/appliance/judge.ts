import { samePersonOf } from '#core/liveness';
import { CLEAR_MARGIN, MARGIN, STILLS_CAUTION, type Policy } from '#core/matching';
import type { AskServer, Judge } from '../session/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import type { Serving } from './models.ts';
import { orIfGone } from './own-collection.ts';

/** By which rates people are recognised, as it is set. */
export const policyOf = ({ current }: SettingsStore): Policy => ({
  falsePositiveRate: current.falsePositiveRate,
  margin: MARGIN,
});

/** The same of a station without a screen, which decides on stills alone: stricter in both. */
export const stationPolicyOf = ({ current }: SettingsStore): Policy => ({
  falsePositiveRate: current.falsePositiveRate / STILLS_CAUTION,
  margin: CLEAR_MARGIN,
});

/** What a visit is judged with: the model that serves, and the collection that is set. */
export function judgeOf(
  { recognizer, gallery, calibration }: Serving,
  settings: SettingsStore,
  askServer: AskServer,
  policy: typeof policyOf = policyOf,
): Judge {
  return {
    recognizer,
    people: {
      count: () => orIfGone(gallery.count(settings.current.collectionId), 0),
      identify: (template) =>
        orIfGone(gallery.recognise(settings.current.collectionId, template, policy(settings)), {
          kind: 'unknown',
        }),
      hasClearLead: async (template) => {
        const clear = { ...policy(settings), margin: CLEAR_MARGIN };
        const { collectionId } = settings.current;
        const found = await orIfGone(gallery.recognise(collectionId, template, clear), null);
        return found?.kind === 'known';
      },
    },
    samePerson: samePersonOf(calibration),
    calibration,
    falsePositiveRate: settings.current.falsePositiveRate,
    askServer,
  };
}
