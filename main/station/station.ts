import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { toErrorBody, type Decision, type StationConfig, type StationSignal } from '#contract';
import type { AnalysedFrame } from '#core/liveness';
import { checkGate, VISIT_GATE, type Template } from '#core/recognition';
import type { Log } from '../process/index.ts';

/** So many stills in a row until something counts as a fault: none could be taken, all dark, all the same. */
const FAULTY_STILLS = 3;
/** So many stills in a row without a face until the next one may be another visit. */
const LEFT_STILLS = 3;
/** Mean luma (0..255) of a camera that is covered; a dark wall behind a person is brighter. */
const COVERED_LUMA = 20;

/** Why a station decides nothing at the moment. */
export type StationFault =
  'no-picture' | 'covered' | 'frozen' | 'camera-objected' | 'below-policy' | 'not-decided';

export interface StationOptions {
  readonly config: Pick<StationConfig, 'everyMs' | 'stills'>;
  /** @returns an encoded picture, upright @throws LintelError `camera-unavailable` */
  readonly takeStill: () => Promise<Uint8Array>;
  readonly look: (still: Uint8Array) => Promise<AnalysedFrame>;
  readonly isSamePerson: (a: Template, b: Template) => Promise<boolean>;
  /** What keeps it from deciding now, besides its pictures. */
  readonly objection: () => Promise<StationFault | null>;
  /** Decides on stills of one person. */
  readonly decide: (stills: readonly AnalysedFrame[]) => Promise<Decision['outcome']>;
  readonly signal: (signal: StationSignal) => void;
  /** Told when a fault begins, and with null when it is over. */
  readonly tellFault: (fault: StationFault | null) => void;
  readonly log: Log;
}

const SIGNALS = {
  granted: 'granted',
  denied: 'refused',
  undecided: 'again',
  compared: 'again',
} as const satisfies Record<Decision['outcome'], StationSignal>;

/**
 * Takes stills until it is ended, and decides once on each person who stands there: on so many stills in a row that show this
 * person alone. It decides nothing while something speaks against its pictures.
 * @returns ends it
 */
export function startStation(options: StationOptions): () => Promise<void> {
  const { config, takeStill, look, isSamePerson, objection, decide, signal, tellFault, log } = options;
  const ending = new AbortController();
  /** In a row: stills that could not be taken, that were dark, that were the same as the one before. */
  const faulty = { missed: 0, dark: 0, same: 0 };
  let fault: StationFault | null = null;
  let before = '';
  let visit: AnalysedFrame[] = [];
  /** Who was decided on last and has not left. */
  let decided: Template | null = null;
  let empty = 0;

  const note = (next: StationFault | null): void => {
    if (next === fault) return;
    fault = next;
    visit = [];
    tellFault(next);
    if (next !== null) signal('fault');
  };

  /** @returns what speaks against the pictures, when enough of them were alike */
  async function faultOf(still: Uint8Array | null): Promise<StationFault | null> {
    faulty.missed = still === null ? faulty.missed + 1 : 0;
    if (still === null) return faulty.missed >= FAULTY_STILLS ? 'no-picture' : fault;
    const { data, info } = await sharp(still).greyscale().raw().toBuffer({ resolveWithObject: true });
    // Of the pixels: no two pictures of a camera are the same, whatever a driver writes around them.
    const digest = createHash('sha256').update(data).digest('hex');
    faulty.same = digest === before ? faulty.same + 1 : 0;
    before = digest;
    const luma = data.reduce((sum, value) => sum + value, 0) / (info.width * info.height);
    faulty.dark = luma < COVERED_LUMA ? faulty.dark + 1 : 0;
    if (faulty.dark >= FAULTY_STILLS) return 'covered';
    return faulty.same >= FAULTY_STILLS - 1 ? 'frozen' : await objection();
  }

  /** @returns the frame when it shows a person whom one can decide on, and who was not decided on yet */
  async function newcomer(still: Uint8Array): Promise<AnalysedFrame | null> {
    const frame = await look(still);
    const { face } = frame.analysis;
    empty = face === null ? empty + 1 : 0;
    if (empty >= LEFT_STILLS) decided = null;
    if (face === null || checkGate(VISIT_GATE, face.measurements).length > 0) return null;
    if (decided !== null && (await isSamePerson(decided, face.template))) return null;
    return frame;
  }

  async function step(): Promise<void> {
    const still = await takeStill().catch(() => null);
    note(await faultOf(still));
    // Until it is sure that a still is a new one, it shows nobody.
    if (still === null || fault !== null || faulty.same > 0) return;
    const frame = await newcomer(still);
    const [first] = visit;
    const goesOn =
      frame !== null &&
      (first === undefined ||
        (await isSamePerson(first.analysis.face!.template, frame.analysis.face!.template)));
    visit = frame === null ? [] : goesOn ? [...visit, frame] : [frame];
    if (visit.length < config.stills) return;
    const stills = visit;
    visit = [];
    const outcome = await decide(stills);
    signal(SIGNALS[outcome]);
    // Who could not be decided on may try again at once.
    if (outcome !== 'undecided') decided = stills[0]!.analysis.face!.template;
  }

  const running = (async () => {
    while (!ending.signal.aborted) {
      await step().catch((error: unknown) => {
        // A fault until a still can be judged again.
        log.error({ err: error, code: toErrorBody(error).code }, 'the station could not decide');
        note('not-decided');
      });
      await pause(config.everyMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    ending.abort();
    await running;
  };
}
