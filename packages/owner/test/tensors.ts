/** Tensors as bytes, for tests. */

import { encodeStrings, isDuetError, type TensorValue, tensorMeta } from '@duet/protocol';

export function floats(shape: readonly number[], ...numbers: readonly number[]): TensorValue {
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  return { meta: tensorMeta('float32', shape), bytes };
}

export function ints(shape: readonly number[], ...numbers: readonly number[]): TensorValue {
  const bytes = new Uint8Array(Int32Array.from(numbers).buffer);
  return { meta: tensorMeta('int32', shape), bytes };
}

export function bools(shape: readonly number[], ...values: readonly number[]): TensorValue {
  return { meta: tensorMeta('bool', shape), bytes: Uint8Array.from(values) };
}

export function texts(...words: readonly string[]): TensorValue {
  return encodeStrings(words, [words.length], 16);
}

export function zeros(...shape: readonly number[]): TensorValue {
  const count = shape.reduce((product, length) => product * length, 1);
  return { meta: tensorMeta('float32', shape), bytes: new Uint8Array(4 * count) };
}

export function numbersIn({ bytes }: TensorValue): number[] {
  return [...new Float32Array(bytes.slice().buffer)];
}

/** The code of what a call throws; `nothing` where it does not. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    if (isDuetError(thrown)) return thrown.code;
    throw thrown;
  }
  return 'nothing';
}
