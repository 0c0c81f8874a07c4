import { STATION_SIGNALS, type SiteEventKind, type StationConfig, type StationSignal } from '#contract';
import { createDoor, openActuator } from '../doors/index.ts';
import type { Log } from '../process/index.ts';

export interface Signals {
  /** One pulse; of several in a row while it lasts, one more. */
  readonly give: (signal: StationSignal) => void;
  readonly end: () => Promise<void>;
}

/** Lamps and buzzers, each switched as a door is: off at the start, by pulses of bounded length, and off again after a fault. */
export function openSignals(
  signals: StationConfig['signals'],
  tell: (signal: StationSignal, kind: SiteEventKind, detail: string | null) => void,
  log: Log,
): Signals {
  const opened = STATION_SIGNALS.flatMap((name) => {
    const signal = signals[name];
    if (signal === null) return [];
    const { watch: _, ...actuator } = openActuator(signal.actuator);
    const lamp = createDoor({
      config: { pulseMs: signal.ms, heldOpenMs: Infinity, exitOpens: false },
      actuator,
      tell: (kind, detail) => tell(name, kind, detail),
      log,
    });
    return [{ name, lamp }];
  });
  return {
    give: (signal) => opened.filter(({ name }) => name === signal).forEach(({ lamp }) => lamp.pulse()),
    end: async () => void (await Promise.all(opened.map(({ lamp }) => lamp.end()))),
  };
}
