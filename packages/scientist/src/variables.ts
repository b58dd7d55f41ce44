/** Variables: values that change, as a chain of versions under one name. */

import type * as tf from '@tensorflow/tfjs';
import { type InPlaceMethods, inPlaceCalls } from './in-place';
import { type GetOptions, Pointer, type PointerHost, type TryGetResult } from './pointer';
import type { ValueState } from './value-state';

/** What may be given for a tensor. */
export type TensorLike = Pointer | tf.Tensor | tf.TensorLike;

/** What a duet does for its variables. */
export interface VariableHost extends PointerHost {
  assign(variable: RemoteVariable, value: unknown): void;
  /** Assigns what the op gives. */
  change(variable: RemoteVariable, op: string, args: readonly unknown[]): void;
  disposeVariable(variable: RemoteVariable, at: Error): void;
}

export interface VariableParts {
  readonly host: VariableHost;
  /** Its first version. */
  readonly value: ValueState;
  /** Counted from 0 in each duet. */
  readonly number: number;
  readonly name: string;
  readonly trainable: boolean;
}

/** Which version is current; for this package alone. */
export class VariableCell {
  value: ValueState;
  /** Why it cannot be assigned now. */
  busyWith: string | undefined;

  constructor(value: ValueState) {
    this.value = value;
  }
}

/** Internals of a variable, for this package alone. */
let changeInPlace: (variable: RemoteVariable, op: string, args: readonly unknown[]) => void;
/** The same. */
export let cellOf: (variable: RemoteVariable) => VariableCell;

const noWords = { tags: [], description: '', columns: [] } as const;

/**
 * A pointer whose value can be assigned anew, as tfjs's `Variable`. Each assignment makes a new version: what was computed
 * or asked for before keeps the version that it was computed from. Shape and dtype stay. It lives until it is disposed;
 * `tidy` leaves it alone.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods are put on the prototype below.
export class RemoteVariable extends Pointer {
  readonly name: string;
  readonly trainable: boolean;
  readonly #id: string;
  readonly #host: VariableHost;
  readonly #cell: VariableCell;

  static {
    cellOf = (variable) => variable.#cell;
    changeInPlace = (variable, op, args) => variable.#host.change(variable, op, args);
  }

  /** Made by `duet.tf.variable`. */
  constructor({ host, value, number, name, trainable }: VariableParts) {
    const cell = new VariableCell(value);
    super({
      host,
      words: noWords,
      get value() {
        return cell.value;
      },
    });
    this.#id = `v${number}`;
    this.#host = host;
    this.#cell = cell;
    this.name = name;
    this.trainable = trainable;
  }

  /** Stays the same from version to version. */
  override get id(): string {
    return this.#id;
  }

  /**
   * Makes this the variable's value; a pointer or tensor stays the caller's. Throws `bad-argument` where shape or dtype differ,
   * and while a training run changes the variable.
   */
  assign(value: TensorLike): void {
    this.#host.assign(this, value);
  }

  /** As `Pointer.get`; the value stays unless `deleteObj` is given. */
  override get(options: GetOptions = {}): Promise<tf.Tensor> {
    return super.get({ deleteObj: false, ...options });
  }

  /** As `Pointer.getValue`; the value stays unless `deleteObj` is given. */
  override getValue(options: GetOptions = {}): ReturnType<Pointer['getValue']> {
    return super.getValue({ deleteObj: false, ...options });
  }

  /** As `Pointer.tryGet`; the value stays unless `deleteObj` is given. */
  override tryGet(options: GetOptions = {}): Promise<TryGetResult<tf.Tensor>> {
    return super.tryGet({ deleteObj: false, ...options });
  }

  /** Lets go of the variable and its current version. */
  override dispose(): void {
    this.#host.disposeVariable(this, new Error('It was disposed here.'));
  }

  override toString(): string {
    return `Variable ${this.id}: ${this.dtype} [${this.shape.join(', ')}]`;
  }
}

export interface RemoteVariable extends InPlaceMethods<Pointer, RemoteVariable> {}

for (const [name, { op, args }] of inPlaceCalls) {
  Object.defineProperty(RemoteVariable.prototype, name, {
    configurable: true,
    writable: true,
    value(this: RemoteVariable, ...given: unknown[]) {
      changeInPlace(this, op, args(this, given));
      return this;
    },
  });
}
