import { openRecognition, type OpenModel, type Recognition } from '../../main/appliance/index.ts';
import { MODELS_DIR } from './appliance-on.ts';

let opened: Promise<Recognition> | null = null;

/**
 * The default networks, opened once in this process: to start their thread and warm it up takes longer than a visit. They
 * stay open until the process ends.
 */
export function networks(): Promise<Recognition> {
  opened ??= open();
  return opened;
}

/** Has the appliances of this process share {@link networks}. */
export const sharedModel: OpenModel = async () => ({ ...(await networks()), close: async () => undefined });

async function open(): Promise<Recognition> {
  const recognition = await openRecognition({ modelsDir: MODELS_DIR, workers: 1 });
  // A process that ends while a thread loads its networks is aborted: wait for the first answer.
  await recognition.recognizer.analyse(new Uint8Array()).catch(() => undefined);
  return recognition;
}
