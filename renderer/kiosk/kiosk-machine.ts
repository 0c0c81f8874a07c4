import type { Decision, DecisionReason, VisitTicket } from '#contract';
import type { Guidance } from '../guidance/guidance.ts';

/** Milliseconds. */
export const TIMES = {
  /** Someone must stay this long before the kiosk turns to them. */
  notice: 250,
  /** Good pictures without a break before a visit opens. */
  settle: 220,
  /** Between two captured frames. */
  frameGap: 150,
  /** Without anyone: back to the attract screen. */
  away: 1500,
  /** The same after a touch: whoever touched may still have to step before the camera. */
  awayAfterTouch: 8000,
  /** In the guide without success. */
  guide: 45_000,
  /** From the opening of a visit to its last frame. */
  capture: 5000,
  /** For the appliance's decision. */
  decide: 10_000,
  /** How long an outcome stays, at most and, once the visitor has left, at least. */
  welcome: 5000,
  'not-recognised': 12_000,
  'try-again': 8000,
  outcomeLeast: 2500,
  /** After an outcome: the face must be away this long, or the pause pass, before the next visit. */
  rearmAway: 800,
  rearmPause: 10_000,
} as const;

/** Why there was no answer, in the visitor's terms. */
export type TryAgainReason =
  | 'no-face'
  | 'several-faces'
  | 'different-people'
  | 'ambiguous'
  | 'expired'
  | 'busy'
  | 'connection'
  | 'fault';

export type KioskState =
  | {
      readonly screen: 'attract';
      readonly seenSince: number | null;
      /** Set after an outcome: whoever got it does not start the next visit by merely standing there. */
      readonly rearm: { readonly emptySince: number | null; readonly until: number } | null;
    }
  | { readonly screen: 'guide'; readonly since: number; readonly presentAt: number }
  | {
      readonly screen: 'recognising';
      readonly step: 'opening' | 'capturing' | 'deciding';
      /** When the visit (or, deciding, the wait) began. `visit` also identifies it on this screen. */
      readonly visit: number;
      readonly since: number;
      readonly presentAt: number;
      readonly ticket: VisitTicket | null;
      readonly captured: number;
      readonly capturedAt: number;
    }
  | {
      readonly screen: 'welcome';
      readonly since: number;
      readonly presentAt: number;
      readonly name: string | null;
    }
  | {
      readonly screen: 'not-recognised';
      readonly since: number;
      readonly presentAt: number;
      readonly emptyGallery: boolean;
    }
  | {
      readonly screen: 'try-again';
      readonly since: number;
      readonly presentAt: number;
      readonly reason: TryAgainReason;
    };

/** `at` is always milliseconds of one monotonic clock. */
export type KioskEvent =
  | { readonly type: 'seen'; readonly at: number; readonly guidance: Guidance }
  | { readonly type: 'tick'; readonly at: number }
  /** The visitor touched "start" or "try again". */
  | { readonly type: 'start'; readonly at: number }
  | { readonly type: 'begun'; readonly at: number; readonly visit: number; readonly ticket: VisitTicket }
  | { readonly type: 'decided'; readonly at: number; readonly visit: number; readonly decision: Decision }
  | { readonly type: 'failed'; readonly at: number; readonly visit: number; readonly code: string }
  /** The camera or the connection went, or an operator took over. */
  | { readonly type: 'interrupted' };

export type KioskEffect =
  | { readonly type: 'begin'; readonly visit: number }
  | { readonly type: 'capture'; readonly visit: number }
  | { readonly type: 'submit'; readonly visit: number; readonly visitId: string }
  | { readonly type: 'cancel'; readonly visitId: string };

export interface KioskStep {
  readonly state: KioskState;
  readonly effects: readonly KioskEffect[];
}

export const ATTRACT: KioskState = { screen: 'attract', seenSince: null, rearm: null };

type Recognising = Extract<KioskState, { screen: 'recognising' }>;

const to = (state: KioskState, ...effects: KioskEffect[]): KioskStep => ({ state, effects });
const guide = (at: number, presentAt = at): KioskState => ({ screen: 'guide', since: at, presentAt });
const resting = (at: number): KioskState => ({
  screen: 'attract',
  seenSince: null,
  rearm: { emptySince: null, until: at + TIMES.rearmPause },
});

/** Leaves a visit; one that main knows of and has not been handed the frames of is cancelled there. */
function leave(state: KioskState, next: KioskState): KioskStep {
  const open = state.screen === 'recognising' && state.step === 'capturing' && state.ticket;
  return open ? to(next, { type: 'cancel', visitId: open.visitId }) : to(next);
}

/** The next state and what to do. Pure: every wish of the world arrives as an event with its time. */
export function step(state: KioskState, event: KioskEvent): KioskStep {
  if (event.type === 'interrupted') return leave(state, ATTRACT);
  if (event.type === 'start') return start(state, event.at);
  if (event.type === 'seen') return seen(state, event.guidance, event.at);
  if (event.type === 'tick') return tick(state, event.at);
  if (event.type === 'begun') return begun(state, event);
  if (!isVisit(state, event.visit)) return to(state);
  return event.type === 'decided'
    ? to(outcome(event.decision, event.at))
    : leave(state, tryAgain(reasonOfError(event.code), event.at));
}

function start(state: KioskState, at: number): KioskStep {
  const offered =
    state.screen === 'attract' || state.screen === 'not-recognised' || state.screen === 'try-again';
  return to(offered ? guide(at, at + TIMES.awayAfterTouch - TIMES.away) : state);
}

const isVisit = (state: KioskState, visit: number): state is Recognising =>
  state.screen === 'recognising' && state.visit === visit;

function begun(state: KioskState, event: Extract<KioskEvent, { type: 'begun' }>): KioskStep {
  const { ticket, at } = event;
  if (!isVisit(state, event.visit) || state.step !== 'opening')
    return to(state, { type: 'cancel', visitId: ticket.visitId });
  // Active liveness: the steps of `ticket.challenge` come here, before the frontal frames.
  return to({ ...state, step: 'capturing', ticket, since: at });
}

function seen(previous: KioskState, guidance: Guidance, at: number): KioskStep {
  if (previous.screen === 'attract') return attractSeen(previous, guidance.present, at);
  const state = guidance.present ? { ...previous, presentAt: at } : previous;
  if (state.screen === 'guide') return guideSeen(state, guidance, at);
  if (state.screen === 'recognising' && state.step === 'capturing') return captureSeen(state, guidance, at);
  return tick(state, at);
}

function attractSeen(
  state: Extract<KioskState, { screen: 'attract' }>,
  present: boolean,
  at: number,
): KioskStep {
  if (state.rearm) {
    const emptySince = present ? null : (state.rearm.emptySince ?? at);
    const left = emptySince !== null && at - emptySince >= TIMES.rearmAway;
    if (!left && at < state.rearm.until) return to({ ...state, rearm: { ...state.rearm, emptySince } });
  }
  const seenSince = present ? (state.seenSince ?? at) : null;
  if (seenSince !== null && at - seenSince >= TIMES.notice) return to(guide(at));
  const unchanged = seenSince === state.seenSince && state.rearm === null;
  return to(unchanged ? state : { screen: 'attract', seenSince, rearm: null });
}

function guideSeen(
  state: Extract<KioskState, { screen: 'guide' }>,
  guidance: Guidance,
  at: number,
): KioskStep {
  const { goodSince } = guidance;
  // Goodness counts from this guide on, so that "try again" is seen before it acts.
  if (goodSince === null || at - Math.max(goodSince, state.since) < TIMES.settle) return tick(state, at);
  return to(
    {
      screen: 'recognising',
      step: 'opening',
      visit: at,
      since: at,
      presentAt: at,
      ticket: null,
      captured: 0,
      capturedAt: -Infinity,
    },
    { type: 'begin', visit: at },
  );
}

function captureSeen(state: Recognising, guidance: Guidance, at: number): KioskStep {
  if (!state.ticket || !guidance.good || at - state.capturedAt < TIMES.frameGap) return tick(state, at);
  const captured = state.captured + 1;
  const capture: KioskEffect = { type: 'capture', visit: state.visit };
  if (captured < state.ticket.frameCount) return to({ ...state, captured, capturedAt: at }, capture);
  return to({ ...state, step: 'deciding', since: at, captured, capturedAt: at }, capture, {
    type: 'submit',
    visit: state.visit,
    visitId: state.ticket.visitId,
  });
}

function tick(state: KioskState, at: number): KioskStep {
  if (state.screen === 'attract') return to(state);
  const away = at - state.presentAt;
  const lasted = at - state.since;
  if (state.screen === 'guide') {
    if (away >= TIMES.away) return to(ATTRACT);
    return lasted >= TIMES.guide ? to(resting(at)) : to(state);
  }
  if (state.screen === 'recognising') {
    if (state.step === 'deciding') return lasted >= TIMES.decide ? to(tryAgain('busy', at)) : to(state);
    if (away >= TIMES.away) return leave(state, ATTRACT);
    return lasted >= TIMES.capture ? leave(state, guide(at)) : to(state);
  }
  if (lasted >= TIMES.outcomeLeast && away >= TIMES.rearmAway) return to(ATTRACT);
  return lasted >= TIMES[state.screen] ? to(resting(at)) : to(state);
}

const tryAgain = (reason: TryAgainReason, at: number): KioskState => ({
  screen: 'try-again',
  since: at,
  presentAt: at,
  reason,
});

function outcome(decision: Decision, at: number): KioskState {
  const { outcome, reasons, person } = decision;
  if (outcome === 'granted')
    return { screen: 'welcome', since: at, presentAt: at, name: person?.name ?? null };
  if (outcome === 'undecided') return tryAgain(reasonOfDecision(reasons), at);
  const emptyGallery = reasons.includes('empty-gallery');
  return { screen: 'not-recognised', since: at, presentAt: at, emptyGallery };
}

function reasonOfDecision(reasons: readonly DecisionReason[]): TryAgainReason {
  const known = ['several-faces', 'different-people', 'ambiguous', 'no-face'] as const;
  return known.find((reason) => reasons.includes(reason)) ?? 'fault';
}

function reasonOfError(code: string): TryAgainReason {
  if (code === 'visit-expired' || code === 'visit-unknown') return 'expired';
  if (code === 'busy' || code === 'store-busy') return 'busy';
  return code === 'connection-lost' ? 'connection' : 'fault';
}
