import type { ApplianceStatus, KioskEvent, KioskEventBody } from '#contract';
import type { Log } from '../process/index.ts';

/** Sends an event to one screen. */
export type Emit = <E extends KioskEvent>(event: E, body: KioskEventBody<E>) => void;

/** The screens that are connected. */
export interface Screens {
  /** @returns ends it */
  readonly join: (emit: Emit) => () => void;
  /** The appliance's present status. */
  readonly status: () => Promise<ApplianceStatus>;
  /** Tell all screens the status. */
  readonly announce: () => Promise<void>;
  /** The same in the background. A failure goes to the log. */
  readonly report: () => void;
}

export function createScreens(status: () => Promise<ApplianceStatus>, log: Log): Screens {
  const screens = new Set<Emit>();
  const announce = async (): Promise<void> => {
    const body = await status();
    for (const emit of screens) emit('appliance.status-changed', body);
  };
  return {
    join: (emit) => {
      screens.add(emit);
      return () => void screens.delete(emit);
    },
    status,
    announce,
    report: () => void announce().catch((error: unknown) => log.error({ err: error }, 'no status')),
  };
}
