import type {
  AccessReason,
  ChallengeStep,
  Decision,
  DecisionReason,
  Direction,
  LightReason,
  LightSlot,
  NoticeEventKind,
  QualityCode,
  VisitMoment,
  VisitTicket,
} from '#contract';
import type { Guidance } from '../guidance/guidance.ts';
import type { PerformedStep } from '../liveness/detectors.ts';

/** Milliseconds. */
export const TIMES = {
  /** Someone must stay this long before the kiosk turns to them. */
  notice: 250,
  /** Good pictures without a break before a visit opens. */
  settle: 100,
  /** Between two captured frames, and between two in the screen's light. */
  frameGap: 150,
  lightGap: 85,
  /** Frames are captured until so long after the light: the camera shows it later. */
  afterLight: 180,
  /** Nobody answers sooner: what is seen before was not done because it was asked. */
  reaction: 300,
  /** How long "the other way" is shown. */
  hint: 2000,
  /** Without anyone: back to the attract screen. */
  away: 1500,
  /** The same after a touch: the visitor may still have to step in front of the camera. */
  awayAfterTouch: 8000,
  /** In the guide without success. */
  guide: 45_000,
  /** For the face at rest, and for the frontal frames. */
  capture: 5000,
  /** For the appliance's decision. */
  decide: 20_000,
  /** At the code's keys, the notice or the other ways without a touch. */
  code: 45_000,
  /** How long an outcome stays, at most and, once the visitor has left, at least. */
  welcome: 5000,
  'no-access': 8_000,
  'not-recognised': 12_000,
  'try-again': 12_000,
  compared: 8000,
  outcomeLeast: 2500,
  /** The same while somebody else steps up. */
  outcomeNext: 1200,
  /** After an outcome: the face must be away this long, or the pause pass, before the next visit. */
  rearmAway: 800,
  rearmPause: 10_000,
} as const;

/** A smile that is not seen for so much of a step's time may have been there at rest: 3 s where nothing else is set. */
export const RELAX_AFTER = 3 / 8;

/** Frames of the face at rest: one as soon as it stands well, one once it is calm. */
export const BASELINE_FRAMES = 2;

/** Why there was no answer, in the visitor's terms. */
export type TryAgainReason =
  | Exclude<
      DecisionReason,
      | 'match'
      | 'match-online'
      | 'more-asked'
      | 'no-match'
      | 'empty-gallery'
      | 'code'
      | 'code-wrong'
      | 'card-invalid'
      | 'card-revoked'
      | 'card-outdated'
      | 'photo-match'
      | 'photo-no-match'
      | AccessReason
      | LightReason
    >
  | 'light'
  | 'expired'
  | 'busy'
  | 'connection'
  | 'fault';

/** What a visit is begun with. */
export interface Wish {
  /** Steps that this visitor said they cannot do. */
  readonly avoid: readonly ChallengeStep[];
  /** Steps that were not seen at the last try. */
  readonly missed: readonly ChallengeStep[];
  /** The visitor wants no coloured light, or it was not found on them. */
  readonly withoutLight: boolean;
  /** Light left the visit before undecided, where steps do not take its place: it is asked for once more. */
  readonly lightAgain: boolean;
  /** The face session whose photo this visitor is compared with; null: with everybody enrolled. */
  readonly session: string | null;
  /** The card that this visitor showed: its text. */
  readonly card?: string;
  /** The visitor has read the notice and agreed. */
  readonly agreed: boolean;
  /** Which way the visitor chose, in attendance. */
  readonly direction?: Direction;
  /** Whose wish it is: `arrivedAt` of the first face seen since the last touch; null: none was seen since then. */
  readonly face: number | null;
}

export const NO_WISH: Wish = {
  avoid: [],
  missed: [],
  withoutLight: false,
  lightAgain: false,
  session: null,
  agreed: false,
  face: null,
};

/** How a visit may begin here. */
export interface StartRules {
  /** Visitors are asked before their face is compared. */
  readonly notice: boolean;
  /** Nobody is turned to before they touch. */
  readonly byTouch: boolean;
  /** Visitors may show a card. */
  readonly cards: boolean;
}

/** Where nothing else is set, and in the widget. */
export const AT_ONCE: StartRules = { notice: false, byTouch: false, cards: false };

/** Every screen knows since when it is shown and when somebody was last seen. */
interface Shown {
  readonly since: number;
  readonly presentAt: number;
}

/** A visitor with a visit, open or about to open. */
export interface Visiting extends Shown {
  readonly screen: 'recognising';
  /** `resting`: the calm face; `lighting`: the screen's light; `performing`: the step asked for; `capturing`: frontal frames. */
  readonly step: 'opening' | 'resting' | 'lighting' | 'performing' | 'capturing' | 'deciding';
  /** Identifies the visit on this screen. `since` is when its present part began. */
  readonly visit: number;
  readonly ticket: VisitTicket | null;
  /** The colours to show, and since when they are shown; null before the appliance has drawn them. */
  readonly light: { readonly slots: readonly LightSlot[]; readonly shownAt: number | null } | null;
  /** Which step of the challenge, counted from 0. */
  readonly asked: number;
  /** When the visitor last turned the wrong way. */
  readonly otherWayAt: number | null;
  /** Frames of the present part. */
  readonly captured: number;
  readonly capturedAt: number;
  readonly wish: Wish;
}

export interface Attracting {
  readonly screen: 'attract';
  readonly seenSince: number | null;
  /** Set after an outcome: the same visitor does not start another visit by merely standing there. */
  readonly rearm: {
    readonly since: number;
    readonly emptySince: number | null;
    readonly until: number;
  } | null;
}

export interface Guiding extends Shown {
  readonly screen: 'guide';
  readonly wish: Wish;
}

/** The visitor is asked before their face is compared. */
export interface Asking extends Shown {
  readonly screen: 'notice';
  readonly wish: Wish;
}

/** The ways without a face, for a visitor who refused. */
export interface Refusing extends Shown {
  readonly screen: 'alternative';
  /** An operator was called. */
  readonly called: boolean;
}

export interface TryingAgain extends Shown {
  readonly screen: 'try-again';
  readonly reason: TryAgainReason;
  readonly hints: readonly QualityCode[];
  readonly wish: Wish;
}

export interface EnteringCode extends Shown {
  readonly screen: 'code';
  /** Set while the appliance looks at a code. */
  readonly visit: number | null;
  /** Why it did not help: `code-wrong` or an error's code. */
  readonly error: string | null;
}

/** The answer of a visit by face session. */
export interface Compared extends Shown {
  readonly screen: 'compared';
  readonly result: 'match' | 'no-match' | 'not-live';
}

export interface Paused extends Shown {
  readonly screen: 'paused';
  /** Infinity: until an operator has signed in. */
  readonly until: number;
}

export type KioskState =
  | Attracting
  | Asking
  | Refusing
  | Guiding
  | Visiting
  | EnteringCode
  | Paused
  | TryingAgain
  | Compared
  | (Shown & {
      readonly screen: 'welcome';
      readonly name: string | null;
      readonly byCode: boolean;
      readonly direction?: Direction;
      /** The host of a visitor. */
      readonly host?: string;
    })
  | (Shown & { readonly screen: 'no-access'; readonly reason: AccessReason })
  | (Shown & {
      readonly screen: 'not-recognised';
      readonly emptyGallery: boolean;
      /** What may have kept the visitor from being recognised, most urgent first. */
      readonly hints: readonly QualityCode[];
    });

/** What a picture showed of the face at rest and of its steps; see `LivenessSession`. */
export interface LivenessNews {
  readonly atRest: boolean;
  readonly performed: readonly PerformedStep[];
  readonly isCalmer: boolean;
  /** Frontal frames that were captured between the steps. */
  readonly frontal: number;
}

/** `at` is always milliseconds of one monotonic clock. */
export type KioskEvent =
  | {
      readonly type: 'seen';
      readonly at: number;
      /** When the picture was taken: it may have waited to be looked at. */
      readonly takenAt: number;
      readonly guidance: Guidance;
      readonly liveness: LivenessNews | null;
      readonly rules?: StartRules;
    }
  | { readonly type: 'tick'; readonly at: number }
  /** The visitor touched "start" or "try again". */
  | {
      readonly type: 'start';
      readonly at: number;
      readonly rules?: StartRules;
      readonly direction?: Direction;
    }
  /** The visitor answered the notice, or calls an operator. */
  | { readonly type: 'agree'; readonly at: number }
  | { readonly type: 'refuse'; readonly at: number }
  | { readonly type: 'call-operator'; readonly at: number }
  /** The visitor cannot do the step asked for. */
  | { readonly type: 'cannot'; readonly at: number }
  /** The visitor wants no coloured light. */
  | { readonly type: 'without-light'; readonly at: number }
  /** The appliance has drawn what to show, */
  | {
      readonly type: 'lit';
      readonly at: number;
      readonly visit: number;
      readonly slots: readonly LightSlot[];
    }
  /** and it is on the screen. */
  | { readonly type: 'shown'; readonly at: number }
  /** The visitor prefers a code, types it, or goes back. */
  | { readonly type: 'use-code'; readonly at: number }
  | { readonly type: 'touched'; readonly at: number }
  | { readonly type: 'code'; readonly at: number; readonly code: string }
  /** The camera has read a QR code. */
  | { readonly type: 'scanned'; readonly at: number; readonly text: string }
  /** The appliance has read the card that was shown. */
  | {
      readonly type: 'carded';
      readonly at: number;
      readonly visit: number;
      readonly card: string;
      readonly rules?: StartRules;
    }
  | { readonly type: 'back'; readonly at: number }
  /** The appliance has the face session that was asked for. */
  | {
      readonly type: 'claimed';
      readonly at: number;
      readonly visit: number;
      readonly session: string;
      readonly rules?: StartRules;
    }
  | { readonly type: 'begun'; readonly at: number; readonly visit: number; readonly ticket: VisitTicket }
  | { readonly type: 'decided'; readonly at: number; readonly visit: number; readonly decision: Decision }
  | { readonly type: 'failed'; readonly at: number; readonly visit: number; readonly code: string }
  /** The appliance takes no visits for a while; Infinity: until an operator has signed in, 0: it takes them again. */
  | { readonly type: 'paused'; readonly at: number; readonly forMs: number }
  /** The camera or the connection went, or an operator took over. */
  | { readonly type: 'interrupted' };

export type KioskEffect =
  | { readonly type: 'begin'; readonly visit: number; readonly wish: Wish }
  /** Has the appliance draw what to show. */
  | { readonly type: 'ask-light'; readonly visit: number; readonly visitId: string }
  /** The picture of now. */
  | { readonly type: 'capture'; readonly visit: number; readonly moment: VisitMoment }
  /** The picture of a moment that has just passed: the height of a step. */
  | { readonly type: 'recall'; readonly visit: number; readonly step: number; readonly peak: number }
  | { readonly type: 'submit'; readonly visit: number; readonly visitId: string }
  | { readonly type: 'cancel'; readonly visitId: string; readonly because?: 'step-timeout' }
  /** For the event log. */
  | { readonly type: 'tell'; readonly kind: NoticeEventKind }
  | { readonly type: 'check-code'; readonly visit: number; readonly code: string }
  | { readonly type: 'check-card'; readonly visit: number; readonly card: string }
  | { readonly type: 'claim'; readonly visit: number; readonly session: string };

export interface KioskStep {
  readonly state: KioskState;
  readonly effects: readonly KioskEffect[];
}

/** Whether the visitor comes without a face, or was told why they may not pass, perhaps by code: no camera is needed then. */
export const isByCode = (state: KioskState): boolean =>
  state.screen === 'code' ||
  state.screen === 'alternative' ||
  state.screen === 'no-access' ||
  (state.screen === 'welcome' && state.byCode);

/** Whether a card may be shown now: while nobody is compared, or somebody is who showed none and is not decided on yet. */
export const takesCards = (state: KioskState): boolean => {
  const { screen } = state;
  if (screen === 'code') return state.visit === null;
  if (screen === 'recognising' || screen === 'guide') {
    const isEarly = screen === 'guide' || state.step !== 'deciding';
    return state.wish.card === undefined && state.wish.session === null && isEarly;
  }
  return screen === 'attract' || screen === 'not-recognised' || screen === 'try-again';
};

/** Whether QR codes are looked for in the camera's pictures. */
export const readsCodes = (state: KioskState, { cards }: StartRules): boolean =>
  (state.screen === 'code' && state.visit === null) || (cards && takesCards(state));

export const to = (state: KioskState, ...effects: KioskEffect[]): KioskStep => ({ state, effects });

export const ATTRACT: Attracting = { screen: 'attract', seenSince: null, rearm: null };

export const resting = (at: number): Attracting => ({
  screen: 'attract',
  seenSince: null,
  rearm: { since: at, emptySince: null, until: at + TIMES.rearmPause },
});

export const guide = (at: number, wish = NO_WISH, presentAt = at): Guiding => ({
  screen: 'guide',
  since: at,
  presentAt,
  wish,
});

export const tryAgain = (
  reason: TryAgainReason,
  at: number,
  wish = NO_WISH,
  hints: readonly QualityCode[] = [],
): TryingAgain => ({
  screen: 'try-again',
  since: at,
  presentAt: at,
  reason,
  hints,
  wish: { ...wish, lightAgain: false },
});

export const enterCode = (at: number, error: string | null = null): EnteringCode => ({
  screen: 'code',
  since: at,
  presentAt: at,
  visit: null,
  error,
});
