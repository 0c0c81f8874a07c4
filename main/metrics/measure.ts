import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { EventTargetStore } from '#core/store';
import type { EventLog } from '../doors/index.ts';

export interface MetricsSources {
  readonly events: Pick<EventLog, 'listen'>;
  readonly targets: Pick<EventTargetStore, 'list'>;
  readonly enrolled: () => Promise<number>;
}

/** What is measured of an appliance. Names no person. @returns also what ends it */
export function measure({ events, targets, enrolled }: MetricsSources): {
  readonly register: Registry;
  readonly end: () => void;
} {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const counter = new Counter({
    name: 'lintel_events_total',
    help: 'Events of this appliance since its start',
    labelNames: ['kind', 'outcome', 'level'],
    registers: [register],
  });
  for (const [name, help, valueOf] of [
    ['lintel_enrolled_people', 'People who are enrolled in the collection of this appliance', enrolled],
    [
      'lintel_event_deliveries_waiting',
      'Events that webhooks, brokers and mail servers have yet to take',
      async () => (await targets.list()).reduce((sum, { waiting }) => sum + waiting, 0),
    ],
  ] as const) {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      async collect() {
        this.set(await valueOf());
      },
    });
    register.registerMetric(gauge);
  }
  const end = events.listen(({ kind, outcome, level }) =>
    counter.inc({ kind, outcome: outcome ?? '', level: level ?? '' }),
  );
  return { register, end };
}
