/** How what is known of a value is written down. What says nothing of records is shared: there is one for each reason. */

import type { TensorMeta } from '@duet/protocol';
import type { Info, Measured, PublishedFact, RecordSet, Rows, Series, View } from './info';
import { enough } from './units';

const nothing = {
  ofOwner: false,
  view: undefined,
  rows: undefined,
  sets: [],
  measured: undefined,
  series: undefined,
  why: '',
} as const;

/** Sent by the scientist, written into a call, or made of such. */
export const sentInfo: Info = { ...nothing, class: 'public' };
const ownersInfo: Info = { ...nothing, class: 'public', ofOwner: true };

export function publicInfo(
  ofOwner: boolean,
  more: { readonly rows?: Rows | undefined; readonly series?: Series | undefined } = {},
): Info {
  const plain = ofOwner ? ownersInfo : sentInfo;
  const { rows, series } = more;
  return rows === undefined && series === undefined ? plain : { ...plain, rows, series };
}

const shared = new Map<string, Info>();
/** Reasons are words of this package with numbers in them: few in honest use. */
const mostShared = 4096;

export function recordInfo(why: string, rows?: Rows): Info {
  if (rows !== undefined)
    return { ...nothing, class: 'record', why, rows: withoutNeedlessSpan(rows) };
  const known = shared.get(why);
  if (known !== undefined) return known;
  if (shared.size >= mostShared) shared.clear();
  const made: Info = { ...nothing, class: 'record', why };
  shared.set(why, made);
  return made;
}

/** Only views, and persons, are told by which records they are; without, batches of one size are alike. */
function withoutNeedlessSpan(rows: Rows): Rows {
  return rows.span === undefined || rows.axis.spans !== undefined
    ? rows
    : { ...rows, span: undefined };
}

export function viewInfo(view: View, rows: Rows): Info {
  return { ...nothing, class: 'record', why: itself, view, rows };
}

export function aggregateInfo(sets: readonly RecordSet[]): Info {
  return { ...nothing, class: 'aggregate', why: 'it is computed from private records', sets };
}

/** A metric where it is one number about enough units, else why not. */
export function measuredInfo(measured: Measured, rows?: Rows): Info {
  const { units, least, byRecord } = measured;
  if (byRecord) {
    return { ...nothing, class: 'record', why: 'it has a number for each record', measured, rows };
  }
  if (isEnough(measured)) {
    const why = 'a loss or an accuracy, in which a model takes part, is no aggregate';
    return { ...nothing, class: 'metric', why, measured };
  }
  const why =
    units === 0
      ? 'it is not known how many records its labels and predictions are of'
      : `its labels or predictions are of ${units} record${units === 1 ? '' : 's'}, fewer than ${least}`;
  return { ...nothing, class: 'record', why, measured };
}

export function isEnough({ units, least, byRecord }: Measured): boolean {
  return !byRecord && enough(units, least);
}

const itself = 'it is the records themselves';
const numeric: ReadonlySet<TensorMeta['dtype']> = new Set(['float32', 'int32', 'bool']);

/** What is known of what the owner published. */
export function publishedInfo({
  number,
  meta,
  public: isPublic,
  axis,
  recordAxis,
}: PublishedFact): Info {
  const records = meta.shape[recordAxis];
  const rows: Rows | undefined =
    axis === undefined || records === undefined || records === 0
      ? undefined
      : { axis, dimension: recordAxis, distinct: records, span: { from: 0, to: records } };
  if (isPublic) return publicInfo(true, { rows });
  if (axis === undefined || rows === undefined || records === undefined) {
    return recordInfo('it has no records');
  }
  if (!numeric.has(meta.dtype))
    return recordInfo('texts and complex numbers have no aggregates', rows);
  const columns = meta.shape.reduce(
    (size, extent, at) => (at === recordAxis ? size : size * extent),
    1,
  );
  const runs = [{ first: 0, end: columns }];
  return viewInfo({ axis, object: number, from: 0, to: records, columns, runs }, rows);
}
