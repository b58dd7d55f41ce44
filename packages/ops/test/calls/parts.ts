/** What random calls are made of. */

import { type Arg, type DType, tensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import type { TensorFact } from '../../src';

export type Args = Arg<TensorFact>[];
export type Arb<T> = fc.Arbitrary<T>;

export const real: readonly DType[] = ['float32', 'int32', 'bool'];
export const absent: Arg<TensorFact> = { kind: 'absent' };

export const dimension: Arb<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.constant(1) },
  { weight: 10, arbitrary: fc.integer({ min: 2, max: 4 }) },
);

export const shape = (min = 0, max = 4): Arb<number[]> =>
  fc.array(dimension, { minLength: min, maxLength: max });

export const realDType = fc.constantFrom(...real);

export const fact = (dtype: DType, of: readonly number[]): TensorFact => ({
  meta: tensorMeta(dtype, of, dtype === 'string' ? 8 : 0),
});
export const tensor = (dtype: DType, of: readonly number[]): Arg<TensorFact> => ({
  kind: 'tensor',
  tensor: fact(dtype, of),
});
export const number = (value: number): Arg<TensorFact> => ({ kind: 'number', number: value });
export const numbers = (...values: number[]): Arg<TensorFact> => ({
  kind: 'numbers',
  numbers: values,
});
export const integer = (min: number, max: number) => fc.integer({ min, max });

/** A shape that broadcasts with another one, nine times in ten. */
export const near = (of: readonly number[]): Arb<number[]> =>
  fc.oneof<fc.MaybeWeightedArbitrary<number[]>[]>(
    { weight: 3, arbitrary: fc.constant([...of]) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(integer(0, of.length), fc.infiniteStream(fc.boolean()))
        .map(([from, coins]) =>
          of.slice(from).map((each) => (coins.next().value === true ? 1 : each)),
        ),
    },
    { weight: 1, arbitrary: shape() },
  );

export const axisOf = (rank: number) =>
  fc.oneof(
    { weight: 8, arbitrary: integer(-rank, Math.max(0, rank - 1)) },
    { weight: 1, arbitrary: integer(-5, 5) },
  );

export const seed = fc.oneof(
  { weight: 9, arbitrary: integer(1, 1000) },
  { weight: 1, arbitrary: integer(-1, 0) },
);
export const flags = fc.boolean().map((flag): Arg<TensorFact> => ({ kind: 'flag', flag }));
