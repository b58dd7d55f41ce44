/** What the owner may say of what they publish. */

import {
  checkText,
  DuetError,
  isFieldName,
  limits,
  type TensorMeta,
  type TensorValue,
  visibleText,
} from '@duet/protocol';

/** Throws `bad-argument` if something is said of a field that is not there. */
export function checkFields(option: string, said: object, fields: object): void {
  const stray = Object.keys(said).find((field) => !Object.hasOwn(fields, field));
  if (stray === undefined) return;
  throw new DuetError('bad-argument', {
    detail: `${option} names “${visibleText(stray)}”, which is no field of this data set.`,
  });
}

/** Throws `bad-argument`, `bad-text`. */
export function checkFieldNames(fields: Readonly<Record<string, TensorValue>>): void {
  const names = Object.keys(fields);
  if (names.length === 0)
    throw new DuetError('bad-argument', { detail: 'A data set needs at least one field.' });
  if (names.length > limits.catalogueEntries) {
    throw new DuetError('bad-argument', {
      detail: `A data set has at most ${limits.catalogueEntries} fields, not ${names.length}.`,
    });
  }
  for (const name of names) {
    if (isFieldName(name)) continue;
    throw new DuetError('bad-text', {
      detail: `“${visibleText(name)}” cannot be the name of a field: use letters, digits and _.`,
    });
  }
}

export function checkWords(words: {
  readonly tags: readonly string[];
  readonly description: string;
}): void {
  const { tags, description } = words;
  if (tags.length > limits.tags || new Set(tags).size !== tags.length || tags.includes('')) {
    throw new DuetError('bad-argument', {
      detail: `Tags must be at most ${limits.tags}, all different, none empty.`,
    });
  }
  for (const tag of tags) checkText(tag, limits.tagChars, 'A tag');
  checkText(description, limits.descriptionChars, 'The description');
}

export function checkColumns(columns: readonly string[], meta: TensorMeta): void {
  if (columns.length === 0) return;
  const last = meta.shape.at(-1);
  if (columns.length !== last) {
    throw new DuetError('bad-argument', {
      detail: `${columns.length} column names do not fit shape [${meta.shape.join(', ')}].`,
    });
  }
  if (columns.length > limits.columns || new Set(columns).size !== columns.length) {
    throw new DuetError('bad-argument', {
      detail: `Column names must be at most ${limits.columns}, all different.`,
    });
  }
  for (const column of columns) checkText(column, limits.columnChars, 'A column name');
}
