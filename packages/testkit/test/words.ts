/** Short ways to write messages and values in tests. */

import {
  type Action,
  type Arg,
  type Get,
  type Operand,
  type Ref,
  type Request,
  type TensorValue,
  tensorMeta,
} from '@duet/protocol';

export const own = (id: number, ...path: number[]): Ref => ({ space: 'own', id, path });
export const published = (id: number): Ref => ({ space: 'published', id, path: [] });

export const operand = (ref: Ref): Operand => ({ kind: 'ref', ref });

export function floats(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): TensorValue {
  return {
    meta: tensorMeta('float32', shape),
    bytes: new Uint8Array(Float32Array.from(values).buffer),
  };
}

export function ints(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): TensorValue {
  return {
    meta: tensorMeta('int32', shape),
    bytes: new Uint8Array(Int32Array.from(values).buffer),
  };
}

export function bools(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): TensorValue {
  return { meta: tensorMeta('bool', shape), bytes: Uint8Array.from(values) };
}

type Word =
  | Ref
  | TensorValue
  | number
  | boolean
  | string
  | readonly number[]
  | readonly Ref[]
  | undefined;

function argument(word: Word): Arg<Operand> {
  if (word === undefined) return { kind: 'absent' };
  if (typeof word === 'number') return { kind: 'number', number: word };
  if (typeof word === 'boolean') return { kind: 'flag', flag: word };
  if (typeof word === 'string') return { kind: 'text', text: word };
  if ('meta' in word) return { kind: 'tensor', tensor: { kind: 'literal', value: word } };
  if ('space' in word) return { kind: 'tensor', tensor: operand(word) };
  const list = word as readonly (number | Ref)[];
  if (list.every((item) => typeof item === 'number')) return { kind: 'numbers', numbers: list };
  return { kind: 'tensors', tensors: (list as readonly Ref[]).map(operand) };
}

export const action = (id: number, op: string, ...args: Word[]): Action => ({
  kind: 'action',
  id,
  op,
  args: args.map(argument),
});

export const get = (
  id: number,
  ref: Ref,
  options: Partial<Pick<Get, 'request' | 'deleteAfter'>> = {},
): Get => ({
  kind: 'get',
  id,
  ref,
  request: 0,
  deleteAfter: false,
  ...options,
});

export const request = (
  id: number,
  ref: Ref,
  options: Partial<Pick<Request, 'name' | 'reason' | 'timeoutMs'>> = {},
): Request => ({
  kind: 'request',
  id,
  ref,
  name: '',
  reason: '',
  timeoutMs: 0,
  ...options,
});

export const begin = { kind: 'begin', epoch: 1 } as const;
