import type { FastifyInstance } from 'fastify';

const EVERY_MS = 60_000;

/**
 * Counts refusals by name and records the counts in the audit log. Once a minute at most: a client that guesses keys or
 * codes must not fill the audit log, nor make the server wait for the disk.
 * @param none a count of 0 for each name
 * @param record writes the counts into the audit log
 * @returns counts one refusal
 */
export function countRefusals<Name extends string>(
  app: FastifyInstance,
  none: Readonly<Record<Name, number>>,
  record: (counts: Record<Name, number>) => Promise<void>,
): (name: Name) => void {
  let counts: Record<Name, number> = { ...none };
  let isEmpty = true;
  const flush = async (): Promise<void> => {
    if (isEmpty) return;
    const counted = counts;
    counts = { ...none };
    isEmpty = true;
    await record(counted);
  };
  const timer = setInterval(() => {
    flush().catch((error: unknown) => app.log.error({ err: error }, 'refusals are not in the audit log'));
  }, EVERY_MS).unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await flush();
  });
  return (name) => {
    counts[name]++;
    isEmpty = false;
  };
}
