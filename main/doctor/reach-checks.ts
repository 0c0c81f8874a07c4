import { STATION_SIGNALS, type ActuatorConfig, type EventTarget } from '#contract';
import type { SqlStore } from '#core/store';
import { placeOf, problemOf, reached, tryActuator, tryTarget } from '../doors/index.ts';
import { readStation } from '../station/index.ts';
import type { Check } from './check.ts';

/** Somebody to be reached, for an operator, and why they are not; null: they are. */
interface Tried {
  readonly name: string;
  readonly problem: string | null;
}

/** Whether others can be reached that this appliance switches by the network or tells of events. Nothing is switched or told. */
export function reachChecks(store: SqlStore): Check[] {
  return [
    {
      what: 'What is switched by the network can be reached',
      run: async () => {
        const switched = (await actuatorsOf(store)).filter(
          ([, { kind }]) => kind === 'mqtt' || kind === 'http',
        );
        const tried = switched.map(async ([name, actuator]) => ({
          name: `${name} (${reached(actuator)})`,
          problem: await problemOf(tryActuator(actuator)),
        }));
        return summary(await Promise.all(tried), 'there is none');
      },
      advice: {
        other:
          'Look at the relay or its broker, and at the network, or set it anew: lintel door set FILE, lintel station set FILE.',
      },
    },
    {
      what: 'Who is told of events can be reached',
      run: async () => {
        const tried = (await store.eventTargets.list()).map(async (target) => ({
          name: `${target.targetId} (${placeOf(target.url)})`,
          problem: await problemOfTarget(store, target),
        }));
        return summary(await Promise.all(tried), 'nobody is told');
      },
      advice: {
        other:
          'Mend the address, the password, the receiver or the network, or remove it (lintel webhook list, lintel webhook remove TARGET). What it has not taken waits for it.',
      },
    },
  ];
}

/** What opens the door, and what gives the signals of the station, each with what it is. */
async function actuatorsOf(store: SqlStore): Promise<[string, ActuatorConfig][]> {
  const [door, station] = [await store.door.config(), await readStation(store)];
  const signals = STATION_SIGNALS.flatMap((name): [string, ActuatorConfig][] => {
    const signal = station?.signals[name] ?? null;
    return signal === null ? [] : [[`signal ${name}`, signal.actuator]];
  });
  return [
    ...(door === null ? [] : [[`door ${door.doorId}`, door.actuator] satisfies [string, ActuatorConfig]]),
    ...signals,
  ];
}

async function problemOfTarget(
  { eventTargets }: SqlStore,
  { url, attempts, waiting }: EventTarget,
): Promise<string | null> {
  const found = await eventTargets.reach(url);
  if (found === null) return null;
  const problem = await problemOf(tryTarget(url, found.options, found.secret));
  const isRefusing = attempts > 0 && waiting > 0;
  return (
    problem ?? (isRefusing ? `it is reached, and does not take what it is told (${waiting} wait)` : null)
  );
}

/** @returns their names @throws Error with those that are not reached, and why */
function summary(tried: readonly Tried[], none: string): string {
  const failing = tried.filter(({ problem }) => problem !== null);
  if (failing.length > 0)
    throw new Error(failing.map(({ name, problem }) => `${name}: ${problem}`).join('; '));
  return tried.map(({ name }) => name).join(', ') || none;
}
