/** How often the watching thread looks at the program. */
export const LOOK_MS = 250;
/** How long the program may do nothing, or one and the same thing. */
const LONGEST_HANG_MS = 2_500;
/** How long it may be silent for whatever reason: a disk that takes its time, parts that do not answer. */
const LONGEST_SILENCE_MS = 20_000;

/** What is seen of the program's main thread. */
export interface Sight {
  /** Monotonic, in milliseconds. */
  readonly at: number;
  /** How often its event loop came round. */
  readonly turns: number;
  /** As in `proc_pid_stat(5)`: R is running or about to, D waits for a disk. */
  readonly state: string;
  /** Processor time that it took, in milliseconds. */
  readonly cpuMs: number;
}

/**
 * Tells a program that hangs from one on a busy machine. What counts is not the clock, but what the program had of it: processor
 * time while it computes, and the time that it sleeps though it has to come round. Waiting for a processor or for a disk is no
 * fault of its own, for 20 s. Who looks late was kept waiting with it, so that one look counts for its usual interval at most.
 * @returns whether the program is alive, as far as one knows after this look at it
 */
export function createPatience(): (sight: Sight) => boolean {
  let last: Sight | null = null;
  let turnedAt = 0;
  let hungMs = 0;
  return (sight) => {
    if (last === null || sight.turns !== last.turns) {
      turnedAt = sight.at;
      hungMs = 0;
    } else {
      hungMs += ownTime(last, sight);
    }
    last = sight;
    return hungMs < LONGEST_HANG_MS && sight.at - turnedAt < LONGEST_SILENCE_MS;
  };
}

function ownTime(before: Sight, { at, state, cpuMs }: Sight): number {
  if (state === 'D') return 0;
  if (state === 'R') return cpuMs - before.cpuMs;
  return Math.min(at - before.at, LOOK_MS);
}
