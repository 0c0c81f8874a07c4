import { readFile, writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { Page } from 'playwright';
import { AssuranceLevel, DEFAULT_LEVEL, type SettingsPatch } from '#contract';
import { seeded } from '#core/matching';
import { createRecognizer } from '#core/recognition';
import {
  forgetFrames,
  type Installation,
  mustRun,
  newInstallation,
  startAppliance,
  type RunningAppliance,
} from '../../test/support/appliance.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';
import { openScreen, waitForScreen, type Screen } from '../../test/support/screen.ts';
import { build } from '../build/build.ts';
import { emptyRoom, portrait } from '../samples/clip.ts';
import { CLIP_STEPS, liveClip } from '../samples/live-head.ts';
import { sampleFace } from '../samples/samples.ts';
import { quantile } from './quantile.ts';
import { table } from './table.ts';
import { visitorFilm, type MadeFilm } from './visitor/film.ts';
import { arrive, drawTemper, notesOf, pass, placeVisitor } from './visitor/visitor.ts';

interface Options {
  readonly visits: number;
  readonly minutes: number;
  readonly level: AssuranceLevel;
}

/** The `visit` command: whole visits in Chromium, the landmarker beside a busy appliance, the page's memory. */
export function visitCommand(weightsDir: string): Command {
  return new Command('visit')
    .description('Play whole visits to the real kiosk in Chromium, and watch its page over time.')
    .option('--visits <count>', 'visits of an enrolled person', Number, 50)
    .option('--minutes <count>', 'how long the page is watched; 0 for not at all', Number, 10)
    .addOption(
      new Option('--level <level>', 'what the visitor proves')
        .choices(AssuranceLevel.options)
        .default(DEFAULT_LEVEL),
    )
    .action(async ({ visits, minutes, level }: Options) => {
      await build(['renderer']);
      if (visits > 0) {
        console.log(await withPeople({ assurance: level }, (house) => playVisits(house, visits)));
      }
      if (minutes > 0) {
        const watched = { challengeSteps: [...CLIP_STEPS], stepSeconds: 12, assurance: level };
        console.log(`\n${await withPeople(watched, (house) => watchPage(house, weightsDir, minutes))}`);
      }
    });
}

/** An appliance that knows the visitors. */
async function withPeople<T>(settings: SettingsPatch, work: (house: Installation) => Promise<T>): Promise<T> {
  const installation = await newInstallation(settings);
  try {
    for (const name of VISITORS) {
      const key = name.toLowerCase();
      const photo = join(installation.data, '..', `${key}.jpg`);
      await writeFile(photo, await portrait(sampleFace(name)));
      const who = ['--collection', 'default', '--key', key, '--name', name];
      await mustRun(installation, 'enrol', ...who, photo);
    }
    return await work(installation);
  } finally {
    await installation.remove();
  }
}

const PHASES = {
  asking: 'face to what is asked first',
  lighting: 'the light',
  reacting: 'a step: asked to begun (the visitor)',
  seeing: 'a step: begun to seen',
  capturing: 'last step to last frame',
  deciding: 'last frame to decision',
} as const;
type Phase = keyof typeof PHASES;

interface Visit {
  readonly outcome: string;
  /** Why the visitor is asked to try again. */
  readonly reason: string | null;
  /** Milliseconds from the face in the picture to the decision. */
  readonly total: number;
  /** Parts of it; of each step one. */
  readonly phases: Readonly<Record<Phase, readonly number[]>>;
  readonly steps: number;
}

/** Those who visit in turn. The third of the sample photographs laughs: a smile counts against the face at rest. */
const VISITORS = ['Sasha', 'Kim'] as const;

/** As the units in `main/deploy` have it: the appliance comes first, then its screen. */
const NICENESS = { appliance: -10, screen: -5 } as const;

const SEED = 18;
const VIEWPORT = { width: 1280, height: 800 } as const;

/** The browser of the screen. Who may not lower the niceness has the usual one. @param clip plays as the camera */
async function openBrowser(clip: string): Promise<Screen> {
  const own = getPriority();
  try {
    setPriority(NICENESS.screen);
  } catch {
    // As it is.
  }
  try {
    return await openScreen('about:blank', { clip });
  } finally {
    setPriority(own);
  }
}

async function playVisits(installation: Installation, count: number): Promise<string> {
  const films: MadeFilm[] = [];
  for (const name of VISITORS) films.push(await visitorFilm(sampleFace(name)));
  const screen = await openBrowser(await emptyRoom(installation.data));
  const random = seeded(SEED);
  const visits: Visit[] = [];
  let appliance: RunningAppliance | null = null;
  try {
    for (let i = 0; i < count; i++) {
      const turn = i % films.length;
      if (turn === 0) {
        // Each film again before an appliance that has just been started and has forgotten: a recording is taken once only.
        await appliance?.stop();
        appliance = null;
        await forgetFrames(installation);
        appliance = await startAppliance(installation, NICENESS.appliance);
      }
      const tell = (what: string): void => console.error(`visit ${i + 1} of ${count}: ${what}`);
      const page = await screen.browser.newPage({ viewport: VIEWPORT });
      try {
        await placeVisitor(page, films[turn]!, drawTemper(random));
        await page.goto(turn === 0 ? appliance!.address : await appliance!.newAddress());
        const visit = await visitOf(page);
        visits.push(visit);
        tell(`${visit.reason ?? visit.outcome} after ${(visit.total / 1000).toFixed(1)} s`);
      } catch (error) {
        // A visit without an outcome counts as one that was not welcomed, and the next one comes.
        tell(error instanceof Error ? error.message : String(error));
      } finally {
        await page.close();
      }
      if (visits.at(-1)?.outcome !== 'welcome') tell(await lastRecord(installation));
    }
  } finally {
    await appliance?.stop();
    await screen.close();
  }
  const granted = visits.filter(({ outcome }) => outcome === 'welcome');
  const rows = [
    ...rowOf(
      'face to decision, all',
      granted.map(({ total }) => total),
    ),
    ...[2, 3].flatMap((steps) =>
      rowOf(
        `face to decision, ${steps} steps`,
        granted.filter((visit) => visit.steps === steps).map(({ total }) => total),
      ),
    ),
    ...(Object.entries(PHASES) as [Phase, string][]).flatMap(([phase, name]) =>
      rowOf(
        name,
        granted.flatMap(({ phases }) => phases[phase]),
      ),
    ),
  ];
  return table([`${granted.length} of ${count} welcomed`, 'measured', 'p50 s', 'p95 s'], rows);
}

/** What the appliance noted of the last visit that it decided. */
async function lastRecord({ data, keyFile }: Installation): Promise<string> {
  const { entries } = await readAuditLog(data, keyFile);
  return JSON.stringify(entries.findLast(([, { kind }]) => kind === 'decision')?.[1] ?? null);
}

/**
 * The room is empty for so long before somebody walks by, and before the visitor comes: a page that runs all day has seen a face before.
 * Milliseconds.
 */
const EMPTY_MS = 1000;

async function visitOf(page: Page): Promise<Visit> {
  await waitForScreen(page, 'attract');
  await pause(EMPTY_MS);
  await pass(page);
  await pause(EMPTY_MS);
  await waitForScreen(page, 'attract');
  await arrive(page);
  const outcome = await waitForScreen(page, 'welcome', 'not-recognised', 'try-again', 'code');
  const reason =
    outcome === 'try-again' ? await page.getByTestId('outcome').getAttribute('data-reason') : null;
  const notes = await notesOf(page);
  const first = (isIt: (name: string) => boolean, after = 0): number =>
    notes.find(({ name, at }) => at >= after && isIt(name))?.at ?? NaN;
  const [arrived, end] = ['arrived', outcome].map((name) => first((one) => one === name)) as [number, number];
  // Of a visit that was begun again, the last decision.
  const deciding = notes.findLast(({ name }) => name === 'deciding')?.at ?? NaN;
  const asked = notes.filter(({ name }) => name.startsWith('asked '));
  const seen = asked.map(({ at }) =>
    first((name) => name.startsWith('asked ') || name === 'performed', at + 1),
  );
  const begun = asked.map(({ at }) => first((name) => name === 'began', at));
  const [lit, unlit] = [first((name) => name === 'lit'), first((name) => name === 'unlit')];
  const phases = {
    asking: known(Math.min(...known(lit, asked[0]?.at ?? NaN)) - arrived).filter(Number.isFinite),
    lighting: known(unlit - lit),
    reacting: known(...asked.map(({ at }, i) => begun[i]! - at)),
    seeing: known(...asked.map((_, i) => seen[i]! - begun[i]!)),
    capturing: known(deciding - (seen.at(-1) ?? (unlit || arrived))),
    deciding: known(end - deciding),
  };
  return { outcome, reason, total: end - arrived, phases, steps: asked.length };
}

const known = (...lengths: number[]): number[] => lengths.filter((length) => !Number.isNaN(length));

const rowOf = (name: string, lengths: readonly number[]): (string | number)[][] =>
  lengths.length === 0 ? [] : [summary(name, lengths)];

const summary = (name: string, milliseconds: readonly number[]): (string | number)[] => [
  name,
  milliseconds.length,
  seconds(milliseconds, 0.5),
  seconds(milliseconds, 0.95),
];

const seconds = (milliseconds: readonly number[], share: number): number =>
  quantile(milliseconds, share) / 1000;

/** Counts the pictures that the page analyses: it takes each from the video first. */
const COUNT_PICTURES = `
  window.pictures = 0;
  window.VideoFrame = class extends VideoFrame {
    constructor(source, ...rest) {
      super(source, ...rest);
      if (source instanceof HTMLVideoElement) window.pictures += 1;
    }
  };
`;

const SAMPLE_MS = 1000;
const REPORT_EVERY = 60;

/** Pictures a second while a visitor is guided, without and with an appliance that computes, and the page's memory. */
async function watchPage(installation: Installation, weightsDir: string, minutes: number): Promise<string> {
  const appliance = await startAppliance(installation, NICENESS.appliance);
  const screen = await openBrowser(await liveClip(sampleFace(VISITORS[0])));
  const recognizer = await createRecognizer({ weightsDir, workers: 1 });
  try {
    const { page } = screen;
    await page.addInitScript(COUNT_PICTURES);
    await page.goto(appliance.address);
    await waitForScreen(page, 'guide', 'recognising');
    const photo = await portrait(sampleFace(VISITORS[0]));
    const samples: { busy: boolean; rate: number; cost: number; megabytes: number }[] = [];
    let embedded = 0;
    let busy = false;
    const embedding = (async () => {
      while (samples.length < minutes * 60) {
        if (busy) {
          await recognizer.analyse(photo);
          embedded++;
        } else await pause(100);
      }
    })();
    while (samples.length < minutes * 60) {
      // Half a minute idle, half a minute busy, and so on.
      busy = Math.floor(samples.length / 30) % 2 === 1;
      const before = { ...(await look(page)), ...(await pageProcess(screen)) };
      await pause(SAMPLE_MS);
      const after = { ...(await look(page)), ...(await pageProcess(screen)) };
      const pictures = before.guided && after.guided ? after.pictures - before.pictures : NaN;
      samples.push({
        busy,
        rate: (pictures * 1000) / (after.at - before.at),
        cost: (after.processorMs - before.processorMs) / pictures,
        megabytes: after.megabytes,
      });
      if (samples.length % REPORT_EVERY === 0) console.error(`${samples.length / 60} of ${minutes} min`);
    }
    await embedding;
    const guidedWhile = (isBusy: boolean): typeof samples =>
      samples.filter((sample) => sample.busy === isBusy && !Number.isNaN(sample.rate));
    const memory = samples.map(({ megabytes }) => megabytes);
    const rateRow = (name: string, guided: typeof samples): (string | number)[] => {
      const rates = guided.map(({ rate }) => rate);
      const costs = guided.map(({ cost }) => cost);
      return [name, guided.length, quantile(rates, 0.5), quantile(rates, 0.05), quantile(costs, 0.5)];
    };
    return [
      table(
        [
          'landmarker while a visitor is guided',
          'seconds',
          'pictures/s, p50',
          'p5',
          'page processor ms/picture',
        ],
        [
          rateRow('appliance idle', guidedWhile(false)),
          rateRow(`appliance embedding (${embedded} pictures)`, guidedWhile(true)),
        ],
      ),
      table(
        ['page memory (resident), MB', 'after 1 min', 'half-way', 'at the end', 'most'],
        [
          [
            `${minutes} min`,
            memory[Math.min(59, memory.length - 1)] ?? NaN,
            memory[memory.length >> 1] ?? NaN,
            memory.at(-1) ?? NaN,
            Math.max(...memory),
          ],
        ],
      ),
    ].join('\n\n');
  } finally {
    await recognizer.close();
    await screen.close();
    await appliance.stop();
  }
}

async function look(page: Screen['page']): Promise<{ at: number; pictures: number; guided: boolean }> {
  return (await page.evaluate(`({
    at: performance.now(),
    pictures: window.pictures,
    guided: ['guide', 'recognising'].includes(document.body.dataset.screen) &&
      !document.querySelector('[data-testid="deciding"]'),
  })`)) as { at: number; pictures: number; guided: boolean };
}

/** Resident memory of the page's process in megabytes, and the processor time that it has used, in milliseconds. */
async function pageProcess({ browser }: Screen): Promise<{ megabytes: number; processorMs: number }> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const pages = await Promise.all(
      processInfo
        .filter(({ type }) => type === 'renderer')
        .map(async ({ id, cpuTime }) => {
          const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
          const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
          return { megabytes, processorMs: cpuTime * 1000 };
        }),
    );
    // The largest: Chromium keeps a spare one.
    return pages.toSorted((x, y) => y.megabytes - x.megabytes)[0] ?? { megabytes: 0, processorMs: NaN };
  } finally {
    await session.detach();
  }
}
