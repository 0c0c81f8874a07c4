import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { AssuranceLevel, DEFAULT_LEVEL } from '#contract';
import { createRecognizer } from '#core/recognition';
import {
  forgetFrames,
  lintel,
  newInstallation,
  startAppliance,
  type Installation,
} from '../../test/support/appliance.ts';
import { openScreen, waitForScreen, type Screen } from '../../test/support/screen.ts';
import { build } from '../build/build.ts';
import { portrait } from '../samples/clip.ts';
import { CLIP_STEPS, liveClip } from '../samples/live-head.ts';
import { sampleFace } from '../samples/samples.ts';
import { table } from './table.ts';

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
      const installation = await newInstallation({
        challengeSteps: [...CLIP_STEPS],
        stepSeconds: 12,
        assurance: level,
      });
      try {
        const photo = join(installation.data, '..', 'robin.jpg');
        await writeFile(photo, await portrait(sampleFace('Robin', 1)));
        const who = ['--collection', 'default', '--key', 'robin', '--name', 'Robin'];
        await lintel(installation, 'enrol', ...who, photo);
        if (visits > 0) console.log(await playVisits(installation, visits));
        if (minutes > 0) console.log(`\n${await watchPage(installation, weightsDir, minutes)}`);
      } finally {
        await installation.remove();
      }
    });
}

/** When the page first showed each screen, in milliseconds of its clock: from what its body says. */
const NOTE_SCREENS = `
  window.shownAt = {};
  window.asked = 0;
  new MutationObserver(() => {
    const name = document.querySelector('[data-testid="deciding"]') ? 'deciding' : document.body?.dataset.screen;
    if (name) window.shownAt[name] ??= performance.now();
    const isAsked = document.querySelector('[data-testid="step"]') !== null;
    if (isAsked) window.shownAt.asked ??= performance.now();
    else if (window.shownAt.asked) window.shownAt.done ??= performance.now();
    const total = document.querySelectorAll('.step-dot').length;
    if (total > 0) window.asked = total;
  }).observe(document, { subtree: true, childList: true, attributes: true });
`;

/** A visitor must stay so long before the screen shows that it saw them (the kiosk's `TIMES.notice`), in milliseconds. */
const NOTICE_MS = 250;

interface Visit {
  readonly outcome: string;
  /** Why the visitor is asked to try again. */
  readonly reason: string | null;
  /** Milliseconds from the face in the picture to the decision. */
  readonly total: number;
  /** Parts of it: until something is asked, the steps, until the last frame, and until the decision. */
  readonly phases: Readonly<Record<Phase, number>>;
  readonly steps: number;
}

const PHASES = {
  asking: 'face to first step',
  performing: 'the steps',
  capturing: 'last step to last frame',
  deciding: 'last frame to decision',
} as const;
type Phase = keyof typeof PHASES;

async function playVisits(installation: Installation, count: number): Promise<string> {
  const visits: Visit[] = [];
  const clip = await liveClip(sampleFace('Robin'));
  for (let i = 0; i < count; i++) {
    // Another appliance each time, that has forgotten: the clip is the same, and a recording is taken once only.
    await forgetFrames(installation);
    const appliance = await startAppliance(installation);
    try {
      const screen = await openScreen('about:blank', { clip });
      try {
        await screen.page.addInitScript(NOTE_SCREENS);
        await screen.page.goto(appliance.address);
        visits.push(await visitOf(screen));
      } finally {
        await screen.close();
      }
    } finally {
      await appliance.stop();
    }
    const { outcome, reason, total } = visits.at(-1)!;
    console.error(`visit ${i + 1} of ${count}: ${reason ?? outcome} after ${(total / 1000).toFixed(1)} s`);
  }
  const granted = visits.filter(({ outcome }) => outcome === 'welcome');
  const rowsOf = (name: string, of: readonly Visit[]): (string | number)[][] =>
    of.length === 0
      ? []
      : [
          summary(
            `face to decision, ${name}`,
            of.map(({ total }) => total),
          ),
        ];
  const phases = Object.entries(PHASES) as [Phase, string][];
  const rows = [
    ...rowsOf('all', granted),
    ...[2, 3].flatMap((steps) =>
      rowsOf(
        `${steps} steps`,
        granted.filter((visit) => visit.steps === steps),
      ),
    ),
    ...phases.flatMap(([phase, name]) => {
      const lengths = granted.map((visit) => visit.phases[phase]).filter((length) => !Number.isNaN(length));
      return lengths.length === 0 ? [] : [summary(name, lengths)];
    }),
  ];
  return table([`${granted.length} of ${count} welcomed`, 'visits', 'p50 s', 'p95 s'], rows);
}

async function visitOf({ page }: Screen): Promise<Visit> {
  const outcome = await waitForScreen(page, 'welcome', 'not-recognised', 'try-again');
  const reason =
    outcome === 'try-again' ? await page.getByTestId('outcome').getAttribute('data-reason') : null;
  const shownAt = (await page.evaluate('window.shownAt')) as Record<string, number>;
  const steps = (await page.evaluate('window.asked')) as number;
  const end = shownAt[outcome] ?? NaN;
  const { guide = NaN, asked = NaN, done = NaN, deciding = NaN } = shownAt;
  const seenAt = guide - NOTICE_MS;
  const phases = {
    asking: asked - seenAt,
    performing: done - asked,
    capturing: deciding - (steps > 0 ? done : seenAt),
    deciding: end - deciding,
  };
  return { outcome, reason, total: end - seenAt, phases, steps };
}

const summary = (name: string, milliseconds: readonly number[]): (string | number)[] => [
  name,
  milliseconds.length,
  seconds(milliseconds, 0.5),
  seconds(milliseconds, 0.95),
];

const seconds = (milliseconds: readonly number[], share: number): number =>
  quantile(milliseconds, share) / 1000;

/** Nearest rank. */
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;

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
  const appliance = await startAppliance(installation);
  const screen = await openScreen('about:blank', { clip: await liveClip(sampleFace('Robin')) });
  const recognizer = await createRecognizer({ weightsDir, workers: 1 });
  try {
    const { page } = screen;
    await page.addInitScript(COUNT_PICTURES);
    await page.goto(appliance.address);
    await waitForScreen(page, 'guide', 'recognising');
    const photo = await portrait(sampleFace('Robin', 1));
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
