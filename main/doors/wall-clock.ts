import { AccessPolicy, WEEKDAYS, type AccessDay } from '#contract';

/** What clock and calendar show at a place. */
export interface WallClock {
  /** `2026-11-29`. */
  readonly date: string;
  /** Minutes since midnight as the clock shows it, 0 to 1439: an hour may be missing, or come twice. */
  readonly minutes: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a time zone that this machine does not know, and for an instant that is none */
export function wallClock(timeZone: string, now: Date): WallClock {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA-u-ca-iso8601-nu-latn', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    date: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

/** The name of this machine's time zone (IANA); null: it is not known, as where `TZ` is a file's path, or empty. */
export function machineTimeZone(): string | null {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return AccessPolicy.shape.timeZone.safeParse(timeZone).data ?? null;
}

/** The weekday of a date, or `holiday` where it is one. */
export function dayOf(date: string, holidays: readonly string[]): AccessDay {
  if (holidays.includes(date)) return 'holiday';
  // A date alone is one of UTC; Sunday is 0 there and last here.
  return WEEKDAYS[(new Date(date).getUTCDay() + 6) % 7]!;
}

/** The date before. */
export const dayBefore = (date: string): string =>
  new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);

/** Minutes since midnight of a time such as `07:30`; 1440 for `24:00`. */
export function minutesOf(time: string): number {
  const [hours = '', minutes = ''] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
