import { LintelError } from '#contract';
import { dropMetrics, keepMetrics } from '../metrics/index.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** Serve metrics from the next start on. @throws LintelError `usage` */
export async function metricsOn(options: InStore & { port: string }): Promise<Answer> {
  const port = Number(options.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new LintelError('usage', 'A port is a number from 1 to 65535.');
  }
  const token = await withStore({ ...options, makesStore: true }, (store) => keepMetrics(store, port));
  return {
    json: { url: `http://127.0.0.1:${port}/metrics`, token },
    text: `http://127.0.0.1:${port}/metrics from the next start on. Its bearer token, shown only now: ${token}`,
  };
}

/** Serve none from the next start on. */
export async function metricsOff(options: InStore): Promise<Answer> {
  await withStore(options, dropMetrics);
  return { json: { url: null }, text: 'No metrics from the next start on.' };
}
