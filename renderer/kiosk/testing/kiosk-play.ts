import type { ChallengeStep, Decision, VisitTicket } from '#contract';
import { type Guidance, NO_GUIDANCE } from '../../guidance/guidance.ts';
import { step } from '../kiosk-machine.ts';
import { ATTRACT, type KioskEffect, type KioskEvent, type KioskState } from '../kiosk-state.ts';
import { askedStep } from '../visit-machine.ts';

/** For the tests of the machine. */

export const TICKET: VisitTicket = {
  visitId: `visit_${'0'.repeat(32)}`,
  level: 'steps',
  challenge: ['turn-left', 'smile'],
  stepMs: 8000,
  frameCount: 3,
  expiresInMs: 15_000,
};
const FRAME_MS = 33;

export const granted: Decision = {
  outcome: 'granted',
  reasons: ['match'],
  hints: [],
  person: { faceId: `face_${'0'.repeat(32)}`, name: 'Amina' },
};
export const denied: Decision = { outcome: 'denied', reasons: ['no-match'], hints: [], person: null };

export const nobody: Guidance = NO_GUIDANCE;
export const turned: Guidance = { ...NO_GUIDANCE, code: 'look-straight', present: true };

/** A kiosk with a clock: plays people and answers, keeps the effects. */
export class Play {
  state: KioskState = ATTRACT;
  at = 1000;
  readonly effects: KioskEffect[] = [];
  /** Frontal frames that the evidence has from between the steps. */
  frontal = 0;
  /** Since when the face is there. */
  arrivedAt = -Infinity;
  #goodSince: number | null = null;

  send(event: KioskEvent): this {
    const next = step(this.state, event);
    this.state = next.state;
    this.effects.push(...next.effects);
    return this;
  }

  see(guidance: Guidance, forMs: number): this {
    this.#goodSince = null;
    for (const end = this.at + forMs; this.at < end; this.at += FRAME_MS)
      this.send({ type: 'seen', at: this.at, takenAt: this.at, guidance, liveness: null });
    return this;
  }

  /** Someone who stands right, calm from half a second on. Stops early when `until` holds. */
  face(forMs: number, until: () => boolean = () => false): this {
    const since = this.at;
    for (const end = this.at + forMs; this.at < end && !until(); this.at += FRAME_MS) {
      this.#goodSince ??= this.at;
      const guidance: Guidance = {
        ...NO_GUIDANCE,
        code: 'hold-still',
        present: true,
        good: true,
        goodSince: this.#goodSince,
        arrivedAt: this.arrivedAt,
      };
      const atRest = this.at - since >= 500;
      const liveness = { atRest, performed: [], isCalmer: false, frontal: this.frontal };
      this.send({ type: 'seen', at: this.at, takenAt: this.at, guidance, liveness });
    }
    return this;
  }

  /** Up to the moment at which a visit is asked for. */
  opened(): this {
    return this.face(5000, () => this.effects.some((effect) => effect.type === 'begin'));
  }

  get visit(): number {
    const begin = this.effects.findLast((effect) => effect.type === 'begin');
    if (!begin) throw new Error('No visit was begun.');
    return begin.visit;
  }

  begun(ticket = TICKET): this {
    return this.send({ type: 'begun', at: this.at, visit: this.visit, ticket });
  }

  /** Up to the first step that is asked for. */
  asked(ticket = TICKET): this {
    return this.opened()
      .begun(ticket)
      .face(5000, () => askedStep(this.state) !== null);
  }

  /** A step that has its height after so many milliseconds, and is certain a little later. */
  performs(kind: ChallengeStep, afterMs = 1000): this {
    this.see(turned, afterMs + 100);
    const peak = this.at - 100;
    const liveness = {
      atRest: false,
      performed: [{ kind, from: peak - 300, peak, at: this.at }],
      isCalmer: false,
      frontal: this.frontal,
    };
    return this.send({ type: 'seen', at: this.at, takenAt: this.at, guidance: turned, liveness });
  }

  /** The face is at rest, and no longer smiles as it did when it was so before. */
  relaxes(): this {
    const liveness = { atRest: false, performed: [], isCalmer: true, frontal: this.frontal };
    return this.send({ type: 'seen', at: this.at, takenAt: this.at, guidance: turned, liveness });
  }

  /** Up to the frontal frames. */
  proven(ticket = TICKET): this {
    this.asked(ticket);
    for (const kind of ticket.challenge) this.performs(kind);
    return this;
  }

  submitted(ticket = TICKET): this {
    return this.proven(ticket).face(5000, () => this.count('submit') > 0);
  }

  decided(decision: Decision): this {
    return this.submitted().send({ type: 'decided', at: this.at, visit: this.visit, decision });
  }

  /** What frames were kept as, in order. */
  get captures(): string[] {
    return this.effects.flatMap((effect) => {
      if (effect.type === 'capture') return [effect.moment.kind];
      return effect.type === 'recall' ? [`step ${effect.step}`] : [];
    });
  }

  count(type: KioskEffect['type']): number {
    return this.effects.filter((effect) => effect.type === type).length;
  }
}
