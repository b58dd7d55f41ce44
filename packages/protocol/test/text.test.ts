import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkText, isFieldName, tidyText, visibleText } from '../src';

describe('texts of the other side', () => {
  it('are refused with control characters, unpaired surrogates or too many characters', () => {
    for (const text of ['a\u0000b', 'a\nb', '\u001b[31m', '\ud800', 'x'.repeat(11)]) {
      expect(() => checkText(text, 10)).toThrow();
    }
    expect(() => checkText('😀'.repeat(10), 10)).not.toThrow();
  });

  it('show what is invisible or reorders', () => {
    expect(visibleText('pay\u202Eresu')).toBe('pay[U+202E]resu');
    expect(visibleText('a\u200bb\ufeff')).toBe('a[U+200B]b[U+FEFF]');
    expect(visibleText('e\u0301')).toBe('e\u0301');
    expect(visibleText(`a${'\u0301'.repeat(50)}`)).toBe('a\u0301\u0301');
  });

  it('once visible stay the same, and have nothing invisible left', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const visible = visibleText(text);
        expect(visibleText(visible)).toBe(visible);
        expect(visible).not.toMatch(/[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u);
      }),
    );
  });

  it('tidied, are always sendable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(() => checkText(tidyText(text, 20), 20)).not.toThrow();
      }),
    );
    expect(tidyText(' two\r\nlines ', 20)).toBe('two lines');
  });

  it('never name a property that objects have by themselves', () => {
    for (const name of [
      'constructor',
      '__proto__',
      'hasOwnProperty',
      'valueOf',
      'then',
      'a-b',
      'é',
      '9',
    ]) {
      expect(isFieldName(name)).toBe(false);
    }
    for (const name of ['X', 'y', 'mean_radius', 'x1']) expect(isFieldName(name)).toBe(true);
  });
});
