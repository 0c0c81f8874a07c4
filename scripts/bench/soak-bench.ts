import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command } from 'commander';
import { CHALLENGE_STEPS, LintelError, type Decision, type VisitTicket } from '#contract';
import { seeded, shuffled } from '#core/matching';
import { createRecognizer } from '#core/recognition';
import { WEIGHTS_DIR } from '../../core/recognition/testing/images.ts';
import {
  ATTACK_KINDS,
  ATTACK_NAMES,
  liveVisit,
  type AttackName,
  type Presentation,
  type Random,
} from '../../test/attacks/index.ts';
import { openKiosk, type KioskClient } from '../../test/support/kiosk-client.ts';
import { chooseCast, type ChosenSubject } from '../eval/attacks/subjects.ts';
import { chart, COLOURS } from '../eval/chart.ts';
import { wholeNumber } from '../eval/numbers.ts';
import { writePlot } from '../eval/plots.ts';
import { progress } from '../eval/progress.ts';
import { quantile } from './quantile.ts';
import { table } from './table.ts';

interface Options {
  readonly visits: number;
  readonly people: number;
  readonly seed: number;
  readonly images?: string;
  readonly plot?: string;
}

/** The `soak` command: one appliance, and visitors of all sorts one after the other. */
export function soakCommand(): Command {
  return new Command('soak')
    .description('Bring generated people, strangers and attacks before one appliance, one after the other.')
    .option('--visits <n>', 'how many', wholeNumber(1), 500)
    .option('--people <n>', 'how many different ones; two thirds of them are enrolled', wholeNumber(30), 180)
    .option('--seed <n>', 'of what is drawn', wholeNumber(1), 1)
    .option('--images <dir>', 'folder with one folder of images per person')
    .option('--plot <file>', 'memory over the visits, as .svg or .png')
    .action(async ({ plot, ...options }: Options) => {
      const soaked = await soak(options);
      if (plot !== undefined) await writePlot(plot, memorySvg(soaked.memory));
      console.log(tablesOf(soaked));
    });
}

/** Of a visitor: someone enrolled, a stranger, or an attack on someone enrolled. */
type Visitor = 'enrolled' | 'stranger' | AttackName;

interface Soaked {
  readonly visits: readonly { readonly visitor: Visitor; readonly outcome: string }[];
  /** Milliseconds. */
  readonly phases: Readonly<Record<Phase, number[]>>;
  readonly memory: readonly Memory[];
  /** How often faces were paused, as after five attacks in a row. */
  readonly pauses: number;
}

/** After so many visits, and a collection of garbage; megabytes. */
interface Memory {
  readonly visits: number;
  readonly heap: number;
  readonly resident: number;
}

const PHASES = {
  beginning: 'visit begins',
  sending: 'a frame is taken',
  deciding: 'last frame to decision',
} as const;
type Phase = keyof typeof PHASES;

const MEASURED_EVERY = 20;
/** Simulated milliseconds between two visitors. */
const BETWEEN = 20_000;
/** That replay an earlier visit of the same appliance, which is granted first. */
const REPLAYS: readonly Visitor[] = ['session-replayed', 'session-recoded'];
const ATTACKS = ATTACK_NAMES.filter((name) => ATTACK_KINDS[name].mustFail);

async function soak({ visits: count, people, seed, images }: Omit<Options, 'plot'>): Promise<Soaked> {
  const random = seeded(seed);
  const recognizer = await createRecognizer({ weightsDir: WEIGHTS_DIR, workers: 1 });
  const subjects: ChosenSubject[] = [];
  const onProgress = progress('Choosing people');
  const cast = await chooseCast(recognizer, { dir: images, count: people, random, onProgress });
  for (const index of cast.photographs.keys()) subjects.push(await cast.subject(index));
  await recognizer.close();

  const kiosk = await openKiosk(CHALLENGE_STEPS);
  try {
    const enrolled: ChosenSubject[] = [];
    for (const subject of subjects.slice(0, Math.ceil((people * 2) / 3))) {
      const picture = await cast.picture(subject.photograph);
      if (await isEnrolled(kiosk, picture, subject.photograph)) enrolled.push(subject);
    }
    const strangers = subjects.filter((subject) => !enrolled.includes(subject));
    return await receive(kiosk, { count, random, enrolled: turns(enrolled), strangers: turns(strangers) });
  } finally {
    await kiosk.close();
  }

  /** One after the other, so that the appliance forgot the frames of the last time. */
  function turns(of: readonly ChosenSubject[]): () => ChosenSubject {
    const order = shuffled(of, random);
    let next = 0;
    return () => order[next++ % order.length]!;
  }
}

/** False where the enrolment refuses the picture, or the person looks like another. */
async function isEnrolled(kiosk: KioskClient, picture: Uint8Array, name: string): Promise<boolean> {
  try {
    await kiosk.enrol(picture, name);
    return true;
  } catch {
    return false;
  }
}

interface Visitors {
  readonly count: number;
  readonly random: Random;
  readonly enrolled: () => ChosenSubject;
  readonly strangers: () => ChosenSubject;
}

async function receive(
  kiosk: KioskClient,
  { count, random, enrolled, strangers }: Visitors,
): Promise<Soaked> {
  const visits: { visitor: Visitor; outcome: string }[] = [];
  const phases: Soaked['phases'] = { beginning: [], sending: [], deciding: [] };
  const memory: Memory[] = [];
  let pauses = 0;
  const tell = progress('Visits');

  const timed = async <T>(phase: Phase, work: Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work;
    phases[phase].push(performance.now() - start);
    return result;
  };
  const begin = async (): Promise<VisitTicket> => {
    kiosk.wait(BETWEEN);
    const { pausedForMs } = await kiosk.ask('appliance.status', {});
    if (pausedForMs > 0) {
      pauses += 1;
      kiosk.wait(pausedForMs);
    }
    return await timed('beginning', kiosk.ask('visit.begin', {}));
  };
  const present = async (
    ticket: VisitTicket,
    { frames, sessionMs }: Presentation,
    visitor: Visitor,
    { photograph }: ChosenSubject,
  ): Promise<void> => {
    const decided = await decisionOn(ticket, frames, sessionMs);
    visits.push({ visitor, outcome: outcomeOf(decided, photograph) });
    kiosk.records.length = kiosk.events.length = kiosk.logged.length = 0;
    if (visits.length % MEASURED_EVERY === 0) memory.push(memoryNow(visits.length));
    tell(visits.length / count);
  };
  const decisionOn = async (
    { visitId }: VisitTicket,
    frames: Presentation['frames'],
    sessionMs: number,
  ): Promise<Decision | string> => {
    try {
      const rest = sessionMs - (frames.at(-1)?.capturedAt ?? 0);
      let at = 0;
      for (const [from, frame] of frames.entries()) {
        kiosk.wait(Math.max(0, frame.capturedAt - at));
        at = Math.max(at, frame.capturedAt);
        await timed('sending', kiosk.ask('visit.frames', { visitId, from, frames: [frame] }));
      }
      kiosk.wait(rest);
      return await timed('deciding', kiosk.ask('visit.submit', { visitId, frameCount: frames.length }));
    } catch (error) {
      if (error instanceof LintelError) return error.code;
      throw error;
    }
  };

  while (visits.length < count) {
    const drawn = random();
    const visitor: Visitor =
      drawn < 0.6 ? 'enrolled' : drawn < 0.8 ? 'stranger' : ATTACKS[Math.floor(random() * ATTACKS.length)]!;
    const subject = visitor === 'stranger' ? strangers() : enrolled();
    let ticket = await begin();
    const { challenge: steps } = ticket;
    const recorded = await liveVisit(subject, steps, random);
    if (visitor === 'enrolled' || visitor === 'stranger') {
      await present(ticket, recorded, visitor, subject);
      continue;
    }
    if (REPLAYS.includes(visitor)) {
      await present(ticket, recorded, 'enrolled', subject);
      ticket = await kiosk.beginWith(steps);
    }
    const attack = await ATTACK_KINDS[visitor].present({ subject, steps, recorded }, random);
    await present(ticket, attack, visitor, subject);
  }
  return { visits, phases, memory, pauses };
}

/** What a decision, or a code of refusal, comes to. @param photograph of the person, under which they are enrolled */
function outcomeOf(decision: Decision | string, photograph: string): string {
  if (typeof decision === 'string') return decision;
  const { outcome, reasons, person } = decision;
  if (outcome === 'granted') return person?.name === photograph ? 'granted' : 'granted as another person';
  return `${outcome}: ${reasons.join(', ')}`;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function memoryNow(visits: number): Memory {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { visits, heap: (heapUsed + external) / 1e6, resident: rss / 1e6 };
}

function tablesOf({ visits, phases, memory, pauses }: Soaked): string {
  const outcomes = Map.groupBy(visits, ({ visitor, outcome }) => `${visitor}|${outcome}`);
  const half = memory.slice(memory.length >> 1);
  const [first, last] = [half[0], half.at(-1)];
  return [
    table(
      ['visitor', 'outcome', 'visits'],
      [...outcomes.keys()].toSorted().map((name) => [...name.split('|'), outcomes.get(name)!.length]),
    ),
    `Faces were paused ${pauses} times.`,
    table(
      ['phase, milliseconds', 'count', 'p50', 'p95', 'most'],
      Object.entries(PHASES).map(([phase, name]) => {
        const times = phases[phase as Phase];
        return [name, times.length, quantile(times, 0.5), quantile(times, 0.95), Math.max(...times)];
      }),
    ),
    table(
      ['memory, MB', `after ${first?.visits} visits`, `after ${last?.visits} visits`, 'KB a visit'],
      (['heap', 'resident'] as const).map((kind) => [
        kind === 'heap' ? 'heap and buffers' : 'resident, with the rendering of heads',
        first?.[kind] ?? NaN,
        last?.[kind] ?? NaN,
        1000 * slope(half.map((each) => [each.visits, each[kind]])),
      ]),
    ),
  ].join('\n\n');
}

/** Of the line with the least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const product = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return product / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

/** From 0 on. */
const ticksTo = (to: number, by: number): number[] =>
  Array.from({ length: Math.floor(to / by) + 1 }, (_, i) => i * by);

function memorySvg(memory: readonly Memory[]): string {
  const most = Math.max(...memory.map(({ resident }) => resident));
  const step = 10 ** Math.floor(Math.log10(most));
  const visits = memory.at(-1)?.visits ?? 1;
  return chart(
    'Memory of an appliance over its visits',
    { label: 'Visits', from: 0, to: visits, ticks: ticksTo(visits, 100), format: String },
    { label: 'Megabytes', from: 0, to: most * 1.1, ticks: ticksTo(most * 1.1, step / 2), format: String },
    [
      {
        name: 'Resident',
        colour: COLOURS.orange,
        kind: 'line',
        points: memory.map((each) => [each.visits, each.resident]),
      },
      {
        name: 'Heap and buffers',
        colour: COLOURS.blue,
        kind: 'line',
        points: memory.map((each) => [each.visits, each.heap]),
      },
    ],
  );
}
