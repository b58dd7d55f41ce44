/** The same facts, the same key. */

import type { Info, RecordAxis, RecordSet, Rows, View } from './info';

const keys = new WeakMap<Info, string>();
const setKeys = new WeakMap<RecordSet, string>();
const axes = new WeakMap<RecordAxis, number>();
let nextAxis = 1;

/** Equal where the same is known. */
export function keyOf(info: Info): string {
  const known = keys.get(info);
  if (known !== undefined) return known;
  const key = writtenKey(info);
  // Those of many record sets are long, and there may be as many as there are objects.
  if (info.sets.length <= 1) keys.set(info, key);
  return key;
}

/** Equal where it is about the same entries. */
export function keyOfSet(set: RecordSet): string {
  const { axis, object, from, to, firstColumn, endColumn } = set;
  const known = setKeys.get(set);
  if (known !== undefined) return known;
  const key = [axisKey(axis), object, from, to, firstColumn, endColumn].join();
  setKeys.set(set, key);
  return key;
}

const ids = new WeakMap<Info, number>();
const idsByKey = new Map<string, number>();
const mostIds = 4096;
let nextId = 1;

/** A short one. Where two are equal the same is known; of what was not seen for long there may be another. */
export function idOf(info: Info): number {
  const known = ids.get(info);
  if (known !== undefined) return known;
  const key = keyOf(info);
  const id = idsByKey.get(key) ?? nextId++;
  if (idsByKey.size >= mostIds) idsByKey.clear();
  idsByKey.set(key, id);
  ids.set(info, id);
  return id;
}

function writtenKey({ class: of, ofOwner, view, rows, sets, measured, series, why }: Info): string {
  return [
    `${of[0]}${ofOwner ? 1 : 0}`,
    view ? viewKey(view) : '',
    rows ? rowsKey(rows) : '',
    sets.map(keyOfSet).join(' '),
    measured ? [measured.units, measured.least, measured.each, measured.byRecord].join() : '',
    series ? [series.from, series.to, series.step].join() : '',
    why,
  ].join('|');
}

function axisKey(axis: RecordAxis): number {
  const known = axes.get(axis) ?? nextAxis++;
  axes.set(axis, known);
  return known;
}

function viewKey({ axis, object, from, to, runs }: View): string {
  const columns = runs.map(({ first, end }) => `${first}-${end}`).join(' ');
  return [axisKey(axis), object, from, to, columns].join();
}

function rowsKey({ axis, dimension, distinct, span }: Rows): string {
  return [axisKey(axis), dimension, distinct, span?.from, span?.to].join();
}
