import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  DRILL_KINDS,
  DrillKind,
  LintelError,
  withoutMark,
  type DrillPresentation,
  type DrillReport,
} from '#contract';
import { unwritable } from '#core/store';
import { createCameraWatch } from '../camera/index.ts';
import { beginDrill, describeReport, signReport, verifyReport, type HeldDrill } from '../drill/index.ts';
import type { Answer } from './commands.ts';
import { readText } from './documents.ts';
import { withStore, type InStore } from './store-access.ts';

/** How often the appliance is asked for what it saw, and how often it is told that the drill goes on. Milliseconds. */
const LOOK_MS = 250;
const KEEP_UP_MS = 15_000;

/** Presentations of a drill: more would take weeks. */
const MOST = 10_000;

/** More than a report of so many presentations has. */
const MOST_REPORT_BYTES = 32_000_000;

/** What a person does at the appliance's camera. */
const TO_DO: Readonly<Record<DrillKind, string>> = {
  'bona-fide': 'Step before the camera as a visitor does, and do what the screen asks.',
  print:
    'Hold a printed photograph of a person who is enrolled before the camera, nothing else in sight. Move and bend it as the screen asks.',
  phone:
    'Hold a phone before the camera that shows a photograph or a recording of a person who is enrolled, at its brightest. Mimic what the screen asks.',
  tablet:
    'Hold a tablet before the camera that shows a photograph or a recording of a person who is enrolled, at its brightest. Mimic what the screen asks.',
};

interface DrillOptions extends InStore {
  readonly kinds: string;
  readonly count: number;
  readonly out: string;
}

/** What a drill talks with: lines that the operator types, and where to say what comes next. */
export interface DrillTalk {
  readonly input: Readable;
  readonly say: (line: string) => void;
}

/**
 * Guide a person through presentations at the camera of the appliance that runs on this data folder, and write a signed report.
 * At the end of the input the report is of what was presented until then.
 * @throws LintelError `drill-under-way`, `file-exists`; `drill-empty` where nothing was presented that is to be kept
 */
export async function holdDrill(options: DrillOptions, { input, say }: DrillTalk): Promise<Answer> {
  const { count, out } = options;
  const kinds = kindsOf(options.kinds);
  if (kinds.length * count > MOST)
    throw new LintelError('usage', `At most ${MOST} presentations fit in a report.`);
  const planned = kinds.flatMap((kind) => Array.from({ length: count }, () => kind));
  return await withStore(options, async (store) => {
    // Before anybody has held up anything.
    await using file = await open(out, 'wx', 0o600).catch((error: unknown) => {
      throw unwritable(out, error);
    });
    // Nothing, or half of a report, is left where it fails: another drill may have the name.
    await using unfinished = new AsyncDisposableStack();
    unfinished.defer(() => rm(out, { force: true }));
    const from = new Date().toISOString();
    const drill = await beginDrill(store);
    const keepUp = setInterval(() => void drill.keepUp().catch(() => undefined), KEEP_UP_MS);
    const typed = new TypedLines(input);
    let kept: Presented = { presentations: [], discarded: [] };
    try {
      kept = await presentAll(drill, planned, typed, say);
    } finally {
      clearInterval(keepUp);
      typed.close();
      await drill.end(kept.presentations.length);
    }
    if (kept.presentations.length === 0) throw new LintelError('drill-empty');
    const { cameras, findings } = await createCameraWatch({ store }).state();
    const report = await signReport(store, {
      drillId: drill.drillId,
      from,
      to: new Date().toISOString(),
      by: 'command-line',
      cameras,
      cameraFindings: findings,
      ...kept,
    });
    try {
      await file.writeFile(`${JSON.stringify(report, null, 2)}\n`);
      await file.sync();
    } catch (error) {
      throw unwritable(out, error);
    }
    unfinished.move();
    return answer(report, `${describeReport(report)}\nWritten to ${out}.`);
  });
}

/** @param options publicKey: of the device, by default the one of this store @throws LintelError `drill-report-invalid` */
export async function checkDrillReport(
  file: string,
  options: InStore & { publicKey?: string },
): Promise<Answer> {
  const publicKey = options.publicKey ?? (await withStore(options, ({ audit }) => audit.publicKey()));
  const text = await readText(file, MOST_REPORT_BYTES).catch((error: unknown) => {
    throw new LintelError('drill-report-invalid', `(${file} cannot be read)`, { cause: error });
  });
  const report = verifyReport(withoutMark(text), publicKey);
  return answer(report, `Genuine.\n${describeReport(report)}`);
}

const answer = ({ drillId, from, to, tallies }: DrillReport, text: string): Answer => ({
  json: { drillId, from, to, tallies },
  text,
});

/** @throws LintelError `usage` */
function kindsOf(list: string): DrillKind[] {
  const kinds = [...new Set(list.split(',').map((kind) => kind.trim()))];
  return kinds.map((kind) => {
    const parsed = DrillKind.safeParse(kind);
    if (!parsed.success) throw new LintelError('usage', `Name kinds of ${DRILL_KINDS.join(', ')}.`);
    return parsed.data;
  });
}

interface Presented {
  readonly presentations: readonly DrillPresentation[];
  readonly discarded: readonly DrillKind[];
}

async function presentAll(
  drill: HeldDrill,
  planned: readonly DrillKind[],
  typed: TypedLines,
  say: DrillTalk['say'],
): Promise<Presented> {
  const presentations: DrillPresentation[] = [];
  const discarded: DrillKind[] = [];
  say('While the drill lasts, the appliance recognises visitors and lets nobody in.');
  for (let n = 1; presentations.length < planned.length; n++) {
    const kind = planned[presentations.length]!;
    say(`${presentations.length + 1} of ${planned.length}, ${kind}: ${TO_DO[kind]}`);
    say('Return when you are ready, q to end:');
    if (!(await typed.isGoingOn())) break;
    await drill.present({ n, kind });
    say('Now. (Return if no visit begins.)');
    const seen = await come(drill, n, typed);
    await drill.present(null);
    if (seen === null) {
      if (typed.isOver) break;
      say('No visit was decided. Does the appliance run, on this data folder?');
      continue;
    }
    say(
      `${seen.outcome}${seen.accepted ? ', taken for live' : ''}: ${seen.reasons.join(', ') || 'no decision'}`,
    );
    say('Return to keep it, d to discard it since it was not what it should be:');
    const word = await typed.next();
    if (word === 'd') discarded.push(kind);
    else presentations.push(seen);
  }
  return { presentations, discarded };
}

/** What came of the presentation; null where the operator does not wait for it. */
async function come(drill: HeldDrill, n: number, typed: TypedLines): Promise<DrillPresentation | null> {
  for (;;) {
    const seen = await drill.seen(n);
    if (seen !== null) return seen;
    if (await typed.within(LOOK_MS)) return null;
  }
}

/** Lines of a terminal or a file, which may end. */
class TypedLines {
  readonly #lines: string[] = [];
  readonly #reader;
  #isClosed = false;
  #isQuit = false;
  #wake = (): void => undefined;

  constructor(input: Readable) {
    this.#reader = createInterface({ input });
    this.#reader.on('line', (line) => {
      this.#lines.push(line.trim().toLowerCase());
      this.#wake();
    });
    this.#reader.once('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** Whether the operator ends the drill. */
  get isOver(): boolean {
    return this.#isQuit || (this.#isClosed && this.#lines.length === 0);
  }

  /** The next line; null at the end of the input, and where the operator quits. */
  async next(): Promise<string | null> {
    while (this.#lines.length === 0 && !this.#isClosed) await this.#change();
    const line = this.#lines.shift() ?? null;
    if (line === 'q') this.#isQuit = true;
    return line === 'q' ? null : line;
  }

  async isGoingOn(): Promise<boolean> {
    return !this.isOver && (await this.next()) !== null;
  }

  /** Whether a line, or the end of the input, comes within so many milliseconds. */
  async within(ms: number): Promise<boolean> {
    if (this.#lines.length === 0 && !this.#isClosed) await this.#change(ms);
    if (this.#lines.length === 0) return this.#isClosed;
    await this.next();
    return true;
  }

  close(): void {
    this.#reader.close();
  }

  async #change(ms?: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }
}
