import { describe, expect, it } from 'vitest';
import type { Decision } from '#contract';
import { denied, granted, nobody, Play, TICKET, turned } from './testing/kiosk-play.ts';
import { ATTRACT, isByCode, TIMES } from './kiosk-state.ts';

describe('a code', () => {
  const open = (): Play => new Play().see(turned, 500).send({ type: 'use-code', at: 2000 });
  const typed = (): Play => open().send({ type: 'code', at: 3000, code: '12345678' });

  it('can be used instead of a face, and ends an open visit', () => {
    expect(open().state.screen).toBe('code');
    const play = new Play().asked().send({ type: 'use-code', at: 9000 });
    expect(play.state.screen).toBe('code');
    expect(play.effects.at(-1)).toEqual({ type: 'cancel', visitId: TICKET.visitId });
  });

  it('is checked once and welcomes', () => {
    const play = typed().send({ type: 'code', at: 3100, code: '12345678' });
    expect(play.effects.filter(({ type }) => type === 'check-code')).toEqual([
      { type: 'check-code', visit: 3000, code: '12345678' },
    ]);
    const decision: Decision = { ...granted, reasons: ['code'] };
    play.send({ type: 'decided', at: 3200, visit: 3000, decision });
    expect(play.state).toMatchObject({ screen: 'welcome', byCode: true });
  });

  it('of somebody who may not pass says why, also without a camera', () => {
    const decision: Decision = { outcome: 'denied', reasons: ['access-schedule'], hints: [], person: null };
    const { state } = typed().send({ type: 'decided', at: 3200, visit: 3000, decision });
    expect(state).toMatchObject({ screen: 'no-access', reason: 'access-schedule' });
    expect(isByCode(state)).toBe(true);
  });

  it('that is wrong can be typed again', () => {
    const decision: Decision = { outcome: 'denied', reasons: ['code-wrong'], hints: [], person: null };
    const play = typed().send({ type: 'decided', at: 3200, visit: 3000, decision });
    expect(play.state).toMatchObject({ screen: 'code', visit: null, error: 'code-wrong' });
  });

  it('whose person may not pass here is no wrong code', () => {
    const decision: Decision = { outcome: 'denied', reasons: ['access-schedule'], hints: [], person: null };
    const play = typed().send({ type: 'decided', at: 3200, visit: 3000, decision });
    expect(play.state).toMatchObject({ screen: 'no-access', reason: 'access-schedule' });
  });

  it('that cannot be checked says why', () => {
    const play = typed().send({ type: 'failed', at: 3200, visit: 3000, code: 'kiosk-paused' });
    expect(play.state).toMatchObject({ screen: 'code', visit: null, error: 'kiosk-paused' });
  });

  it('is not waited for for ever', () => {
    const play = typed().send({ type: 'tick', at: 3000 + TIMES.decide });
    expect(play.state).toMatchObject({ screen: 'code', visit: null, error: 'busy' });
  });

  it('is taken from a QR code as if it was typed, where it may be typed', () => {
    const show = (play: Play, text: string) => play.send({ type: 'scanned', at: 3000, text });
    expect(show(open(), '12345678').effects.at(-1)).toEqual(typed().effects.at(-1));
    expect(show(open(), '123456789012').effects.at(-1)).toMatchObject({ type: 'claim' });
    for (const text of ['https://site.example', '1234567', '12345678 ', '\u0661'.repeat(8)]) {
      expect(show(open(), text).state).toEqual(open().state);
    }
    expect(show(typed(), '87654321').count('check-code')).toBe(1);
    expect(show(new Play().asked(), '12345678').count('check-code')).toBe(0);
  });

  it('gives way to a card, which ends a visit without one and begins one with it', () => {
    const card = 'LINTEL1:BB8';
    const show = (play: Play) => play.send({ type: 'scanned', at: 9000, text: card });
    for (const play of [new Play(), open(), new Play().see(turned, 500), new Play().asked()]) {
      expect(show(play).effects.at(-1)).toEqual({ type: 'check-card', visit: 9000, card });
      expect(play.state).toMatchObject({ screen: 'code', visit: 9000 });
    }
    const visited = show(new Play().asked());
    expect(visited.effects.at(-2)).toEqual({ type: 'cancel', visitId: TICKET.visitId });
    const refused = show(new Play()).send({ type: 'failed', at: 9100, visit: 9000, code: 'card-revoked' });
    expect(refused.state).toMatchObject({ screen: 'code', visit: null, error: 'card-revoked' });
    visited.send({ type: 'carded', at: 9100, visit: 9000, card });
    expect(visited.state).toMatchObject({ screen: 'guide', wish: { card } });
    expect(show(visited).state).toMatchObject({ screen: 'guide' });
    expect(show(new Play().submitted()).count('check-card')).toBe(0);
  });

  it('keeps its keys while they are touched, and no longer', () => {
    const play = open().send({ type: 'touched', at: 2000 + TIMES.code - 1 });
    expect(play.send({ type: 'tick', at: 2000 + TIMES.code }).state.screen).toBe('code');
    expect(play.send({ type: 'tick', at: 2000 + 2 * TIMES.code }).state.screen).toBe('attract');
    expect(open().send({ type: 'back', at: 2100 }).state.screen).toBe('attract');
  });
});

describe('a pause', () => {
  it('shows until when, and ends', () => {
    const play = new Play().send({ type: 'paused', at: 1000, forMs: 30_000 });
    expect(play.state).toMatchObject({ screen: 'paused', until: 31_000 });
    play.face(20_000);
    expect(play.state.screen).toBe('paused');
    expect(play.send({ type: 'tick', at: 31_000 }).state).toEqual(ATTRACT);
  });

  it('without an end lasts until the appliance takes visits again', () => {
    const play = new Play().send({ type: 'paused', at: 1000, forMs: Infinity });
    expect(play.send({ type: 'tick', at: 1e12 }).state.screen).toBe('paused');
    expect(play.send({ type: 'paused', at: 1e12, forMs: 0 }).state).toEqual(ATTRACT);
  });

  it('of nothing disturbs nobody', () => {
    const play = new Play().see(turned, 500);
    const { state } = play;
    expect(play.send({ type: 'paused', at: play.at, forMs: 0 }).state).toBe(state);
  });

  it('takes the place of a visit that was refused', () => {
    const play = new Play().opened();
    play.send({ type: 'paused', at: play.at, forMs: 30_000 });
    expect(play.state.screen).toBe('paused');
  });

  it('leaves an answer on the screen, and a visit under way', () => {
    const play = new Play().decided(denied);
    expect(play.send({ type: 'paused', at: play.at, forMs: 30_000 }).state.screen).toBe('not-recognised');
    const other = new Play().asked();
    expect(other.send({ type: 'paused', at: other.at, forMs: 30_000 }).state.screen).toBe('recognising');
  });

  it('offers the code', () => {
    const play = new Play().send({ type: 'paused', at: 1000, forMs: 30_000 });
    expect(play.send({ type: 'use-code', at: 2000 }).state.screen).toBe('code');
  });
});

describe('an outcome', () => {
  it.each([
    'no-face',
    'several-faces',
    'different-people',
    'step-missing',
    'not-a-head',
    'frames-not-genuine',
    'presentation-attack',
  ] as const)('asks to try again after %s', (reason) => {
    const play = new Play().decided({ outcome: 'undecided', reasons: [reason], hints: [], person: null });
    expect(play.state).toMatchObject({ screen: 'try-again', reason });
  });

  it('that misses a step asks for others at the next try', () => {
    const missing: Decision = {
      outcome: 'denied',
      reasons: ['step-missing'],
      missed: ['smile'],
      hints: [],
      person: null,
    };
    const play = new Play().decided(missing);
    play.send({ type: 'start', at: play.at }).face(1000);
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { avoid: [], missed: ['smile'] } });
  });

  it('says what the visitor can mend', () => {
    const decision: Decision = {
      outcome: 'undecided',
      reasons: ['poor-quality'],
      hints: ['too-dark', 'blurred'],
      person: null,
    };
    expect(new Play().decided(decision).state).toMatchObject({
      screen: 'try-again',
      reason: 'poor-quality',
      hints: ['too-dark', 'blurred'],
    });
  });

  it('of a stranger keeps what it may have been', () => {
    const decision: Decision = { outcome: 'denied', reasons: ['no-match'], hints: ['backlit'], person: null };
    expect(new Play().decided(decision).state).toMatchObject({
      screen: 'not-recognised',
      hints: ['backlit'],
    });
  });

  it('of liveness is no refusal of the person', () => {
    const decision: Decision = { outcome: 'denied', reasons: ['not-a-head'], hints: [], person: null };
    expect(new Play().decided(decision).state).toMatchObject({ screen: 'try-again', reason: 'not-a-head' });
  });

  it('of access says which check, stays a while and is left', () => {
    const decision: Decision = { outcome: 'denied', reasons: ['access-expired'], hints: [], person: null };
    const play = new Play().decided(decision);
    expect(play.state).toMatchObject({ screen: 'no-access', reason: 'access-expired' });
    play.face(TIMES['no-access'] + 500);
    expect(play.state.screen).toBe('attract');
  });

  it('says when nobody is enrolled', () => {
    const play = new Play().decided({
      outcome: 'denied',
      reasons: ['empty-gallery'],
      hints: [],
      person: null,
    });
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
    play.face(300);
    expect(play.state.screen).toBe('recognising');
  });

  it('takes a visitor again who stepped away after it had ended', () => {
    const play = new Play().decided(denied).face(TIMES['not-recognised'] + 500);
    expect(play.state.screen).toBe('attract');
    play.see(nobody, TIMES.rearmAway + 100).face(300);
    expect(play.state.screen).toBe('recognising');
  });

  it('takes a visitor again who stayed through the pause', () => {
    const play = new Play().decided(denied).face(TIMES['not-recognised'] + TIMES.rearmPause + 1000);
    expect(play.state.screen).not.toBe('attract');
  });

  it.each([
    ['welcome', granted],
    ['not-recognised', denied],
  ])('of another visitor (%s) keeps nobody waiting who steps up', (screen, decision) => {
    const play = new Play().decided(decision).face(600);
    play.arrivedAt = play.at;
    play.face(TIMES.outcomeNext - 700);
    expect(play.state.screen).toBe(screen);
    play.face(300, () => play.state.screen !== screen);
    expect(play.state).toMatchObject({ screen: 'guide', wish: { avoid: [], session: null } });
  });

  it('that leaves doubt asks for more at once', () => {
    const decision: Decision = { outcome: 'undecided', reasons: ['more-asked'], hints: [], person: null };
    const play = new Play().decided(decision);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'opening' });
    expect(play.count('begin')).toBe(2);
  });

  it('that was shown keeps nobody waiting who steps up afterwards', () => {
    const play = new Play().decided(granted).face(TIMES.welcome + 500);
    expect(play.state).toMatchObject({ screen: 'attract' });
    play.arrivedAt = play.at;
    play.face(TIMES.notice + 50);
    expect(play.state.screen).toBe('recognising');
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

describe('a face session', () => {
  const ID = '123456789012';
  const typed = (): Play =>
    new Play()
      .see(turned, 500)
      .send({ type: 'use-code', at: 2000 })
      .send({ type: 'code', at: 3000, code: ID });
  const claimed = (): Play => typed().send({ type: 'claimed', at: 3100, visit: 3000, session: ID });
  const answer = (reason: 'photo-match' | 'photo-no-match'): Decision => ({
    outcome: 'compared',
    reasons: [reason],
    hints: [],
    person: null,
  });

  it('is claimed by its id, and leads to a visit of its own', () => {
    expect(typed().effects.at(-1)).toEqual({ type: 'claim', visit: 3000, session: ID });
    const play = claimed();
    expect(play.state).toMatchObject({ screen: 'guide', wish: { session: ID } });
    play.at = 3200;
    expect(play.opened().effects.at(-1)).toMatchObject({ type: 'begin', wish: { avoid: [], session: ID } });
  });

  it('says why it cannot be claimed', () => {
    const play = typed().send({ type: 'failed', at: 3200, visit: 3000, code: 'session-used' });
    expect(play.state).toMatchObject({ screen: 'code', error: 'session-used' });
  });

  it.each([
    ['photo-match', 'match'],
    ['photo-no-match', 'no-match'],
  ] as const)('ends with its answer, and without another try: %s', (reason, result) => {
    const play = claimed();
    play.at = 3200;
    play.decided(answer(reason));
    expect(play.state).toMatchObject({ screen: 'compared', result });
    expect(play.send({ type: 'start', at: play.at }).state.screen).toBe('compared');
    play.face(TIMES.compared + 500);
    expect(play.state.screen).toBe('attract');
  });

  it('is over when nobody was live', () => {
    const play = claimed();
    play.at = 3200;
    play.decided({ outcome: 'denied', reasons: ['step-missing'], hints: [], person: null });
    expect(play.state).toMatchObject({ screen: 'compared', result: 'not-live' });
  });

  it('goes on after pictures that did not suffice, until its time is over', () => {
    const play = claimed();
    play.at = 3200;
    play.decided({ outcome: 'undecided', reasons: ['no-face'], hints: [], person: null });
    expect(play.state).toMatchObject({ screen: 'try-again', wish: { session: ID } });
    play.send({ type: 'start', at: play.at }).face(1000);
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { session: ID } });
    play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'session-unknown' });
    expect(play.state).toMatchObject({ screen: 'code', error: 'session-unknown' });
  });

  it('is not the next visitor’s', () => {
    const play = claimed();
    play.at = 3200;
    play.see(nobody, TIMES.awayAfterTouch + 500);
    expect(play.state).toEqual(ATTRACT);
    expect(play.opened().effects.at(-1)).toMatchObject({ type: 'begin', wish: { session: null } });
  });
});

describe('the guide', () => {
  it('is passed over by somebody who stands well already when the kiosk notices them', () => {
    const play = new Play();
    const arrivedAt = play.at;
    expect(play.opened().at - arrivedAt).toBeLessThan(TIMES.notice + 100);
  });

  it('ends when nobody is there', () => {
    const play = new Play().see(turned, 500);
    expect(play.state.screen).toBe('guide');
    expect(play.see(nobody, TIMES.away + 100).state.screen).toBe('attract');
  });

  it('waits for a visitor who touched the screen before stepping in front of it', () => {
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
