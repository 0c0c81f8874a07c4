import { STATION_SIGNALS, StationConfig } from '#contract';
import { problemOf, reached, tryActuator } from '../doors/index.ts';
import { readStation, writeStation } from '../station/index.ts';
import type { Answer } from './commands.ts';
import { readDocument } from './documents.ts';
import { awayNow, requireReach } from './door-commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** What a station is made of, without anything that may be a secret. */
export async function showStation(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => answerOf(await readStation(store)));
}

/** Keeps it sealed in the store, and tries its signals. It counts from the next start without a screen on. @throws LintelError `usage` */
export async function setStation(file: string, options: InStore): Promise<Answer> {
  const config = await readDocument(file, StationConfig);
  for (const name of STATION_SIGNALS) {
    const signal = config.signals[name];
    if (signal !== null) await requireReach(signal.actuator);
  }
  await withStore({ ...options, makesStore: true }, (store) => writeStation(store, config));
  const tried = STATION_SIGNALS.map(async (name) => {
    const signal = config.signals[name];
    return [name, signal && (await problemOf(tryActuator(signal.actuator)))] as const;
  });
  const problems = await Promise.all(tried);
  const { json, text } = answerOf(config);
  const away = problems.flatMap(([name, problem]) =>
    problem === null ? [] : [`${name}: ${awayNow(problem)}`],
  );
  return { json: { ...json, problems: Object.fromEntries(problems) }, text: [text, ...away].join('\n') };
}

export async function removeStation(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await writeStation(store, null);
    return answerOf(null);
  });
}

const WARNING =
  'It recognises and asks for no proof that somebody live is there: a picture of a person passes for that person. It opens no door.';

function answerOf(config: StationConfig | null): Answer {
  if (config === null) return { json: { station: null }, text: 'There is no station.' };
  const shown = STATION_SIGNALS.map((name) => {
    const signal = config.signals[name];
    return [
      name,
      signal && { ms: signal.ms, kind: signal.actuator.kind, reaches: reached(signal.actuator) },
    ] as const;
  });
  const { device, everyMs, stills } = config;
  const lines = shown.map(([name, signal]) =>
    signal === null
      ? `${name}: no signal`
      : `${name}: ${signal.kind} (${signal.reaches}) for ${signal.ms} ms`,
  );
  return {
    json: { station: { device, everyMs, stills, signals: Object.fromEntries(shown) } },
    text: [
      `Station at ${device}: ${stills} stills in a row, ${everyMs} ms apart.`,
      ...lines,
      WARNING,
      'It counts from the next start with --no-screen on.',
    ].join('\n'),
  };
}
