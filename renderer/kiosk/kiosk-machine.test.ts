import { describe, expect, it } from 'vitest';
import type { Decision, VisitTicket } from '#contract';
import { type Guidance, NO_GUIDANCE } from '../guidance/guidance.ts';
import { ATTRACT, type KioskEffect, type KioskEvent, type KioskState, step, TIMES } from './kiosk-machine.ts';

const TICKET: VisitTicket = {
  visitId: `visit_${'0'.repeat(32)}`,
  challenge: [],
  frameCount: 3,
  expiresInMs: 15_000,
};
const FRAME_MS = 33;

const granted: Decision = {
  outcome: 'granted',
  reasons: ['match'],
  person: { faceId: `face_${'0'.repeat(32)}`, name: 'Amina' },
};
const denied: Decision = { outcome: 'denied', reasons: ['no-match'], person: null };

const nobody: Guidance = NO_GUIDANCE;
const turned: Guidance = { ...NO_GUIDANCE, code: 'look-straight', present: true };

/** A kiosk with a clock: plays people and answers, keeps the effects. */
class Play {
  state: KioskState = ATTRACT;
  at = 1000;
  readonly effects: KioskEffect[] = [];
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
      this.send({ type: 'seen', at: this.at, guidance });
    return this;
  }

  /** Someone who stands right. Stops early when `until` holds. */
  face(forMs: number, until: () => boolean = () => false): this {
    for (const end = this.at + forMs; this.at < end && !until(); this.at += FRAME_MS) {
      this.#goodSince ??= this.at;
      const guidance: Guidance = {
        ...NO_GUIDANCE,
        code: 'hold-still',
        present: true,
        good: true,
        goodSince: this.#goodSince,
      };
      this.send({ type: 'seen', at: this.at, guidance });
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

  begun(): this {
    return this.send({ type: 'begun', at: this.at, visit: this.visit, ticket: TICKET });
  }

  submitted(): this {
    return this.opened()
      .begun()
      .face(5000, () => this.count('submit') > 0);
  }

  decided(decision: Decision): this {
    return this.submitted().send({ type: 'decided', at: this.at, visit: this.visit, decision });
  }

  count(type: KioskEffect['type']): number {
    return this.effects.filter((effect) => effect.type === type).length;
  }
}

describe('a visit', () => {
  it('goes from attract to welcome', () => {
    const play = new Play();
    play.face(200);
    expect(play.state.screen).toBe('attract');
    play.face(150);
    expect(play.state.screen).toBe('guide');
    play.opened();
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'opening' });
    play.begun().face(5000, () => play.count('submit') > 0);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'deciding', captured: 3 });
    play.send({ type: 'decided', at: play.at, visit: play.visit, decision: granted });
    expect(play.state).toMatchObject({ screen: 'welcome', name: 'Amina' });
    expect(play.effects.map((effect) => effect.type)).toEqual([
      'begin',
      'capture',
      'capture',
      'capture',
      'submit',
    ]);
  });

  it('asks for the decision within a second of a good face', () => {
    const play = new Play().submitted();
    expect(play.at - 1000).toBeLessThan(1000);
  });

  it('captures as many frames as main wants, spaced out', () => {
    const play = new Play().opened();
    play.send({ type: 'begun', at: play.at, visit: play.visit, ticket: { ...TICKET, frameCount: 5 } });
    const began = play.at;
    play.face(5000, () => play.count('submit') > 0);
    expect(play.count('capture')).toBe(5);
    expect(play.at - began).toBeGreaterThanOrEqual(4 * TIMES.frameGap);
  });

  it('captures nothing while the guidance is not followed', () => {
    const play = new Play().opened().begun().see(turned, 1000);
    expect(play.count('capture')).toBe(0);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'capturing' });
  });
});

describe('a visit that ends early', () => {
  it('is cancelled when the visitor leaves', () => {
    const play = new Play()
      .opened()
      .begun()
      .see(nobody, TIMES.away + 100);
    expect(play.state.screen).toBe('attract');
    expect(play.effects.at(-1)).toEqual({ type: 'cancel', visitId: TICKET.visitId });
  });

  it('is cancelled when it was opened too late', () => {
    const play = new Play().opened().see(nobody, TIMES.away + 100);
    expect(play.state.screen).toBe('attract');
    expect(play.count('cancel')).toBe(0);
    play.begun();
    expect(play.state.screen).toBe('attract');
    expect(play.count('cancel')).toBe(1);
  });

  it('goes back to the guide when the visitor does not look', () => {
    const play = new Play()
      .opened()
      .begun()
      .see(turned, TIMES.capture + 100);
    expect(play.state.screen).toBe('guide');
    expect(play.count('cancel')).toBe(1);
  });

  it('is cancelled when the camera or the connection goes', () => {
    const play = new Play().opened().begun().send({ type: 'interrupted' });
    expect(play.state).toBe(ATTRACT);
    expect(play.count('cancel')).toBe(1);
  });

  it('takes no decision of an earlier visit', () => {
    const play = new Play().submitted();
    play.send({ type: 'decided', at: play.at, visit: play.visit - 1, decision: granted });
    expect(play.state.screen).toBe('recognising');
  });

  it('does not wait for ever for a decision', () => {
    const play = new Play().submitted();
    play.send({ type: 'tick', at: play.at + TIMES.decide });
    expect(play.state).toMatchObject({ screen: 'try-again', reason: 'busy' });
  });

  it.each([
    ['visit-expired', 'expired'],
    ['busy', 'busy'],
    ['connection-lost', 'connection'],
    ['internal', 'fault'],
  ] as const)('answers the error %s with %s', (code, reason) => {
    const play = new Play().submitted();
    play.send({ type: 'failed', at: play.at, visit: play.visit, code });
    expect(play.state).toMatchObject({ screen: 'try-again', reason });
  });
});

describe('an outcome', () => {
  it.each(['no-face', 'several-faces', 'different-people'] as const)(
    'asks to try again after %s',
    (reason) => {
      const play = new Play().decided({ outcome: 'undecided', reasons: [reason], person: null });
      expect(play.state).toMatchObject({ screen: 'try-again', reason });
    },
  );

  it('says when nobody is enrolled', () => {
    const play = new Play().decided({ outcome: 'denied', reasons: ['empty-gallery'], person: null });
    expect(play.state).toMatchObject({ screen: 'not-recognised', emptyGallery: true });
  });

  it('stays a while and does not recognise the same visitor again and again', () => {
    const play = new Play().decided(granted).face(TIMES.welcome - 100);
    expect(play.state.screen).toBe('welcome');
    play.face(TIMES.rearmPause);
    expect(play.state.screen).toBe('attract');
    expect(play.count('begin')).toBe(1);
  });

  it('makes room for the next visitor when this one has left', () => {
    const play = new Play().decided(granted).see(nobody, TIMES.outcomeLeast + TIMES.rearmAway);
    expect(play.state).toEqual(ATTRACT);
    play.face(400);
    expect(play.state.screen).toBe('guide');
  });

  it('takes a visitor again who stepped away after it had ended', () => {
    const play = new Play().decided(denied).face(TIMES['not-recognised'] + 500);
    expect(play.state.screen).toBe('attract');
    play.see(nobody, TIMES.rearmAway + 100).face(400);
    expect(play.state.screen).toBe('guide');
  });

  it('takes a visitor again who stayed through the pause', () => {
    const play = new Play().decided(denied).face(TIMES['not-recognised'] + TIMES.rearmPause + 1000);
    expect(play.state.screen).not.toBe('attract');
  });

  it('offers to try again at once', () => {
    const play = new Play().decided(denied);
    play.send({ type: 'start', at: play.at });
    expect(play.state.screen).toBe('guide');
    play.face(TIMES.settle - 50);
    expect(play.count('begin')).toBe(1);
    play.face(200);
    expect(play.count('begin')).toBe(2);
  });
});

describe('the guide', () => {
  it('ends when nobody is there', () => {
    const play = new Play().see(turned, 500);
    expect(play.state.screen).toBe('guide');
    expect(play.see(nobody, TIMES.away + 100).state.screen).toBe('attract');
  });

  it('waits for whoever touched the screen before stepping in front of it', () => {
    const play = new Play().send({ type: 'start', at: 1000 });
    expect(play.see(nobody, TIMES.awayAfterTouch - 500).state.screen).toBe('guide');
    expect(play.see(nobody, 1000).state.screen).toBe('attract');
  });

  it('does not go on for ever with someone who never looks', () => {
    const play = new Play().see(turned, TIMES.guide + 1000);
    expect(play.state).toMatchObject({ screen: 'attract', rearm: { emptySince: null } });
  });

  it('is not disturbed by a touch during a visit', () => {
    const play = new Play().opened().begun();
    play.send({ type: 'start', at: play.at });
    expect(play.state.screen).toBe('recognising');
  });
});
