import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Command } from 'commander';
import { CHALLENGE_STEPS, LintelError, type KioskChannel, type VisitTicket } from '#contract';
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
import { openKiosk, PIN, type KioskClient } from '../../test/support/kiosk-client.ts';
import { chooseCast, type ChosenSubject } from '../eval/attacks/subjects.ts';
import { chart, COLOURS, roundTicks } from '../eval/chart.ts';
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
  readonly phases: Phases;
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

/** By the question that the screen asks. */
const PHASES = {
  'visit.begin': 'visit begins',
  'visit.frames': 'a frame is taken',
  'visit.submit': 'last frame to decision',
} as const satisfies Partial<Record<KioskChannel, string>>;
type Phases = Readonly<Record<keyof typeof PHASES, number[]>>;

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

  const phases: Phases = { 'visit.begin': [], 'visit.frames': [], 'visit.submit': [] };
  const timesOf: Partial<Record<KioskChannel, number[]>> = phases;
  const kiosk = await openKiosk(CHALLENGE_STEPS, {
    onAnswered: (channel, milliseconds) => void timesOf[channel]?.push(milliseconds),
  });
  try {
    await kiosk.ask('operator.login', { pin: PIN });
    const enrolled: ChosenSubject[] = [];
    for (const subject of subjects.slice(0, Math.ceil((people * 2) / 3))) {
      // Nobody is enrolled where the picture is refused, or where they look like another.
      const person = {
        metadata: { name: subject.photograph },
        images: [await cast.picture(subject.photograph)],
      };
      const { face } = await kiosk.ask('people.enrol', { ...person, source: 'file' });
      if (face !== null) enrolled.push(subject);
    }
    const strangers = subjects.filter((subject) => !enrolled.includes(subject));
    const visitors = {
      count,
      random,
      enrolled: turns(enrolled, random),
      strangers: turns(strangers, random),
    };
    return { ...(await receive(kiosk, visitors)), phases };
  } finally {
    await kiosk.close();
  }
}

/** One after the other, so that the appliance forgot the frames of the last time. */
function turns(of: readonly ChosenSubject[], random: Random): () => ChosenSubject {
  const order = shuffled(of, random);
  let next = 0;
  return () => order[next++ % order.length]!;
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
): Promise<Omit<Soaked, 'phases'>> {
  const visits: { visitor: Visitor; outcome: string }[] = [];
  const memory: Memory[] = [];
  let pauses = 0;
  const tell = progress('Visits');

  const begin = async (): Promise<VisitTicket> => {
    kiosk.wait(BETWEEN);
    const { pausedForMs } = await kiosk.ask('appliance.status', {});
    if (pausedForMs > 0) {
      pauses += 1;
      kiosk.wait(pausedForMs);
    }
    return await kiosk.ask('visit.begin', {});
  };
  const present = async (
    { visitId }: VisitTicket,
    presentation: Presentation,
    visitor: Visitor,
    { photograph }: ChosenSubject,
  ): Promise<void> => {
    visits.push({ visitor, outcome: await outcomeOf(kiosk, visitId, presentation, photograph) });
    kiosk.records.length = kiosk.events.length = kiosk.logged.length = 0;
    if (visits.length % MEASURED_EVERY === 0) memory.push(memoryNow(visits.length));
    tell(visits.length / count);
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
  return { visits, memory, pauses };
}

/** What the decision on a visit, or its refusal, comes to. @param photograph of the person, under which they are enrolled */
async function outcomeOf(
  kiosk: KioskClient,
  visitId: string,
  { frames, sessionMs }: Presentation,
  photograph: string,
): Promise<string> {
  try {
    const { outcome, reasons, person } = await kiosk.send(visitId, frames, sessionMs);
    if (outcome !== 'granted') return `${outcome}: ${reasons.join(', ')}`;
    return person?.name === photograph ? 'granted' : 'granted as another person';
  } catch (error) {
    if (error instanceof LintelError) return error.code;
    throw error;
  }
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
      Object.entries(PHASES).map(([channel, name]) => {
        const times = phases[channel as keyof Phases];
        return [name, times.length, quantile(times, 0.5), quantile(times, 0.95), Math.max(...times)];
      }),
    ),
    table(
      ['memory, MB', `after ${first?.visits} visits`, `after ${last?.visits} visits`, 'KB a visit'],
      (['heap', 'resident'] as const).map((kind) => [
        kind === 'heap' ? 'heap and buffers' : 'resident, with the rendering of heads',
        first?.[kind] ?? NaN,
        last?.[kind] ?? NaN,
        half.length < 2 ? 'too few visits' : 1000 * slope(half.map((each) => [each.visits, each[kind]])),
      ]),
    ),
  ].join('\n\n');
}

/** Of the line with the least squares, through two points at least. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const product = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return product / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

function memorySvg(memory: readonly Memory[]): string {
  const most = 1.1 * Math.max(...memory.map(({ resident }) => resident));
  const visits = memory.at(-1)?.visits ?? 1;
  return chart(
    'Memory of an appliance over its visits',
    { label: 'Visits', from: 0, to: visits, ticks: roundTicks(visits), format: String },
    { label: 'Megabytes', from: 0, to: most, ticks: roundTicks(most), format: String },
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
