import {
  ACCESS_REASONS,
  CHALLENGE_STEPS,
  Direction,
  QualityCode,
  type ChallengeStep,
  type Settings,
  type VisitTicket,
} from '#contract';
import { GUIDANCE_CODES, type GuidanceCode } from '../guidance/guidance.ts';
import {
  ATTRACT,
  guide,
  type KioskState,
  NO_WISH,
  RELAX_AFTER,
  tryAgain,
  type TryAgainReason,
  type Visiting,
  type Wish,
} from '../kiosk/kiosk-state.ts';
import type { Obstacle } from '../screen.ts';

/** One screen of a visitor: what leads to it. */
export interface Shown {
  readonly state: KioskState;
  readonly blocked?: Obstacle;
  readonly guidance?: GuidanceCode;
  readonly settings?: Partial<Settings>;
  readonly assurance?: Settings['assurance'];
  /** The camera's picture is dark. */
  readonly dark?: true;
}

const LONG_NAME = 'Maximiliana-Theodora Wolfeschlegelsteinhausenbergerdorff-Hohenlohe';
const SESSION = '000000000042';
const WITH_CARD = { ...NO_WISH, card: 'LINTEL' } satisfies Wish;

const OBSTACLES = [
  'starting',
  'reconnecting',
  'camera-missing',
  'camera-denied',
  'camera-lost',
  'vision-failed',
  'set-back',
] as const satisfies Obstacle[];

/** Those with a text of their own; the other ones share it. */
const TRY_AGAIN = [
  'drill',
  'no-face',
  'several-faces',
  'different-people',
  'camera-unknown',
  'ambiguous',
  'expired',
  'busy',
  'connection',
  'fault',
  'poor-quality',
  'step-missing',
  'not-a-head',
  'frames-frozen',
  'presentation-attack',
  'step-timeout',
  'light',
] as const satisfies TryAgainReason[];

const TICKET: VisitTicket = {
  visitId: `visit_${'0'.repeat(32)}`,
  level: 'steps',
  challenge: ['turn-left', 'smile'],
  stepMs: 8000,
  frameCount: 3,
  expiresInMs: 60_000,
};

const at = (): { since: number; presentAt: number } => ({
  since: performance.now(),
  presentAt: performance.now(),
});

function visiting(step: Visiting['step'], more: Partial<Visiting> = {}): Visiting {
  return {
    ...at(),
    screen: 'recognising',
    step,
    visit: 1,
    ticket: TICKET,
    light: null,
    asked: 0,
    otherWayAt: null,
    captured: 1,
    capturedAt: 0,
    wish: NO_WISH,
    ...more,
  };
}

/** The last of two steps, asked a second time. */
const performing = (kind: ChallengeStep, wish = NO_WISH): Visiting =>
  visiting('performing', {
    wish,
    ticket: { ...TICKET, challenge: ['nod', kind] },
    asked: 1,
    otherWayAt: performance.now(),
  });

const each = <Name extends string>(
  prefix: string,
  names: readonly Name[],
  shown: (name: Name) => Shown,
): [string, () => Shown][] => names.map((name) => [`${prefix}-${name}`, () => shown(name)]);

const one = (name: string, shown: () => Shown): [string, () => Shown] => [name, shown];

/** Every screen of a visitor by its name, in each of its texts. */
export const STATES: ReadonlyMap<string, () => Shown> = new Map([
  ...each('obstacle', OBSTACLES, (blocked) => ({ state: ATTRACT, blocked })),
  one('attract', () => ({ state: ATTRACT })),
  one('attract-light', () => ({ state: ATTRACT, assurance: 'light' })),
  one('attract-presence', () => ({ state: ATTRACT, assurance: 'presence' })),
  one('attract-dark', () => ({ state: ATTRACT, dark: true })),
  one('attract-touch', () => ({ state: ATTRACT, settings: { startBy: 'touch', offersLanguages: true } })),
  one('attract-choice', () => ({
    state: ATTRACT,
    assurance: 'presence',
    settings: { mode: 'attendance', attendanceBy: 'touch', offersLanguages: true },
  })),
  one('attract-cards', () => ({ state: ATTRACT, assurance: 'light', settings: { cards: true } })),
  one('attract-choice-cards', () => ({
    state: ATTRACT,
    assurance: 'presence',
    settings: { mode: 'attendance', attendanceBy: 'touch', offersLanguages: true, cards: true },
  })),
  one('attract-desk', () => ({ state: ATTRACT, settings: { mode: 'enrolment' } })),
  one('attract-night', () => ({ state: ATTRACT, settings: { night: { from: '00:00', to: '23:59' } } })),
  one('notice', () => ({ state: { ...at(), screen: 'notice', wish: NO_WISH } })),
  one('alternative', () => ({ state: { ...at(), screen: 'alternative', called: false } })),
  one('alternative-called', () => ({ state: { ...at(), screen: 'alternative', called: true } })),
  ...each('guide', GUIDANCE_CODES, (guidance) => ({
    state: guide(performance.now()),
    guidance,
    assurance: 'light',
  })),
  one('guide-session', () => ({
    state: guide(performance.now(), { ...NO_WISH, session: SESSION }),
    guidance: 'no-face',
  })),
  one('guide-card', () => ({ state: guide(performance.now(), WITH_CARD), guidance: 'no-face' })),
  ...each('step', CHALLENGE_STEPS, (kind) => ({ state: performing(kind), guidance: 'look-straight' })),
  one('step-disturbed', () => ({
    state: performing('nod'),
    guidance: 'no-face',
    assurance: 'light-and-steps',
  })),
  one('step-relax', () => ({
    state: {
      ...performing('smile'),
      since: performance.now() - RELAX_AFTER * TICKET.stepMs,
      otherWayAt: null,
    },
    guidance: 'look-straight',
  })),
  one('step-card', () => ({ state: performing('nod', WITH_CARD), guidance: 'look-straight' })),
  one('resting-card', () => ({ state: visiting('resting', { wish: WITH_CARD }), guidance: 'look-straight' })),
  one('resting', () => ({
    state: visiting('resting'),
    guidance: 'hold-still',
    assurance: 'light-and-steps',
  })),
  one('lighting', () => ({
    state: visiting('lighting', {
      light: {
        slots: [{ milliseconds: 60_000, split: 'left-right', colours: ['magenta', 'green'] }],
        shownAt: 0,
      },
    }),
    guidance: 'hold-still',
    assurance: 'light',
  })),
  one('deciding', () => ({ state: visiting('deciding', { captured: 3 }), guidance: 'hold-still' })),
  one('welcome', () => ({ state: { ...at(), screen: 'welcome', name: 'Robin', byCode: false } })),
  one('welcome-presence', () => ({
    state: { ...at(), screen: 'welcome', name: 'Robin', byCode: false },
    assurance: 'presence',
  })),
  one('welcome-nameless', () => ({ state: { ...at(), screen: 'welcome', name: null, byCode: false } })),
  one('welcome-code', () => ({ state: { ...at(), screen: 'welcome', name: 'Robin', byCode: true } })),
  one('welcome-host', () => ({
    state: {
      ...at(),
      screen: 'welcome',
      name: LONG_NAME,
      byCode: true,
      direction: 'in',
      host: LONG_NAME,
    },
  })),
  ...each('welcome', Direction.options, (direction) => ({
    state: { ...at(), screen: 'welcome', name: 'Robin', byCode: false, direction },
  })),
  ...each('no-access', ACCESS_REASONS, (reason) => ({ state: { ...at(), screen: 'no-access', reason } })),
  one('not-recognised', () => ({
    state: { ...at(), screen: 'not-recognised', emptyGallery: false, hints: [] },
  })),
  one('not-recognised-empty', () => ({
    state: { ...at(), screen: 'not-recognised', emptyGallery: true, hints: [] },
  })),
  ...each('try-again', TRY_AGAIN, (reason) => ({ state: tryAgain(reason, performance.now()) })),
  ...each('hint', QualityCode.options, (hint) => ({
    state: tryAgain('poor-quality', performance.now(), NO_WISH, [hint, 'too-dark']),
  })),
  ...each('compared', ['match', 'no-match', 'not-live'] as const, (result) => ({
    state: { ...at(), screen: 'compared', result },
  })),
  one('code', () => ({ state: { ...at(), screen: 'code', visit: null, error: null } })),
  one('code-wrong', () => ({ state: { ...at(), screen: 'code', visit: null, error: 'code-wrong' } })),
  ...each('code', ['card-invalid', 'card-revoked', 'card-outdated'], (error) => ({
    state: { ...at(), screen: 'code', visit: null, error },
  })),
  one('code-paused', () => ({ state: { ...at(), screen: 'code', visit: null, error: 'kiosk-paused' } })),
  one('paused', () => ({
    state: { ...at(), screen: 'paused', until: performance.now() + 27_000 },
  })),
  one('paused-off', () => ({ state: { ...at(), screen: 'paused', until: Infinity } })),
]);
