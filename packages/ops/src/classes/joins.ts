/** What is known of a value that is one of two, or is made of several. */

import { union } from './aggregates';
import type { Info, Measured, Rows } from './info';
import { aggregateInfo, measuredInfo, publicInfo, recordInfo } from './infos';
import { keyOf } from './keys';

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
