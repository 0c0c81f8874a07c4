import { describe, expect, it } from 'vitest';
import { PIN_LENGTH, problemOfPin } from './pin.ts';

const trivial = (pins: readonly string[]): string[] =>
  pins.filter((pin) => problemOfPin(pin) === 'pin-trivial');

describe('a PIN', () => {
  it.each(['', '12345', '1234567890123', '27182a', '１２３４５６', ' 271828', '271828\n', '27 1828'])(
    'is not %j',
    (pin) => expect(problemOfPin(pin)).toBe('pin-invalid'),
  );

  it.each(['271828', '482951', '2718281', '90210457', '123412375', '739104628150'])('may be %s', (pin) =>
    expect(problemOfPin(pin)).toBeNull(),
  );

  it.each([
    ['one digit, or two', ['000000', '777777777777', '100000', '898998', '1222221']],
    ['a repetition', ['123123', '474747', '38253825', '1947194719', '4714714']],
    ['a palindrome', ['472274', '1936391']],
    ['counting', ['123456', '987654', '890123', '321098', '135790', '1234567', '12345678901']],
    ['counting but for the first or the last digit', ['123450', '9123456', '0765432']],
    ['pairs that count', ['102030', '121314', '998877', '112233', '142536', '20222426']],
    ['lines of a keypad', ['147258', '159753', '789456', '369258147', '321987']],
    [
      'a date',
      ['311284', '123184', '841231', '31121984', '12311984', '19841231', '2092001', '20010209', '111999'],
    ],
    ['a month or years', ['121984', '201206', '19841986', '199920002001']],
    ['known well', ['314159', '3141592653', '520131', '8675309', '147896']],
  ])('is not %s', (_what, pins) => {
    expect(trivial(pins)).toEqual(pins);
  });

  it('of every length is refused when all digits are equal, or count up or down', () => {
    for (let length = PIN_LENGTH.least; length <= PIN_LENGTH.most; length++) {
      const pins = Array.from({ length: 10 }, (_, first) =>
        [0, 1, 9].map((step) => Array.from({ length }, (_each, i) => (first + i * step) % 10).join('')),
      ).flat();
      expect(trivial(pins)).toEqual(pins);
    }
  });

  it('may still be most of what there is', () => {
    const pins = Array.from({ length: 10_000 }, (_, i) => String(i * 97).padStart(6, '0'));
    expect(pins.filter((pin) => problemOfPin(pin) === null).length).toBeGreaterThan(8500);
  });
});
