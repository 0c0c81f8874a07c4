import { describe, expect, it } from 'vitest';
import type { Decision } from '#contract';
import type { Guidance } from '../guidance/guidance.ts';
import { granted, nobody, Play, TICKET, turned } from './testing/kiosk-play.ts';
import { ATTRACT, NO_WISH, type StartRules, TIMES } from './kiosk-state.ts';

describe('the notice', () => {
  const rules: StartRules = { notice: true, byTouch: false, cards: false };
  /** Somebody stands there, and the notice is shown. */
  const asked = (): Play => {
    const play = new Play();
    for (let i = 0; i < 20; i += 1, play.at += 33)
      play.send({ type: 'seen', at: play.at, takenAt: play.at, guidance: turned, liveness: null, rules });
    return play;
  };
  const told = (play: Play): string[] =>
    play.effects.flatMap((effect) => (effect.type === 'tell' ? [effect.kind] : []));

  it('comes first, by presence, by touch and for a session, and nothing begins before it is agreed to', () => {
    const touched = new Play().send({ type: 'start', at: 1000, rules });
    const claimed = new Play().send({ type: 'use-code', at: 1000 });
    claimed.send({ type: 'code', at: 2000, code: '123456789012' });
    claimed.send({ type: 'claimed', at: 2100, visit: 2000, session: '123456789012', rules });
    for (const play of [asked(), touched, claimed]) {
      expect(play.state.screen).toBe('notice');
      expect(told(play)).toEqual(['alternative-offered']);
      play.face(3000);
      expect([play.state.screen, play.count('begin')]).toEqual(['notice', 0]);
      play.send({ type: 'agree', at: play.at }).opened();
      expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { agreed: true } });
    }
    expect(claimed.effects.at(-1)).toMatchObject({ wish: { session: '123456789012' } });
  });

  it('is refused by one touch, which leads to a code or an operator', () => {
    const play = asked();
    play.send({ type: 'refuse', at: play.at });
    expect(play.state).toMatchObject({ screen: 'alternative', called: false });
    play.face(3000).send({ type: 'call-operator', at: play.at }).send({ type: 'call-operator', at: play.at });
    expect(told(play)).toEqual(['alternative-offered', 'alternative-chosen', 'operator-called']);
    expect([play.state.screen, play.count('begin')]).toEqual(['alternative', 0]);
    expect(play.send({ type: 'use-code', at: play.at }).state.screen).toBe('code');
  });

  it('is not shown again on another try of the same visitor, and is to the next one', () => {
    const play = asked();
    play.send({ type: 'agree', at: play.at }).opened();
    play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'busy' });
    expect(play.send({ type: 'start', at: play.at, rules }).state.screen).toBe('guide');

    const next = asked();
    next.send({ type: 'agree', at: next.at }).opened();
    next.send({ type: 'failed', at: next.at, visit: next.visit, code: 'busy' });
    const guidance = { ...turned, arrivedAt: next.at + 1 };
    next.at += TIMES.outcomeNext;
    expect(
      next.send({ type: 'seen', at: next.at, takenAt: next.at, guidance, liveness: null, rules }).state
        .screen,
    ).toBe('notice');
  });

  it('does not stay for ever, and gives way to a pause', () => {
    const play = asked();
    expect(play.send({ type: 'tick', at: play.at + TIMES.awayAfterTouch }).state.screen).toBe('attract');
    const waiting = asked();
    waiting.see(turned, TIMES.code);
    expect(waiting.state.screen).toBe('attract');
    const paused = asked();
    expect(paused.send({ type: 'paused', at: paused.at, forMs: 1000 }).state.screen).toBe('paused');
    const refused = asked();
    refused.send({ type: 'refuse', at: refused.at });
    expect(refused.send({ type: 'tick', at: refused.at + TIMES.code }).state.screen).toBe('attract');
  });
});

describe('what a visitor wished', () => {
  const rules: StartRules = { notice: true, byTouch: false, cards: false };
  const look = (play: Play, guidance: Guidance, forMs: number): Play => {
    for (const end = play.at + forMs; play.at < end; play.at += 33)
      play.send({ type: 'seen', at: play.at, takenAt: play.at, guidance, liveness: null, rules });
    return play;
  };
  const came = (arrivedAt: number): Guidance => ({ ...turned, arrivedAt });
  const good = (arrivedAt: number, since: number): Guidance => ({
    ...came(arrivedAt),
    good: true,
    goodSince: since,
  });
  /** The first visitor came at 1000, and touches. */
  const agreed = (before = came(1000)): Play => {
    const play = look(look(new Play(), came(1000), 500), before, 500);
    return play.send({ type: 'agree', at: play.at });
  };
  const gone: Guidance = { ...nobody, arrivedAt: 1000 };

  it('ends when another face comes: nobody is compared who has not agreed', () => {
    const play = look(look(agreed(), came(1000), 100), gone, 1000);
    const since = play.at;
    look(play, good(since, since), 1000);
    expect([play.state.screen, play.count('begin')]).toEqual(['notice', 0]);
    expect(play.state).toMatchObject({ wish: NO_WISH });
  });

  it('is that of the first face where nobody was in the picture at the touch, and of no other', () => {
    const play = look(agreed(gone), gone, 1000);
    const since = play.at;
    const other = look(look(agreed(gone), gone, 1000), came(since), 100);
    look(play, good(since, since), 1000);
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { agreed: true } });
    look(other, good(other.at, other.at), 1000);
    expect([other.state.screen, other.count('begin')]).toEqual(['notice', 0]);
  });

  it('outlasts a face that is lost for a moment', () => {
    const play = look(look(agreed(), came(1000), 100), gone, 300);
    look(play, good(1000, play.at), 1000);
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { agreed: true } });
  });

  it('is not inherited by who takes their place in a visit that comes back to the guide', () => {
    const play = look(agreed(), good(1000, 1000), 300);
    play.send({ type: 'begun', at: play.at, visit: play.visit, ticket: TICKET });
    look(play, came(play.at), TIMES.capture + 100);
    expect([play.state.screen, play.count('begin')]).toEqual(['notice', 1]);
  });

  it('is not agreed to for who takes their place before another visit has begun', () => {
    const decided = agreed();
    look(decided, good(1000, 1000), 300);
    decided.send({ type: 'begun', at: decided.at, visit: decided.visit, ticket: TICKET });
    const more: Decision = { ...granted, outcome: 'undecided', reasons: ['more-asked'], person: null };
    const again = (next: number): Play => {
      const play = Object.assign(new Play(), { state: decided.state, at: decided.at });
      play.send({ type: 'decided', at: play.at, visit: decided.visit, decision: more });
      return look(play, came(next), 100);
    };
    expect(again(1000)).toMatchObject({ state: { screen: 'recognising', wish: { agreed: true } } });
    const other = again(decided.at);
    expect(other.state).toMatchObject({ screen: 'notice', wish: NO_WISH });
    expect(
      other.send({ type: 'begun', at: other.at, visit: other.visit, ticket: TICKET }).effects.at(-1),
    ).toEqual({ type: 'cancel', visitId: TICKET.visitId });
  });

  it('is not agreed to for who touches in their place', () => {
    const tried = (next: number): Play => {
      const play = look(agreed(), good(1000, 1000), 300);
      play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'busy' });
      look(play, came(next), 100);
      return play.send({ type: 'start', at: play.at, rules });
    };
    expect(tried(1000).state.screen).toBe('guide');
    expect(tried(2000).state.screen).toBe('notice');
  });

  it('is given up for the start screen where visitors have to touch first', () => {
    const touch = { ...rules, notice: false, byTouch: true };
    const play = new Play().send({ type: 'start', at: 1000, rules: touch, direction: 'out' });
    for (const guidance of [came(1100), good(1200, 1200)])
      play.send({ type: 'seen', at: 1400, takenAt: 1400, guidance, liveness: null, rules: touch });
    expect(play.state).toEqual(ATTRACT);
    expect(play.count('begin')).toBe(0);
  });
});

describe('a start by touch', () => {
  const rules: StartRules = { notice: false, byTouch: true, cards: false };
  const seen = (play: Play, forMs: number, arrivedAt = play.arrivedAt): Play => {
    for (const end = play.at + forMs; play.at < end; play.at += 33)
      play.send({
        type: 'seen',
        at: play.at,
        takenAt: play.at,
        guidance: { ...turned, arrivedAt },
        liveness: null,
        rules,
      });
    return play;
  };

  it('is waited for, however long somebody stands there, and knows which way was chosen', () => {
    const play = seen(new Play(), 3000);
    expect(play.state.screen).toBe('attract');
    play.send({ type: 'start', at: play.at, rules, direction: 'out' }).opened();
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { direction: 'out' } });
  });

  it('is waited for from the next one in a queue, too', () => {
    const play = new Play().decided(granted);
    seen(play, TIMES.outcomeNext + 100, play.at + 1);
    expect(play.state.screen).toBe('attract');
  });

  it('says goodbye to who went out', () => {
    const play = new Play().decided({ ...granted, direction: 'out' });
    expect(play.state).toMatchObject({ screen: 'welcome', name: 'Amina', direction: 'out' });
  });
});
