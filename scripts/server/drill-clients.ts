import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, createClient, type CallOptions, type Client } from '../../client/index.ts';
import type { Restartable } from './indexing.ts';
import type { Ledger } from './drill-ledger.ts';

/** Where each client enrols people of its own, and where all find or enrol the same few. */
export const OWN = 'own';
export const SHARED = 'shared';

const CLIENTS = 4;
/** Of a client, at once: more are deleted before another is enrolled, so that looking at all of them stays cheap. */
const MOST_FACES = 8;

export interface DrillOptions {
  readonly servers: readonly Restartable[];
  /** Base 64, each of another person. */
  readonly pictures: readonly string[];
  readonly random: () => number;
  readonly ledger: Ledger;
}

/** How long calls waited that something cut off, in milliseconds, and why they were sent again, by code. */
export interface Repetitions {
  readonly waits: number[];
  readonly codes: Record<string, number>;
}

/**
 * Clients that enrol, find or enrol, edit and delete over HTTP, each one call after the other. What gets no answer, or that
 * a server could not do, is sent again to another, with its idempotency key, until it is answered.
 */
export class DrillClients {
  readonly #options: DrillOptions;
  readonly repetitions: Repetitions = { waits: [], codes: {} };
  #calls = 0;

  constructor(options: DrillOptions) {
    this.#options = options;
  }

  /** Works until the signal, and then to the end of the calls under way. */
  async work(signal: AbortSignal): Promise<void> {
    const client = async (number: number): Promise<void> => {
      while (!signal.aborted) await this.#one(number);
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  }

  async #one(number: number): Promise<void> {
    const { ledger, pictures, random } = this.#options;
    const dice = random();
    const faceId = ledger.pick(number, random);
    const bytes = pictures[Math.floor(random() * pictures.length)]!;
    if (dice < 0.2) return await this.#findOrEnrol(bytes);
    const isFull = ledger.countOf(number) >= MOST_FACES;
    if (faceId === null || (dice < 0.5 && !isFull)) {
      const image = { bytes };
      const answer = await this.#call('indexFace', { collectionId: OWN, image });
      ledger.enrolled(number, answer.faceId ?? '', OWN);
    } else if (dice < 0.8 && !isFull) {
      const externalKey = `key-${this.#calls}`;
      await this.#call('setExternalKey', { collectionId: OWN, faceId, externalKey });
      ledger.named(faceId, externalKey);
    } else await this.#delete(OWN, faceId);
  }

  async #findOrEnrol(bytes: string): Promise<void> {
    const { ledger, random } = this.#options;
    const asked = { collectionId: SHARED, image: { bytes }, faceMatchThreshold: 80 };
    const { faceId, resultSource } = await this.#call('searchOrIndexFace', asked);
    if (resultSource === 'Index') ledger.enrolled(null, faceId ?? '', SHARED);
    else ledger.found(faceId ?? '');
    // Only of somebody whose enrolment was answered: else that call, sent again, would find its face deleted.
    if (faceId !== null && ledger.has(faceId) && random() < 0.4) await this.#delete(SHARED, faceId);
  }

  async #delete(collectionId: string, faceId: string): Promise<void> {
    const { ledger } = this.#options;
    try {
      await this.#call('deleteFace', { collectionId, faceId });
    } catch (error) {
      // Done by a call that was cut off, or by another client.
      if (!(error instanceof ApiError) || error.code !== 'face-not-found') throw error;
    }
    ledger.deleted(faceId);
  }

  async #call<Name extends keyof Client>(
    name: Name,
    input: Parameters<Client[Name]>[0],
  ): Promise<Awaited<ReturnType<Client[Name]>>> {
    const { servers, random } = this.#options;
    const options = { idempotencyKey: `call-${this.#calls++}` };
    let cutOffAt: number | null = null;
    for (let at = random() < 0.5 ? 0 : 1; ; at++) {
      const { origin, apiKey } = servers[at % servers.length]!;
      const call = createClient({ origin, apiKey })[name] as (
        input: object,
        options: CallOptions,
      ) => Promise<Awaited<ReturnType<Client[Name]>>>;
      try {
        const answer = await call(input, options);
        if (cutOffAt !== null) this.repetitions.waits.push(performance.now() - cutOffAt);
        return answer;
      } catch (error) {
        if (error instanceof ApiError && error.status < 500) throw error;
        cutOffAt ??= performance.now();
        const code = error instanceof ApiError ? (error.code ?? String(error.status)) : (error as Error).name;
        this.repetitions.codes[code] = (this.repetitions.codes[code] ?? 0) + 1;
        await sleep(50);
      }
    }
  }
}
