import type { LightSplit } from '#contract';
import type { Film, Temper } from './film.ts';
import type { FromVisitor, ToVisitor } from './worker.ts';

/** Puts a visitor before the kiosk's camera, who sees what its page shows. Runs in the page before anything else. */

/** From `fetch`, since a page is given text only. */
interface Prepared {
  readonly film: Film;
  readonly temper: Temper;
}

/** What the benchmark reads. */
export interface Noted {
  readonly notes: { readonly name: string; readonly at: number }[];
  readonly arrive: () => void;
  readonly pass: () => void;
}

/** Chromium's own (W3C, MediaStreamTrack Insertable Media Processing), which TypeScript's library does not know. */
declare const MediaStreamTrackGenerator: new (init: { readonly kind: 'video' }) => MediaStreamTrack & {
  readonly writable: WritableStream<VideoFrame>;
};

const now = (): number => performance.timeOrigin + performance.now();
const worker = new Worker('/bench-visitor/worker.js', { type: 'module' });
const say = (message: ToVisitor, ...moved: Transferable[]): void => worker.postMessage(message, moved);
const notes: Noted['notes'][number][] = [];
const note = (name: string, at = now()): void => void notes.push({ name, at });

worker.addEventListener('message', ({ data }: MessageEvent<FromVisitor>) => note(data.type, data.at));
const visitor: Noted = { notes, arrive: () => say({ type: 'arrive' }), pass: () => say({ type: 'pass' }) };
Object.assign(window, { visitor });

/** Loads what the visitor looks like, and opens the camera that sees them. */
async function openCamera(): Promise<MediaStream> {
  const { film, temper } = (await (await fetch('/bench-visitor/film.json')).json()) as Prepared;
  const bytes = await (await fetch('/bench-visitor/film.bin')).arrayBuffer();
  say({ type: 'film', film, bytes, temper }, bytes);
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  say({ type: 'camera', writable: track.writable }, track.writable);
  return new MediaStream([track]);
}
navigator.mediaDevices.getUserMedia = openCamera;

let screen = '';
let asked = '';
let colours = '';

/** What the visitor sees has changed. */
function look(): void {
  const at = now();
  const showsDeciding = document.querySelector('[data-testid="deciding"]') !== null;
  const name = showsDeciding ? 'deciding' : (document.body?.dataset['screen'] ?? '');
  if (name !== screen) note((screen = name), at);
  const cue = document.querySelector<HTMLElement>('[data-testid="step"]');
  const step = cue ? `${cue.querySelectorAll('.step-dot-done').length} ${cue.dataset['step']}` : '';
  if (step !== asked) {
    asked = step;
    note(step === '' ? 'performed' : `asked ${step}`, at);
    say({ type: 'asked', step: (cue?.dataset['step'] ?? null) as never, at });
  }
  const show = document.querySelector<HTMLElement>('[data-testid="light-show"]');
  const [first, second] = [...(show?.children ?? [])].map((half) => (half as HTMLElement).style.background);
  const split = (show?.dataset['split'] ?? 'whole') as LightSplit;
  const key = first ? `${split} ${first} ${second}` : '';
  if (key !== colours) {
    if (colours === '' || key === '') note(key === '' ? 'unlit' : 'lit', at);
    colours = key;
    say({ type: 'screen', corners: first ? cornersOf(split, rgb(first), rgb(second ?? first)) : null, at });
  }
}

const rgb = (css: string): number[] => (css.match(/\d+/g) ?? []).slice(0, 3).map(Number);

function cornersOf(split: LightSplit, first: number[], second: number[]): number[][] {
  if (split === 'left-right') return [first, second, first, second];
  return split === 'top-bottom' ? [first, first, second, second] : [first, first, first, first];
}

new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
