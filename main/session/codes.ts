import type { Decision } from '#contract';
import type { AccessCodes } from '#core/gallery';
import type { AttemptGuard } from './attempt-guard.ts';

/**
 * Decides on an access code given instead of a face.
 * @throws LintelError `kiosk-paused`, `kiosk-locked`
 */
export type DecideCode = (collectionId: string, code: string) => Promise<Decision>;

export function createCodeDesk({ personOf }: Pick<AccessCodes, 'personOf'>, guard: AttemptGuard): DecideCode {
  return (collectionId, code) =>
    guard.attempt('code', async () => {
      const face = await personOf(collectionId, code);
      const person = face && { faceId: face.faceId, name: face.metadata.name ?? null };
      const decision: Decision = {
        outcome: person ? 'granted' : 'denied',
        reasons: [person ? 'code' : 'code-wrong'],
        hints: [],
        person,
      };
      return await guard.settleCode(decision);
    });
}
