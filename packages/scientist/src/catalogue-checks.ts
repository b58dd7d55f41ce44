/** Whether what the owner's side says of what it published can be true. */

import { type DataSet, DuetError, type Published, type Split, sameShape } from '@duet/protocol';

/** Throws `bad-reply`. */
export function checkPublished({ id, meta, columns, recordAxis }: Published): void {
  const { shape } = meta;
  if (columns.length > 0 && columns.length !== shape.at(-1)) {
    throw bad(`The columns of p${id} do not fit its shape.`);
  }
  if (recordAxis !== 0 && recordAxis >= shape.length) {
    throw bad(`p${id} has no axis ${recordAxis} for its records.`);
  }
}

export function isSame(was: Published, now: Published): boolean {
  return (
    was.meta.dtype === now.meta.dtype &&
    sameShape(was.meta.shape, now.meta.shape) &&
    was.recordAxis === now.recordAxis
  );
}

/** What an id means never changes. Throws `bad-reply`. */
export function checkSame(was: Published, now: Published): void {
  if (!isSame(was, now)) throw bad(`The owner’s side gave p${now.id} another meaning.`);
}

/** Throws `bad-reply`. Its fields were checked one by one. */
export function checkDataSet(set: DataSet): void {
  const names = new Set(set.fields.map(({ field }) => field));
  if (names.size < set.fields.length) throw bad('A data set has two fields of one name.');
  const records = recordsOf(set.fields[0]);
  if (set.fields.some((field) => recordsOf(field) !== records)) {
    throw bad(`The fields of p${set.id} have not as many records.`);
  }
  checkUnit(set, records);
  checkSplits(set, records);
}

function recordsOf(field: Published | undefined): number {
  return field?.meta.shape[field.recordAxis] ?? 0;
}

function checkUnit({ id, unit, units, fields }: DataSet, records: number): void {
  if (unit === '') {
    if (units !== 0) throw bad(`p${id} has persons and no unit.`);
    return;
  }
  const dot = unit.indexOf('.');
  const field = fields.find((each) => each.field === (dot < 0 ? unit : unit.slice(0, dot)));
  const named = field && (dot < 0 || field.columns.includes(unit.slice(dot + 1)));
  if (!named) throw bad(`The unit of p${id} is no field or column of it.`);
  if (!isCount(units, records)) throw bad(`p${id} has ${units} persons in ${records} records.`);
}

function checkSplits({ id, unit, units, splits }: DataSet, records: number): void {
  if (new Set(splits.map(({ name }) => name)).size < splits.length) {
    throw bad(`Two splits of p${id} have the same name.`);
  }
  const most = unit === '' ? records : units;
  for (const split of splits) {
    if (!isSpan(split, records) || split.units > most) throw bad(`A split of p${id} does not fit.`);
  }
}

function isSpan({ name, from, to, units }: Split, records: number): boolean {
  return name !== '' && from < to && to <= records && isCount(units, to - from);
}

/** Of persons in so many records: one at least where there are any. */
function isCount(units: number, records: number): boolean {
  return units <= records && (units > 0 || records === 0);
}

function bad(detail: string): DuetError {
  return new DuetError('bad-reply', { detail });
}
