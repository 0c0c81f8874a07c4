import type { DoorReading } from '#contract';

/**
 * What opens and shuts one door. Each call ends within its own limit and rejects where the door did not do it, or, by an
 * {@link UnansweredError}, where nobody knows; what it throws says nothing of secrets.
 */
export interface Actuator {
  /**
   * Opens. Where the device can, it shuts by itself after `ms`, or once it hears no more of Lintel.
   * @param ms length of the pulse
   * @param onLost told if it was open, as far as is known, and what holds it open here fails before it is shut
   */
  readonly open: (ms: number, onLost?: (error: UnansweredError) => void) => Promise<void>;
  /** Shuts; also what is shut already. */
  readonly close: () => Promise<void>;
  /** Where the device shuts unless it is told again and again that Lintel lives. */
  readonly refresh?: { readonly everyMs: number; readonly send: () => Promise<void> };
  /** Where there are sensors: reports what they say from now on. @returns ends it */
  readonly watch?: (report: (reading: DoorReading) => void) => () => void;
  /** Lets go of what it holds: connections, programs. */
  readonly end: () => Promise<void>;
}

/** The device was told to do something and did not say what came of it: it may have done it. */
export class UnansweredError extends Error {}

/** Looks at sensors again and again, one look at a time. A look that fails says nothing: what was known stays. */
export function polling(everyMs: number, look: () => Promise<DoorReading>): NonNullable<Actuator['watch']> {
  return (report) => {
    let timer: NodeJS.Timeout | undefined;
    let isEnded = false;
    const run = async (): Promise<void> => {
      const reading = await look().catch(() => null);
      if (isEnded) return;
      if (reading !== null) report(reading);
      timer = setTimeout(() => void run(), everyMs).unref();
    };
    void run();
    return () => {
      isEnded = true;
      clearTimeout(timer);
    };
  };
}

/** Text with the length of the pulse in its places. */
export const withLength = (text: string, ms: number): string =>
  text.replaceAll('{ms}', String(ms)).replaceAll('{s}', String(Math.ceil(ms / 1000)));
