import { type ReadonlySignal, signal } from '@preact/signals';
import type { ApplianceStatus, Direction } from '#contract';
import { adopt, status } from '../appliance.ts';
import { call } from '../bridge/bridge.ts';
import type { CodeReader } from '../camera/code-reader.ts';
import { holdCamera } from '../camera/hold.ts';
import { codeOf } from '../bridge/errors.ts';
import { type GuidanceCode, NO_GUIDANCE } from '../guidance/guidance.ts';
import type { Pace, Sight } from '../guidance/watch.ts';
import { measure } from '../liveness/measure.ts';
import { LivenessSession } from '../liveness/session.ts';
import type { CoverLook } from './cover-look.ts';
import { Evidence } from './evidence.ts';
import { step } from './kiosk-machine.ts';
import { isByTouch } from './house.ts';
import {
  ATTRACT,
  type KioskEffect,
  type KioskEvent,
  type KioskState,
  AT_ONCE,
  type LivenessNews,
  type StartRules,
  readsCodes,
  type Wish,
} from './kiosk-state.ts';
import { PACES } from './paces.ts';
import { askedStep, mayWait } from './visit-machine.ts';

const TICK_MS = 250;
const isLighting = (state: KioskState): boolean =>
  state.screen === 'recognising' && state.step === 'lighting';
/** The colours are on the screen. */
const isLit = (state: KioskState): boolean =>
  state.screen === 'recognising' && state.light !== null && state.light.shownAt !== null;

/** Whether the system is set to show little that moves or flickers. */
const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** As the appliance is set; the widget has none. */
const startRules = (): StartRules => {
  const known = status.peek();
  if (!known) return AT_ONCE;
  const { notice, cards, mode } = known.settings;
  return { notice, byTouch: isByTouch(known), cards: cards && mode !== 'enrolment' };
};

const PAUSES: ReadonlySet<string> = new Set(['kiosk-paused', 'kiosk-locked']);

/** Milliseconds for which no face is looked at; Infinity: until an operator has signed in. */
export const pauseOf = ({ faceIsOff, pausedForMs }: ApplianceStatus): number =>
  faceIsOff ? Infinity : pausedForMs;

/** Runs the kiosk machine: turns pictures and answers into its events, and carries its effects out. */
export class KioskController {
  readonly #state = signal<KioskState>(ATTRACT);
  readonly #guidance = signal<GuidanceCode>(NO_GUIDANCE.code);
  readonly #cover: CoverLook | null;
  readonly #reader: Pick<CodeReader, 'offer'> | null;
  #evidence = new Evidence();
  #liveness = new LivenessSession();
  /** Since when the face that {@link #liveness} follows is there. */
  #followed: number | null = null;
  /** The picture under analysis: the machine captures frames while it handles that picture's event. */
  #sight: Sight | null = null;

  get state(): ReadonlySignal<KioskState> {
    return this.#state;
  }

  get guidance(): ReadonlySignal<GuidanceCode> {
    return this.#guidance;
  }

  readonly pace = (): Pace => {
    const state = this.#state.peek();
    if (state.screen === 'guide') return PACES.busy;
    if (state.screen !== 'recognising') return PACES.idle;
    if (isLit(state)) return PACES.lighting;
    if (state.step === 'capturing' && state.ticket?.challenge.length === 0) return PACES.capturing;
    return state.step === 'deciding' ? PACES.deciding : PACES.busy;
  };

  /**
   * @param cover says what covers a face before a visit begins; null: nothing can be asked
   * @param readCodes makes what finds QR codes in pictures, and tells of each; null: none is looked for
   */
  constructor(
    cover: CoverLook | null,
    readCodes: ((onText: (text: string) => void) => Pick<CodeReader, 'offer'>) | null,
  ) {
    this.#cover = cover;
    this.#reader =
      readCodes && readCodes((text) => this.#send({ type: 'scanned', at: performance.now(), text }));
  }

  readonly see = (sight: Sight): void => {
    const state = this.#state.peek();
    const { at, takenAt } = sight;
    const guidance = this.#cover && mayWait(state) ? this.#cover.follow(sight) : sight.guidance;
    this.#guidance.value = guidance.code;
    if (readsCodes(state, startRules())) this.#reader?.offer(sight.picture, at);
    this.#sight = sight;
    const liveness = this.#follow(sight);
    this.#send({ type: 'seen', at, takenAt, guidance, liveness, rules: startRules() });
    this.#sight = null;
  };

  readonly start = (): void => this.#send({ type: 'start', at: performance.now(), rules: startRules() });
  readonly startWay = (direction: Direction): void =>
    this.#send({ type: 'start', at: performance.now(), rules: startRules(), direction });
  readonly agree = (): void => this.#send({ type: 'agree', at: performance.now() });
  readonly refuse = (): void => this.#send({ type: 'refuse', at: performance.now() });
  readonly callOperator = (): void => this.#send({ type: 'call-operator', at: performance.now() });
  readonly cannot = (): void => this.#send({ type: 'cannot', at: performance.now() });
  readonly withoutLight = (): void => this.#send({ type: 'without-light', at: performance.now() });
  readonly lightShown = (at: number): void => this.#send({ type: 'shown', at });
  readonly useCode = (): void => this.#send({ type: 'use-code', at: performance.now() });
  readonly touched = (): void => this.#send({ type: 'touched', at: performance.now() });
  readonly enterCode = (code: string): void => this.#send({ type: 'code', at: performance.now(), code });
  readonly back = (): void => this.#send({ type: 'back', at: performance.now() });
  readonly pause = (forMs: number): void => this.#send({ type: 'paused', at: performance.now(), forMs });
  readonly interrupt = (): void => this.#send({ type: 'interrupted' });

  /** Lets time pass, also when no pictures come. Returns a function that stops it. */
  run(): () => void {
    const timer = setInterval(() => this.#send({ type: 'tick', at: performance.now() }), TICK_MS);
    return () => {
      clearInterval(timer);
      this.interrupt();
    };
  }

  /**
   * Follows a face from the first picture on, so that it has come to rest when its visit is open, and keeps the pictures of a
   * visit that may be a step's height or frontal.
   */
  #follow({ face, foundAt, guidance, image, picture, at }: Sight): LivenessNews | null {
    const state = this.#state.peek();
    const isVisit = state.screen === 'recognising';
    const follows = isVisit || state.screen === 'guide' || state.screen === 'attract';
    if (!follows || !face || foundAt !== at || !guidance.present) return null;
    if (!isVisit && guidance.arrivedAt !== this.#followed) {
      this.#followed = guidance.arrivedAt;
      this.#liveness = new LivenessSession();
    }
    const measured = measure(face, image, at);
    if (!measured) return null;
    const asked = askedStep(state);
    // Until something is asked, the newest half second of calm is what the steps are measured against.
    const isSettled = asked !== null || (isVisit && state.step !== 'opening' && state.step !== 'resting');
    const { change, atRest, performed, isCalmer } = this.#liveness.push(measured, isSettled);
    if (asked && change) this.#evidence.offer(picture, asked, change);
    if (asked && atRest && guidance.good) this.#evidence.offerFrontal(picture, at);
    return { atRest, performed, isCalmer, frontal: this.#evidence.frontal };
  }

  #send(event: KioskEvent): void {
    const before = this.#state.peek();
    const { state, effects } = step(before, event);
    this.#state.value = state;
    // Whoever comes next, or tries again, comes to rest again.
    if (before.screen === 'recognising' && state.screen !== 'recognising') this.#followed = null;
    if (state.screen !== 'guide' && state.screen !== 'recognising') this.#cover?.forget();
    if (isLighting(before) && !isLighting(state)) void holdCamera(false);
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: KioskEffect): void {
    switch (effect.type) {
      case 'begin':
        this.#evidence = new Evidence();
        void this.#begin(effect.visit, effect.wish, this.#evidence);
        break;
      case 'ask-light':
        void this.#askLight(effect.visit, effect.visitId);
        break;
      case 'capture':
        if (this.#sight) this.#evidence.add(this.#sight, effect.moment);
        break;
      case 'recall':
        this.#evidence.recall(effect.step, effect.peak);
        break;
      case 'submit':
        void this.#submit(effect.visit, effect.visitId, this.#evidence);
        break;
      case 'cancel':
        // Main forgets a visit by itself as well; nobody waits for this answer.
        call('visit.cancel', { visitId: effect.visitId, because: effect.because ?? null }).catch(
          () => undefined,
        );
        break;
      case 'tell':
        // Nobody waits for this answer.
        call('visit.notice', { kind: effect.kind }).catch(() => undefined);
        break;
      case 'check-code':
        void this.#checkCode(effect.visit, effect.code);
        break;
      case 'check-card':
        void this.#checkCard(effect.visit, effect.card);
        break;
      case 'claim':
        void this.#claim(effect.visit, effect.session);
        break;
    }
  }

  async #begin(
    visit: number,
    { avoid, missed, withoutLight, session, card, agreed, direction }: Wish,
    evidence: Evidence,
  ): Promise<void> {
    try {
      const ticket = await call('visit.begin', {
        avoid: [...avoid],
        missed: [...missed],
        withoutLight: withoutLight || prefersStill(),
        sessionId: session,
        card: card ?? null,
        agreed,
        direction: direction ?? null,
      });
      evidence.open(ticket.visitId, (error) => this.#fail(visit, error));
      this.#send({ type: 'begun', at: performance.now(), visit, ticket });
    } catch (error) {
      if (PAUSES.has(codeOf(error)) && (await this.#askPause())) return;
      this.#fail(visit, error);
    }
  }

  async #askLight(visit: number, visitId: string): Promise<void> {
    try {
      await holdCamera(true);
      const { slots } = await call('visit.light', { visitId });
      this.#send({ type: 'lit', at: performance.now(), visit, slots });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  /** @returns whether the appliance is paused, which is shown */
  async #askPause(): Promise<boolean> {
    const status = await call('appliance.status', {}).catch(() => null);
    if (!status || pauseOf(status) === 0) return false;
    adopt(status);
    this.pause(pauseOf(status));
    return true;
  }

  async #submit(visit: number, visitId: string, evidence: Evidence): Promise<void> {
    try {
      const decision = await call('visit.submit', { visitId, frameCount: await evidence.sent() });
      this.#send({ type: 'decided', at: performance.now(), visit, decision });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  async #checkCode(visit: number, code: string): Promise<void> {
    try {
      const decision = await call('visit.code', { code });
      this.#send({ type: 'decided', at: performance.now(), visit, decision });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  async #checkCard(visit: number, card: string): Promise<void> {
    try {
      await call('visit.card', { card });
      this.#send({ type: 'carded', at: performance.now(), visit, card, rules: startRules() });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  async #claim(visit: number, session: string): Promise<void> {
    try {
      await call('visit.session', { sessionId: session });
      this.#send({ type: 'claimed', at: performance.now(), visit, session, rules: startRules() });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  #fail(visit: number, error: unknown): void {
    this.#send({ type: 'failed', at: performance.now(), visit, code: codeOf(error) });
  }
}
