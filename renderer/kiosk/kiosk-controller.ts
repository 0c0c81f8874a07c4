import { type ReadonlySignal, signal } from '@preact/signals';
import type { VisitFrame } from '#contract';
import { call } from '../bridge/bridge.ts';
import { codeOf } from '../bridge/errors.ts';
import { captureJpeg } from '../camera/picture.ts';
import { type Guidance, type GuidanceCode, NO_GUIDANCE } from '../guidance/guidance.ts';
import { ATTRACT, type KioskEffect, type KioskEvent, type KioskState, step } from './kiosk-machine.ts';

const TICK_MS = 250;
/** Between two analysed pictures while nobody is guided (at most about 15 a second), and while somebody is. */
const IDLE_GAP_MS = 60;
const BUSY_GAP_MS = 28;

/** Runs the kiosk machine: turns pictures and answers into its events, and carries its effects out. */
export class KioskController {
  readonly #state = signal<KioskState>(ATTRACT);
  readonly #guidance = signal<GuidanceCode>(NO_GUIDANCE.code);
  readonly #video: () => HTMLVideoElement | null;
  #frames: Promise<VisitFrame>[] = [];

  constructor(video: () => HTMLVideoElement | null) {
    this.#video = video;
  }

  get state(): ReadonlySignal<KioskState> {
    return this.#state;
  }

  get guidance(): ReadonlySignal<GuidanceCode> {
    return this.#guidance;
  }

  readonly gap = (): number => {
    const state = this.#state.peek();
    const guiding = state.screen === 'guide' || (state.screen === 'recognising' && state.step !== 'deciding');
    return guiding ? BUSY_GAP_MS : IDLE_GAP_MS;
  };

  readonly see = (guidance: Guidance, at: number): void => {
    this.#guidance.value = guidance.code;
    this.#send({ type: 'seen', at, guidance });
  };

  readonly start = (): void => this.#send({ type: 'start', at: performance.now() });

  readonly interrupt = (): void => this.#send({ type: 'interrupted' });

  /** Lets time pass, also when no pictures come. Returns a function that stops it. */
  run(): () => void {
    const timer = setInterval(() => this.#send({ type: 'tick', at: performance.now() }), TICK_MS);
    return () => {
      clearInterval(timer);
      this.interrupt();
    };
  }

  #send(event: KioskEvent): void {
    const { state, effects } = step(this.#state.peek(), event);
    this.#state.value = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: KioskEffect): void {
    switch (effect.type) {
      case 'begin':
        this.#frames = [];
        void this.#begin(effect.visit);
        break;
      case 'capture':
        this.#frames.push(this.#capture());
        break;
      case 'submit':
        void this.#submit(effect.visit, effect.visitId, this.#frames);
        break;
      case 'cancel':
        // Main forgets a visit by itself as well; nobody waits for this answer.
        call('visit.cancel', { visitId: effect.visitId }).catch(() => undefined);
        break;
    }
  }

  async #begin(visit: number): Promise<void> {
    try {
      const ticket = await call('visit.begin', {});
      this.#send({ type: 'begun', at: performance.now(), visit, ticket });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  async #capture(): Promise<VisitFrame> {
    const video = this.#video();
    if (!video) throw new Error('The preview is gone.');
    const capturedAt = performance.now();
    return { image: await captureJpeg(video), capturedAt };
  }

  async #submit(visit: number, visitId: string, frames: readonly Promise<VisitFrame>[]): Promise<void> {
    try {
      const decision = await call('visit.submit', { visitId, frames: await Promise.all(frames) });
      this.#send({ type: 'decided', at: performance.now(), visit, decision });
    } catch (error) {
      this.#fail(visit, error);
    }
  }

  #fail(visit: number, error: unknown): void {
    this.#send({ type: 'failed', at: performance.now(), visit, code: codeOf(error) });
  }
}
