import type { DoorReading, SiteEventKind } from '#contract';

/** Milliseconds after a pulse or a request to leave in which the door may still be opened. */
const GRACE_MS = 2_000;

/** What follows from sensors. */
export interface DoorMonitor {
  /** The actuator opens, or has shut. */
  released(isReleased: boolean, now: number): void;
  /** What sensors say. @returns what happened, in order */
  read(reading: DoorReading, now: number): SiteEventKind[];
  /** A person asks to leave. */
  pressed(now: number): SiteEventKind[];
  /** Time has passed. */
  tick(now: number): SiteEventKind[];
}

/**
 * Tells a door that was forced from one that was let open, and one that stands open for too long. Pure: times are given,
 * in milliseconds of one clock. The first reading of a sensor is no change, but for an open housing.
 */
export function createDoorMonitor({ heldOpenMs }: { readonly heldOpenMs: number }): DoorMonitor {
  let [open, exit, tamper]: (boolean | null)[] = [null, null, null];
  let isReleased = false;
  let mayOpenUntil = -Infinity;
  /** Since when it stands open and no person is let through. */
  let openSince = 0;
  let isAlarmed = false;
  let isHeld = false;

  function readOpen(isOpen: boolean, now: number): SiteEventKind[] {
    const before = open;
    open = isOpen;
    if (isOpen === before) return [];
    if (isOpen) {
      openSince = now;
      if (before === null || isReleased || now <= mayOpenUntil) return [];
      isAlarmed = true;
      return ['door-forced'];
    }
    if (!isAlarmed && !isHeld) return [];
    isAlarmed = false;
    isHeld = false;
    return ['door-closed'];
  }

  return {
    released(is, now) {
      if (isReleased && !is) {
        mayOpenUntil = Math.max(mayOpenUntil, now + GRACE_MS);
        openSince = now;
      }
      isReleased = is;
    },
    read(reading, now) {
      const events: SiteEventKind[] = [];
      if (reading.exit === true && exit === false) events.push(...this.pressed(now));
      exit = reading.exit ?? exit;
      if (reading.tamper === true && tamper !== true) events.push('tamper');
      if (reading.tamper === false && tamper === true) events.push('tamper-ended');
      tamper = reading.tamper ?? tamper;
      if (reading.open !== null) events.push(...readOpen(reading.open, now));
      return [...events, ...this.tick(now)];
    },
    pressed(now) {
      mayOpenUntil = Math.max(mayOpenUntil, now + GRACE_MS);
      return ['exit-requested'];
    },
    tick(now) {
      if (open !== true || isHeld || isReleased || now - openSince < heldOpenMs) return [];
      isHeld = true;
      return ['door-held-open'];
    },
  };
}
