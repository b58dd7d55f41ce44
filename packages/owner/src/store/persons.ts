/** Whose records are whose: persons are counted once, when something is published, and only their number is told. */

import type { RecordSpan } from '@duet/ops';
import {
  checkText,
  DuetError,
  decodeStrings,
  limits,
  type Split,
  type TensorValue,
  visibleText,
} from '@duet/protocol';

/** A field, with what its entries are called and which axis is the records. */
export interface UnitField {
  readonly value: TensorValue;
  readonly columns: readonly string[];
  readonly recordAxis: number;
}

/** Which person each record belongs to; values that are equal give the same key, and all NaN are equal. */
export type Persons = readonly (number | string | undefined)[];

/** Throws `bad-argument` unless the unit gives one value a record. */
export function personsOf(unit: string, fields: ReadonlyMap<string, UnitField>): Persons {
  checkText(unit, limits.columnChars, 'The unit');
  const dot = unit.indexOf('.');
  const name = dot < 0 ? unit : unit.slice(0, dot);
  const field = fields.get(name);
  if (!field) throw bad(`The unit “${visibleText(unit)}” is no field of this data set.`);
  if (dot < 0) return oneValueEach(unit, field);
  const column = field.columns.indexOf(unit.slice(dot + 1));
  if (column < 0) {
    throw bad(
      `The unit “${visibleText(unit)}” is no column of ${name}: its columns must be named.`,
    );
  }
  return columnOf(unit, field, column);
}

/** How many persons a span of records has. */
export function unitsIn(persons: Persons | undefined, from: number, to: number): number {
  return persons ? new Set(persons.slice(from, to)).size : to - from;
}

/** Throws `bad-argument`, `bad-text`. */
export function splitsOf(
  said: Readonly<Record<string, readonly [from: number, to: number]>>,
  records: number,
  persons: Persons | undefined,
): readonly Split[] {
  const entries = Object.entries(said);
  if (entries.length > limits.splits) {
    throw bad(`A data set has at most ${limits.splits} splits, not ${entries.length}.`);
  }
  return entries.map(([name, span]) => {
    checkText(name, limits.nameChars, 'The name of a split');
    if (name === '') throw bad('A split needs a name.');
    const [from, to] = Array.isArray(span) && span.length === 2 ? span : [Number.NaN, Number.NaN];
    const fits = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && to <= records;
    if (!fits || from >= to) {
      throw bad(
        `The split “${visibleText(name)}” is [from, to] within the ${records} records, from less than to.`,
      );
    }
    return { name, from, to, units: unitsIn(persons, from, to) };
  });
}

/** The only record sets that aggregates and metrics may be about, where there is a unit. */
export function spansOf(
  records: number,
  units: number,
  splits: readonly Split[],
): readonly RecordSpan[] {
  return [
    { from: 0, to: records, units },
    ...splits.map(({ from, to, units }) => ({ from, to, units })),
  ];
}

function oneValueEach(unit: string, { value, recordAxis }: UnitField): Persons {
  const { shape } = value.meta;
  checkOthers(unit, shape, [recordAxis]);
  return everyNth(value, shape[recordAxis] ?? 0, 1, 0);
}

function columnOf(unit: string, field: UnitField, column: number): Persons {
  const { shape } = field.value.meta;
  const last = shape.length - 1;
  checkOthers(unit, shape, [field.recordAxis, last]);
  if (field.recordAxis === last) throw manyValues(unit, shape);
  return everyNth(field.value, shape[field.recordAxis] ?? 0, shape[last] ?? 1, column);
}

/** All axes but these have the length 1, or there are several values a record. */
function checkOthers(unit: string, shape: readonly number[], but: readonly number[]): void {
  if (shape.some((length, axis) => length !== 1 && !but.includes(axis)))
    throw manyValues(unit, shape);
}

function manyValues(unit: string, shape: readonly number[]): DuetError {
  return bad(
    `The unit “${visibleText(unit)}” must have one value a record, and has shape [${shape.join(', ')}].`,
  );
}

/** Elements in row-major order. Sets compare them as wanted: NaN equals NaN, and 0 equals -0. */
function everyNth(value: TensorValue, count: number, step: number, first: number): Persons {
  const elements = elementsOf(value);
  return Array.from({ length: count }, (_, record) => elements[record * step + first]);
}

function elementsOf(value: TensorValue): ArrayLike<number | string> {
  const { meta, bytes } = value;
  switch (meta.dtype) {
    case 'float32':
      return new Float32Array(bytes.slice().buffer);
    case 'int32':
      return new Int32Array(bytes.slice().buffer);
    case 'bool':
      return bytes;
    case 'string':
      return decodeStrings(value);
    case 'complex64':
      throw bad('A unit is made of numbers, booleans or texts, not of complex numbers.');
    default:
      return meta.dtype satisfies never;
  }
}

function bad(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}
