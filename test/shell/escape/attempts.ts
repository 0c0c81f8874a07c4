/** What the escape drill tries: keys, the pointer, fingers, and what is dragged in from another program. */
import type { Finger, Place } from '../../support/touch-screen.ts';

/** By the commands of `xdotool`, or by fingers that come down together and stay for some milliseconds. */
export type Attempt = { readonly name: string } & (
  | {
      readonly words: readonly string[];
      /** A window has this name once it was done; it is tried again where not. */
      readonly until?: string;
    }
  | { readonly fingers: readonly Finger[]; readonly holdMs: number }
);

/** X keycodes: those of Linux plus 8. */
const CTRL = 37;
const SHIFT = 50;
const ALT = 64;
const SUPER = 133;
/** Each character of a text, and further names. */
const letters = (text: string, ...more: readonly string[]): string[] => [...text.split(''), ...more];

const KEY = Object.fromEntries(
  (
    [
      ['1234567890-=', 10],
      ['qwertyuiop', 24],
      ['asdfghjkl', 38],
      ['zxcvbnm', 52],
    ] as const
  ).flatMap(([row, first]) => letters(row).map((name, i) => [name, first + i])),
) as Readonly<Record<string, number>>;
const NAMED = {
  Escape: 9, Tab: 23, Enter: 36, Space: 65, Delete: 119, Insert: 118, Home: 110, Left: 113, Right: 114, Up: 111,
  PageDown: 117, Menu: 135, Print: 107, Plus: 21, Minus: 20,
  F1: 67, F2: 68, F3: 69, F4: 70, F5: 71, F6: 72, F7: 73, F9: 75, F10: 76, F11: 95, F12: 96,
  Explorer: 152, Mail: 163, Favorites: 164, Back: 166, Forward: 167, Calculator: 148, HomePage: 180, Reload: 181, Search: 225,
} as const; // prettier-ignore
const codeOf = (name: string): number => KEY[name] ?? NAMED[name as keyof typeof NAMED];

/** Words of `xdotool` that press keys together. */
const press = (...codes: readonly number[]): string[] => [
  ...codes.flatMap((code) => ['keydown', String(code)]),
  ...codes.toReversed().flatMap((code) => ['keyup', String(code)]),
];

const withKeys = (label: string, held: readonly number[], names: readonly string[]): Attempt[] =>
  names.map((name) => ({ name: label + name, words: press(...held, codeOf(name)) }));

/** Of combinations, those that would close, hide or leave what another has opened: they come first. */
const CLOSING: readonly Attempt[] = [
  ...withKeys('Ctrl+', [CTRL], letters('wq', 'F4', 'Escape')),
  ...withKeys('Ctrl+Shift+', [CTRL, SHIFT], letters('wq', 'Escape')),
  ...withKeys('Alt+', [ALT], ['F4', 'Left', 'Right', 'Home', 'Escape']),
  ...withKeys('', [], ['Escape', 'F5', 'F11', 'Back', 'Forward', 'HomePage', 'Reload']),
]; // prettier-ignore

/**
 * Whatever is known to open something of a browser, of a compositor or of a system. Tab, Enter and Space belong to the
 * kiosk, with any other key: they lead to its own buttons.
 */
const OPENING: readonly Attempt[] = [
  ...withKeys('Ctrl+', [CTRL], letters('tnosuplkjhdefgrcvxa1290-=', 'Plus', 'Minus')),
  ...withKeys('Ctrl+Shift+', [CTRL, SHIFT], letters('nijcobdmatgprv', 'Delete')),
  ...withKeys('', [], ['F1', 'F3', 'F6', 'F7', 'F9', 'F10', 'F12', 'Menu', 'Print', 'Insert']),
  ...withKeys('', [], ['Explorer', 'Mail', 'Favorites', 'Calculator', 'Search']),
  ...withKeys('Shift+', [SHIFT], ['Escape', 'F6', 'F9', 'F10', 'F12', 'Insert', 'Delete']),
  ...withKeys('Alt+', [ALT], letters('fedt')),
  ...withKeys('Alt+Shift+', [ALT, SHIFT], letters('aibt')),
  ...withKeys('Ctrl+Alt+', [CTRL, ALT], ['t', 'F1', 'Delete', 'Escape']),
  ...withKeys('Super+', [SUPER], letters('ldr')),
  { name: 'Super', words: press(SUPER) },
  { name: 'Alt', words: press(ALT) },
  { name: 'Ctrl', words: press(CTRL) },
]; // prettier-ignore

/** The key that belongs to the operator. */
export const OPERATOR_KEY = press(codeOf('F2'));

/** A drag as a hand makes it: the browser takes nothing else for one. */
const drag = (...places: readonly (readonly [x: number, y: number])[]): string[] => {
  const [first, ...others] = places.map(([x, y]) => ['mousemove', String(x), String(y), 'sleep', '0.06']);
  return [...first!, 'mousedown', '1', 'sleep', '0.06', ...others.flat(), 'sleep', '0.1', 'mouseup', '1'];
};

/** What the mouse can do, away from what the kiosk itself has there to click. */
const POINTER: readonly Attempt[] = [
  { name: 'right click', words: ['mousemove', '300', '300', 'click', '3'] },
  { name: 'right click on a text', words: ['mousemove', '500', '490', 'click', '3'] },
  { name: 'middle click', words: ['mousemove', '300', '300', 'click', '2'] },
  { name: 'middle click on a text', words: ['mousemove', '500', '490', 'click', '2'] },
  { name: 'back button', words: ['click', '8'] },
  { name: 'forward button', words: ['click', '9'] },
  { name: 'wheel with Ctrl', words: ['keydown', String(CTRL), 'click', '4', 'keyup', String(CTRL)] },
  { name: 'long press of the mouse', words: ['mousemove', '500', '200', 'mousedown', '1', 'sleep', '1', 'mouseup', '1'] },
  { name: 'drag from the left edge', words: drag([0, 300], [200, 300], [600, 300]) },
  { name: 'drag from the top edge', words: drag([500, 0], [500, 200], [500, 500]) },
  { name: 'drag of the picture', words: drag([512, 290], [530, 320], [700, 620]) },
  { name: 'drag of the picture to the top edge', words: drag([512, 290], [530, 200], [400, 4]) },
  { name: 'drag across a text', words: drag([300, 490], [500, 490], [720, 490]) },
  { name: 'drag of a text', words: ['mousemove', '500', '490', 'click', '--repeat', '2', '1', ...drag([500, 490], [520, 500], [700, 620])] },
  { name: 'drag of a text to the top edge', words: ['mousemove', '500', '490', 'click', '--repeat', '3', '1', ...drag([500, 490], [520, 300], [400, 4])] },
  { name: 'click into nothing', words: ['mousemove', '60', '650', 'click', '1'] },
  { name: 'pointer at the top edge', words: ['mousemove', '500', '0'] },
]; // prettier-ignore

/** Tried through the whole chain, by the keyboard and the mouse. */
export const TYPED: readonly Attempt[] = [...CLOSING, ...POINTER, ...OPENING];

const SPREAD: readonly Finger[] = [[[0.45, 0.3], [0.2, 0.15]], [[0.55, 0.3], [0.8, 0.15]]]; // prettier-ignore
const across = (at: number, ...path: Place[]): Finger => path.map(([x, y]): Place => [x + at, y]);
const touch = (name: string, fingers: readonly Finger[], holdMs = 0): Attempt => ({ name, fingers, holdMs });

/** What fingers can do on a touch screen, away from what the kiosk itself has there to touch. */
export const TOUCHED: readonly Attempt[] = [
  touch('pinch apart', SPREAD),
  touch('pinch together', SPREAD.map((finger) => finger.toReversed())),
  touch('swipe from the left edge', [[[0, 0.3], [0.7, 0.3]]]),
  touch('swipe from the right edge', [[[0.999, 0.3], [0.3, 0.3]]]),
  touch('swipe from the top edge', [[[0.3, 0], [0.3, 0.7]]]),
  touch('swipe from the bottom edge', [[[0.3, 0.999], [0.3, 0.3]]]),
  touch('swipe back', [[[0.2, 0.3], [0.8, 0.3]]]),
  touch('swipe forward', [[[0.8, 0.3], [0.2, 0.3]]]),
  touch('pull down to reload', [[[0.5, 0.1], [0.5, 0.9]]]),
  touch('long press', [[[0.3, 0.2]]], 900),
  touch('long press of a text', [[[0.5, 0.64]]], 900),
  touch('tap', [[[0.3, 0.2]]]),
  touch('two fingers, long', [0, 0.1].map((at) => across(at, [0.3, 0.2])), 800),
  touch('two fingers down', [0, 0.1].map((at) => across(at, [0.3, 0.2], [0.3, 0.8]))),
  touch('two fingers aside', [0, 0.1].map((at) => across(at, [0.1, 0.3], [0.7, 0.3]))),
  touch('three fingers up', [0, 0.2, 0.4].map((at) => across(at, [0.3, 0.8], [0.3, 0.2]))),
  touch('three fingers down', [0, 0.2, 0.4].map((at) => across(at, [0.3, 0.2], [0.3, 0.8]))),
  touch('three fingers aside', [0, 0.1, 0.2].map((at) => across(at, [0.1, 0.3], [0.7, 0.3]))),
  touch('four fingers together', [[[0.2, 0.1], [0.4, 0.3]], [[0.8, 0.1], [0.6, 0.3]], [[0.2, 0.45], [0.4, 0.35]], [[0.8, 0.45], [0.6, 0.35]]]),
  touch('five fingers, long', [0, 0.1, 0.2, 0.3, 0.4].map((at) => across(at, [0.3, 0.2])), 800),
]; // prettier-ignore

/** Where the way to the operator's screens is. */
export const LOCK: readonly Finger[] = [[[0.96, 0.94]]];

/** What another program offers: a text that is selected, a link, a picture, a file's address. Its title counts what was dragged out. */
const PAGE = `<title>0 drags</title>
<style>body { margin: 0 } body > * { position: fixed; top: 40px; width: 80px; height: 60px }</style>
<p style="left: 20px; margin: 0; font-size: 30px">Words</p>
<a style="left: 140px; font-size: 30px" href="https://lintel.example/">Link</a>
<img style="left: 260px" src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><rect width='80' height='60' fill='red'/></svg>">
<a style="left: 380px; font-size: 30px" href="file:///etc/passwd">File</a>
<script>
  let drags = 0;
  const select = () => getSelection().selectAllChildren(document.querySelector('p'));
  addEventListener('dragend', () => {
    document.title = ++drags + ' drags';
    select();
  });
  select();
</script>`;
export const DRAG_SOURCE = {
  page: `data:text/html;base64,${Buffer.from(PAGE).toString('base64')}`,
  title: '^0 drags',
};

/** A window that is given something comes to the front. */
const RAISE = ['search', '--name', '^[0-9]+ drags', 'windowraise', 'sleep', '0.1'];
const PAGE_PLACE = [700, 640] as const;
const TOP_EDGE = [700, 14] as const;
const THINGS = [
  ['text', [50, 60], PAGE_PLACE],
  ['link', [165, 60], PAGE_PLACE],
  ['link', [165, 60], TOP_EDGE],
  ['picture', [300, 70], PAGE_PLACE],
  ['file', [405, 60], PAGE_PLACE],
  ['file', [405, 60], TOP_EDGE],
] as const;

/** Each thing dragged out of that program onto the kiosk; at the top edge, where a browser has its tabs and address. */
export const DRAGGED: readonly Attempt[] = THINGS.map(([thing, [x, y], to], i) => ({
  name: `${thing} from another program to ${to === TOP_EDGE ? 'the top edge' : 'the page'}`,
  words: [
    ...RAISE,
    ...drag([x, y], [x + 10, y + 10], [x + 30, y + 30], [600, 300], [to[0] - 20, to[1] + 10], to),
  ],
  until: `^${i + 1} drags`,
}));
