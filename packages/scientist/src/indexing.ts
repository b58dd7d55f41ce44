/** Indexing of pointers: every form of it is ordinary ops, so that shapes are known at once and mistakes throw where they are written. */

import { DuetError, limits } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import type { Pointer } from './pointer';

/**
 * Part of an axis: from `from` up to and without `to`, every `step`-th entry. Negative numbers count from the end. Left out,
 * they mean the whole axis; with a negative `step`, all of it from the end.
 */
export interface AxisRange {
  readonly from?: number;
  readonly to?: number;
  readonly step?: number;
}

/** One entry, which takes the axis away; a part of the axis; or null for all of it. */
export type AxisIndex = number | AxisRange | null;

/** By the number of the axis; those that are not named stay whole. A list is `[from, to]` or `[from, to, step]`. */
export type AxisIndices = Readonly<
  Record<
    number,
    | AxisIndex
    | readonly [from: number, to: number]
    | readonly [from: number, to: number, step: number]
  >
>;

/** What an index means for an axis whose length is known. */
interface Picked {
  readonly from: number;
  readonly count: number;
  readonly step: number;
  /** Is the axis taken away? */
  readonly isOne: boolean;
}

type Call = (op: string, args: readonly unknown[]) => Pointer;

function wrong(pointer: Pointer, what: string, hint?: string): DuetError {
  const detail = `Pointer ${pointer.id} of shape [${pointer.shape.join(', ')}]: ${what}.`;
  return new DuetError('bad-argument', hint === undefined ? { detail } : { detail, hint });
}

function checkWhole(pointer: Pointer, value: unknown, what: string): asserts value is number {
  if (!Number.isSafeInteger(value)) throw wrong(pointer, `${what} must be a whole number`);
}

/** An index counted from the front; `most` is the largest that is possible. */
function fromFront(pointer: Pointer, index: number, axis: number, most: number): number {
  const length = pointer.shape[axis] ?? 0;
  const at = index < 0 ? index + length : index;
  if (at < 0 || at > most) {
    throw wrong(pointer, `index ${index} is outside axis ${axis}, which has ${length} entries`);
  }
  return at;
}

function pickedRange(pointer: Pointer, range: AxisRange, axis: number): Picked {
  const length = pointer.shape[axis] ?? 0;
  const { from, to, step = 1 } = range;
  checkWhole(pointer, step, `the step of axis ${axis}`);
  if (step === 0) throw wrong(pointer, `the step of axis ${axis} is zero`);
  const bound = (value: number | undefined, otherwise: number, most: number): number => {
    if (value === undefined) return otherwise;
    checkWhole(pointer, value, `a bound of axis ${axis}`);
    return fromFront(pointer, value, axis, most);
  };
  const begin = step > 0 ? bound(from, 0, length) : bound(from, length - 1, length - 1);
  const end = step > 0 ? bound(to, length, length) : bound(to, -1, length);
  return { from: begin, count: Math.max(0, Math.ceil((end - begin) / step)), step, isOne: false };
}

const rangeMembers = new Set(['from', 'to', 'step']);

function picked(pointer: Pointer, index: unknown, axis: number): Picked {
  const length = pointer.shape[axis] ?? 0;
  if (index === null || index === undefined) {
    return { from: 0, count: length, step: 1, isOne: false };
  }
  if (typeof index === 'number') {
    checkWhole(pointer, index, `the index of axis ${axis}`);
    const from = fromFront(pointer, index, axis, length - 1);
    return { from, count: 1, step: 1, isOne: true };
  }
  const isRange =
    typeof index === 'object' && Object.keys(index).every((key) => rangeMembers.has(key));
  if (!isRange) {
    throw wrong(
      pointer,
      `the index of axis ${axis} must be a whole number, null or an object with from, to and step`,
      'Entries by a list or a tensor of indices are picked by gather(), by truth values with mask().',
    );
  }
  return pickedRange(pointer, index, axis);
}

/** int32 indices; a long list is made on the other side, so that it need not travel. */
function indicesOf({ from, count, step }: Picked, call: Call): Int32Array | Pointer {
  if (4 * count > limits.literalBytes)
    return call('range', [from, from + count * step, step, 'int32']);
  return Int32Array.from({ length: count }, (_, at) => from + at * step);
}

/** Applies ops one after the other, and lets go of what was made on the way. */
class Chain {
  readonly #first: Pointer;
  readonly #call: Call;
  #last: Pointer;

  constructor(first: Pointer, call: Call) {
    this.#first = first;
    this.#call = call;
    this.#last = first;
  }

  get isEmpty(): boolean {
    return this.#last === this.#first;
  }

  apply(op: string, ...args: unknown[]): void {
    const next = this.#call(op, [this.#last, ...args]);
    if (this.#last !== this.#first) this.#last.dispose();
    this.#last = next;
  }

  end(): Pointer {
    if (this.isEmpty) this.apply('clone');
    return this.#last;
  }
}

function pick(pointer: Pointer, all: readonly Picked[], call: Call): Pointer {
  const { shape } = pointer;
  const chain = new Chain(pointer, call);
  const whole = (one: Picked, axis: number) => one.from === 0 && one.count === shape[axis];
  const straight = all.map((one) => one.step === 1);
  if (all.some((one, axis) => straight[axis] === true && !whole(one, axis))) {
    chain.apply(
      'slice',
      all.map((one, axis) => (straight[axis] === true ? one.from : 0)),
      all.map((one, axis) => (straight[axis] === true ? one.count : (shape[axis] ?? 0))),
    );
  }
  for (const [axis, one] of all.entries()) {
    if (straight[axis] === true) continue;
    // Not stridedSlice, by which tfjs has no gradient.
    const indices = indicesOf(one, call);
    chain.apply('gather', indices, axis);
    if (!(indices instanceof Int32Array)) indices.dispose();
  }
  const ones = all.flatMap((one, axis) => (one.isOne ? [axis] : []));
  if (ones.length > 0) chain.apply('squeeze', ones);
  return chain.end();
}

/** `pointer.at(…)`. */
export function pickAt(pointer: Pointer, indices: readonly unknown[], call: Call): Pointer {
  if (indices.length === 0) throw wrong(pointer, 'at() needs an index');
  if (indices.length > pointer.rank) {
    throw wrong(pointer, `${indices.length} indices are more than the ${pointer.rank} axes`);
  }
  return pick(
    pointer,
    pointer.shape.map((_, axis) => picked(pointer, indices[axis], axis)),
    call,
  );
}

/** `pointer.slice({ … })`. */
export function sliceAxes(pointer: Pointer, axes: object, call: Call): Pointer {
  const indices: unknown[] = pointer.shape.map(() => null);
  for (const [key, index] of Object.entries(axes)) {
    const axis = Number(key);
    if (!Number.isSafeInteger(axis) || axis < 0 || axis >= pointer.rank) {
      throw wrong(pointer, `slice() takes axes from 0 to ${pointer.rank - 1} by their number`);
    }
    indices[axis] = Array.isArray(index) ? rangeOf(pointer, index, axis) : index;
  }
  return pick(
    pointer,
    indices.map((index, axis) => picked(pointer, index, axis)),
    call,
  );
}

function rangeOf(pointer: Pointer, list: readonly unknown[], axis: number): AxisRange {
  if (list.length < 2 || list.length > 3) {
    throw wrong(pointer, `the part of axis ${axis} must be [from, to] or [from, to, step]`);
  }
  for (const one of list) checkWhole(pointer, one, `a number of the part of axis ${axis}`);
  const [from, to, step = 1] = list as readonly number[];
  return { step, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** Is this `{ 0: …, 2: … }`, and not what tfjs's own `slice` takes? */
export function isAxes(value: unknown): value is AxisIndices {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  );
}

/** `pointer.mask(…)`. */
export function masked(pointer: Pointer, mask: Pointer | tf.Tensor, call: Call): Pointer {
  const { shape, rank, dtype } = pointer;
  const given: unknown = mask;
  if (typeof given !== 'object' || given === null || !('shape' in given) || mask.dtype !== 'bool') {
    throw wrong(
      pointer,
      'a mask must be a pointer or a tensor of dtype bool',
      'Comparisons such as greater() give one.',
    );
  }
  const lead = mask.shape;
  if (lead.length > rank || lead.some((length, axis) => length !== shape[axis])) {
    throw wrong(pointer, `a mask of shape [${lead.join(', ')}] is not of its first axes`);
  }
  const made: Pointer[] = [];
  const make = (op: string, args: readonly unknown[]): Pointer => {
    const one = call(op, args);
    made.push(one);
    return one;
  };
  const wide = lead.length === rank;
  const aligned = wide ? mask : make('reshape', [mask, shape.map((_, axis) => lead[axis] ?? 1)]);
  const result =
    dtype === 'bool'
      ? call('logicalAnd', [aligned, pointer])
      : call('where', [aligned, pointer, dtype === 'float32' ? 0 : make('zerosLike', [pointer])]);
  for (const one of made) one.dispose();
  return result;
}

/** `for (const row of pointer)`. Rows that nobody took are let go of. */
export function* rowsOf(
  pointer: Pointer,
  unstack: () => readonly Pointer[],
): Generator<Pointer, void, undefined> {
  const [length] = pointer.shape;
  if (length === undefined) throw wrong(pointer, 'a scalar has no rows');
  if (length > limits.outputs) {
    for (let row = 0; row < length; row++) yield pointer.at(row);
    return;
  }
  const rows = length === 0 ? [] : unstack();
  let taken = 0;
  try {
    for (const row of rows) {
      taken += 1;
      yield row;
    }
  } finally {
    for (const row of rows.slice(taken)) row.dispose();
  }
}
