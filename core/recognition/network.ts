import { InferenceSession, Tensor } from 'onnxruntime-node';
import { LintelError } from '#contract/errors';
import { giveBack } from './give-back.ts';
import { readWeights, type NetworkFile } from './weights.ts';

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
   * @param weightsDir folder that set-up fills
   * @throws LintelError `model-missing` or `model-corrupt`, naming the file
   */
  static async load(weightsDir: string, { file, shape }: NetworkFile): Promise<Network> {
    const { bytes } = await readWeights(weightsDir, file);
    return await Network.from(bytes, shape).catch((error: unknown) => {
      throw new LintelError('model-corrupt', file, { cause: error });
    });
  }

  /** @throws what the runtime throws for bytes that it does not take */
  static async from(bytes: Uint8Array, shape: readonly number[]): Promise<Network> {
    const session = await InferenceSession.create(bytes, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return new Network(session, shape);
  }

  /** What it takes: the length of each dimension, or a name where any length is taken. */
  get inputs(): { type: string; shape: readonly (number | string)[] }[] {
    return this.#session.inputMetadata.map((one) =>
      one.isTensor ? { type: one.type, shape: one.shape } : { type: 'none', shape: [] },
    );
  }

  get outputs(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * The named outputs, flat. Blocks this thread while it computes.
   * @param input its memory is given back
   */
  async run<Name extends string>(
    input: Float32Array,
    ...outputs: readonly Name[]
  ): Promise<Record<Name, Float32Array>> {
    const [name = ''] = this.#session.inputNames;
    const results = await this.#session.run({ [name]: new Tensor('float32', input, this.#shape) });
    giveBack(input);
    return Object.fromEntries(
      outputs.map((output) => [output, results[output]?.data as Float32Array]),
    ) as Record<Name, Float32Array>;
  }
}
