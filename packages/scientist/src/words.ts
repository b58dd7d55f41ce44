/** Texts: what our own user writes is made sendable, what the other side wrote is shown with every trick visible. */

import { DuetError, limits, quotedText, tidyText } from '@duet/protocol';

/** Line breaks become spaces, controls go. Throws `bad-argument` where it is too long, since a silent cut would change what is asked. */
export function ownText(text: string, maxChars: number, what: string): string {
  if (typeof text !== 'string') {
    throw new DuetError('bad-argument', { detail: `${what} must be a text.` });
  }
  const tidied = tidyText(text, Number.POSITIVE_INFINITY);
  const chars = [...tidied].length;
  if (chars > maxChars) {
    throw new DuetError('bad-argument', {
      detail: `${what} has ${chars} characters; the limit is ${maxChars}.`,
    });
  }
  return tidied;
}

export function ownTags(tags: readonly string[]): string[] {
  const tidied = tags.map((tag) => ownText(tag, limits.tagChars, 'A tag'));
  if (tidied.length > limits.tags || tidied.includes('') || new Set(tidied).size < tidied.length) {
    throw new DuetError('bad-argument', {
      detail: `Tags must be at most ${limits.tags}, all different, none empty.`,
    });
  }
  return tidied;
}

/** A text of the other side inside one of our sentences. */
export function quoted(text: string): string {
  return quotedText(text);
}

/** How many single-character edits make one name the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const mostSuggestions = 5;

/** The end of an error about a name that is not there: what was perhaps meant, else what there is. */
export function suggest(name: string, known: Iterable<string>): string {
  const names = [...new Set(known)];
  if (names.length === 0) return 'There are none.';
  const wanted = name.slice(0, limits.columnChars).toLowerCase();
  const far = Math.max(2, Math.floor(wanted.length / 3));
  const near = names
    .map((known) => {
      const lower = known.toLowerCase();
      const part = wanted !== '' && (lower.includes(wanted) || wanted.includes(lower));
      return { known, distance: part ? 1 : editDistance(wanted, lower) };
    })
    .filter(({ distance }) => distance <= far)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostSuggestions);
  if (near.length > 0)
    return `Did you mean ${near.map(({ known }) => quoted(known)).join(' or ')}?`;
  const shown = names.slice(0, mostSuggestions).map(quoted).join(', ');
  return `There are ${shown}${names.length > mostSuggestions ? `, and ${names.length - mostSuggestions} more` : ''}.`;
}
