import { LintelError } from '#contract';
import { Gallery } from '#core/gallery';
import type { Calibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import { LOCAL_ACCOUNT, type Store } from '#core/store';
import { readOwnCalibration } from './own-calibration.ts';

/** Networks and what their similarities mean: enough for questions that need no store. */
export interface Recognition {
  readonly recognizer: Recognizer;
  readonly calibration: Calibration;
  close(): Promise<void>;
}

/** One embedding model with the gallery of its templates. */
export interface Serving extends Recognition {
  readonly gallery: Gallery;
}

/** Opens the model of an id, or with null the one that this installation is set to. @throws `model-missing` */
export type OpenModel = (modelId: string | null) => Promise<Recognition>;

/** Runs `work` with the model that serves now, and again if another process switched the model meanwhile. */
export type Serve = <T>(work: (serving: Serving) => Promise<T>) => Promise<T>;

/** How often work is begun with another model before its caller has to try again. */
const ATTEMPTS = 3;

interface Held {
  readonly opened: Promise<Serving>;
  users: number;
}

/** The models in use: the one that serves, as the store says, and the one that is set, which serves sooner or later. */
export class Models {
  readonly #store: Store;
  readonly #open: OpenModel;
  readonly #set: Serving;
  readonly #held = new Map<string, Held>();

  private constructor(store: Store, open: OpenModel, set: Serving) {
    this.#store = store;
    this.#open = open;
    this.#set = set;
    this.#hold(set.recognizer.modelId, Promise.resolve(set));
  }

  /** The store stays the caller's. */
  static async open(store: Store, open: OpenModel): Promise<Models> {
    return new Models(store, open, await withGallery(store, await open(null)));
  }

  /** The model that this installation is set to. */
  get set(): Serving {
    return this.#set;
  }

  /** Whether a call uses a model at this moment. */
  get isServing(): boolean {
    return this.#held.values().some(({ users }) => users > 0);
  }

  readonly serve: Serve = async (work) => {
    for (let attempt = 1; ; attempt++) {
      const modelId = (await this.#store.servingModel(LOCAL_ACCOUNT)) ?? this.#setId;
      const held = this.#held.get(modelId) ?? this.#hold(modelId, this.#openServing(modelId));
      held.users += 1;
      try {
        return await work(await held.opened);
      } catch (error) {
        const isSwitched = error instanceof LintelError && error.code === 'model-switched';
        if (!isSwitched || attempt === ATTEMPTS) throw error;
      } finally {
        held.users -= 1;
        await this.#letGoExcept(modelId);
      }
    }
  };

  async close(): Promise<void> {
    for (const modelId of this.#held.keys()) await this.#close(modelId);
  }

  get #setId(): string {
    return this.#set.recognizer.modelId;
  }

  #hold(modelId: string, opened: Promise<Serving>): Held {
    const held = { opened, users: 0 };
    this.#held.set(modelId, held);
    // What could not be opened is tried again the next time.
    opened.catch(() => this.#held.delete(modelId));
    return held;
  }

  async #openServing(modelId: string): Promise<Serving> {
    return await withGallery(this.#store, await this.#open(modelId));
  }

  /** Networks take about 100 MB per thread: those that served before are closed as soon as no call uses them. */
  async #letGoExcept(serving: string): Promise<void> {
    for (const [modelId, { users }] of this.#held) {
      if (users === 0 && modelId !== serving && modelId !== this.#setId) await this.#close(modelId);
    }
  }

  async #close(modelId: string): Promise<void> {
    const held = this.#held.get(modelId);
    this.#held.delete(modelId);
    await held?.opened.then(
      (serving) => serving.close(),
      () => undefined,
    );
  }
}

async function withGallery(store: Store, recognition: Recognition): Promise<Serving> {
  const { modelId, dimension } = recognition.recognizer;
  const calibration = (await readOwnCalibration(store, modelId)) ?? recognition.calibration;
  const gallery = await Gallery.open({ store, modelId, dimension, calibration });
  return { ...recognition, calibration, gallery };
}
