/** Along which axis a published tensor has one entry a record, and how few records are too few. */

import { DuetError, type TensorMeta, visibleText } from '@duet/protocol';

/** The fewest records that an automatic aggregate may be about, where the launch says nothing. */
export const defaultMinRecords = 10;

/** More would not fit the catalogue's number. */
const mostMinRecords = 2 ** 31 - 1;

/** Throws `bad-argument` unless it may be a launch's. */
export function checkedMinRecords(minRecords = defaultMinRecords): number {
  if (!Number.isInteger(minRecords) || minRecords < 1 || minRecords > mostMinRecords) {
    throw bad(`minRecords is a whole number from 1 on, not ${String(minRecords)}.`);
  }
  return minRecords;
}

/** An object's own: never fewer than the launch's. Throws `bad-argument`. */
export function raisedMinRecords(asked: number | undefined, launch: number): number {
  const minRecords = checkedMinRecords(asked ?? launch);
  if (minRecords >= launch) return minRecords;
  throw new DuetError('bad-argument', {
    detail: `minRecords is ${launch} at least, as this duet was launched, and not ${minRecords}.`,
    hint: 'It can only be raised here.',
  });
}

/** The checked axis; undefined for a scalar about which nothing was said. Throws `bad-argument`. */
export function recordAxisOf(
  meta: TensorMeta,
  asked: number | undefined,
  what: string,
): number | undefined {
  const { shape } = meta;
  if (shape.length === 0 && asked === undefined) return undefined;
  const axis = asked ?? 0;
  if (Number.isInteger(axis) && axis >= 0 && axis < shape.length) return axis;
  throw bad(
    shape.length === 0
      ? `${what} is a scalar and has no record axis.`
      : `recordAxis of ${what} is a number from 0 to ${shape.length - 1}, not ${visibleText(String(asked))}.`,
  );
}

function bad(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}
