/** Calls of the whole table on the private values of a world: arguments of any shape are cut from long vectors. */

import { inferCall, type OpSpec, type TensorFact } from '@duet/ops';
import {
  type Arg,
  byteLength,
  elementCount,
  isDuetError,
  mapArg,
  type Operand,
  type Ref,
  type ScientistMessage,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
  tensorsOf,
} from '@duet/protocol';
import fc from 'fast-check';
import { findEntry } from '../../../ops/src/registry';
import { callOf } from '../../../ops/test/calls';
import { action, operand, own, published } from '../words';
import { type Draw, flatLength, numbers } from './worlds';

/** What one op may cost in these programs. */
export const opCost = 1e7;

export type FactArgs = readonly Arg<TensorFact>[];

/** What a call gives, by public facts; undefined where it is refused. */
export function outputsOf(op: OpSpec, args: FactArgs): readonly TensorMeta[] | undefined {
  try {
    return inferCall(op, args, { opCost }).outputs;
  } catch (thrown) {
    if (isDuetError(thrown)) return undefined;
    throw thrown;
  }
}

const fits = (args: FactArgs) =>
  tensorsOf(args).every(({ meta }) => elementCount(meta.shape) <= flatLength);

const callsByOp = new Map<OpSpec, fc.Arbitrary<FactArgs>>();

function callsOf(op: OpSpec): fc.Arbitrary<FactArgs> {
  const known = callsByOp.get(op);
  if (known) return known;
  const made = callOf(op, findEntry(op.name)?.policy.complex ?? false);
  callsByOp.set(op, made);
  return made;
}

/** Drawn at once, of which the first one that fits is taken. */
const triesAtOnce = 4;
const mostTries = 20;

/** Arguments of an op, the same for the same seed: ones that fit, fourteen times in fifteen. */
export function argumentsFor(op: OpSpec, seed: number): FactArgs {
  const wantsFit = seed % 15 > 0;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const options = { seed: seed + tries, numRuns: triesAtOnce, unbiased: true };
    const drawn = fc.sample(callsOf(op), options).filter(fits);
    const first = wantsFit ? drawn.find((args) => outputsOf(op, args)) : drawn[0];
    if (first) return first;
  }
  return [];
}

/** A value that a scientist has made. */
export interface Made {
  readonly ref: Ref;
  readonly meta: TensorMeta;
}

/** What one scientist has made so far, as their program is written. */
export class Workbench {
  next = 1;
  made: Made[] = [];
  /** Requests and gets of theirs. */
  requests: number[] = [];
  gets: number[] = [];
  /** Pieces that arguments were cut to: shape, dtype and source. */
  readonly #cut = new Map<string, Ref>();

  /** After a new session, or a new beginning. */
  clear(next: number): void {
    this.next = next;
    this.made = [];
    this.requests = [];
    this.gets = [];
    this.#cut.clear();
  }

  id(): number {
    return this.next++;
  }

  /** One of the latest values more often than an old one; something published where there is none. */
  pick(at: number): Ref {
    const back = Math.floor(Math.sqrt(at % 1024));
    return this.made.at(-1 - (back % Math.max(1, this.made.length)))?.ref ?? published(1);
  }

  /** A tensor of this meta: made before, sent, or cut from private values. Puts what that takes into `messages`. */
  material(meta: TensorMeta, draw: Draw, messages: ScientistMessage[]): Operand {
    const { dtype, shape } = meta;
    if (dtype === 'string') return operand(published(numbers.texts));
    const made = this.made.filter((each) => sameShapeAndType(each.meta, meta));
    if (made.length > 0 && draw.below(2) === 0) return operand(draw.one(made).ref);
    const isSmall = byteLength(meta) <= 256;
    if (isSmall && dtype !== 'complex64' && draw.below(6) === 0) {
      return { kind: 'literal', value: literalOf(meta, draw) };
    }
    const source = sourceFor(meta, draw);
    const key = `${dtype} ${source} ${shape.join()}`;
    const known = this.#cut.get(key);
    if (known && draw.below(4) > 0) return operand(known);
    const cut =
      dtype === 'complex64'
        ? this.#complex(shape, draw, messages)
        : this.#cutFrom(source, shape, draw, messages);
    this.#cut.set(key, cut);
    this.made.push({ ref: cut, meta });
    return operand(cut);
  }

  #cutFrom(
    source: number,
    shape: readonly number[],
    draw: Draw,
    messages: ScientistMessage[],
  ): Ref {
    const size = elementCount(shape);
    const id = this.id();
    messages.push(
      action(id, 'slice', published(source), [draw.below(flatLength - size + 1)], [size]),
    );
    if (shape.length === 1) return own(id);
    const shaped = this.id();
    messages.push(action(shaped, 'reshape', own(id), [...shape]));
    return own(shaped);
  }

  #complex(shape: readonly number[], draw: Draw, messages: ScientistMessage[]): Ref {
    const part = () => this.#cutFrom(numbers.floats, shape, draw, messages);
    const [real, imaginary] = [part(), part()];
    const id = this.id();
    messages.push(action(id, 'complex', real, imaginary));
    return own(id);
  }
}

const sameShapeAndType = (a: TensorMeta, b: TensorMeta) =>
  a.dtype === b.dtype && a.shape.join() === b.shape.join();

function sourceFor({ dtype, shape }: TensorMeta, draw: Draw): number {
  if (dtype === 'int32') return numbers.ints;
  if (dtype === 'bool') return numbers.bools;
  if (dtype === 'float32' && shape.length > 0 && draw.below(3) === 0) return numbers.sameFloats;
  return numbers.floats;
}

function literalOf(meta: TensorMeta, draw: Draw): TensorValue {
  const length = elementCount(meta.shape);
  const list = Array.from({ length }, () =>
    meta.dtype === 'bool' ? draw.below(2) : draw.below(7) - 2,
  );
  const array =
    meta.dtype === 'float32'
      ? Float32Array.from(list)
      : meta.dtype === 'int32'
        ? Int32Array.from(list)
        : Uint8Array.from(list);
  return { meta: tensorMeta(meta.dtype, meta.shape), bytes: new Uint8Array(array.buffer) };
}

/** The arguments of a call with what stands for its tensors. */
export function argumentsOn(
  args: FactArgs,
  bench: Workbench,
  draw: Draw,
  messages: ScientistMessage[],
): Arg<Operand>[] {
  return args.map((arg) => mapArg(arg, ({ meta }) => bench.material(meta, draw, messages)));
}
