/** What is known of a value that is one of two, or is made of several. */

import { union } from './aggregates';
import type { Info, Measured, RecordAxis, Rows, View } from './info';
import { aggregateInfo, measuredInfo, publicInfo, recordInfo, sentInfo } from './infos';

/** Of a value that is either: as little as is known of both. */
export function joinInfos(a: Info, b: Info): Info {
  if (a === b || keyOf(a) === keyOf(b)) return a;
  const rows = joinRows(a.rows, b.rows);
  if (a.class === 'public' && b.class === 'public')
    return publicInfo(a.ofOwner && b.ofOwner, { rows });
  if (a.class === 'aggregate' && b.class === 'aggregate') {
    const sets = union([a.sets, b.sets]);
    return typeof sets === 'string' ? recordInfo(sets) : aggregateInfo(sets);
  }
  const measured = a.measured && b.measured && joinMeasured(a.measured, b.measured);
  if (measured !== undefined) return measuredInfo(measured, rows);
  return recordInfo(whyOf(a, b), rows);
}

function whyOf(a: Info, b: Info): string {
  const worst = [a, b].find((info) => info.class === 'record') ?? (a.class === 'public' ? b : a);
  return worst.why;
}

function joinRows(a: Rows | undefined, b: Rows | undefined): Rows | undefined {
  if (!a || !b || a.axis !== b.axis || a.dimension !== b.dimension) return undefined;
  const same = a.span?.from === b.span?.from && a.span?.to === b.span?.to;
  return { ...a, distinct: Math.min(a.distinct, b.distinct), span: same ? a.span : undefined };
}

function joinMeasured(a: Measured, b: Measured): Measured | undefined {
  if (a.byRecord !== b.byRecord) return undefined;
  const each = a.each === b.each ? a.each : Number.NaN;
  return { ...(a.units - a.least <= b.units - b.least ? a : b), each };
}

/** Of values side by side along a new first dimension. */
export function stackedInfo(info: Info): Info {
  const { rows, measured } = info;
  const moved = rows && { ...rows, dimension: rows.dimension + 1 };
  if (info.class === 'public') return publicInfo(info.ofOwner, { rows: moved });
  if (info.class === 'aggregate') return info;
  if (measured !== undefined && !measured.byRecord) return measuredInfo(measured);
  return recordInfo(info.why, moved);
}

/** Of what is computed from values that are all public. */
export function joinAll(all: readonly Info[]): Info {
  return all.length > 0 && all.every(({ ofOwner }) => ofOwner) ? publicInfo(true) : sentInfo;
}

// ---- the same facts, the same key ------------------------------------------------------------------------------

const keys = new WeakMap<Info, string>();
const axes = new WeakMap<RecordAxis, number>();
let nextAxis = 1;

/** Equal where the same is known. */
export function keyOf(info: Info): string {
  const known = keys.get(info);
  if (known !== undefined) return known;
  const { class: of, ofOwner, view, rows, sets, measured, series, why } = info;
  const key = [
    `${of[0]}${ofOwner ? 1 : 0}`,
    view ? viewKey(view) : '',
    rows ? rowsKey(rows) : '',
    sets
      .map((set) =>
        [axisKey(set.axis), set.object, set.from, set.to, set.firstColumn, set.endColumn].join(),
      )
      .join(' '),
    measured ? [measured.units, measured.least, measured.each, measured.byRecord].join() : '',
    series ? [series.from, series.to, series.step].join() : '',
    why,
  ].join('|');
  keys.set(info, key);
  return key;
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
