/** The class of what one op gives. docs/classes.md says what each class promises. */

import type { Arg, TensorMeta } from '@duet/protocol';
import { Call } from '../call';
import { Misfit } from '../misfit';
import type { OpSpec } from '../spec';
import { union } from './aggregates';
import type { Info, Rows } from './info';
import { aggregateInfo, measuredInfo, publicInfo, recordInfo, sentInfo, viewInfo } from './infos';
import type { Known, KnownCall } from './known';
import { type ClassRules, rulesOf } from './table';
import { viewedBy } from './views';

/** What its outputs are is checked by `inferCall`; nothing is thrown for a call that it lets pass. */
export function classifyCall(
  spec: OpSpec,
  args: readonly Arg<Known>[],
  outputs: readonly TensorMeta[],
): readonly Info[] {
  return classifyWith(rulesOf(spec.name), spec, args, outputs);
}

/** The same by other rules: the search for programs that tell too much is tried on wrong ones. */
export function classifyWith(
  rules: ClassRules,
  spec: OpSpec,
  args: readonly Arg<Known>[],
  outputs: readonly TensorMeta[],
): readonly Info[] {
  const call: KnownCall = new Call(spec, args);
  try {
    return classified(rules, call, outputs);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    // A rule that reads arguments more strictly than the op does: then nothing is known.
    return repeat(unknown(call), outputs);
  }
}

function unknown(call: KnownCall): Info {
  const isPublic = call.operands().every(({ info }) => info.class === 'public');
  return isPublic ? sentInfo : recordInfo(`${call.spec.name} is not followed here`);
}

function classified(
  rules: ClassRules,
  call: KnownCall,
  outputs: readonly TensorMeta[],
): readonly Info[] {
  const operands = call.operands();
  const rows = operands.some(({ info }) => info.rows !== undefined)
    ? rowsOf(rules, call, outputs)
    : undefined;
  if (operands.every(({ info }) => info.class === 'public')) {
    return publicOutputs(rules, call, outputs, rows);
  }
  return (
    aggregates(rules, call, outputs) ??
    measures(rules, call, outputs, rows) ??
    views(rules, call, outputs, rows) ??
    records(rules, call, outputs, rows)
  );
}

type MaybeRows = readonly (Rows | undefined)[] | undefined;

function rowsOf(rules: ClassRules, call: KnownCall, outputs: readonly TensorMeta[]): MaybeRows {
  const given = rules.rows(call, outputs);
  return outputs.map(({ shape }, at) => checkedRows(isList(given) ? given[at] : given, shape));
}

function isList<T>(one: T | readonly T[]): one is readonly T[] {
  return Array.isArray(one);
}

/** One record that was broadcast is not just these, and of nothing there are none. */
function checkedRows(rows: Rows | undefined, shape: readonly number[]): Rows | undefined {
  const extent = rows && shape[rows.dimension];
  if (rows === undefined || !extent) return undefined;
  const { span } = rows;
  return span === undefined || span.to - span.from === extent ? rows : { ...rows, span: undefined };
}

function publicOutputs(
  rules: ClassRules,
  call: KnownCall,
  outputs: readonly TensorMeta[],
  rows: MaybeRows,
): readonly Info[] {
  const operands = call.operands();
  const drawn = call.spec.dataDependence === 'random';
  const ofOwner = operands.length > 0 && !drawn && operands.every(({ info }) => info.ofOwner);
  return outputs.map(({ dtype }, at) => {
    const series = dtype === 'int32' ? rules.series?.(call) : undefined;
    return publicInfo(ofOwner, { rows: rows?.[at], series });
  });
}

/** Taken from a view, or computed from aggregates and what is the owner's alone. */
function aggregates(
  rules: ClassRules,
  call: KnownCall,
  outputs: readonly TensorMeta[],
): readonly Info[] | undefined {
  const operands = call.operands().map(({ info }) => info);
  const taken = rules.aggregate?.(call);
  if (taken !== undefined && typeof taken !== 'string')
    return repeat(aggregateInfo(taken), outputs);
  const fits = ({ class: of, ofOwner }: Info) => of === 'aggregate' || (of === 'public' && ofOwner);
  if (call.spec.dataDependence === 'random' || !operands.every(fits)) return undefined;
  const known = operands.filter((info) => info.class === 'aggregate');
  const sets = union(known.map((info) => info.sets));
  if (typeof sets === 'string') return repeat(recordInfo(sets), outputs);
  return repeat(known.find((info) => info.sets === sets) ?? aggregateInfo(sets), outputs);
}

function repeat(info: Info, outputs: readonly TensorMeta[]): readonly Info[] {
  return outputs.map(() => info);
}

function measures(
  rules: ClassRules,
  call: KnownCall,
  outputs: readonly TensorMeta[],
  rows: MaybeRows,
): readonly Info[] | undefined {
  const measured = rules.measure?.(call, outputs);
  if (measured === undefined || typeof measured === 'string') return undefined;
  return outputs.map((_, at) => measuredInfo(measured, rows?.[at]));
}

function views(
  { columns }: ClassRules,
  call: KnownCall,
  outputs: readonly TensorMeta[],
  rows: MaybeRows,
): readonly Info[] | undefined {
  const viewed = columns && viewedBy(call);
  if (viewed === undefined || rows === undefined) return undefined;
  const runs = columns?.(viewed, call, outputs) ?? [];
  return outputs.map((_, at) => {
    const [left, records] = [runs[at], rows[at]];
    if (left === undefined || records?.span === undefined) return ended(call, records);
    const { from, to } = records.span;
    return viewInfo({ ...viewed.view, from, to, runs: left }, records);
  });
}

function ended({ spec }: KnownCall, rows: Rows | undefined): Info {
  return recordInfo(`${spec.name} is not one of sum, mean, moments and matMul over records`, rows);
}

function records(
  rules: ClassRules,
  call: KnownCall,
  outputs: readonly TensorMeta[],
  rows: MaybeRows,
): readonly Info[] {
  const why = whyRecord(rules, call, outputs);
  return outputs.map((_, at) => recordInfo(why, rows?.[at]));
}

/** The first reason on the way from the records to here. */
function whyRecord(rules: ClassRules, call: KnownCall, outputs: readonly TensorMeta[]): string {
  const infos = call.operands().map(({ info }) => info);
  const before = infos.find((info) => info.class === 'record' && info.view === undefined);
  const measure = rules.measure?.(call, outputs);
  if (typeof measure === 'string') return measure;
  const isMeasure = ({ class: of, measured }: Info) => of === 'metric' || measured?.byRecord;
  if (before !== undefined && !isMeasure(before)) return before.why;
  if (infos.some(({ view }) => view !== undefined)) {
    const taken = rules.aggregate?.(call);
    return typeof taken === 'string' ? taken : ended(call, undefined).why;
  }
  if (infos.some(isMeasure)) {
    return `${call.spec.name} of a loss or an accuracy is not one`;
  }
  return call.spec.dataDependence === 'random'
    ? 'something drawn at random takes part'
    : 'something of the scientist’s takes part';
}
