/** One call as the rules see it: arguments by name, of the kinds that the table promises. */

import { type Arg, type DType, type TensorMeta, type TensorValue, tensorsOf } from '@duet/protocol';
import { Misfit } from './misfit';
import { inferDimension, type Shape } from './shapes';
import type { OpSpec, TensorFact } from './spec';

/** A tensor to be: its public facts. */
export interface Fact {
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Inference {
  readonly outputs: readonly Fact[];
  /** Scalar operations; where absent, every element in and out is touched once. */
  readonly cost?: number;
  /** Larger than what goes in or comes out, and made on the way. */
  readonly scratch?: readonly Fact[];
}

/** Says from public facts alone what a call gives, or throws Misfit. */
export type Rule = (call: Call) => Inference;

export class Call<T extends TensorFact = TensorFact> {
  readonly spec: OpSpec;
  readonly #args: readonly Arg<T>[];

  constructor(spec: OpSpec, args: readonly Arg<T>[]) {
    this.spec = spec;
    this.#args = args;
  }

  #arg(name: string): Arg<T> {
    const at = this.spec.params.findIndex((param) => param.name === name);
    if (at === -1) throw new Error(`${this.spec.name} has no parameter ${name}.`);
    return this.#args[at] ?? { kind: 'absent' };
  }

  #need<V>(value: V | undefined, name: string): V {
    if (value === undefined) throw new Misfit(`${name} is missing`);
    return value;
  }

  /** All tensors of the call, in order. */
  operands(): readonly T[] {
    return tensorsOf(this.#args);
  }

  fact(name: string): T | undefined {
    const arg = this.#arg(name);
    return arg.kind === 'tensor' ? arg.tensor : undefined;
  }

  tensorIfAny(name: string): TensorMeta | undefined {
    return this.fact(name)?.meta;
  }

  tensor(name: string): TensorMeta {
    return this.#need(this.tensorIfAny(name), name);
  }

  facts(name: string): readonly T[] {
    const arg = this.#arg(name);
    return arg.kind === 'tensors' ? arg.tensors : [];
  }

  /** The first parameter, whatever tfjs calls it. */
  first(): TensorMeta {
    return this.tensor(this.spec.params[0]?.name ?? '');
  }

  second(): TensorMeta {
    return this.tensor(this.spec.params[1]?.name ?? '');
  }

  literal(name: string): TensorValue | undefined {
    return this.fact(name)?.literal;
  }

  tensors(name: string): readonly [TensorMeta, ...TensorMeta[]] {
    const [first, ...rest] = this.facts(name).map((fact) => fact.meta);
    return [this.#need(first, name), ...rest];
  }

  numberIfAny(name: string): number | undefined {
    const arg = this.#arg(name);
    return arg.kind === 'number' ? arg.number : undefined;
  }

  number(name: string, otherwise?: number): number {
    return this.#need(this.numberIfAny(name) ?? otherwise, name);
  }

  /** One number or several, as a list. */
  numbersIfAny(name: string): Shape | undefined {
    const arg = this.#arg(name);
    if (arg.kind === 'number') return [arg.number];
    return arg.kind === 'numbers' ? arg.numbers : undefined;
  }

  numbers(name: string): Shape {
    return this.#need(this.numbersIfAny(name), name);
  }

  /** A shape without unknowns; the kind allows -1 only for `reshape`. */
  shape(name: string): Shape {
    const shape = this.numbers(name);
    if (shape.some((dimension) => dimension < 0))
      throw new Misfit(`${name} has a negative dimension`);
    return shape;
  }

  shapeFor(name: string, size: number): Shape {
    return inferDimension(this.numbers(name), size);
  }

  pairs(name: string): readonly (readonly [number, number])[] {
    const flat = this.numbers(name);
    return Array.from({ length: flat.length / 2 }, (_, at) => [
      flat[2 * at] ?? 0,
      flat[2 * at + 1] ?? 0,
    ]);
  }

  /** How a window meets the edges; text is one of the choices of the parameter. */
  padding(name: string): string | number | readonly (readonly [number, number])[] {
    const arg = this.#arg(name);
    if (arg.kind === 'text') return arg.text;
    return arg.kind === 'number' ? arg.number : this.pairs(name);
  }

  flag(name: string, otherwise = false): boolean {
    const arg = this.#arg(name);
    return arg.kind === 'flag' ? arg.flag : otherwise;
  }

  dtype(name: string, otherwise: DType): DType {
    const arg = this.#arg(name);
    return arg.kind === 'text' ? (arg.text as DType) : otherwise;
  }

  choice(name: string, otherwise: string): string {
    const arg = this.#arg(name);
    return arg.kind === 'text' ? arg.text : otherwise;
  }

  isAbsent(name: string): boolean {
    return this.#arg(name).kind === 'absent';
  }
}
