/** Programs on small random data, and by how many records each of their aggregates moves when records change. */

import { runOpLocally, valueToTensor } from '@duet/engine';
import {
  type classifyCall,
  findOp,
  inferCall,
  type Known,
  publishedInfo,
  type RecordAxis,
  sentInfo,
} from '@duet/ops';
import {
  type Arg,
  isDuetError,
  mapArg,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
  tensorsOf,
} from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';

export type Classify = typeof classifyCall;

export const records = 24;
export const minRecords = 5;
const columns = 3;

/** Draws that can be repeated. */
export function drawing(seed: number): (end: number) => number {
  let state = seed >>> 0;
  return (end) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

const floats = (shape: readonly number[], values: ArrayLike<number>): TensorValue => ({
  meta: tensorMeta('float32', shape),
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

// ---- expressions -----------------------------------------------------------------------------------------------

/** A value of a program. */
export interface Expression extends Known {
  readonly text: string;
  /** How it is made; a leaf has its value instead. */
  readonly made:
    | { readonly op: string; readonly args: readonly Arg<Expression>[]; readonly output: number }
    | undefined;
  /** Of the scientist's, or the owner's public one. */
  readonly value?: TensorValue;
}

const axis: RecordAxis = { id: 'a1', records, units: records, minRecords, spans: undefined };
const privateMeta = tensorMeta('float32', [records, columns]);
export const X: Expression = {
  text: 'X',
  meta: privateMeta,
  info: publishedInfo({ number: 1, meta: privateMeta, public: false, axis, recordAxis: 0 }),
  made: undefined,
};
const ownersMeta = tensorMeta('float32', [columns]);
const owners: Expression = {
  text: 'P',
  meta: ownersMeta,
  info: publishedInfo({
    number: 2,
    meta: ownersMeta,
    public: true,
    axis: undefined,
    recordAxis: 0,
  }),
  made: undefined,
  value: floats([columns], [0.75, -2, 40]),
};
const extremes = [1e38, -1e38, 1e-45, 1.3, 0].map((number): Expression => {
  const value = floats([], [number]);
  return {
    text: String(number),
    meta: value.meta,
    literal: value,
    info: sentInfo,
    made: undefined,
    value,
  };
});

/** All that a call gives, or nothing where it does not fit. */
export function callOn(
  op: string,
  args: readonly Arg<Expression>[],
  classify: Classify,
): Expression[] {
  const spec = findOp(op);
  if (spec === undefined) throw new Error(op);
  let outputs: readonly TensorMeta[];
  try {
    outputs = inferCall(spec, args).outputs;
  } catch (error) {
    if (isDuetError(error)) return [];
    throw error;
  }
  const infos = classify(spec, args, outputs);
  const words = args.map((arg) => textOf(arg)).join(', ');
  return outputs.map((meta, output) => ({
    text: `${op}(${words})${outputs.length > 1 ? `[${output}]` : ''}`,
    meta,
    info: infos[output] ?? sentInfo,
    made: { op, args, output },
  }));
}

function textOf(arg: Arg<Expression>): string {
  if (arg.kind === 'tensor') return arg.tensor.text;
  if (arg.kind === 'numbers') return `[${arg.numbers.join()}]`;
  if (arg.kind === 'number') return String(arg.number);
  return arg.kind === 'flag' ? String(arg.flag) : arg.kind;
}

// ---- what can be written next ----------------------------------------------------------------------------------

const tensor = (of: Expression): Arg<Expression> => ({ kind: 'tensor', tensor: of });
const numbers = (...of: number[]): Arg<Expression> => ({ kind: 'numbers', numbers: of });
const number = (of: number): Arg<Expression> => ({ kind: 'number', number: of });
const flag = (of: boolean): Arg<Expression> => ({ kind: 'flag', flag: of });
const chosen: Expression = (() => {
  const meta = tensorMeta('int32', [2]);
  const value = { meta, bytes: new Uint8Array(Int32Array.of(0, 2).buffer) };
  return { text: '{0,2}', meta, literal: value, info: sentInfo, made: undefined, value };
})();

export interface Written {
  readonly op: string;
  readonly args: readonly Arg<Expression>[];
}

/** Calls with `of` as their only value. */
export function callsOn(of: Expression): Written[] {
  const { shape } = of.meta;
  const [rows = 0, width = 0] = shape;
  const written: Written[] = [{ op: 'relu', args: [tensor(of)] }];
  const add = (op: string, ...args: Arg<Expression>[]) =>
    written.push({ op, args: [tensor(of), ...args] });
  if (shape.length > 0) {
    for (const op of ['sum', 'mean', 'moments', 'max']) add(op, number(0));
    add('sum');
    add('max');
  }
  if (shape.length !== 2) return written;
  const cuts: readonly [number, number][] = [
    [0, 12],
    [0, 23],
    [4, 20],
    [12, 12],
    [0, 4],
  ];
  for (const [from, count] of cuts) {
    if (from + count < rows || (rows === records && from + count === rows)) {
      add('slice', numbers(from, 0), numbers(count, width));
    }
  }
  if (width === columns) {
    add('slice', numbers(0, 1), numbers(rows, 1));
    add('gather', tensor(chosen), number(1));
  }
  if (rows > columns) add('gather', tensor(chosen), number(0));
  add('transpose');
  return written;
}

/** Calls with both. */
export function callsOnBoth(a: Expression, b: Expression): Written[] {
  const written: Written[] = ['add', 'sub', 'mul', 'div'].map((op) => ({
    op,
    args: [tensor(a), tensor(b)],
  }));
  if (a.meta.shape.length === 2 && b.meta.shape.length === 2) {
    written.push({ op: 'matMul', args: [tensor(a), tensor(b), flag(true)] });
    written.push({ op: 'matMul', args: [tensor(a), tensor(b)] });
  }
  return written;
}

/** Could an aggregate still come of it? Of records that are no view, none can: that is tested op by op. */
function isAlive({ info }: Expression): boolean {
  return info.class === 'aggregate' || info.view !== undefined;
}

/** Fewer calls, of each kind one. */
const core = new Set(['slice', 'sum', 'mean', 'moments', 'matMul', 'relu', 'sub', 'div']);

export interface Search {
  readonly classify: Classify;
  /** Ops of a program at most. */
  readonly ops: number;
  /** Only the calls that tell most. Default: all. */
  readonly coreOnly?: boolean;
}

/** Every program of up to so many ops, without those that compute something which they do not use. */
export function* programs({
  ops: most,
  classify,
  coreOnly = false,
}: Search): Generator<Expression> {
  const seen = new Set<string>();
  const given = new Set<string>();
  function* after(made: readonly Expression[], left: number): Generator<Expression> {
    for (const { op, args } of writable([X, ...made])) {
      if (coreOnly && !core.has(op)) continue;
      for (const next of callOn(op, args, classify)) {
        if (!isAlive(next) || made.some(({ text }) => text === next.text)) continue;
        const all = [...made, next];
        if (unused(all) > left) continue;
        const key = all
          .map(({ text }) => text)
          .sort()
          .join('; ');
        if (seen.has(key)) continue;
        seen.add(key);
        if (next.info.class === 'aggregate' && !given.has(next.text)) {
          given.add(next.text);
          yield next;
        }
        if (left > 1) yield* after(all, left - 1);
      }
    }
  }
  yield* after([], most);
}

/** All calls with one or two of these, or one of them and what the scientist or the owner adds. */
function writable(values: readonly Expression[]): Written[] {
  return values.flatMap((a, at) => [
    ...callsOn(a),
    ...values.slice(at).flatMap((b) => callsOnBoth(a, b)),
    ...values.slice(0, at).flatMap((b) => callsOnBoth(a, b)),
    ...[owners, ...extremes].flatMap((b) => callsOnBoth(a, b)),
  ]);
}

/** So many steps would have to take in what no other step takes. */
function unused(all: readonly Expression[]): number {
  const taken = new Set(
    all.flatMap(({ made }) => tensorsOf(made?.args ?? []).map(({ text }) => text)),
  );
  return all.filter(({ text }) => !taken.has(text)).length;
}

/** One random program; what it gives on the way is given too. */
export function randomProgram(
  ops: number,
  draw: (end: number) => number,
  classify: Classify,
): Expression[] {
  const values: Expression[] = [X];
  for (let tries = 0; values.length <= ops && tries < 40 * ops; tries += 1) {
    const pick = () => values[draw(values.length)] ?? X;
    const others = [pick(), pick(), pick(), owners, extremes[draw(extremes.length)] ?? owners];
    const a = pick();
    const b = others[draw(others.length)] ?? X;
    const calls = draw(2) === 0 ? callsOn(a) : [...callsOnBoth(a, b), ...callsOnBoth(b, a)];
    const { op, args } = calls[draw(calls.length)] ?? { op: 'relu', args: [tensor(a)] };
    const made = callOn(op, args, classify).filter(isAlive);
    values.push(...made.slice(0, 1 + ops - values.length));
  }
  return values.slice(1);
}

// ---- what depends on what --------------------------------------------------------------------------------------

/** One data set. What was computed on it is kept until it is closed. */
export class World {
  readonly #values = new Map<string, tf.Tensor>();

  constructor(data: Float32Array) {
    this.#values.set('X', valueToTensor(floats(privateMeta.shape, data)));
  }

  tensor(of: Expression): tf.Tensor {
    const known = this.#values.get(of.text);
    if (known !== undefined) return known;
    if (of.value !== undefined) return this.#keep(of.text, valueToTensor(of.value));
    const { made } = of;
    if (made === undefined) throw new Error(of.text);
    const outputs = runOpLocally(
      made.op,
      made.args.map((arg) => mapArg(arg, (each) => this.tensor(each))),
    );
    const base = outputs.length > 1 ? of.text.slice(0, of.text.lastIndexOf('[')) : of.text;
    outputs.forEach((output, at) => {
      const text = outputs.length > 1 ? `${base}[${at}]` : base;
      if (this.#values.has(text)) output.dispose();
      else this.#keep(text, output);
    });
    return this.tensor(of);
  }

  #keep(text: string, value: tf.Tensor): tf.Tensor {
    this.#values.set(text, value);
    return value;
  }

  numbers(of: Expression): Float32Array {
    return this.tensor(of).dataSync<'float32'>();
  }

  /** The largest of what is added or subtracted on the way to it: what cancels out leaves rounding by as much. */
  scale({ made }: Expression): number {
    if (made === undefined) return 0;
    const operands = tensorsOf(made.args);
    const adds = made.op === 'add' || made.op === 'sub';
    const own = adds ? operands.flatMap((each) => [...this.numbers(each)]) : [];
    const before = operands.map((each) => this.scale(each));
    return Math.max(0, ...own.filter(Number.isFinite).map(Math.abs), ...before);
  }

  /** What is not needed for other programs. */
  forget({ text }: Expression): void {
    this.#values.get(text)?.dispose();
    this.#values.delete(text);
  }

  close(): void {
    for (const value of this.#values.values()) value.dispose();
    this.#values.clear();
  }
}

/** A data set, and the same with one record changed: a little, and by four times as much. */
export interface Worlds {
  readonly base: World;
  readonly changed: readonly (readonly [World, World])[];
  close(): void;
}

export function worldsOf(seed: number): Worlds {
  const draw = drawing(seed);
  const real = (low: number, high: number) => low + (draw(2 ** 20) / 2 ** 20) * (high - low);
  const data = Float32Array.from({ length: records * columns }, () => real(-1.5, 1.5));
  const changed = Array.from({ length: records }, (_, record) => {
    const by = Array.from({ length: columns }, () => real(0.02, 0.04) * (draw(2) === 0 ? 1 : -1));
    const world = (times: number) => {
      const other = data.slice();
      for (const [column, step] of by.entries()) {
        const at = record * columns + column;
        other[at] = (data[at] ?? 0) + times * step;
      }
      return new World(other);
    };
    return [world(1), world(4)] as const;
  });
  const base = new World(data);
  const all = [base, ...changed.flat()];
  return {
    base,
    changed,
    close() {
      for (const world of all) world.close();
    },
  };
}

/** Beside the record that counts most, one that counts so little does not count. */
const negligible = 1e-3;
/** Some of the last digits of float32. */
const rounding = 1e-6;
const cancelled = 2e-5;

/** For each number of a value, how many records it depends on. */
export function support(of: Expression, { base, changed }: Worlds): number[] {
  const before = base.numbers(of);
  const scale = base.scale(of);
  const after = changed.map((both) => both.map((world) => world.numbers(of)));
  const counts = Array.from(before, (value, at) => {
    const effects = after.map((both) => both.map((values) => effect(value, values[at])));
    const [little, much] = [0, 1].map((size) =>
      Math.max(...effects.map((both) => both[size] ?? 0)),
    );
    if (little === undefined || much === undefined) return 0;
    // What is only rounding does not grow with what is changed.
    if (much <= Math.max(rounding * Math.abs(value), cancelled * scale)) return 0;
    if (much < 2 * little) return 0;
    return effects.filter(([, by = 0]) => by === much || by > negligible * much).length;
  });
  for (const world of [base, ...changed.flat()]) world.forget(of);
  return counts;
}

function effect(value: number, other = Number.NaN): number {
  if (Object.is(other, value)) return 0;
  return Number.isFinite(other - value) ? Math.abs(other - value) : Number.POSITIVE_INFINITY;
}

/** Does a number of it depend on some records, and on fewer than an aggregate may? Seen in every data set, it is no chance. */
export function singlesOut(of: Expression, worlds: readonly Worlds[]): boolean {
  return worlds.every((each) => support(of, each).some((count) => count > 0 && count < minRecords));
}
