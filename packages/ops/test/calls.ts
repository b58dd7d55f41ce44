/** Random calls: mostly ones that fit, some that do not, of every allowed op. */

import type { Arg, DType } from '@duet/protocol';
import fc from 'fast-check';
import type { OpSpec, ParamSpec, TensorFact } from '../src';
import { choicesOf } from '../src/check';
import { indexingCalls } from './calls/indexing';
import { metricCalls } from './calls/metrics';
import {
  type Arb,
  type Args,
  absent,
  axisOf,
  dimension,
  fact,
  flags,
  integer,
  near,
  number,
  numbers,
  real,
  realDType,
  seed,
  shape,
  tensor,
} from './calls/parts';
import { spaceCalls } from './calls/space';

/** A dtype that the parameter takes nine times in ten. */
function dtypeFor(param: ParamSpec, complex: boolean): Arb<DType> {
  const all: DType[] = complex ? [...real, 'complex64'] : [...real];
  const any = fc.constantFrom(...all);
  return param.dtype === undefined
    ? any
    : fc.oneof({ weight: 9, arbitrary: fc.constant(param.dtype) }, { weight: 1, arbitrary: any });
}

function attribute(param: ParamSpec, of: readonly number[]): Arb<Arg<TensorFact>> {
  const rank = of.length;
  switch (param.kind) {
    case 'number':
      return fc.constantFrom(0, 0.5, 1, 2, -1, 1e-3).map(number);
    case 'integer':
      return (/axis|dim/.test(param.name) ? axisOf(rank) : integer(-2, 6)).map(number);
    case 'flag':
      return fc.boolean().map((flag) => ({ kind: 'flag', flag }));
    case 'dtype':
    case 'choice':
      return fc.constantFrom(...choicesOf(param)).map((text) => ({ kind: 'text', text }));
    case 'shape':
      return shape().map((values) => numbers(...values));
    case 'integers':
      return fc
        .array(integer(-1, 3), { minLength: 0, maxLength: rank + 1 })
        .map((values) => numbers(...values));
    case 'integerOrIntegers':
      return fc.oneof(
        axisOf(rank).map(number),
        fc.uniqueArray(axisOf(rank), { maxLength: 3 }).map((values) => numbers(...values)),
      );
    case 'pairs':
      return fc
        .array(fc.tuple(integer(0, 2), integer(0, 2)), {
          minLength: Math.max(0, rank - 1),
          maxLength: rank + 1,
        })
        .map((pairs) => numbers(...pairs.flat()));
    case 'numberOrNumbers':
      return fc.oneof(
        fc.constantFrom(0, 0.5, -1).map(number),
        fc.array(fc.constantFrom(0, 0.5, 2), { maxLength: 3 }).map((values) => numbers(...values)),
      );
    case 'padding':
      return fc.oneof<fc.Arbitrary<Arg<TensorFact>>[]>(
        fc.constantFrom(...choicesOf(param)).map((text) => ({ kind: 'text', text })),
        integer(-1, 2).map(number),
        fc.array(integer(0, 2), { minLength: 8, maxLength: 8 }).map((values) => numbers(...values)),
      );
    case 'equation':
      return fc
        .constantFrom('ab->ba', 'ab,bc->ac', 'a->', 'ij->ji', 'ab->c', 'a.b->ab', 'ab,bc')
        .map((text) => ({ kind: 'text', text }));
    default:
      throw new Error(`${param.name} is not an attribute.`);
  }
}

/** Arguments drawn from the kinds alone. */
function general(spec: OpSpec, complex: boolean): Arb<Args> {
  return shape().chain((first) => {
    let seen = 0;
    const each = spec.params.map((param): Arb<Arg<TensorFact>> => {
      if (param.kind === 'tensors') {
        return fc
          .tuple(
            realDType,
            fc.array(fc.tuple(realDType, near(first)), { minLength: 1, maxLength: 3 }),
          )
          .chain(([dtype, items]) =>
            fc.boolean().map((mixed) => ({
              kind: 'tensors' as const,
              tensors: items.map(([own, of]) => fact(mixed ? own : dtype, of)),
            })),
          );
      }
      const some =
        param.kind === 'tensor'
          ? fc
              .tuple(dtypeFor(param, complex), seen++ === 0 ? fc.constant(first) : near(first))
              .map(([dtype, of]) => tensor(dtype, of))
          : attribute(param, first);
      return param.optional ? fc.oneof(some, fc.constant(absent)) : some;
    });
    return fc.tuple(...each);
  });
}

/** Better odds for ops whose arguments hang together. */
const special: Readonly<Record<string, Arb<Args>>> = {
  ...indexingCalls,
  ...metricCalls,
  ...spaceCalls,
  matMul: fc
    .tuple(
      fc.array(dimension, { maxLength: 2 }),
      dimension,
      dimension,
      dimension,
      fc.boolean(),
      fc.boolean(),
      realDType,
      realDType,
    )
    .chain(([batch, rows, inner, columns, ta, tb, da, db]) =>
      near(batch).map((other) => [
        tensor(da, [...batch, ...(ta ? [inner, rows] : [rows, inner])]),
        tensor(db, [...other, ...(tb ? [columns, inner] : [inner, columns])]),
        { kind: 'flag', flag: ta },
        { kind: 'flag', flag: tb },
      ]),
    ),
  dot: fc
    .tuple(shape(0, 1), dimension, shape(0, 1), realDType, realDType)
    .map(([rows, inner, columns, da, db]) => [
      tensor(da, [...rows, inner]),
      tensor(db, [inner, ...columns]),
    ]),
  outerProduct: fc
    .tuple(shape(1, 1), shape(1, 1), realDType, realDType)
    .map(([a, b, da, db]) => [tensor(da, a), tensor(db, b)]),
  where: fc
    .tuple(shape(), realDType, realDType)
    .chain(([of, da, db]) =>
      fc
        .tuple(near(of), near(of))
        .map(([a, b]) => [tensor('bool', of), tensor(da, a), tensor(db, b)]),
    ),
  reshape: fc.tuple(realDType, shape()).chain(([dtype, of]) => {
    const size = of.reduce((product, each) => product * each, 1);
    return fc
      .constantFrom([size], [-1], [1, -1], [...of].reverse(), [-1, ...of], [size, -1])
      .map((to) => [tensor(dtype, of), numbers(...to)]);
  }),
  broadcastTo: fc
    .tuple(
      realDType,
      shape(0, 3),
      fc.array(dimension, { maxLength: 2 }),
      fc.infiniteStream(fc.boolean()),
    )
    .map(([dtype, to, more, coins]) => [
      tensor(
        dtype,
        to.map((each) => (coins.next().value === true ? 1 : each)),
      ),
      numbers(...more, ...to),
    ]),
  ensureShape: shape().map((of) => [tensor('int32', of), numbers(...of)]),
  transpose: fc.tuple(realDType, shape()).chain(([dtype, of]) =>
    fc
      .shuffledSubarray(
        of.map((_, axis) => axis),
        { minLength: of.length },
      )
      .map((order) => [tensor(dtype, of), numbers(...order)]),
  ),
  squeeze: shape().chain((of) =>
    fc
      .subarray(of.flatMap((each, axis) => (each === 1 ? [axis] : [])))
      .map((axes) => [tensor('float32', of), numbers(...axes)]),
  ),
  tile: fc
    .tuple(realDType, shape())
    .chain(([dtype, of]) =>
      fc
        .array(integer(0, 3), { minLength: of.length, maxLength: of.length })
        .map((reps) => [tensor(dtype, of), numbers(...reps)]),
    ),
  slice: shape(1).chain((of) =>
    fc
      .tuple(
        fc.tuple(...of.map((each) => integer(0, each))),
        fc.array(integer(-1, 3), { maxLength: of.length }),
        fc.boolean(),
      )
      .map(([begin, size, short]) => [
        tensor('float32', of),
        numbers(...(short ? begin.slice(0, -1) : begin)),
        numbers(...size),
      ]),
  ),
  ...Object.fromEntries(
    [2, 3, 4].map((rank) => [
      `slice${rank}d`,
      shape(rank, rank).chain((of) =>
        fc
          .tuple(
            fc.tuple(...of.map((each) => integer(0, each))),
            fc.array(integer(-1, 2), { minLength: rank, maxLength: rank }),
          )
          .map(([begin, size]) => [tensor('int32', of), numbers(...begin), numbers(...size)]),
      ),
    ]),
  ),
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((rank) => [
      [
        `pad${rank}d`,
        fc
          .tuple(
            shape(rank, rank),
            fc.array(integer(0, 2), { minLength: 2 * rank, maxLength: 2 * rank }),
          )
          .map(([of, paddings]) => [tensor('float32', of), numbers(...paddings), number(2)]),
      ],
      [
        `reverse${rank}d`,
        fc
          .tuple(shape(rank, rank), realDType)
          .chain(([of, dtype]) =>
            rank === 1
              ? fc.constant([tensor(dtype, of)])
              : axisOf(rank).map((axis) => [tensor(dtype, of), number(axis)]),
          ),
      ],
    ]),
  ),
  slice1d: fc
    .tuple(shape(1, 1), integer(0, 3), integer(-1, 3))
    .map(([of, begin, size]) => [tensor('bool', of), number(begin), number(size)]),
  split: fc
    .tuple(
      shape(1),
      axisOf(3),
      integer(1, 4),
      fc.boolean(),
      fc.array(integer(-1, 3), { minLength: 1, maxLength: 4 }),
    )
    .map(([of, axis, count, even, sizes]) => [
      tensor('float32', of),
      even ? number(count) : numbers(...sizes),
      number(axis),
    ]),
  gather: fc
    .tuple(shape(1), shape(0, 2), realDType, integer(0, 2))
    .chain(([of, own, dtype, batch]) =>
      axisOf(of.length).map((axis) => [
        tensor(dtype, of),
        tensor('int32', [...of.slice(0, batch), ...own]),
        number(axis),
        number(batch),
      ]),
    ),
  mirrorPad: fc
    .tuple(shape(1, 4), fc.constantFrom('reflect', 'symmetric'))
    .chain(([of, text]) =>
      fc
        .array(integer(0, 2), { minLength: 2 * of.length, maxLength: 2 * of.length })
        .map((paddings) => [tensor('float32', of), numbers(...paddings), { kind: 'text', text }]),
    ),
  stridedSlice: shape(0, 3).chain((of) => {
    const list = fc.array(integer(-3, 4), { minLength: 1, maxLength: 4 });
    return list.chain((begin) => {
      const like = (min: number, max: number) =>
        fc.array(integer(min, max), { minLength: begin.length, maxLength: begin.length });
      const bits = fc.oneof(fc.constant(0), integer(0, 15));
      return fc
        .tuple(like(-3, 4), like(-2, 2), bits, bits, fc.constantFrom(0, 0, 1, 2, 4, 3), bits, bits)
        .map(([end, strides, ...masks]) => [
          tensor('float32', of),
          numbers(...begin),
          numbers(...end),
          numbers(...strides.map((each) => (each === 0 && begin.length > 1 ? 1 : each))),
          ...masks.map(number),
        ]);
    });
  }),
  unsortedSegmentSum: fc
    .tuple(shape(1), integer(-1, 4))
    .map(([of, segments]) => [
      tensor('float32', of),
      tensor('int32', of.slice(0, 1)),
      number(segments),
    ]),
  ...Object.fromEntries(
    ['searchSorted', 'lowerBound', 'upperBound'].map((name) => [
      name,
      fc
        .tuple(shape(0, 2), dimension, dimension, realDType, realDType)
        .map(([rows, a, b, da, db]) => [tensor(da, [...rows, a]), tensor(db, [...rows, b])]),
    ]),
  ),
  'linalg.bandPart': fc
    .tuple(shape(2, 4), integer(-1, 4), integer(-1, 4), realDType)
    .map(([of, lower, upper, dtype]) => [tensor(dtype, of), number(lower), number(upper)]),
  'math.confusionMatrix': fc
    .tuple(dimension, integer(0, 4), realDType, realDType)
    .map(([count, classes, da, db]) => [tensor(da, [count]), tensor(db, [count]), number(classes)]),
  'signal.frame': fc
    .tuple(integer(0, 9), integer(-1, 4), integer(-1, 4), flags)
    .map(([length, size, step, pad]) => [
      tensor('float32', [length]),
      number(size),
      number(step),
      pad,
    ]),
  movingAverage: fc
    .tuple(shape(), realDType, flags)
    .map(([of, dtype, debias]) => [
      tensor(dtype, of),
      tensor(dtype, of),
      number(0.5),
      number(2),
      debias,
    ]),
  bitwiseAnd: fc
    .tuple(shape(), realDType)
    .map(([of, dtype]) => [tensor('int32', of), tensor(dtype === 'bool' ? 'bool' : 'int32', of)]),
  complex: shape().map((of) => [tensor('float32', of), tensor('float32', of)]),
  addN: fc
    .tuple(shape(), realDType, integer(1, 4))
    .map(([of, dtype, count]) => [
      { kind: 'tensors', tensors: Array.from({ length: count }, () => fact(dtype, of)) },
    ]),
  ...Object.fromEntries(
    ['concat', 'concat1d', 'concat2d', 'concat3d', 'concat4d', 'stack'].map((name) => [
      name,
      fc
        .tuple(shape(1), realDType, fc.array(dimension, { minLength: 1, maxLength: 3 }), fc.nat(3))
        .map(([of, dtype, along, at]) => {
          const axis = at % of.length;
          const tensors = along.map((each) =>
            fact(dtype, name === 'stack' ? of : of.with(axis, each)),
          );
          const list: Arg<TensorFact> = { kind: 'tensors', tensors };
          return name === 'concat1d' ? [list] : [list, number(axis)];
        }),
    ]),
  ),
  randomGamma: fc
    .tuple(shape(), integer(-1, 3), integer(-1, 3), seed)
    .map(([of, alpha, beta, from]) => [
      numbers(...of),
      number(alpha),
      number(beta),
      { kind: 'text', text: 'float32' },
      number(from),
    ]),
  ...Object.fromEntries(
    ['randomNormal', 'truncatedNormal', 'randomUniform'].map((name) => [
      name,
      fc
        .tuple(
          shape(),
          integer(-3, 3),
          integer(-1, 5),
          fc.constantFrom('float32', 'int32', 'bool'),
          seed,
        )
        .map(([of, a, b, text, from]) => [
          numbers(...of),
          number(a),
          number(b),
          { kind: 'text', text },
          number(from),
        ]),
    ]),
  ),
  randomStandardNormal: fc
    .tuple(shape(), fc.constantFrom('float32', 'int32'), seed)
    .map(([of, text, from]) => [numbers(...of), { kind: 'text', text }, number(from)]),
  randomUniformInt: fc
    .tuple(shape(), integer(-3, 3), integer(-3, 5), seed)
    .map(([of, from, to, drawn]) => [numbers(...of), number(from), number(to), number(drawn)]),
  dropout: fc
    .tuple(shape(), fc.constantFrom(0, 0.5, 0.9, 1), seed)
    .chain(([of, rate, from]) =>
      near(of).map((noise) => [
        tensor('float32', of),
        number(rate),
        numbers(...noise),
        number(from),
      ]),
    ),
};

/** Trailing absents are not written. */
function canonical(args: Args): Args {
  let length = args.length;
  while (length > 0 && args[length - 1]?.kind === 'absent') length -= 1;
  return args.slice(0, length);
}

export function callOf(spec: OpSpec, complex: boolean): Arb<Args> {
  const likely = special[spec.name];
  const any = general(spec, complex);
  const mixed =
    likely === undefined
      ? any
      : fc.oneof({ weight: 3, arbitrary: likely }, { weight: 1, arbitrary: any });
  return mixed.map(canonical);
}
