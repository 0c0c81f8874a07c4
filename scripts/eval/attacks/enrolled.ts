import { LintelError, Settings } from '#contract';
import { decideIdentity, MARGIN, similarity, type Calibration } from '#core/matching';
import type { Recognizer, Template } from '#core/recognition';
import type { People } from '../../../main/session/decide-visit.ts';
import type { Cast } from './subjects.ts';

/** What a kiosk allows unless it is set otherwise. */
const POLICY = { falsePositiveRate: Settings.parse({}).falsePositiveRate, margin: MARGIN };

/**
 * The subjects, enrolled under the names of their photographs with the very picture that their attacks are made from:
 * the best that an attacker can have.
 */
export async function enrol(recognizer: Recognizer, calibration: Calibration, cast: Cast): Promise<People> {
  const references: { faceId: string; template: Template }[] = [];
  for (const photograph of cast.photographs) {
    const { face } = await recognizer.analyse(await cast.picture(photograph));
    if (face === null) throw new LintelError('no-face');
    references.push({ faceId: photograph, template: face.template });
  }
  return {
    count: async () => references.length,
    async identify(template) {
      const candidates = references
        .map((reference) => ({
          faceId: reference.faceId,
          similarity: similarity(template, reference.template),
        }))
        .toSorted((a, b) => b.similarity - a.similarity);
      const identity = decideIdentity(candidates, references.length, calibration, POLICY);
      return identity.kind === 'known'
        ? { kind: 'known', person: { faceId: identity.person.faceId, name: null } }
        : identity;
    },
  };
}
