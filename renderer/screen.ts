import { computed, signal } from '@preact/signals';
import { status } from './appliance.ts';
import { connection } from './bridge/bridge.ts';
import { type CameraStatus, cameraStatus } from './camera/camera.ts';
import { vision } from './guidance/landmarker.ts';

const OPERATOR_HASH = '#operator';

/** Who the screen serves. The URL's hash follows it and leads it. */
export const view = signal<'kiosk' | 'operator'>(location.hash === OPERATOR_HASH ? 'operator' : 'kiosk');

addEventListener('hashchange', () => {
  view.value = location.hash === OPERATOR_HASH ? 'operator' : 'kiosk';
});

export function showView(next: typeof view.value): void {
  location.hash = next === 'operator' ? OPERATOR_HASH : '';
  view.value = next;
}

export type Obstacle =
  | 'starting'
  | 'reconnecting'
  | 'camera-missing'
  | 'camera-denied'
  | 'camera-lost'
  | 'vision-failed'
  | 'set-back';

const CAMERA_OBSTACLES = {
  starting: 'starting',
  missing: 'camera-missing',
  denied: 'camera-denied',
  lost: 'camera-lost',
  live: null,
} as const satisfies Record<CameraStatus, Obstacle | null>;

/** Obstacles that keep faces from being seen, and nothing else: a code can be entered all the same. */
const OF_FACES: ReadonlySet<Obstacle> = new Set([
  'camera-missing',
  'camera-denied',
  'camera-lost',
  'vision-failed',
]);
export const leavesCodes = (obstacle: Obstacle): boolean => OF_FACES.has(obstacle);

const VISION_OBSTACLES = { loading: 'starting', failed: 'vision-failed', ready: null } as const;

/** What keeps this screen from receiving visitors, if anything; the one to mend first comes first. */
export const obstacle = computed<Obstacle | null>(() => {
  if (connection.value === 'lost') return 'reconnecting';
  if (!status.value) return 'starting';
  if (status.value.setBack !== null) return 'set-back';
  return CAMERA_OBSTACLES[cameraStatus.value] ?? VISION_OBSTACLES[vision.value];
});
