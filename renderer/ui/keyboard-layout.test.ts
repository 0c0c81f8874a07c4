import { describe, expect, it } from 'vitest';
import { isMark, KEYBOARD_ROWS, typed } from './keyboard-layout.ts';

it('has every letter once', () => {
  expect(KEYBOARD_ROWS.en.join('')).toEqual(expect.stringMatching(/^[ -~]+$/));
  for (const language of ['en', 'de', 'fr', 'es'] as const)
    for (const letter of 'abcdefghijklmnopqrstuvwxyz1234567890-_.:/')
      expect(KEYBOARD_ROWS[language].join('')).toContain(letter);
  for (const letter of 'ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي')
    expect(KEYBOARD_ROWS.ar.join('')).toContain(letter);
  for (const rows of Object.values(KEYBOARD_ROWS)) {
    const keys = rows.join('').split('');
    expect(new Set(keys).size).toBe(keys.length);
  }
});

describe('names', () => {
  /** The keys that are touched for a name, and the text in the end. */
  function type(name: string): string {
    const keys = new Set(Object.values(KEYBOARD_ROWS).flat().join(' '));
    let text = '';
    for (const character of name.normalize('NFD')) {
      const key = keys.has(character) ? character : character.toLowerCase();
      expect([...keys]).toContain(key);
      const shown = key === character || isMark(key) ? key : key.toUpperCase();
      ({ text } = typed(text, [text.length, text.length], shown, 200));
    }
    return text;
  }

  it.each([
    'José',
    'Nguyễn Thị Hằng',
    'Trần Đức Ơn',
    'Straße',
    'Łukasz Żak',
    'İbrahim Işık',
    'O’Neil',
    'Çağla Öztürk',
    'Dvořák Růžena',
    'Ångström Søren',
    'Ștefan Țîrlea',
    'Erdős',
    'Jūratė Šešelgytė',
    'Þóra Æsa',
  ])('%s can be typed', (name) => {
    expect(type(name)).toBe(name.normalize('NFC'));
  });
});

describe('a key', () => {
  it('goes where the caret is, in place of what is selected', () => {
    expect(typed('abcd', [1, 3], 'x', 200)).toEqual({ text: 'axd', caret: 2 });
    expect(typed('Jose Maria', [4, 4], '\u0301', 200)).toEqual({ text: 'José Maria', caret: 4 });
  });

  it('does nothing when the field is full, or a mark has no letter before it', () => {
    expect(typed('ab', [2, 2], 'c', 2)).toEqual({ text: 'ab', caret: 2 });
    expect(typed('e', [1, 1], '\u0301', 1)).toEqual({ text: 'é', caret: 1 });
    expect(typed('', [0, 0], '\u0301', 200)).toEqual({ text: '', caret: 0 });
    expect(typed('a ', [2, 2], '\u0301', 200)).toEqual({ text: 'a ', caret: 2 });
  });
});
