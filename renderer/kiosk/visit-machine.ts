import { ASSURANCE_LEVELS, lightDuration, type ChallengeStep } from '#contract';
import type { Guidance } from '../guidance/guidance.ts';
import { isCover } from './cover-look.ts';
import {
  ATTRACT,
  BASELINE_FRAMES,
  guide,
  type KioskEffect,
  type KioskEvent,
  type KioskState,
  type KioskStep,
  type LivenessNews,
  RELAX_AFTER,
  TIMES,
  to,
  tryAgain,
  type Visiting,
  type Wish,
} from './kiosk-state.ts';

/** A visit from its opening to the appliance's decision. */

type Open = Visiting & { readonly ticket: NonNullable<Visiting['ticket']> };

const isOpen = (state: Visiting): state is Open => state.ticket !== null;

/** Asks the appliance for a visit. */
export function openVisit(at: number, wish: Wish): KioskStep {
  const state: Visiting = {
    screen: 'recognising',
    step: 'opening',
    visit: at,
    since: at,
    presentAt: at,
    ticket: null,
    light: null,
    asked: 0,
    otherWayAt: null,
    captured: 0,
    capturedAt: -Infinity,
    wish,
  };
  return to(state, { type: 'begin', visit: at, wish });
}

/** The step that the visitor is asked for now, if any. */
export function askedStep(state: KioskState): ChallengeStep | null {
  if (state.screen !== 'recognising' || state.step !== 'performing') return null;
  return state.ticket?.challenge[state.asked] ?? null;
}

/** Whether a smile was asked for so long ago that it may have been there at rest, against which it is measured. */
function mayHaveSmiled(state: Visiting, at: number): boolean {
  if (askedStep(state) !== 'smile' || state.ticket === null) return false;
  return at - state.since >= RELAX_AFTER * state.ticket.stepMs;
}

/** What a visitor is told of how they perform the step that is asked for, if anything. */
export function correctionOf(state: KioskState, at: number): 'otherWay' | 'relax' | null {
  if (state.screen !== 'recognising' || askedStep(state) === null) return null;
  if (state.otherWayAt !== null && at - state.otherWayAt < TIMES.hint) return 'otherWay';
  return mayHaveSmiled(state, at) ? 'relax' : null;
}

/** Whether a visitor is guided, or nothing of their visit was asked and shown yet: they can still be told what to mend. */
export function mayWait(state: KioskState): boolean {
  if (state.screen === 'guide') return true;
  if (state.screen !== 'recognising' || state.step === 'deciding') return false;
  if (state.step === 'lighting') return state.light === null;
  // Frames come last: where light or steps were asked for, that is over.
  if (state.step === 'capturing') return state.ticket?.level === 'presence';
  return state.step !== 'performing';
}

/** Leaves a visit; one that main knows of and has not been handed the frames of is cancelled there. */
export function leave(state: KioskState, next: KioskState, ...effects: KioskEffect[]): KioskStep {
  const open = state.screen === 'recognising' && state.step !== 'deciding' && state.ticket;
  return open ? to(next, { type: 'cancel', visitId: open.visitId }, ...effects) : to(next, ...effects);
}

export function begun(state: KioskState, event: Extract<KioskEvent, { type: 'begun' }>): KioskStep {
  const { ticket, at, visit } = event;
  const waited = state.screen === 'recognising' && state.visit === visit && state.step === 'opening';
  if (!waited) return to(state, { type: 'cancel', visitId: ticket.visitId });
  const open: Open = { ...state, ticket, since: at };
  if (ticket.challenge.length > 0) return to({ ...open, step: 'resting' });
  return ASSURANCE_LEVELS[ticket.level].light ? askLight(open, at) : to({ ...open, step: 'capturing' });
}

/** What is shown is drawn at the last moment, so that no visitor has time to prepare for it. */
const askLight = (state: Open, at: number, ...effects: KioskEffect[]): KioskStep =>
  to({ ...state, step: 'lighting', since: at, captured: 0 }, ...effects, {
    type: 'ask-light',
    visit: state.visit,
    visitId: state.ticket.visitId,
  });

export function lit(state: KioskState, event: Extract<KioskEvent, { type: 'lit' }>): KioskStep {
  const isAwaited =
    state.screen === 'recognising' && state.visit === event.visit && state.step === 'lighting';
  return to(isAwaited ? { ...state, light: { slots: event.slots, shownAt: null } } : state);
}

export function shown(state: KioskState, at: number): KioskStep {
  const waits = state.screen === 'recognising' && state.step === 'lighting' && state.light?.shownAt === null;
  return to(waits ? { ...state, since: at, light: { slots: state.light.slots, shownAt: at } } : state);
}

/** The visitor wants no coloured light: a visit without. */
export function withoutLight(state: KioskState, at: number): KioskStep {
  if (state.screen === 'guide') return to({ ...state, wish: { ...state.wish, withoutLight: true } });
  if (state.screen !== 'recognising' || state.step === 'deciding') return to(state);
  return restart(state, at, { ...state.wish, withoutLight: true });
}

/** Another visit in place of this one. */
function restart(state: Visiting, at: number, wish: Wish): KioskStep {
  const next = openVisit(at, wish);
  return leave(state, next.state, ...next.effects);
}

/** The visitor cannot do the step: another challenge without it, if there is one. */
export function cannot(state: KioskState, at: number): KioskStep {
  const kind = askedStep(state);
  if (kind === null || state.screen !== 'recognising') return to(state);
  return restart(state, at, { ...state.wish, avoid: [...state.wish.avoid, kind] });
}

export function visitSeen(state: Visiting, event: Extract<KioskEvent, { type: 'seen' }>): KioskStep {
  const { guidance, liveness, at } = event;
  // The appliance's answer came when the visit had begun: the visitor is told, and begins again.
  if (isCover(guidance.code) && mayWait(state)) return leave(state, guide(at, state.wish));
  if (!isOpen(state)) return visitTick(state, at);
  if (state.step === 'resting') return restSeen(state, guidance, liveness, at);
  if (state.step === 'lighting') return lightSeen(state, event);
  if (state.step === 'performing') return stepSeen(state, liveness, at);
  return state.step === 'capturing' ? frontalSeen(state, guidance, liveness, at) : visitTick(state, at);
}

/** Frames at rest and frontal ones are of the calm face, its eyes open; without steps no visitor waits until it is calm. */
const mayCapture = (
  { ticket, capturedAt }: Open,
  guidance: Guidance,
  liveness: LivenessNews | null,
  at: number,
): boolean =>
  guidance.good &&
  (liveness?.atRest === true || ticket.challenge.length === 0) &&
  at - capturedAt >= TIMES.frameGap;

function restSeen(state: Open, guidance: Guidance, liveness: LivenessNews | null, at: number): KioskStep {
  const isFirst = state.captured === 0;
  const may = isFirst ? guidance.good : mayCapture(state, guidance, liveness, at);
  if (!may) return visitTick(state, at);
  const captured = state.captured + 1;
  const capture: KioskEffect = { type: 'capture', visit: state.visit, moment: { kind: 'baseline' } };
  if (captured < BASELINE_FRAMES) return to({ ...state, captured, capturedAt: at }, capture);
  return ASSURANCE_LEVELS[state.ticket.level].light
    ? askLight({ ...state, capturedAt: at }, at, capture)
    : to({ ...state, step: 'performing', since: at, captured: 0 }, capture);
}

/**
 * Frames while the colours are shown, whatever the face does. Where nothing else is asked for, one frontal frame is taken before:
 * fewer are left for afterwards.
 */
function lightSeen(state: Open, event: Extract<KioskEvent, { type: 'seen' }>): KioskStep {
  const { guidance, liveness, at, takenAt } = event;
  const { visit, light, ticket } = state;
  const hasSteps = ticket.challenge.length > 0;
  if (light === null) {
    const isEarly = !hasSteps && state.captured === 0 && mayCapture(state, guidance, liveness, at);
    if (!isEarly) return visitTick(state, at);
    const capture: KioskEffect = { type: 'capture', visit, moment: { kind: 'frontal' } };
    return to({ ...state, captured: 1, capturedAt: at }, capture);
  }
  if (light.shownAt === null) return visitTick(state, at);
  const since = takenAt - light.shownAt;
  if (since > lightDuration(light.slots) + TIMES.afterLight) {
    return to({ ...state, step: hasSteps ? 'performing' : 'capturing', since: at, light: null });
  }
  if (since < 0 || at - state.capturedAt < TIMES.lightGap) return visitTick(state, at);
  return to({ ...state, capturedAt: at }, { type: 'capture', visit, moment: { kind: 'light', at: since } });
}

const OTHER_WAY: Partial<Record<ChallengeStep, ChallengeStep>> = {
  'turn-left': 'turn-right',
  'turn-right': 'turn-left',
};

function stepSeen(state: Open, liveness: LivenessNews | null, at: number): KioskStep {
  const kind = state.ticket.challenge[state.asked];
  // What was under way when the step was asked for is no answer to it.
  const answers = liveness?.performed.filter(({ peak }) => peak >= state.since + TIMES.reaction) ?? [];
  const done = answers.find((answer) => answer.kind === kind);
  if (!done) {
    // The face has come to rest as it was asked to: the frames of the rest before are of a smile.
    if (liveness?.isCalmer && mayHaveSmiled(state, at)) return restart(state, at, state.wish);
    const wrong = kind && answers.some((answer) => answer.kind === OTHER_WAY[kind]);
    return visitTick(wrong ? { ...state, otherWayAt: at } : state, at);
  }
  const asked = state.asked + 1;
  const over = asked === state.ticket.challenge.length;
  const next: Visiting = {
    ...state,
    step: over ? 'capturing' : 'performing',
    since: at,
    asked,
    otherWayAt: null,
    captured: 0,
  };
  return to(next, { type: 'recall', visit: state.visit, step: state.asked, peak: done.peak });
}

function frontalSeen(state: Open, guidance: Guidance, liveness: LivenessNews | null, at: number): KioskStep {
  if (!mayCapture(state, guidance, liveness, at)) return visitTick(state, at);
  const { visit, ticket } = state;
  const captured = state.captured + 1;
  const capture: KioskEffect = { type: 'capture', visit, moment: { kind: 'frontal' } };
  if (captured + (liveness?.frontal ?? 0) < ticket.frameCount)
    return to({ ...state, captured, capturedAt: at }, capture);
  const submit: KioskEffect = { type: 'submit', visit, visitId: ticket.visitId };
  return to({ ...state, step: 'deciding', since: at, captured, capturedAt: at }, capture, submit);
}

export function visitTick(state: Visiting, at: number): KioskStep {
  const { step, wish } = state;
  const lasted = at - state.since;
  if (step === 'deciding') return to(lasted >= TIMES.decide ? tryAgain('busy', at, wish) : state);
  if (at - state.presentAt >= TIMES.away) return leave(state, ATTRACT);
  if (step === 'performing') {
    const kind = askedStep(state);
    if (kind === null || !isOpen(state) || lasted < state.ticket.stepMs) return to(state);
    const because = 'step-timeout';
    const next = tryAgain(because, at, { ...wish, missed: [kind] });
    return to(next, { type: 'cancel', visitId: state.ticket.visitId, because });
  }
  return lasted >= TIMES.capture ? leave(state, guide(at, wish)) : to(state);
}
