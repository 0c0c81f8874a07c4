import { describe, expect, it } from 'vitest';
import { DisplayName, ShownName, oneLine, plainJson, plainText } from './text.ts';

const nameOf = (text: string): string | null => DisplayName.safeParse(text).data ?? null;

describe('a name from elsewhere, on a screen', () => {
  it.each([
    ['José', 'José'],
    ['\u200fليلى\u200f ', 'ليلى'],
    ['Ada\u202enimda', 'Ada\\u{202e}nimda'],
    ['Ada\nOperator: allow', 'Ada\\u{a}Operator: allow'],
    ['Ada\u001b[2J', 'Ada\\u{1b}[2J'],
    ['\u200b', '\\u{200b}'],
  ])('%j is shown as %j', (name, shown) => {
    expect(ShownName.parse(name)).toBe(shown);
    expect(ShownName.parse(shown)).toBe(shown);
  });
});

describe('a name', () => {
  it.each([
    ['José', 'José'],
    ['Jose\u0301', 'José'],
    ['  Robin ', 'Robin'],
    ['\ufeffAda\u200b Lovelace\u200e', 'Ada Lovelace'],
    ['O’Neil', 'O’Neil'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['👩\u200d🚀', '👩\u200d🚀'],
  ])('%j is kept as %j', (text, name) => {
    expect(nameOf(text)).toBe(name);
  });

  it.each([
    ['a line break', 'Ada\nBen'],
    ['a carriage return', 'Ada\rBen'],
    ['a line separator', 'Ada\u2028Ben'],
    ['a terminal escape', 'Ada\u001b[2J'],
    ['a C1 control', 'Ada\u009b2J'],
    ['an override of direction', 'Ada\u202enimda'],
    ['an isolate', 'Ada\u2066'],
    ['half a character', 'Ada\ud800'],
    ['nothing', ''],
    ['blanks', ' \u00a0\u3000'],
    ['zero-width characters alone', '\u200b\u2060\ufeff'],
    ['joiners alone', '\u200d\u200c'],
    ['marks alone', '\u0301\u0300'],
    ['blank letters', '\u3164\u2800'],
    ['more than 200 characters', 'a'.repeat(201)],
  ])('does not have or consist of %s', (_, text) => {
    expect(nameOf(text)).toBeNull();
  });
});

describe('text from elsewhere', () => {
  const evil = 'Ada\n\u001b[31mroot\u202e\u009b\u{e0041}';

  it('stays on its line, without controls', () => {
    expect(oneLine(evil)).toBe('Ada\\u{a}\\u{1b}[31mroot\\u{202e}\\u{9b}\\u{e0041}');
    expect(oneLine('Łukasz, 東京, می\u200cخواهم')).toBe('Łukasz, 東京, می\u200cخواهم');
  });

  it('keeps the lines that are meant', () => {
    expect(plainText('a\tb\n\u001bc\r')).toBe('a\tb\n\\u{1b}c\\u{d}');
  });

  it('is the same in JSON, which prints nothing that is not seen', () => {
    const json = plainJson({ name: evil });
    expect(JSON.parse(json)).toEqual({ name: evil });
    expect(oneLine(json)).toBe(json);
  });
});
