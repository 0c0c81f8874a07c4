import { createHash, randomBytes } from 'node:crypto';
import { Drill, LintelError, type DecisionReason, type DrillPresentation } from '#contract';
import { LIMITS } from '#core/liveness';
import type { Store } from '#core/store';
import { changeRow, readRow } from '../secrets/index.ts';

/** Where the command and the appliance, two processes, meet. */
const DRILL = 'drill.current';

/** For how long a drill outlives the last word of its command: one that was killed shuts no door for longer. */
const OUTLIVES_MS = 60_000;

/** A visit of a drill. */
export interface DrilledVisit {
  readonly drillId: string;
  /** What is presented; null: it is not counted. */
  readonly presented: Drill['next'];
}

/** What came of it. */
export interface Drilled extends Pick<DrillPresentation, 'level' | 'outcome' | 'accepted'> {
  readonly reasons: readonly DecisionReason[];
  /** Null where it was not decided. */
  readonly visitId: string | null;
  readonly modelId: string | null;
}

/** The appliance's side. */
export interface Drills {
  /** The drill that a visit belongs to that begins now; null: it is a visit. */
  current(): Promise<DrilledVisit | null>;
  /** Tell the command what came of a visit. */
  settle(visit: DrilledVisit, drilled: Drilled): Promise<void>;
}

/** Also after the clock was set back, no drill lasts. */
const isOn = (drill: Drill | null): drill is Drill =>
  drill !== null && drill.until > Date.now() && drill.until <= Date.now() + OUTLIVES_MS;

const until = (): number => Date.now() + OUTLIVES_MS;

/** By which limits the appliance decides. */
const LIMITS_DIGEST = createHash('sha256').update(JSON.stringify(LIMITS)).digest('hex');

export function createDrills(store: Store, version: string): Drills {
  return {
    async current() {
      const drill = await readRow(store, DRILL, Drill);
      return isOn(drill) ? { drillId: drill.drillId, presented: drill.next } : null;
    },
    async settle({ drillId, presented }, { visitId, level, outcome, accepted, reasons, modelId }) {
      const made: DrillPresentation | null = presented && {
        ...presented,
        level,
        outcome,
        accepted,
        reasons: [...reasons],
        at: new Date().toISOString(),
        with: { version, modelId, limits: LIMITS_DIGEST },
      };
      const note = (drill: Drill | null): Drill | null =>
        made !== null && drill?.drillId === drillId && drill.next?.n === made.n
          ? { ...drill, next: null, last: made }
          : drill;
      await store.audit.append({
        kind: 'drill-visit',
        drillId,
        visitId,
        presented: presented?.kind ?? null,
        outcome,
        reasons: [...reasons],
      });
      await changeRow(store, DRILL, Drill, note);
    },
  };
}

/** The command's side of the drill that it began. */
export interface HeldDrill {
  readonly drillId: string;
  /** The next visit that begins is the `n`th presentation; null: none is counted. */
  present(next: Drill['next']): Promise<void>;
  /** What came of the `n`th presentation; null: nothing yet. */
  seen(n: number): Promise<DrillPresentation | null>;
  /** The drill goes on. */
  keepUp(): Promise<void>;
  end(presentations: number): Promise<void>;
}

/** Begin a drill: until it ends no visit lets anybody in. @throws LintelError `drill-under-way` */
export async function beginDrill(store: Store): Promise<HeldDrill> {
  const drillId = `drill_${randomBytes(16).toString('hex')}`;
  await changeRow(
    store,
    DRILL,
    Drill,
    (other) => {
      if (isOn(other)) throw new LintelError('drill-under-way');
      return { drillId, until: until(), next: null, last: null };
    },
    { kind: 'drill-began', drillId },
  );
  const change = async (part: Partial<Drill>): Promise<void> => {
    await changeRow(store, DRILL, Drill, (drill) =>
      drill?.drillId === drillId ? { ...drill, until: until(), ...part } : drill,
    );
  };
  return {
    drillId,
    present: (next) => change({ next }),
    keepUp: () => change({}),
    async seen(n) {
      const drill = await readRow(store, DRILL, Drill);
      return drill?.drillId === drillId && drill.last?.n === n ? drill.last : null;
    },
    async end(presentations) {
      const entry = { kind: 'drill-ended', drillId, presentations } as const;
      const over = (drill: Drill | null): Drill | null => (drill?.drillId === drillId ? null : drill);
      await changeRow(store, DRILL, Drill, over, entry);
    },
  };
}
