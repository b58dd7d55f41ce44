/** Random calls of the ops that index, count, choose, decompose and transform. */

import type { DType } from '@duet/protocol';
import fc from 'fast-check';
import {
  type Arb,
  type Args,
  absent,
  dimension,
  flags,
  integer,
  number,
  numbers,
  realDType,
  seed,
  shape,
  tensor,
} from './parts';

const summable = fc.constantFrom<DType>('float32', 'int32', 'float32', 'bool');

/** A tensor of some rank, and as many of its leading axes as positions point into. */
const indexed = shape(1, 4).chain((of) =>
  fc.tuple(fc.constant(of), integer(1, of.length), shape(1, 2)),
);

/** Indices of the depth, with `lead` before it, and what is written there. */
const scattered = indexed.map(([of, depth, lead]) => {
  const isList = depth === 1 && lead.length === 1;
  return {
    of,
    indices: isList ? lead : [...lead, depth],
    updates: [...lead, ...of.slice(depth)],
  };
});

const counted = fc.tuple(shape(0, 3), integer(-1, 5), summable, fc.boolean());

const complexShape = shape(0, 4).map((of) => tensor('complex64', of));

const spectral = ['', 'spectral.'];

const real = fc
  .tuple(shape(0, 4), fc.option(integer(-1, 6)))
  .map(
    ([of, length]): Args => [tensor('float32', of), ...(length === null ? [] : [number(length)])],
  );

export const indexingCalls: Readonly<Record<string, Arb<Args>>> = {
  gatherND: fc
    .tuple(indexed, realDType)
    .map(([[of, depth, lead], dtype]) => [tensor(dtype, of), tensor('int32', [...lead, depth])]),
  scatterND: fc
    .tuple(scattered, summable)
    .map(([{ of, indices, updates }, dtype]) => [
      tensor('int32', indices),
      tensor(dtype, updates),
      numbers(...of),
    ]),
  tensorScatterUpdate: fc
    .tuple(scattered, realDType)
    .map(([{ of, indices, updates }, dtype]) => [
      tensor(dtype, of),
      tensor('int32', indices),
      tensor(dtype, updates),
    ]),
  sparseToDense: fc
    .tuple(shape(1, 4), dimension, realDType, fc.boolean(), fc.boolean(), fc.boolean())
    .map(([of, count, dtype, scalar, otherwise, list]) => [
      tensor('int32', list && of.length === 1 ? [count] : [count, of.length]),
      tensor(dtype, scalar ? [] : [count]),
      numbers(...of),
      ...(otherwise ? [tensor(dtype, [])] : []),
    ]),
  bincount: counted.map(([of, size, dtype, weighted]) => [
    tensor('int32', of),
    tensor(dtype, weighted ? of : [0]),
    number(size),
  ]),
  denseBincount: fc
    .tuple(counted, fc.option(flags))
    .map(([[of, size, dtype, weighted], binary]) => [
      tensor('int32', of.slice(0, 2)),
      tensor(dtype, weighted ? of.slice(0, 2) : [0]),
      number(size),
      binary ?? absent,
    ]),
  multinomial: fc
    .tuple(shape(1, 2), realDType, integer(0, 4), seed, flags)
    .map(([of, dtype, samples, from, normalized]) => [
      tensor(dtype, of),
      number(samples),
      number(from),
      normalized,
    ]),
  inTopKAsync: fc
    .tuple(shape(2, 4), realDType, realDType, fc.option(integer(0, 4)))
    .map(([of, dtype, wanted, k]) => [
      tensor(dtype, of),
      tensor(wanted, of.slice(0, -1)),
      k === null ? absent : number(k),
    ]),
  'image.nonMaxSuppressionPadded': fc
    .tuple(dimension, integer(-1, 5), fc.constantFrom(0, 0.5, 1, 1.5, -1), flags)
    .map(([count, most, overlap, padded]) => [
      tensor('float32', [count, 4]),
      tensor('float32', [count]),
      number(most),
      number(overlap),
      number(0.25),
      padded,
    ]),
  'linalg.qr': fc
    .tuple(shape(0, 2), dimension, dimension, fc.boolean(), fc.option(flags))
    .map(([lead, rows, columns, square, full]) => [
      tensor('float32', [...lead, rows, square ? rows : columns]),
      full ?? absent,
    ]),
  'linalg.gramSchmidt': fc
    .tuple(dimension, dimension)
    .map(([count, size]) => [tensor('float32', [count, size])]),
  ...Object.fromEntries(
    spectral.flatMap((space) => [
      [`${space}fft`, complexShape.map((input): Args => [input])],
      [`${space}ifft`, complexShape.map((input): Args => [input])],
      [`${space}irfft`, complexShape.map((input): Args => [input])],
      [`${space}rfft`, real],
    ]),
  ),
  'signal.stft': fc
    .tuple(
      integer(0, 9),
      integer(-1, 4),
      integer(-1, 4),
      fc.option(integer(0, 5)),
      fc.constantFrom(undefined, 'hannWindow', 'hammingWindow'),
    )
    .map(([length, size, step, points, text]) => [
      tensor('float32', [length]),
      number(size),
      number(step),
      points === null ? absent : number(points),
      text === undefined ? absent : { kind: 'text', text },
    ]),
  'string.stringToHashBucketFast': fc
    .tuple(shape(), fc.constantFrom(-1, 0, 1, 7, 2 ** 31 - 1))
    .map(([of, buckets]) => [tensor('string', of), number(buckets)]),
};
