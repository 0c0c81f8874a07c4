import { describe, expect, it } from 'vitest';
import type { Decision } from '#contract';
import { denied, granted, nobody, Play, TICKET, turned } from './testing/kiosk-play.ts';
import type { Guidance } from '../guidance/guidance.ts';
import { ATTRACT, NO_WISH, RELAX_AFTER, TIMES } from './kiosk-state.ts';
import { askedStep, correctionOf } from './visit-machine.ts';

const relaxMs = RELAX_AFTER * TICKET.stepMs;

describe('a visit', () => {
  it('goes from attract to welcome', () => {
    const play = new Play();
    play.face(200);
    expect(play.state.screen).toBe('attract');
    play.face(150);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'opening' });
    play.begun().face(5000, () => askedStep(play.state) !== null);
    expect(play.state).toMatchObject({ step: 'performing', asked: 0 });
    play.performs('turn-left');
    expect(askedStep(play.state)).toBe('smile');
    play.performs('smile');
    expect(play.state).toMatchObject({ step: 'capturing', captured: 0 });
    play.face(5000, () => play.count('submit') > 0);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'deciding', captured: 3 });
    play.send({ type: 'decided', at: play.at, visit: play.visit, decision: granted });
    expect(play.state).toMatchObject({ screen: 'welcome', name: 'Amina', byCode: false });
    expect(play.captures).toEqual([
      'baseline',
      'baseline',
      'step 0',
      'step 1',
      'frontal',
      'frontal',
      'frontal',
    ]);
  });

  it('asks for no step where recognition alone is asked for, and waits for no calm', () => {
    const play = new Play().opened().begun({ ...TICKET, level: 'presence', challenge: [], frameCount: 2 });
    const began = play.at;
    play.face(300, () => play.count('submit') > 0);
    expect(play.captures).toEqual(['frontal', 'frontal']);
    expect(play.at - began).toBeLessThan(300);
  });

  it('needs one frontal frame after the steps where there were others between them', () => {
    const play = new Play().proven();
    play.frontal = 2;
    play.face(5000, () => play.count('submit') > 0);
    expect(play.captures.filter((moment) => moment === 'frontal')).toHaveLength(1);
    const more = new Play();
    more.frontal = 3;
    more.proven().face(5000, () => more.count('submit') > 0);
    expect(more.captures.filter((moment) => moment === 'frontal')).toHaveLength(1);
  });

  it('captures as many frontal frames as main wants, spaced out', () => {
    const play = new Play().proven({ ...TICKET, frameCount: 5 });
    const began = play.at;
    play.face(5000, () => play.count('submit') > 0);
    expect(play.captures.filter((moment) => moment === 'frontal')).toHaveLength(5);
    expect(play.at - began).toBeGreaterThanOrEqual(4 * TIMES.frameGap);
  });

  it('captures no frontal frame while the guidance is not followed', () => {
    const play = new Play().proven().see(turned, 1000);
    expect(play.captures).not.toContain('frontal');
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'capturing' });
  });
});

describe('a covered face', () => {
  const covered: Guidance = { ...turned, code: 'mouth-covered' };

  it.each(['opening', 'resting'])(
    'that is found while the visit is %s is told so, and the visit begins again',
    (part) => {
      const play = new Play().opened();
      if (part === 'resting') play.begun();
      expect(play.state).toMatchObject({ screen: 'recognising', step: part });
      play.see(covered, 100);
      expect(play.state.screen).toBe('guide');
      expect(play.count('cancel')).toBe(part === 'resting' ? 1 : 0);
      play
        .face(300)
        .begun()
        .face(5000, () => askedStep(play.state) !== null);
      expect(askedStep(play.state)).toBe('turn-left');
    },
  );

  it('that is found when frames are all that is asked for ends that visit as well', () => {
    const play = new Play().opened().begun({ ...TICKET, level: 'presence', challenge: [], frameCount: 2 });
    play.see(covered, 50);
    expect(play.state.screen).toBe('guide');
    expect(play.count('cancel')).toBe(1);
  });

  it('takes no visitor out of a step', () => {
    const play = new Play().asked().see(covered, 100);
    expect(askedStep(play.state)).toBe('turn-left');
  });

  it('takes no visitor out of what comes after the steps', () => {
    const play = new Play().proven().see(covered, 100);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'capturing' });
  });
});

describe('the light of the screen', () => {
  const lit = { ...TICKET, level: 'light', challenge: [], frameCount: 2 } as const;
  const slots = Array.from({ length: 6 }, () => ({
    split: 'whole' as const,
    colours: ['white', 'dark'] as const satisfies [string, string],
    milliseconds: 300,
  })).map((slot) => ({ ...slot, colours: [...slot.colours] as ['white', 'dark'] }));
  const shown = (play: Play): Play => {
    play.send({ type: 'lit', at: play.at, visit: play.visit, slots });
    return play.send({ type: 'shown', at: play.at });
  };
  const lights = ({ captures }: Play): number => captures.filter((kind) => kind === 'light').length;

  it('is drawn when it is shown, and captured until the camera has seen the end of it', () => {
    const play = new Play().opened().begun({ ...lit, challenge: [] });
    expect(play.count('ask-light')).toBe(1);
    play.face(500);
    // One of the frontal frames while the colours are drawn.
    expect(play.captures).toEqual(['frontal']);
    shown(play).face(5000, () => play.count('submit') > 0);
    expect(lights(play)).toBeGreaterThan(16);
    expect(lights(play)).toBeLessThanOrEqual(24);
    expect(play.captures.filter((kind) => kind === 'frontal')).toHaveLength(2);
    expect(play.captures.at(-1)).toBe('frontal');
  });

  it('is dated by when each picture was taken, however late it is looked at', () => {
    const play = shown(new Play().opened().begun({ ...lit, challenge: [] }));
    const since = play.at;
    const seen = (takenAt: number, at: number): void => {
      const event = { at: since + at, takenAt: since + takenAt, guidance: turned, liveness: null };
      play.send({ type: 'seen', ...event });
    };
    seen(-20, 60);
    seen(10, 90);
    seen(110, 210);
    const times = play.effects.flatMap((effect) =>
      effect.type === 'capture' && effect.moment.kind === 'light' ? [effect.moment.at] : [],
    );
    expect(times).toEqual([10, 110]);
  });

  it('is left by no visitor for what covers their face, nor are the frames after it', () => {
    const covered: Guidance = { ...turned, code: 'mouth-covered' };
    const play = shown(new Play().opened().begun({ ...lit, challenge: [] })).see(covered, 100);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'lighting' });
    play.face(5000, () => play.state.screen === 'recognising' && play.state.step === 'capturing');
    play.see(covered, 50);
    expect(play.state).toMatchObject({ screen: 'recognising', step: 'capturing' });
  });

  it('comes between rest and steps where both are asked', () => {
    const play = new Play().opened().begun({ ...TICKET, level: 'light-and-steps' });
    play.face(5000, () => play.count('ask-light') > 0);
    expect(play.captures).toEqual(['baseline', 'baseline']);
    shown(play).face(5000, () => askedStep(play.state) !== null);
    expect(askedStep(play.state)).toBe('turn-left');
  });

  it('gives way to steps where it is not found or not wanted, and is not tried again', () => {
    const play = shown(new Play().opened().begun({ ...lit, challenge: [] }));
    play.face(5000, () => play.count('submit') > 0);
    const unclear = { ...denied, outcome: 'undecided', reasons: ['light-unclear'] } as const;
    play.send({
      type: 'decided',
      at: play.at,
      visit: play.visit,
      decision: { ...unclear, reasons: ['light-unclear'] },
    });
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { withoutLight: true } });
    const asked = new Play().opened().begun({ ...lit, challenge: [] });
    asked.send({ type: 'without-light', at: asked.at });
    expect(asked.effects.at(-1)).toMatchObject({ type: 'begin', wish: { withoutLight: true } });
    expect(asked.count('cancel')).toBe(1);
  });

  it('is asked for once more where it is left undecided and steps are asked as well, and then not again', () => {
    const play = new Play().opened().begun({ ...TICKET, level: 'light-and-steps' });
    const decision: Decision = { ...denied, outcome: 'undecided', reasons: ['light-unclear'] };
    const decide = () => play.send({ type: 'decided', at: play.at, visit: play.visit, decision });
    expect(decide().effects.at(-1)).toMatchObject({
      type: 'begin',
      wish: { withoutLight: false, lightAgain: true },
    });
    play.begun({ ...TICKET, level: 'light-and-steps' });
    expect(decide().state).toMatchObject({
      screen: 'try-again',
      reason: 'light',
      wish: { lightAgain: false },
    });
  });

  it('is asked for once more at another try, too, whatever the one before ended by', () => {
    const play = new Play().opened().begun({ ...TICKET, level: 'light-and-steps' });
    const unclear: Decision = { ...denied, outcome: 'undecided', reasons: ['light-unclear'] };
    play.send({ type: 'decided', at: play.at, visit: play.visit, decision: unclear });
    play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'busy' });
    expect(play.state).toMatchObject({ screen: 'try-again', reason: 'busy', wish: { lightAgain: false } });
  });

  it('is not asked for again of who was refused for it', () => {
    const play = new Play().opened().begun({ ...TICKET, level: 'light-and-steps' });
    const decision: Decision = { ...denied, reasons: ['light-missing'] };
    play.send({ type: 'decided', at: play.at, visit: play.visit, decision });
    expect(play.state).toMatchObject({ screen: 'try-again', reason: 'light' });
  });

  it('leads to a code where steps are asked as well and no light is wanted', () => {
    const ticket = { ...TICKET, level: 'light-and-steps' as const };
    const play = new Play().opened().begun(ticket);
    play.send({ type: 'without-light', at: play.at });
    play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'challenge-impossible' });
    expect(play.state.screen).toBe('code');
  });
});

describe('a step', () => {
  it('is asked for only when the face was at rest and captured so', () => {
    const play = new Play().opened().begun().face(300);
    expect(askedStep(play.state)).toBeNull();
    play.face(1000);
    expect(askedStep(play.state)).toBe('turn-left');
    expect(play.captures).toEqual(['baseline', 'baseline']);
  });

  it('is recalled at its height', () => {
    const play = new Play().asked().performs('turn-left');
    expect(play.effects.at(-1)).toMatchObject({ type: 'recall', step: 0, peak: play.at - 100 });
  });

  it('does not count when another one is asked for', () => {
    const play = new Play().asked().performs('blink').performs('smile').performs('nod');
    expect(play.state).toMatchObject({ step: 'performing', asked: 0, otherWayAt: null });
    expect(play.count('recall')).toBe(0);
  });

  it('that goes the wrong way is told so', () => {
    const play = new Play().asked().performs('turn-right');
    expect(play.state).toMatchObject({ step: 'performing', asked: 0, otherWayAt: play.at });
    expect(play.performs('turn-left').state).toMatchObject({ asked: 1, otherWayAt: null });
  });

  it('that is a smile and is not seen for a while may have been there at rest, and the visitor is told so', () => {
    const play = new Play().asked({ ...TICKET, challenge: ['smile', 'nod'] });
    play.face(relaxMs - 100).relaxes();
    expect(correctionOf(play.state, play.at)).toBeNull();
    expect(askedStep(play.state)).toBe('smile');
    play.face(200);
    expect(correctionOf(play.state, play.at)).toBe('relax');
    // Another visit: in this one the smile is measured against a smile.
    play.relaxes();
    expect(play.state).toMatchObject({ step: 'opening', wish: { avoid: [], missed: [] } });
    expect([play.count('cancel'), play.count('begin')]).toEqual([1, 2]);
    play.begun().face(5000, () => askedStep(play.state) !== null);
    expect(correctionOf(play.state, play.at)).toBeNull();
  });

  it('that is no smile is not asked of a calmer face', () => {
    const play = new Play()
      .asked()
      .face(relaxMs + 100)
      .relaxes();
    expect(askedStep(play.state)).toBe('turn-left');
    expect(correctionOf(play.state, play.at)).toBeNull();
  });

  it('does not count when its height was too early to be an answer', () => {
    const play = new Play().asked().performs('turn-left', TIMES.reaction - 150);
    expect(play.state).toMatchObject({ asked: 0 });
  });

  it('that takes too long ends in a new try', () => {
    const play = new Play().asked().see(turned, TICKET.stepMs + 100);
    expect(play.state).toMatchObject({ screen: 'try-again', reason: 'step-timeout' });
    const because = 'step-timeout';
    expect(play.effects.at(-1)).toEqual({ type: 'cancel', visitId: TICKET.visitId, because });
    play.send({ type: 'start', at: play.at }).face(1000);
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { avoid: [], missed: ['turn-left'] } });
  });

  it('has its full time after the one before', () => {
    const play = new Play().asked().performs('turn-left', TICKET.stepMs - 500);
    expect(play.see(turned, TICKET.stepMs - 500).state).toMatchObject({ step: 'performing', asked: 1 });
  });
});

describe('a visitor who cannot do a step', () => {
  it('gets a challenge without it', () => {
    const play = new Play().asked();
    const first = play.visit;
    play.send({ type: 'cannot', at: play.at });
    expect(play.effects.slice(-2)).toEqual([
      { type: 'cancel', visitId: TICKET.visitId },
      {
        type: 'begin',
        visit: play.at,
        wish: { ...NO_WISH, avoid: ['turn-left'], face: play.arrivedAt },
      },
    ]);
    expect(play.visit).not.toBe(first);
    play.begun({ ...TICKET, challenge: ['smile', 'nod'] }).face(5000, () => askedStep(play.state) !== null);
    play.send({ type: 'cannot', at: play.at });
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { avoid: ['turn-left', 'smile'] } });
  });

  it('is not asked again for it after a failure', () => {
    const play = new Play().asked();
    play.send({ type: 'cannot', at: play.at });
    play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'busy' });
    play.send({ type: 'start', at: play.at }).face(1000);
    expect(play.effects.at(-1)).toMatchObject({ type: 'begin', wish: { avoid: ['turn-left'] } });
  });

  it('is asked for a code when nothing remains', () => {
    const play = new Play().asked();
    play.send({ type: 'cannot', at: play.at });
    play.send({ type: 'failed', at: play.at, visit: play.visit, code: 'challenge-impossible' });
    expect(play.state).toMatchObject({ screen: 'code', error: null });
  });

  it('is heard only while a step is asked for', () => {
    const play = new Play().opened().begun();
    expect(play.send({ type: 'cannot', at: play.at }).count('begin')).toBe(1);
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
