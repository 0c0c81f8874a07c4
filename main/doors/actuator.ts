import type { DoorReading } from '#contract';

/** Hears the sensors of a door. */
export interface SensorListener {
  /** What they say. */
  readonly read: (reading: DoorReading) => void;
  /** A person asks to leave: of sensors that send word of it, rather than being looked at. */
  readonly pressed: () => void;
  /** Whether all of them answer; again and again while they do, and once when they have not for a while. */
  readonly answering: (doThey: boolean) => void;
}

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
  /** Where there are sensors: tells of them from now on. @returns ends it */
  readonly watch?: (listener: SensorListener) => () => void;
  /** Lets go of what it holds: connections, programs. */
  readonly end: () => Promise<void>;
}

/** The device was told to do something and did not say what came of it: it may have done it. */
export class UnansweredError extends Error {}

export const SENSORS = ['open', 'exit', 'tamper'] as const;
export type Sensor = (typeof SENSORS)[number];

/** Milliseconds for which sensors may be silent, or looks where these are rare: a relay that starts anew is no fault yet. */
const SILENT_MS = 10_000;
const SILENT_LOOKS = 3;

/** Milliseconds between two looks, and where one tells of who asks to leave. */
const LOOK_MS = 500;
const PRESS_MS = 100;

/** Tells a listener that sensors do not answer once they have not for a while, and whenever they do. */
export function createSilence(answering: SensorListener['answering'], afterMs = SILENT_MS) {
  let timer: NodeJS.Timeout | undefined;
  return {
    heard(isAnswer: boolean): void {
      if (isAnswer) {
        clearTimeout(timer);
        timer = undefined;
        answering(true);
      } else timer ??= setTimeout(() => answering(false), afterMs).unref();
    },
    end: (): void => clearTimeout(timer),
  };
}

/**
 * Looks at sensors again and again, one look at a time. A look that fails says nothing: what was known stays.
 * @param everyMs milliseconds between two looks; null: by whether a sensor tells of who asks to leave
 * @param sensors those that have to answer, besides those that ever did
 */
export function polling(
  everyMs: number | null,
  look: () => Promise<DoorReading>,
  sensors: readonly Sensor[] = [],
): NonNullable<Actuator['watch']> {
  return ({ read, answering }) => {
    let timer: NodeJS.Timeout | undefined;
    let isEnded = false;
    const expected = new Set(sensors);
    const silence = createSilence(answering, Math.max(SILENT_MS, SILENT_LOOKS * (everyMs ?? LOOK_MS)));
    const run = async (): Promise<void> => {
      const reading = await look().catch(() => null);
      if (isEnded) return;
      if (reading !== null) {
        for (const sensor of SENSORS) if (reading[sensor] !== null) expected.add(sensor);
        read(reading);
      }
      const isWhole =
        expected.size > 0 && [...expected].every((sensor) => (reading?.[sensor] ?? null) !== null);
      silence.heard(isWhole);
      timer = setTimeout(() => void run(), everyMs ?? (expected.has('exit') ? PRESS_MS : LOOK_MS)).unref();
    };
    void run();
    return () => {
      isEnded = true;
      clearTimeout(timer);
      silence.end();
    };
  };
}

/** Words of devices that do not know. */
const UNKNOWN: ReadonlySet<unknown> = new Set(['', 'unavailable', 'unknown']);

type Said = string | number | boolean;

/** Whether what a sensor says is what it says while it is so; null: that says neither. */
export function probed({ is, isNot }: { is: Said; isNot: Said | null }, said: unknown): boolean | null {
  if (said === is) return true;
  const isOther = isNot === null ? typeof said === typeof is && !UNKNOWN.has(said) : said === isNot;
  return isOther ? false : null;
}

/** Text with the length of the pulse in its places. */
export const withLength = (text: string, ms: number): string =>
  text.replaceAll('{ms}', String(ms)).replaceAll('{s}', String(Math.ceil(ms / 1000)));
