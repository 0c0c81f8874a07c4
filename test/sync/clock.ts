/** As if the clock of this machine were off by so much. */
export async function withClock<T>(offsetMs: number, work: () => Promise<T>): Promise<T> {
  if (offsetMs === 0) return await work();
  const TrueDate = Date;
  globalThis.Date = class extends TrueDate {
    constructor(...args: [] | [number | string | Date]) {
      super(...((args.length === 0 ? [TrueDate.now() + offsetMs] : args) as [number]));
    }
    static override now(): number {
      return TrueDate.now() + offsetMs;
    }
  } as DateConstructor;
  try {
    return await work();
  } finally {
    globalThis.Date = TrueDate;
  }
}
