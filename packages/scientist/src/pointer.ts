/** The scientist's handle on a value that stays on the owner's side. */

import { type Nested, toNested, valueToTensor } from '@duet/engine';
import type { ChainedOps } from '@duet/ops';
import { type DType, DuetError, type ErrorCode, elementCount, isDuetError } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import {
  type AxisIndex,
  type AxisIndices,
  isAxes,
  masked,
  pickAt,
  rowsOf,
  sliceAxes,
} from './indexing';
import type { Mock } from './mocks';
import { addMethods } from './pointer-methods';
import type { OnProgress } from './progress';
import { ownerWordsOf, type RequestHandle, type RequestOptions } from './requests';
import type { ReceivedValue } from './transfers';
import type { ValueState } from './value-state';
import { quoted, suggest } from './words';

export interface GetOptions extends RequestOptions {
  /** Ask the owner where the value is not released yet, and wait. Default false: then it rejects with `not-released`. */
  readonly requestBlock?: boolean;
  /**
   * Let the owner's side delete the value once it has arrived whole, and dispose this pointer. Default: true for derived
   * values, false for sent ones. What the owner published is never touched.
   */
  readonly deleteObj?: boolean;
  /** Called as the bytes arrive: `(receivedBytes, totalBytes, bytesPerSec)`. */
  readonly onProgress?: OnProgress;
}

/**
 * `digits`: the significant digits that the owner's side rounded the value to; absent where it is exact. `reason`: the owner's
 * words where they gave some (inert text), else the error's own.
 */
export type TryGetResult<T> =
  | { readonly ok: true; readonly value: T; readonly digits?: number | undefined }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string };

/** What a duet does for its pointers. */
export interface PointerHost {
  call(op: string, args: readonly unknown[]): unknown;
  fetch(value: ValueState, options: GetOptions): Promise<ReceivedValue>;
  request(value: ValueState, options: RequestOptions): RequestHandle;
  dispose(value: ValueState, at: Error): void;
  mockOf(value: ValueState): Mock | undefined;
}

/** What the owner said of a published object; for others empty. It may be told anew. */
export interface PointerWords {
  readonly tags: readonly string[];
  readonly description: string;
  readonly columns: readonly string[];
  readonly recordAxis?: number;
  readonly minRecords?: number;
}

export interface PointerParts {
  readonly host: PointerHost;
  /** The same for the pointer's life, except for a variable: there it is the current version. */
  readonly value: ValueState;
  words: PointerWords;
  readonly sent?: Promise<void>;
}

/** The ways in which a get may end without a value though nothing is wrong with the program. */
const outcomes: ReadonlySet<ErrorCode> = new Set([
  'not-released',
  'denied',
  'expired',
  'withdrawn',
  'aborted',
  'op-failed',
  'stale-grant',
  'revoked',
  'gone',
  'rate',
  'limit',
  'duplicate-request',
]);

/** A get that ended without a value, as a result. Throws what is wrong with the program or the link. */
export function failureOf(error: unknown): TryGetResult<never> {
  if (!isDuetError(error) || !outcomes.has(error.code)) throw error;
  return { ok: false, code: error.code, reason: ownerWordsOf(error) || error.message };
}

/** Browsers that do not know explicit resource management yet get the symbol that compiled code falls back to. */
export const disposeSymbol: typeof Symbol.dispose = (Symbol.dispose ??
  Symbol.for('Symbol.dispose')) as typeof Symbol.dispose;

/** Internals of a pointer, for this package alone. */
export let stateOf: (pointer: Pointer) => PointerParts;

/**
 * A value on the owner's side: its shape and dtype are known here, its elements are not. Ops on it are the methods of a
 * tfjs tensor and give pointers at once; `get` asks for the elements. Not a Proxy, not a tensor and not thenable.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are put on the prototype from the op table, below.
export class Pointer {
  readonly #parts: PointerParts;

  static {
    stateOf = (pointer) => pointer.#parts;
  }

  /** Made by a duet: see `duet.store`, `duet.send` and `duet.tf`. */
  constructor(parts: PointerParts) {
    this.#parts = parts;
  }

  /** `s12`, `s12.0` (one of several outputs), or `p3` (published by the owner). */
  get id(): string {
    return this.#parts.value.id;
  }

  get shape(): number[] {
    return [...this.#parts.value.meta.shape];
  }

  get dtype(): DType {
    return this.#parts.value.meta.dtype;
  }

  get rank(): number {
    return this.#parts.value.meta.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.#parts.value.meta.shape);
  }

  /** The op or plan that made it, `send` for a value that was sent; for people. */
  get madeBy(): string {
    return this.#parts.value.madeBy;
  }

  get tags(): readonly string[] {
    return this.#parts.words.tags;
  }

  /** Inert text of whoever made the value. */
  get description(): string {
    return this.#parts.words.description;
  }

  /** Names of the entries of the last axis; empty where the owner gave none. */
  get columns(): readonly string[] {
    return this.#parts.words.columns;
  }

  /** The axis along which one entry is one record, as the owner published it. Undefined for a scalar, and for what is derived. */
  get recordAxis(): number | undefined {
    return this.rank === 0 ? undefined : this.#parts.words.recordAxis;
  }

  /** How many records the owner published here. Undefined for a scalar, and for what is derived. */
  get records(): number | undefined {
    const { recordAxis } = this;
    return recordAxis === undefined ? undefined : this.shape[recordAxis];
  }

  /** The fewest records, or persons where its data set has a unit, that a handler of the owner's may release an aggregate of. */
  get minRecords(): number | undefined {
    return this.rank === 0 ? undefined : this.#parts.words.minRecords;
  }

  /**
   * For a sent value: resolves when its bytes have left, rejects with `aborted` or the reason the link ended. Resolved for
   * all others. It may be left alone.
   */
  get sent(): Promise<void> {
    return this.#parts.sent ?? Promise.resolve();
  }

  /**
   * What this value would be if the owner's data were the made-up values that they gave with them; computed here, when it is
   * asked for. Undefined where no such data take part, where a training run made the value, or after ten thousand calls.
   */
  get mock(): Mock | undefined {
    return this.#parts.host.mockOf(this.#parts.value);
  }

  /** One named column, as a slice: the shape is this one's with 1 as its last dimension. Throws `bad-argument`. */
  column(name: string): Pointer {
    const { columns } = this.#parts.words;
    const index = columns.indexOf(name);
    if (index === -1) {
      throw new DuetError('bad-argument', {
        detail: `${this.id} has no column ${quoted(String(name))}.`,
        hint: suggest(String(name), columns),
      });
    }
    const { shape } = this;
    const begin = shape.map((_, axis) => (axis === shape.length - 1 ? index : 0));
    const size = shape.map((length, axis) => (axis === shape.length - 1 ? 1 : length));
    return this.#parts.host.call('slice', [this, begin, size]) as Pointer;
  }

  /**
   * One index for each axis, from the first: a number takes one entry and its axis away, `{ from, to, step }` a part of the
   * axis, null all of it; axes that are not named stay whole. Negative numbers count from the end. `p.at(-1)` is the last
   * row, `p.at(null, 0)` the first column, `p.at({ step: -1 })` the rows backwards. Throws `bad-argument`.
   */
  at(...indices: readonly AxisIndex[]): Pointer {
    return pickAt(this, indices, this.#call);
  }

  /** As in tfjs; or by the numbers of axes: `p.slice({ 0: [2, 5], 1: 1 })`. Throws `bad-argument`. */
  slice(begin: number | number[], size?: number | number[]): Pointer;
  slice(axes: AxisIndices): Pointer;
  slice(first: number | number[] | AxisIndices, size?: number | number[]): Pointer {
    if (isAxes(first)) return sliceAxes(this, first, this.#call);
    return this.#call('slice', [this, first, size]);
  }

  /**
   * The same shape, with zeros wherever the mask is false. The mask is of dtype bool and has the shape of this pointer or of
   * its first axes, so that one of rank 1 masks rows. How many entries stay is not told, since it depends on values. Throws
   * `bad-argument`.
   */
  mask(mask: Pointer | tf.Tensor): Pointer {
    return masked(this, mask, this.#call);
  }

  /** Pointers on the rows. Those that a loop does not come to are disposed. Throws `bad-argument` for a scalar. */
  [Symbol.iterator](): IterableIterator<Pointer> {
    return rowsOf(this, () => this.#parts.host.call('unstack', [this]) as readonly Pointer[]);
  }

  /**
   * The value as a tensor, which the caller disposes. Rejects with `not-released` where the owner has not released it; with
   * `requestBlock` it asks and waits, and rejects with `denied`, `expired` or `aborted`. Also with `op-failed`, `gone`,
   * `disposed`, or the reason the link ended. After each of them the session goes on, and one may ask again.
   */
  async get(options: GetOptions = {}): Promise<tf.Tensor> {
    return valueToTensor(await this.#fetch(options), { share: true });
  }

  /** As `get`, and the value stays on the owner's side. */
  getCopy(options: Omit<GetOptions, 'deleteObj'> = {}): Promise<tf.Tensor> {
    return this.get({ ...options, deleteObj: false });
  }

  /** As `get`, as a number (or boolean, or text) for rank 0, else nested arrays; complex elements are [real, imaginary]. */
  async getValue(options: GetOptions = {}): Promise<Nested> {
    return toNested(await this.#fetch(options));
  }

  /**
   * As `get`, for loops: that a value is denied, expired, revoked, withdrawn, aborted or not released is a result. Mistakes of
   * the program and the end of the link are still thrown.
   */
  async tryGet(options: GetOptions = {}): Promise<TryGetResult<tf.Tensor>> {
    try {
      const { digits, ...arrived } = await this.#fetch(options);
      const value = valueToTensor(arrived, { share: true });
      return digits === undefined ? { ok: true, value } : { ok: true, value, digits };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Asks for the value without waiting. Throws `bad-argument`, `disposed`, `duplicate-request`, or why the duet has ended. */
  request(options: RequestOptions = {}): RequestHandle {
    return this.#parts.host.request(this.#parts.value, options);
  }

  /**
   * Lets go of the value: the owner's side frees it. Requests and gets under way still end as they would. Does nothing to
   * what the owner published, and nothing the second time.
   */
  dispose(): void {
    this.#parts.host.dispose(this.#parts.value, new Error('It was disposed here.'));
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  /** For people: `Pointer s12: float32 [3, 4]`. */
  toString(): string {
    return `Pointer ${this.id}: ${this.dtype} [${this.shape.join(', ')}]`;
  }

  /** Throws `bad-argument`, except where a text for people is wanted. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    return this.#noValue('in an expression');
  }

  valueOf(): never {
    return this.#noValue('in an expression');
  }

  toJSON(): never {
    return this.#noValue('in JSON');
  }

  get #call(): (op: string, args: readonly unknown[]) => Pointer {
    const { host } = this.#parts;
    return (op, args) => host.call(op, args) as Pointer;
  }

  #fetch(options: GetOptions): Promise<ReceivedValue> {
    // A rejection comes long after the call; what its reader wants to know is which call it was.
    const here = new Error();
    return this.#parts.host.fetch(this.#parts.value, options).catch((error: unknown) => {
      if (isDuetError(error)) error.stack = `${error.name}: ${error.message}\n${framesOf(here)}`;
      throw error;
    });
  }

  #noValue(where: string): never {
    throw new DuetError('bad-argument', {
      detail: `Pointer ${this.id} has no value here and cannot be used ${where}.`,
      hint: 'Use ops of duet.tf or its methods, or get() the value first.',
    });
  }
}

/** The frames of a stack, without the line that some browsers put before them. */
function framesOf({ stack = '' }: Error): string {
  return stack.replace(/^Error.*\n/, '');
}

export interface Pointer extends Omit<ChainedOps<Pointer>, 'slice'>, Disposable {}

addMethods(Pointer.prototype, (pointer, op, args) => stateOf(pointer).host.call(op, args));
