import { createClient } from '#client';
import { LintelError, toErrorBody } from '#contract';
import { cutOutFace, type Recognizer } from '#core/recognition';
import type { SqlStore } from '#core/store';
import type { Log } from '../process/index.ts';
import type { AskServer, ServerAnswer } from '../session/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import { membershipOf, searchOnline } from '../sync/index.ts';

/**
 * Least confidence of a match: a false-match rate of 1e-6 per comparison, the least that the Realeyes API names. How
 * many faces such a server compares with, it does not tell; with 1,000 a stranger is mistaken in 1e-3 of visits.
 */
const LEAST_CONFIDENCE = 95;

/**
 * Milliseconds that a visitor waits for the server: a picture of some 50 kB and its answer take about one on a fair
 * line, and a stranger should hear the answer while still standing there.
 */
const WAIT_MS = 3_000;

export interface ServerAsked {
  readonly store: SqlStore;
  readonly settings: SettingsStore;
  readonly log: Log;
  /** Default: {@link WAIT_MS}. */
  readonly waitMs?: number | undefined;
}

/**
 * Asks this appliance's server, if the settings say so and the server speaks the Realeyes API alone: a Lintel server has
 * sent all its faces already.
 * @param recognizer of the model that made the picture's template
 */
export function askServerWith(
  { store, settings, log, waitMs = WAIT_MS }: ServerAsked,
  recognizer: Pick<Recognizer, 'analyse'>,
): AskServer {
  return async ({ image, analysis }) => {
    try {
      const { collectionId, searchOnline: isWanted } = settings.current;
      const membership = isWanted ? await membershipOf(store) : null;
      if (membership?.mode !== 'realeyes') return null;
      const face = await cutOutFace(recognizer, image, analysis.face);
      if (face === null) throw new LintelError('picture-missing');
      const found = await searchOnline({
        store,
        client: createClient({ ...membership, timeoutMilliseconds: waitMs }),
        collectionId,
        image: face,
        faceMatchThreshold: LEAST_CONFIDENCE,
      });
      if (found === null) return without('nobody');
      const { faceId, name, remoteId } = found;
      return { code: 'found', person: { faceId, name }, remoteId };
    } catch (error) {
      if (isLate(error)) return without('timeout');
      const { code } = toErrorBody(error);
      if (code === 'internal') log.error({ err: error }, 'could not search online');
      return without(code);
    }
  };
}

/** What came of a call that its client ended. */
const isLate = (error: unknown): boolean =>
  error instanceof LintelError && error.cause instanceof DOMException && error.cause.name === 'TimeoutError';

const without = (code: ServerAnswer['code']): ServerAnswer => ({ code, person: null, remoteId: null });
