import { expect, it } from 'vitest';
import { KEYBOARD_ROWS } from './keyboard-layout.ts';

it('has every letter once', () => {
  expect(KEYBOARD_ROWS.en.join('')).toEqual(expect.stringMatching(/^[ -~]+$/));
  for (const letter of 'abcdefghijklmnopqrstuvwxyz') expect(KEYBOARD_ROWS.en.join('')).toContain(letter);
  for (const letter of 'ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي')
    expect(KEYBOARD_ROWS.ar.join('')).toContain(letter);
  for (const rows of Object.values(KEYBOARD_ROWS)) {
    const keys = rows.join('').split('');
    expect(new Set(keys).size).toBe(keys.length);
  }
});
