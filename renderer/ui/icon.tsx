/** Outlines on a 24 x 24 grid, drawn with a stroke of the text's colour. */
const PATHS = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  back: 'M14.5 5.5L8 12l6.5 6.5',
  down: 'M5.5 9l6.5 6.5L18.5 9',
  forward: 'M9.5 5.5L16 12l-6.5 6.5',
  backspace: 'M9 5.5h10.5v13H9L3.5 12zM12.5 9.5l4 5M16.5 9.5l-4 5',
  person: 'M12 11.5a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5zM4.5 20a7.5 7.5 0 0 1 15 0',
  people:
    'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 4.9a3.5 3.5 0 0 1 0 6.2M18 14.2a6.5 6.5 0 0 1 3.5 5.3',
  unknown:
    'M10 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 19.5a7 7 0 0 1 10.5-6M16.2 12.9a2.3 2.3 0 1 1 3.4 2c-.9.5-1.1.9-1.1 1.8M18.5 19.6v.1',
  retry: 'M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4',
  camera: 'M3.5 7.5h3.6l1.7-2.5h6.4l1.7 2.5h3.6v11.5h-17zM12 16.2a3.4 3.4 0 1 0 0-6.8 3.4 3.4 0 0 0 0 6.8z',
  'camera-off': 'M3.5 3.5l17 17M10 5h5.2l1.7 2.5h3.6V17M17.5 19h-14V7.5H6M9.6 10.4a3.4 3.4 0 0 0 4.8 4.8',
  dark: 'M19.5 14.3A8 8 0 0 1 9.7 4.5a8 8 0 1 0 9.8 9.8z',
  sun: 'M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400',
  closer:
    'M9.5 9.5L4.5 4.5M4.5 9V4.5H9M14.5 9.5l5-5M15 4.5h4.5V9M9.5 14.5l-5 5M4.5 15v4.5H9M14.5 14.5l5 5M19.5 15v4.5H15',
  away: 'M4.5 4.5l5 5M9.5 5v4.5H5M19.5 4.5l-5 5M14.5 5v4.5H19M4.5 19.5l5-5M9.5 19v-4.5H5M19.5 19.5l-5-5M14.5 19v-4.5H19',
  oval: 'M12 3.5c3.6 0 6 3.4 6 8s-2.4 9-6 9-6-4.4-6-9 2.4-8 6-8z',
  straight:
    'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.75a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5z',
  connection: 'M3.5 9.5a12 12 0 0 1 17 0M6.5 13a7.8 7.8 0 0 1 11 0M9.5 16.4a3.6 3.6 0 0 1 5 0M12 19.6v.1',
  info: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11.5v5M12 7.9v.1',
  leave: 'M13 4.5H5.5v15H13M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5',
  door: 'M5.5 20.5h13M7.5 20.5v-17h9v17M13.5 12v.1',
  clock: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.2v5l3.4 2',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  keyboard: 'M3 6.5h18v11H3zM6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M8 14h8',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20.5 20.5',
  sliders:
    'M4 7h9M17.5 7H20M4 17h2.5M11 17h9M15.25 9.25a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5zM8.75 19.25a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5z',
  pause: 'M9 6v12M15 6v12',
  // A face seen from the front, turning its nose aside; the arrow shows where to.
  'turn-left':
    'M15 4.5c3 0 5 2.8 5 6.8s-2 7.7-5 7.7-5-3.7-5-7.7 2-6.8 5-6.8zM7.5 11.5h-5M5 8.5l-3 3 3 3M13.6 9v3.4h-1.4M13 15.6h2.4',
  'turn-right':
    'M9 4.5c-3 0-5 2.8-5 6.8S6 19 9 19s5-3.7 5-7.7-2-6.8-5-6.8zM16.5 11.5h5M19 8.5l3 3-3 3M10.4 9v3.4h1.4M11 15.6H8.6',
  blink:
    'M2.5 10.500c2 3.5 5.5 5.5 9.5 5.500s7.5-2 9.5-5.500M4.8 13.600l-1.8 2.200M12 16v3M19.2 13.600l1.8 2.200M8.2 15.300l-.9 2.600M15.8 15.300l.9 2.6',
  smile:
    'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM9 9.500v.1M15 9.500v.1M7.8 13.200a4.7 4.7 0 0 0 8.4 0',
  nod: 'M9 3.5c3 0 5 2.6 5 6.300s-2 7.2-5 7.2-5-3.5-5-7.2 2-6.3 5-6.300zM7 9v.1M11 9v.1M18.5 5.500v14M15.8 16.800l2.7 2.7 2.7-2.700M7 20.500h4',
  key: 'M8.5 15.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12.5 11.500H21M18 11.500v3.500M21 11.500v2.5',
  file: 'M13.5 3.5H6v17h12V8zM13.5 3.5V8H18',
} as const;
export type IconName = keyof typeof PATHS;

/** Arrows that point along the line of reading turn around in right-to-left text. */
const DIRECTED: ReadonlySet<IconName> = new Set(['back', 'forward', 'backspace', 'leave']);

/** A decoration beside a text, hidden from assistive technology. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={DIRECTED.has(name) ? 'icon icon-directed' : 'icon'} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a doorway with a face in it. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 48 48" aria-hidden="true">
      <path d="M6 10h36M11.5 10v30M36.5 10v30" />
      <ellipse cx="24" cy="26.5" rx="6" ry="7.75" />
    </svg>
  );
}
