/** Losses and accuracies of the table, and what is still one number of them. */

import type { TensorMeta } from '@duet/protocol';
import { sizeOf, wrapAxes } from '../shapes';
import type { Measured } from './info';
import type { Known, KnownCall } from './known';
import { unitsAlong } from './units';

/** What it measured, or why it is no measure of records. */
export type MeasureRule = (
  call: KnownCall,
  outputs: readonly TensorMeta[],
) => Measured | string | undefined;

const reductions = { none: '0', mean: '1', sum: '2', sumByNonzeroWeights: '3' } as const;

/** Of labels and predictions, the first two parameters. */
export const ofLabels: MeasureRule = (call, [output]) => {
  const [labels, predictions] = call.operands();
  const [rows, others] = [labels?.info.rows, predictions?.info.rows];
  if (!labels || !predictions || output?.dtype !== 'float32') return undefined;
  if (
    rows === undefined ||
    others === undefined ||
    rows.dimension !== 0 ||
    others.dimension !== 0
  ) {
    return 'its labels and predictions are not known to be of one record each';
  }
  // What is broadcast is compared with other records, too.
  if (!areAlike(call, labels, predictions)) return 'its labels and predictions differ in shape';
  const weighted = call.operands().length > 2;
  if (weighted && !isPublicNumber(call.fact('weights')))
    return 'its weights are not one public number';
  const records = labels.meta.shape[0] ?? 0;
  const byRecord = output.shape.length > 0;
  if (byRecord && output.shape[0] !== records) return undefined;
  return {
    units: Math.min(unitsAlong(rows), unitsAlong(others)),
    least: Math.max(rows.axis.minRecords, others.axis.minRecords),
    each: weighted ? Number.NaN : weightOf(call, labels, output),
    byRecord,
  };
};

/** Labels that are numbers of classes have no axis of classes, or one of length 1. */
function areAlike({ spec }: KnownCall, labels: Known, predictions: Known): boolean {
  const [a, b] = [labels.meta.shape, predictions.meta.shape];
  if (spec.name !== 'metrics.sparseCategoricalAccuracy') return a.join() === b.join();
  const examples = b.slice(0, -1);
  return a.join() === examples.join() || a.join() === [...examples, 1].join();
}

function isPublicNumber(weights: Known | undefined): boolean {
  return weights?.meta.shape.length === 0 && weights.info.class === 'public';
}

function weightOf(call: KnownCall, { meta }: Known, { shape }: TensorMeta): number {
  const [records = 1, ...rest] = meta.shape;
  if (shape.length > 0) return sizeOf(shape.slice(1));
  const sums = call.spec.params.some(({ name }) => name === 'reduction');
  return sums && call.choice('reduction', '') === reductions.sum ? sizeOf(rest) : 1 / records;
}

/** `computeWeightedLoss`: of losses record by record. */
export const ofLosses: MeasureRule = (call, [output]) => {
  const losses = call.fact('losses');
  const measured = losses?.info.measured;
  if (!losses || !measured?.byRecord || output?.dtype !== 'float32') return undefined;
  const weighted = call.operands().length > 1;
  if (weighted && !isPublicNumber(call.fact('weights')))
    return 'its weights are not one public number';
  const reduction = call.choice('reduction', reductions.sumByNonzeroWeights);
  const each = weighted ? Number.NaN : measured.each;
  if (reduction === reductions.none) return { ...measured, each };
  const size = reduction === reductions.sum ? 1 : sizeOf(losses.meta.shape);
  return { ...measured, each: each / size, byRecord: false };
};

/** `sum` and `mean`. */
export function reduced(isMean: boolean): MeasureRule {
  return (call) => {
    const [x] = call.operands();
    const measured = x?.info.measured;
    if (x === undefined || measured === undefined) return undefined;
    const { shape } = x.meta;
    const axes = wrapAxes(call.numbersIfAny('axis'), shape.length);
    const size = axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
    const each = isMean ? measured.each / size : measured.each;
    if (!measured.byRecord) return addable(measured, size) ? { ...measured, each } : undefined;
    if (!axes.includes(0)) return { ...measured, each };
    // Of some outputs of a model only it would be a number for each.
    return axes.length === shape.length ? { ...measured, each, byRecord: false } : undefined;
  };
}

function addable({ each }: Measured, count: number): boolean {
  return count === 1 || !Number.isNaN(each);
}

/** `add`: two parts of one mean, or the losses of several outputs of a model. */
export const added: MeasureRule = (call) => {
  const [x, y] = call.operands();
  const [a, b] = [x?.info.measured, y?.info.measured];
  if (!x || !y || !a || !b || a.byRecord !== b.byRecord) return undefined;
  if (x.meta.shape.join() !== y.meta.shape.join()) return undefined;
  const least = Math.max(a.least, b.least);
  if (a.byRecord) return { ...a, least, units: Math.min(a.units, b.units), each: a.each + b.each };
  // Were one of them next to nothing, the other would be all that is told.
  if (!(Math.abs(a.each - b.each) <= 1e-6 * Math.abs(a.each))) return undefined;
  return combined(a, b);
};

/** Of both together, with each record as much as before. They carry at least the records of the larger one. */
export function combined(a: Measured, b: Measured): Measured {
  return a.units - a.least >= b.units - b.least ? a : b;
}

/** `mul` and `div` with a positive number that the scientist wrote. */
export function scaled(divides: boolean): MeasureRule {
  return (call) => {
    const [x, y] = call.operands();
    const [left, right] = [x?.info.measured, y?.info.measured];
    const measured = left ?? (divides ? undefined : right);
    const by = numberOf(left === undefined ? x : y);
    if (measured === undefined || by === undefined || !(by > 0 && by < Number.POSITIVE_INFINITY)) {
      return undefined;
    }
    return { ...measured, each: divides ? measured.each / by : measured.each * by };
  };
}

function numberOf(x: Known | undefined): number | undefined {
  if (x?.literal === undefined || x.meta.shape.length > 0) return undefined;
  const { buffer, byteOffset, byteLength } = x.literal.bytes;
  if (byteLength !== 4) return undefined;
  const view = new DataView(buffer, byteOffset, 4);
  if (x.meta.dtype === 'float32') return view.getFloat32(0, true);
  return x.meta.dtype === 'int32' ? view.getInt32(0, true) : undefined;
}

/** Measures of all records side by side, or some of them; every operand is one. */
export const arranged: MeasureRule = (call) => {
  const all = call.operands().map(({ info }) => info.measured);
  return all.every((each) => each !== undefined && !each.byRecord)
    ? all.reduce((a, b) => a && b && sideBySide(a, b))
    : undefined;
};

/** The same entries in their order; those of records must stay along dimension 0. */
export const reshaped: MeasureRule = (call, outputs) => {
  const [x] = call.operands();
  const measured = x?.info.measured;
  if (measured === undefined || !measured.byRecord) return measured;
  const records = x?.meta.shape[0] ?? 0;
  return outputs[0]?.shape[0] === records ? measured : undefined;
};

/** As entries of one value. */
function sideBySide(a: Measured, b: Measured): Measured {
  const each = a.each === b.each ? a.each : Number.NaN;
  return { ...(a.units - a.least <= b.units - b.least ? a : b), each };
}
