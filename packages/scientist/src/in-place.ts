/** Methods that change what a pointer stands for: `add_`, `mul_`, `zero_`, as in PyTorch. */

import { type ChainedMethodName, type ChainedOps, chainedMethods } from '@duet/ops';
import type { DType } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';

/** Methods that may give a value of the tensor's own shape and dtype. */
const inPlace = [
  'abs',
  'add',
  'atan2',
  'ceil',
  'clipByValue',
  'cos',
  'div',
  'divNoNan',
  'elu',
  'exp',
  'expm1',
  'floor',
  'floorDiv',
  'leakyRelu',
  'log',
  'log1p',
  'maximum',
  'minimum',
  'mod',
  'mul',
  'neg',
  'pow',
  'reciprocal',
  'relu',
  'relu6',
  'round',
  'rsqrt',
  'selu',
  'sigmoid',
  'sign',
  'sin',
  'softplus',
  'sqrt',
  'square',
  'squaredDifference',
  'step',
  'sub',
  'tanh',
] as const satisfies readonly ChainedMethodName[];

type InPlaceName = (typeof inPlace)[number];

/** The arguments of the method without `_`, with `A` for a pointer; and as the result `P`, what it was called on. */
export type InPlaceMethods<A, P> = {
  /** As the method without the underscore, and the result takes the place of the value. */
  [Name in InPlaceName as `${Name}_`]: (...args: Parameters<ChainedOps<A>[Name]>) => P;
} & {
  /** All elements become 0. */
  zero_(): P;
  /** All elements become the value. */
  fill_(value: number): P;
  /** All elements become those of another, broadcast to the shape. */
  copy_(value: A | tf.Tensor | tf.TensorLike): P;
};

interface Self {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The op behind an in-place method, and its arguments. */
export interface InPlaceCall {
  readonly op: string;
  readonly args: (self: Self, given: readonly unknown[]) => readonly unknown[];
}

const methods = new Map(chainedMethods.map((one) => [one.method, one]));

/** By the names of the methods. */
export const inPlaceCalls: ReadonlyMap<string, InPlaceCall> = new Map<string, InPlaceCall>([
  ...inPlace.flatMap((name) => {
    const method = methods.get(name);
    return method === undefined ? [] : [[`${name}_`, method] as const];
  }),
  ['zero_', { op: 'zerosLike', args: (self) => [self] }],
  ['fill_', { op: 'fill', args: ({ shape, dtype }, [value]) => [shape, value, dtype] }],
  ['copy_', { op: 'broadcastTo', args: ({ shape }, [value]) => [value, shape] }],
]);
