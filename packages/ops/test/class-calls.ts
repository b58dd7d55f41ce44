/** Calls on values of which only what is public is known, as the owner's side sees them. */

import { type DType, type TensorMeta, type TensorValue, tensorMeta } from '@duet/protocol';
import {
  bindCall,
  classifyCall,
  findOp,
  type Info,
  inferCall,
  type Known,
  type OpSpec,
  publishedInfo,
  type RecordAxis,
  type RecordSpan,
  sentInfo,
} from '../src';

/** A value, to be written where a pointer would be. */
export class Value implements Known {
  readonly meta: TensorMeta;
  readonly info: Info;

  constructor(meta: TensorMeta, info: Info) {
    this.meta = meta;
    this.info = info;
  }

  get class(): Info['class'] {
    return this.info.class;
  }
}

export function opOf(name: string): OpSpec {
  const spec = findOp(name);
  if (spec === undefined) throw new Error(`There is no op ${name}.`);
  return spec;
}

export const bytesOf = (dtype: DType, values: readonly number[]): Uint8Array => {
  if (dtype === 'bool') return Uint8Array.from(values);
  const array = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
  return new Uint8Array(array.buffer);
};

/** A number or a list of numbers that the scientist wrote. */
export function literalOf(value: unknown, dtype: DType = 'float32'): TensorValue {
  const values = (Array.isArray(value) ? value : [value]).map(Number);
  const meta = tensorMeta(dtype, Array.isArray(value) ? [values.length] : []);
  return { meta, bytes: bytesOf(dtype, values) };
}

/** Arguments as in tfjs, with values in the place of pointers. */
export function bindKnown(name: string, args: readonly unknown[]) {
  return bindCall<Known>(opOf(name), args, {
    tensor: (value) => (value instanceof Value ? value : undefined),
    literal: (value, dtype) => {
      const literal = literalOf(value, dtype);
      return { meta: literal.meta, literal, info: sentInfo };
    },
  });
}

/** All that an op gives. */
export function calls(name: string, ...args: readonly unknown[]): Value[] {
  const bound = bindKnown(name, args);
  const spec = opOf(name);
  const { outputs } = inferCall(spec, bound);
  const infos = classifyCall(spec, bound, outputs);
  return outputs.map((meta, at) => {
    const info = infos[at];
    if (info === undefined) throw new Error(`${name} has an output without a class.`);
    return new Value(meta, info);
  });
}

export function call(name: string, ...args: readonly unknown[]): Value {
  const [first] = calls(name, ...args);
  if (first === undefined) throw new Error(`${name} gives nothing.`);
  return first;
}

let nextObject = 1;

export function axisOf(
  records: number,
  minRecords = 10,
  spans?: readonly RecordSpan[],
): RecordAxis {
  const units = spans?.[0]?.units ?? records;
  return { id: `a${nextObject}`, records, units, minRecords, spans };
}

export interface PublishedOptions {
  readonly public?: boolean;
  readonly dtype?: DType;
  readonly recordAxis?: number;
  readonly axis?: RecordAxis | undefined;
}

/** What the owner published; its records are along axis 0 unless told otherwise. */
export function published(shape: readonly number[], options: PublishedOptions = {}): Value {
  const { public: isPublic = false, dtype = 'float32', recordAxis = 0 } = options;
  const axis = 'axis' in options ? options.axis : axisOf(shape[recordAxis] ?? 0);
  const meta = tensorMeta(dtype, shape);
  const info = publishedInfo({ number: nextObject++, meta, public: isPublic, axis, recordAxis });
  return new Value(meta, info);
}

export const sent = (shape: readonly number[], dtype: DType = 'float32'): Value =>
  new Value(tensorMeta(dtype, shape), sentInfo);
