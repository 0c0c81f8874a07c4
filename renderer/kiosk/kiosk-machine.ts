import {
  ACCESS_REASONS,
  CardText,
  LightReason,
  ScannedDigits,
  SESSION_ID_DIGITS,
  type Decision,
} from '#contract';
import type { Guidance } from '../guidance/guidance.ts';
import {
  AT_ONCE,
  ATTRACT,
  type Attracting,
  type Compared,
  enterCode,
  guide,
  type Guiding,
  type KioskEvent,
  type KioskState,
  type KioskStep,
  NO_WISH,
  resting,
  takesCards,
  type StartRules,
  TIMES,
  to,
  tryAgain,
  type TryAgainReason,
  type Wish,
} from './kiosk-state.ts';
import {
  begun,
  cannot,
  leave,
  lit,
  openVisit,
  shown,
  visitSeen,
  visitTick,
  withoutLight,
} from './visit-machine.ts';

/** The next state and what to do. Pure: everything arrives as an event with its time. */
export function step(state: KioskState, event: KioskEvent): KioskStep {
  const { type } = event;
  if (type === 'interrupted') return leave(state, ATTRACT);
  if (type === 'start') return start(state, event);
  if (type === 'agree') return agree(state, event.at);
  if (type === 'refuse') return refuse(state, event.at);
  if (type === 'call-operator') return callOperator(state, event.at);
  if (type === 'seen') return seen(state, event);
  if (type === 'tick') return tick(state, event.at);
  if (type === 'begun') return begun(state, event);
  if (type === 'lit') return lit(state, event);
  if (type === 'shown') return shown(state, event.at);
  if (type === 'without-light') return withoutLight(state, event.at);
  if (type === 'cannot') return cannot(state, event.at);
  if (type === 'paused') return pause(state, event.at, event.forMs);
  if (type === 'use-code') return useCode(state, event.at);
  if (type === 'touched') return to(isByTouch(state) ? { ...state, since: event.at } : state);
  if (type === 'back') return to(isByTouch(state) ? resting(event.at) : state);
  if (type === 'code') return checkCode(state, event.at, event.code);
  if (type === 'scanned') return scanned(state, event.at, event.text);
  if (!isAwaited(state, event.visit)) return to(state);
  if (type === 'claimed') {
    return receive(guideAfterTouch(event.at, { ...NO_WISH, session: event.session }), event.rules);
  }
  if (type === 'carded') {
    return receive(guideAfterTouch(event.at, { ...NO_WISH, card: event.card }), event.rules);
  }
  if (type === 'failed') return failed(state, event.code, event.at);
  // The visitor stands there still: they are asked for more at once.
  if (event.decision.reasons.includes('more-asked')) return openVisit(event.at, wishOf(state));
  const wish = wishAfterLight(state, event.decision);
  return wish === null ? to(outcome(state, event.decision, event.at)) : openVisit(event.at, wish);
}

const isAwaited = (state: KioskState, visit: number): boolean =>
  (state.screen === 'recognising' || state.screen === 'code') && state.visit === visit;

const wishOf = (state: KioskState) => ('wish' in state ? state.wish : NO_WISH);

/** Screens that wait for the visitor's fingers. */
const isByTouch = (state: KioskState): state is Extract<KioskState, { screen: 'code' | 'alternative' }> =>
  state.screen === 'code' || state.screen === 'alternative';

/** The visitor may still have to step before the camera after a touch: the wish is that of the next face seen. */
const guideAfterTouch = (at: number, wish: Wish): Guiding =>
  guide(at, { ...wish, face: null }, at + TIMES.awayAfterTouch - TIMES.away);

function start(state: KioskState, event: Extract<KioskEvent, { type: 'start' }>): KioskStep {
  const { at, rules, direction } = event;
  const offered =
    state.screen === 'attract' || state.screen === 'not-recognised' || state.screen === 'try-again';
  const wish = { ...wishOf(state), ...(direction && { direction }) };
  return offered ? receive(guideAfterTouch(at, wish), rules) : to(state);
}

/** Turns to a visitor: asks first where there is a notice that they have not agreed to. */
function receive(guiding: Guiding, { notice }: StartRules = AT_ONCE): KioskStep {
  const { since, presentAt, wish } = guiding;
  if (!notice || wish.agreed) return to(guiding);
  return to({ screen: 'notice', since, presentAt, wish }, { type: 'tell', kind: 'alternative-offered' });
}

const agree = (state: KioskState, at: number): KioskStep =>
  to(state.screen === 'notice' ? guideAfterTouch(at, { ...state.wish, agreed: true }) : state);

function refuse(state: KioskState, at: number): KioskStep {
  if (state.screen !== 'notice') return to(state);
  const next: KioskState = { screen: 'alternative', since: at, presentAt: at, called: false };
  return to(next, { type: 'tell', kind: 'alternative-chosen' });
}

function callOperator(state: KioskState, at: number): KioskStep {
  if (state.screen !== 'alternative' || state.called) return to(state);
  return to({ ...state, since: at, called: true }, { type: 'tell', kind: 'operator-called' });
}

/** Pauses the kiosk. A pause that begins while an outcome is shown is shown to the next visitor: their visit is refused. */
function pause(state: KioskState, at: number, forMs: number): KioskStep {
  const { screen } = state;
  const isMet = screen === 'attract' || screen === 'notice' || screen === 'guide';
  if (!isMet && screen !== 'recognising' && screen !== 'paused') return to(state);
  if (screen === 'recognising' && state.step !== 'opening') return to(state);
  if (forMs <= 0) return to(screen === 'paused' ? ATTRACT : state);
  return to({ screen: 'paused', since: at, presentAt: at, until: at + forMs });
}

function useCode(state: KioskState, at: number): KioskStep {
  const deciding = state.screen === 'recognising' && state.step === 'deciding';
  const offered = !deciding && state.screen !== 'welcome' && state.screen !== 'code';
  return offered ? leave(state, enterCode(at)) : to(state);
}

function checkCode(state: KioskState, at: number, code: string): KioskStep {
  if (state.screen !== 'code' || state.visit !== null) return to(state);
  const checking: KioskState = { ...state, since: at, visit: at, error: null };
  return code.length === SESSION_ID_DIGITS
    ? to(checking, { type: 'claim', visit: at, session: code })
    : to(checking, { type: 'check-code', visit: at, code });
}

/** Digits that are shown where a code may be typed are as if they had been. A card ends what goes on without one. */
function scanned(state: KioskState, at: number, text: string): KioskStep {
  if (ScannedDigits.safeParse(text).success) return checkCode(state, at, text);
  if (!takesCards(state) || !CardText.safeParse(text).success) return to(state);
  return leave(state, { ...enterCode(at), visit: at }, { type: 'check-card', visit: at, card: text });
}

function seen(previous: KioskState, event: Extract<KioskEvent, { type: 'seen' }>): KioskStep {
  const { guidance, at, rules } = event;
  if (previous.screen === 'attract') return attractSeen(previous, guidance, at, rules);
  const state = guidance.present ? { ...previous, presentAt: at } : previous;
  if (state.screen === 'guide') return guideSeen(state, guidance, at, rules);
  if (state.screen === 'recognising') {
    // Nobody is compared who has not agreed: of what was taken before, the appliance sees itself whether it is one face.
    if (state.capturedAt > -Infinity || !isOfAnother(state.wish, guidance)) return visitSeen(state, event);
    const next = receive(guide(at, withoutAgreement(state.wish)), rules);
    return leave(state, next.state, ...next.effects);
  }
  if (isServedNext(state, guidance, at)) return serveNext(at, rules);
  const isAsked = state.screen === 'try-again' && isOfAnother(state.wish, guidance);
  return tick(isAsked ? { ...state, wish: withoutAgreement(state.wish) } : state, at);
}

/** Whether another face is there than the one that has agreed. */
const isOfAnother = ({ agreed, face }: Wish, { present, arrivedAt }: Guidance): boolean =>
  agreed && face !== null && present && arrivedAt !== face;

const withoutAgreement = (wish: Wish): Wish => ({ ...wish, agreed: false, face: null });

/** Turns to somebody else, who inherits nothing of what the visitor before them wished. */
const serveNext = (at: number, rules?: StartRules): KioskStep =>
  rules?.byTouch ? to(ATTRACT) : receive(guide(at), rules);

/** Somebody else stands there while the answer to the last visitor is shown: they wait no longer than it takes to read it. */
const isServedNext = (state: KioskState, { present, arrivedAt }: Guidance, at: number): boolean =>
  isOutcome(state) && present && arrivedAt > state.since && at - state.since >= TIMES.outcomeNext;

const OUTCOMES = ['welcome', 'no-access', 'not-recognised', 'try-again', 'compared'] as const;
type Outcome = Extract<KioskState, { screen: (typeof OUTCOMES)[number] }>;
const isOutcome = (state: KioskState): state is Outcome => OUTCOMES.some((screen) => screen === state.screen);

function attractSeen(state: Attracting, guidance: Guidance, at: number, rules?: StartRules): KioskStep {
  const { present, arrivedAt } = guidance;
  if (state.rearm && arrivedAt <= state.rearm.since) {
    const emptySince = present ? null : (state.rearm.emptySince ?? at);
    const left = emptySince !== null && at - emptySince >= TIMES.rearmAway;
    if (!left && at < state.rearm.until) return to({ ...state, rearm: { ...state.rearm, emptySince } });
  }
  const seenSince = present ? (state.seenSince ?? at) : null;
  const isNoticed = seenSince !== null && at - seenSince >= TIMES.notice && !rules?.byTouch;
  if (isNoticed) {
    const met = receive(guide(at), rules);
    // Pictures count as good from the first one of the visitor on: who stands well already waits no longer.
    return met.state.screen === 'guide'
      ? guideSeen({ ...met.state, since: seenSince }, guidance, at, rules)
      : met;
  }
  const unchanged = seenSince === state.seenSince && state.rearm === null;
  return to(unchanged ? state : { screen: 'attract', seenSince, rearm: null });
}

function guideSeen(previous: Guiding, guidance: Guidance, at: number, rules?: StartRules): KioskStep {
  const { present, arrivedAt, goodSince } = guidance;
  if (!present) return tick(previous, at);
  const { face } = previous.wish;
  if (face !== null && arrivedAt !== face) return serveNext(at, rules);
  const state: Guiding = { ...previous, wish: { ...previous.wish, face: arrivedAt } };
  // Goodness counts from this guide on, so that "try again" is seen before it acts.
  if (goodSince === null || at - Math.max(goodSince, state.since) < TIMES.settle) return tick(state, at);
  return openVisit(at, state.wish);
}

function tick(state: KioskState, at: number): KioskStep {
  if (state.screen === 'attract') return to(state);
  if (state.screen === 'recognising') return visitTick(state, at);
  const away = at - state.presentAt;
  const lasted = at - state.since;
  if (state.screen === 'paused') return to(at >= state.until ? ATTRACT : state);
  if (state.screen === 'code') {
    const limit = state.visit === null ? TIMES.code : TIMES.decide;
    if (lasted < limit) return to(state);
    return to(state.visit === null ? resting(at) : enterCode(at, 'busy'));
  }
  if (state.screen === 'alternative') return to(lasted >= TIMES.code ? resting(at) : state);
  if (state.screen === 'notice') {
    if (away >= TIMES.awayAfterTouch) return to(ATTRACT);
    return lasted >= TIMES.code ? to(resting(at)) : to(state);
  }
  if (state.screen === 'guide') {
    if (away >= TIMES.away) return to(ATTRACT);
    return lasted >= TIMES.guide ? to(resting(at)) : to(state);
  }
  if (lasted >= TIMES.outcomeLeast && away >= TIMES.rearmAway) return to(ATTRACT);
  return lasted >= TIMES[state.screen] ? to(resting(at)) : to(state);
}

function outcome(state: KioskState, decision: Decision, at: number): KioskState {
  const { outcome, reasons, hints, person, direction, host, missed = [] } = decision;
  const shown = { since: at, presentAt: at };
  if (outcome === 'granted') {
    const byCode = reasons.includes('code');
    return {
      screen: 'welcome',
      ...shown,
      name: person?.name ?? null,
      byCode,
      ...(direction && { direction }),
      ...(host !== undefined && { host }),
    };
  }
  const access = ACCESS_REASONS.find((each) => reasons.includes(each));
  if (access) return { screen: 'no-access', ...shown, reason: access };
  if (state.screen === 'code') return enterCode(at, 'code-wrong');
  const wish = wishOf(state);
  if (outcome === 'compared' || (outcome === 'denied' && wish.session !== null)) {
    return { screen: 'compared', ...shown, result: comparedAs(reasons) };
  }
  if (lightFailed(reasons)) return tryAgain('light', at, wish);
  const reason = MENDABLE.find((each) => reasons.includes(each));
  if (reason || outcome === 'undecided') return tryAgain(reason ?? 'fault', at, { ...wish, missed }, hints);
  const emptyGallery = reasons.includes('empty-gallery');
  return { screen: 'not-recognised', ...shown, emptyGallery, hints };
}

const lightFailed = (reasons: Decision['reasons']): boolean =>
  LightReason.options.some((reason) => reasons.includes(reason));

/**
 * How a visitor goes on at once whose light was left undecided, by too bright a room most of the time: by steps in its place, or,
 * where both are asked, by both once more. Null: not at once.
 */
function wishAfterLight(state: KioskState, { reasons, outcome }: Decision): Wish | null {
  if (state.screen !== 'recognising' || outcome !== 'undecided' || !lightFailed(reasons)) return null;
  const { wish, ticket } = state;
  if (ticket?.level === 'light') return { ...wish, withoutLight: true };
  return wish.lightAgain ? null : { ...wish, lightAgain: true };
}

/** A session has one visit: there is no other try after somebody who was not live, either. */
function comparedAs(reasons: Decision['reasons']): Compared['result'] {
  if (reasons.includes('photo-match')) return 'match';
  return reasons.includes('photo-no-match') ? 'no-match' : 'not-live';
}

/** What another try may mend, the most telling first. */
const MENDABLE = [
  'drill',
  'several-faces',
  'different-people',
  'poor-quality',
  'no-face',
  'step-missing',
  'not-a-head',
  'frames-not-genuine',
  'presentation-attack',
  'ambiguous',
  'camera-unknown',
  'camera-virtual',
  'camera-changed',
] as const;

function failed(state: KioskState, code: string, at: number): KioskStep {
  if (state.screen === 'code') return to(enterCode(at, code));
  if (code === 'challenge-impossible') return leave(state, enterCode(at));
  if (code === 'session-unknown' || code.startsWith('card')) return leave(state, enterCode(at, code));
  return leave(state, tryAgain(reasonOfError(code), at, wishOf(state)));
}

function reasonOfError(code: string): TryAgainReason {
  if (code === 'visit-expired' || code === 'visit-unknown') return 'expired';
  if (code === 'busy' || code === 'store-busy' || code === 'rate-limited') return 'busy';
  return code === 'connection-lost' ? 'connection' : 'fault';
}
