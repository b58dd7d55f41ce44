/** Texts that people of the other side wrote. They stay inert: checked on the way in, shown with every trick visible. */

import { DuetError } from './errors';

/** C0 and C1 controls and DEL. Line breaks in reasons are sent as spaces. */
const controls = /\p{Cc}/u;

/** Bidirectional controls, zero-width characters and the like: invisible, or they reorder what is around them. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** Throws `bad-text` unless it is well-formed, free of control characters and no longer than `maxChars` code points. */
export function checkText(text: string, maxChars: number, what = 'A text'): void {
  // Code points are at most half as many as code units, so a huge text is refused before it is walked.
  const tooLong = text.length > 2 * maxChars || [...text].length > maxChars;
  if (tooLong)
    throw new DuetError('bad-text', { detail: `${what} is longer than ${maxChars} characters.` });
  if (!text.isWellFormed() || controls.test(text)) {
    throw new DuetError('bad-text', {
      detail: `${what} has control characters or is not well-formed.`,
    });
  }
}

/** A text made sendable: line breaks and tabs become spaces, other controls go, too much is cut. For our own user's input. */
export function tidyText(text: string, maxChars: number): string {
  const spaced = text
    .toWellFormed()
    .replace(/[\t\n\r]+/gu, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
  return [...spaced].slice(0, maxChars).join('');
}

/** For showing a text of the other side: invisible and reordering characters become their code in brackets, stacks of marks are cut. */
export function visibleText(text: string): string {
  return text
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .replace(
      invisible,
      (char) => `[U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** A text of someone else's in quotes, which it cannot end itself; with whatever is invisible made visible. */
export function quotedText(text: string): string {
  return `“${visibleText(text).replace(/[“”„‟"]/gu, '')}”`;
}

/**
 * May this be the name of a field that the scientist's side offers as a property? An ASCII identifier that no object has
 * by itself, so that a name from the other side can never reach `constructor` or `__proto__`.
 */
export function isFieldName(name: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name) && !(name in Object.prototype) && name !== 'then'
  );
}
