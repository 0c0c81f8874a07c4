import type { Log } from './log.ts';

/** Something to be done again and again, and what the log says then. */
interface Task {
  /** Until the first run. */
  readonly firstMs: number;
  /** Between the beginnings of two others, counted from the start. */
  readonly everyMs: number;
  /** By default always; it is looked at before each run. */
  readonly when?: () => boolean;
  /** @returns what is worth logging */
  readonly work: () => Promise<object>;
  readonly done: string;
  readonly failed: string;
}

/** Runs one after the other; what fails is logged and tried again at the next. @returns ends it, after the run at hand */
export function startPeriodic(
  { firstMs, everyMs, when = () => true, work, done, failed }: Task,
  log: Log,
): () => Promise<void> {
  let running = Promise.resolve();
  const run = (): void => {
    if (!when()) return;
    running = running.then(work).then(
      (result) => log.info(result, done),
      (error: unknown) => log.error({ err: error }, failed),
    );
  };
  const first = setTimeout(run, firstMs).unref();
  const next = setInterval(run, everyMs).unref();
  return async () => {
    clearTimeout(first);
    clearInterval(next);
    await running;
  };
}
