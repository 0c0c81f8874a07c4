import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { LintelError } from '#contract';

// From 1.29 on, ONNX Runtime's own builds report to their maker and keep a device id in the user's cache folder, unless
// told not to before the first session. The main thread has to say it: a worker's process.env is a copy.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

/** One loaded neural network with a single input of fixed shape. */
export class Network {
  readonly #session: InferenceSession;
  readonly #shape: readonly number[];

  private constructor(session: InferenceSession, shape: readonly number[]) {
    this.#session = session;
    this.#shape = shape;
  }

  /**
   * @param shape of the input
   * @throws LintelError `model-missing` or `model-corrupt`, naming the file
   */
  static async load(path: string, shape: readonly number[]): Promise<Network> {
    await requireWeights(path);
    try {
      const session = await InferenceSession.create(path, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      return new Network(session, shape);
    } catch (error) {
      throw new LintelError('model-corrupt', basename(path), { cause: error });
    }
  }

  /** The named outputs, flat. Blocks this thread while it computes. */
  async run<Name extends string>(
    input: Float32Array,
    ...outputs: readonly Name[]
  ): Promise<Record<Name, Float32Array>> {
    const [name = ''] = this.#session.inputNames;
    const results = await this.#session.run({ [name]: new Tensor('float32', input, this.#shape) });
    return Object.fromEntries(
      outputs.map((output) => [output, results[output]?.data as Float32Array]),
    ) as Record<Name, Float32Array>;
  }
}

/** @throws LintelError `model-missing` naming the file */
export async function requireWeights(path: string): Promise<void> {
  await access(path).catch(() => {
    throw new LintelError('model-missing', basename(path));
  });
}
