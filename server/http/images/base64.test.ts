import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromBase64 } from './base64.ts';

describe('fromBase64', () => {
  it('reads what was encoded, whatever the length and alphabet, padded or not', () => {
    for (let length = 1; length < 70; length++) {
      const bytes = randomBytes(length);
      const padded = bytes.toString('base64');
      for (const text of [padded, padded.replaceAll('=', ''), bytes.toString('base64url')]) {
        expect(Buffer.from(fromBase64(text))).toEqual(bytes);
      }
    }
  });

  it('passes over the prefix of a data URL and over line breaks', () => {
    const text = Buffer.from('hello').toString('base64');
    for (const prefix of [
      'data:image/jpeg;base64,',
      'data:;base64,',
      'data:image/png;charset=utf-8;base64,',
      'DATA:IMAGE/PNG;BASE64,',
      ' \n data:image/png;base64,',
      `data:image/png;name=${'n'.repeat(1000)};base64,`,
      'data:image/png;name="a,b \\" c.png";base64,',
    ]) {
      expect(Buffer.from(fromBase64(prefix + text)).toString()).toBe('hello');
    }
    expect(Buffer.from(fromBase64(' aGVs\r\nbG8=\n')).toString()).toBe('hello');
    expect(Buffer.from(fromBase64('aGVs \t\r\n\n  bG8=')).toString()).toBe('hello');
  });

  it('takes no longer than it is long for blanks and line breaks', () => {
    const refused = expect.objectContaining({ code: 'image-not-base64' });
    const blanks = ' '.repeat(200_000);
    const before = process.cpuUsage();
    expect(() => fromBase64(`A${blanks}AAA`)).toThrow(refused);
    expect(() => fromBase64(`AA${blanks}\n${blanks}AA=A`)).toThrow(refused);
    expect(fromBase64(`AA${blanks}\n${blanks}AA`)).toHaveLength(3);
    expect(fromBase64('A\n'.repeat(7_000_000))).toHaveLength(5_250_000);
    // What others keep the processor from does not count. By a square of the length it would take minutes.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000);
  });

  it.each([
    'a',
    'aGVsbG8*',
    'aGVs bG8=',
    'aGV sbG8',
    'aGVs=bG8=',
    'aGVs\n bG8 =',
    'ä',
    '!!!!',
    'data:image/png;base64',
    'aGVsbG8=====',
  ])('refuses %j', (text) => {
    expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: 'image-not-base64' }));
  });

  it.each(['', 'data:image/png;base64,', ' \n'])('refuses the empty %j', (text) => {
    expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: 'image-empty' }));
  });
});
