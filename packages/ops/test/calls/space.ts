/** Convolutions, pools, images and what else works on axes of space. */

import type { Arg } from '@duet/protocol';
import fc from 'fast-check';
import type { TensorFact } from '../../src';
import {
  type Arb,
  type Args,
  absent,
  dimension,
  fact,
  flags,
  integer,
  near,
  number,
  numbers,
  realDType,
  tensor,
} from './parts';

type One = Arg<TensorFact>;

const text = (value: string): One => ({ kind: 'text', text: value });
const oneOf = (...values: string[]) => fc.constantFrom(...values).map(text);
const maybe = (arb: Arb<One>) => fc.oneof({ weight: 3, arbitrary: fc.constant(absent) }, arb);
const rarely = <T>(usual: Arb<T>, odd: Arb<T>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });

const positive = fc.oneof(
  { weight: 30, arbitrary: integer(1, 3) },
  { weight: 1, arbitrary: integer(-1, 0) },
);

/** One number for all axes, or one each. */
const perAxis = (axes: number): Arb<One> =>
  fc.oneof(
    { weight: 4, arbitrary: positive.map(number) },
    {
      weight: 4,
      arbitrary: fc
        .array(positive, { minLength: axes, maxLength: axes })
        .map((each) => numbers(...each)),
    },
    {
      weight: 1,
      arbitrary: fc.array(positive, { minLength: 1, maxLength: 4 }).map((each) => numbers(...each)),
    },
  );

const ones = fc.constant(number(1));

/** Of both at once, tfjs takes one that is not 1. */
const stridesAndDilations = (axes: number): Arb<[One, One]> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(perAxis(axes), fc.constant(absent)) },
    { weight: 5, arbitrary: fc.tuple(ones, perAxis(axes)) },
    { weight: 1, arbitrary: fc.tuple(perAxis(axes), perAxis(axes)) },
  );

const named = oneOf('valid', 'same');
const even = integer(-1, 3).map(number);
const pair = fc.tuple(integer(0, 2), integer(0, 2));
const none = fc.constant<[number, number]>([0, 0]);
const pairs = fc
  .tuple(rarely(none, pair), pair, pair, rarely(none, pair))
  .map((each) => numbers(...each.flat()));
const rounding = oneOf('floor', 'round', 'ceil');

/** Padding and, mostly where it is in numbers, rounding. */
const padAndRounding: Arb<[One, One]> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(named, fc.constant(absent)) },
  { weight: 3, arbitrary: fc.tuple(even, maybe(rounding)) },
  { weight: 3, arbitrary: fc.tuple(pairs, maybe(rounding)) },
  { weight: 1, arbitrary: fc.tuple(named, rounding) },
);

const extent = fc.oneof(
  { weight: 1, arbitrary: integer(0, 1) },
  { weight: 12, arbitrary: integer(2, 6) },
);

/** Records of `axes` axes of space, sometimes without the batch. */
const records = (axes: number, channels: number): Arb<number[]> =>
  fc
    .tuple(
      fc.array(integer(0, 2), { maxLength: 1 }),
      fc.array(extent, { minLength: axes, maxLength: axes }),
      rarely(fc.constant(channels), dimension),
      rarely(fc.constant(false), fc.constant(true)),
    )
    .map(([batch, space, last, odd]) => [...batch, ...space, last, ...(odd ? [1] : [])]);

const float = (of: readonly number[]) => tensor('float32', of);
const mostlyFloat = (of: readonly number[]) =>
  rarely(
    fc.constant(float(of)),
    realDType.map((each) => tensor(each, of)),
  );

const filter = (axes: number, from: number): Arb<number[]> =>
  fc
    .tuple(
      fc.array(rarely(integer(1, 3), fc.constant(0)), { minLength: axes, maxLength: axes }),
      integer(1, 3),
    )
    .map(([window, to]) => [...window, from, to]);

const channels = integer(1, 3);

const channelsLast = (choice: string) => maybe(fc.constant(text(choice)));

function convolution(axes: number): Arb<Args> {
  return channels.chain((from) =>
    fc
      .tuple(
        records(axes, from).chain(mostlyFloat),
        filter(axes, from).chain(mostlyFloat),
        stridesAndDilations(axes),
        axes === 3 ? fc.tuple(named, fc.constant(absent)) : padAndRounding,
      )
      .chain(([x, of, [strides, dilations], [pad, mode]]) =>
        channelsLast(axes === 1 ? 'NWC' : axes === 2 ? 'NHWC' : 'NDHWC').map((format) => [
          x,
          of,
          strides,
          pad,
          format,
          dilations,
          ...(axes === 3 ? [] : [mode]),
        ]),
      ),
  );
}

const conv1d = fc
  .tuple(channels, positive, positive, fc.boolean())
  .chain(([from, stride, dilation, odd]) =>
    fc
      .tuple(
        records(1, from).chain(mostlyFloat),
        filter(1, from).chain(mostlyFloat),
        padAndRounding,
        pair,
      )
      .map(([x, of, [pad, mode], [left, right]]) => [
        x,
        of,
        number(stride),
        pad.kind === 'numbers' && !odd ? numbers(0, 0, 0, 0, left, right, 0, 0) : pad,
        text('NWC'),
        number(stride === 1 || odd ? dilation : 1),
        mode,
      ]),
  );

/** The shape before a convolution is what `outputShape` means; nine in ten lead to x. */
function transposed(axes: number): Arb<Args> {
  return fc
    .tuple(channels, channels, integer(1, 2), fc.boolean(), named, positive)
    .chain(([from, to, batch, single, pad, stride]) =>
      fc
        .tuple(
          fc.array(integer(1, 6), { minLength: axes, maxLength: axes }),
          fc.array(integer(1, 3), { minLength: axes, maxLength: axes }),
          rarely(fc.constant(0), integer(1, 2)),
        )
        .chain(([space, window, off]) => {
          // A stride of none is to be refused for the stride, not for an endless image.
          const by = Math.max(1, stride);
          const steps = space.map((each, axis) =>
            pad.kind === 'text' && pad.text === 'same'
              ? Math.ceil(each / by)
              : Math.ceil((each - (window[axis] ?? 1) + 1) / by),
          );
          const lead = single ? [] : [batch];
          const x = [...lead, ...steps.map((each) => Math.max(0, each + off)), to];
          return fc
            .tuple(mostlyFloat(x), mostlyFloat([...window, from, to]))
            .map(([given, of]) => [
              given,
              of,
              numbers(...lead, ...space, from),
              number(stride),
              pad,
            ]);
        }),
    );
}

const depthwise = fc
  .tuple(channels, stridesAndDilations(2), padAndRounding)
  .chain(([from, [strides, dilations], [pad, mode]]) =>
    fc
      .tuple(
        records(2, from).chain(mostlyFloat),
        filter(2, from).chain(mostlyFloat),
        channelsLast('NHWC'),
      )
      .map(([x, of, format]) => [x, of, strides, pad, format, dilations, mode]),
  );

const separable = fc
  .tuple(channels, channels, channels, stridesAndDilations(2), named)
  .chain(([from, times, to, [strides, dilations], pad]) =>
    fc
      .tuple(
        records(2, from).chain(mostlyFloat),
        fc.tuple(integer(1, 3), integer(1, 3)),
        rarely<readonly number[]>(
          fc.constant([1, 1, from * times, to]),
          fc.constant([1, 2, from, to]),
        ),
      )
      .map(([x, window, pointwise]) => [
        x,
        float([...window, from, times]),
        float(pointwise),
        strides,
        pad,
        dilations,
      ]),
  );

const dilation2d = fc
  .tuple(channels, fc.tuple(integer(1, 3), integer(1, 3)), perAxis(2), named, maybe(perAxis(2)))
  .chain(([from, window, strides, pad, dilations]) =>
    fc
      .tuple(records(2, from).chain(mostlyFloat), rarely(fc.constant(from), dimension))
      .map(([x, last]) => [x, float([...window, last]), strides, pad, dilations]),
  );

function pooling(axes: number): Arb<Args> {
  return fc
    .tuple(
      channels.chain((from) => records(axes, from)).chain(mostlyFloat),
      perAxis(axes),
      perAxis(axes),
      padAndRounding,
    )
    .map(([x, window, strides, [pad, mode]]) => [x, window, strides, pad, mode]);
}

const pool = fc
  .tuple(
    channels.chain((from) => records(2, from)).chain(mostlyFloat),
    perAxis(2),
    oneOf('avg', 'max'),
    fc.oneof(
      { weight: 3, arbitrary: named.map((each): [One, One] => [each, absent]) },
      padAndRounding,
    ),
    stridesAndDilations(2),
  )
  .map(([x, window, type, [pad, mode], [strides, dilations]]) => [
    x,
    window,
    type,
    pad,
    dilations,
    strides,
    mode,
  ]);

const argmax = fc
  .tuple(
    channels.chain((from) => records(2, from)).chain(mostlyFloat),
    perAxis(2),
    perAxis(2),
    fc.oneof({ weight: 4, arbitrary: named }, even),
    maybe(flags),
  )
  .map((args) => args as Args);

/** The bias and the slopes of a fused op: one for each of the channels, nine in ten. */
const fusedTail = (to: number): Arb<Args> =>
  fc.tuple(
    maybe(rarely<readonly number[]>(fc.constant([to]), near([2, to])).map(float)),
    maybe(oneOf('linear', 'relu', 'prelu', 'elu', 'relu6', 'leakyrelu', 'sigmoid')),
    fc.oneof(
      fc.constant(absent),
      fc.constantFrom([], [1], [to], [1, 1, to], [2, to], [to, 1]).map(float),
    ),
    fc.oneof(fc.constant(absent), fc.constant(number(0.3))),
  );

const fusedConvolution = (base: Arb<Args>, last: (filter: readonly number[]) => number) =>
  base.chain((args) => {
    const of = args[1]?.kind === 'tensor' ? args[1].tensor.meta.shape : [];
    return fusedTail(last(of)).map((tail) => [
      ...Array.from({ length: 7 }, (_, at) => args[at] ?? absent),
      ...tail,
    ]);
  });

const fusedProduct = fc
  .tuple(
    fc.array(dimension, { maxLength: 2 }),
    dimension,
    dimension,
    dimension,
    fc.boolean(),
    fc.boolean(),
  )
  .chain(([batch, rows, inner, columns, ta, tb]) =>
    fc
      .tuple(near(batch), fusedTail(columns))
      .map(
        ([other, tail]): Args => [
          float([...batch, ...(ta ? [inner, rows] : [rows, inner])]),
          float([...other, ...(tb ? [columns, inner] : [inner, columns])]),
          { kind: 'flag', flag: ta },
          { kind: 'flag', flag: tb },
          ...tail,
        ],
      ),
  );

/** The last axes of a shape, with ones in front of them up to a rank. */
const lastAxes = (of: readonly number[], rank: number) =>
  integer(0, of.length).map((from) => {
    const tail = of.slice(from).slice(-rank);
    return [...Array.from({ length: Math.max(0, rank - tail.length) }, () => 1), ...tail];
  });

function batchNorm(ranks: readonly number[]): Arb<Args> {
  return fc
    .tuple(
      fc
        .constantFrom(...ranks)
        .chain((rank) =>
          fc.array(rarely(integer(1, 3), fc.constant(0)), { minLength: rank, maxLength: rank }),
        ),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
    )
    .chain(([of, flat, offset, scale]) => {
      const rank = flat ? 1 : Math.max(1, of.length);
      const part = rarely(lastAxes(of, rank), near(of)).map(float);
      return fc
        .tuple(mostlyFloat(of), part, part, part, part)
        .map(([x, mean, variance, shift, factor]) => [
          x,
          mean,
          variance,
          offset ? shift : absent,
          scale ? factor : absent,
          number(0.001),
        ]);
    });
}

const lstm = fc
  .tuple(integer(0, 3), integer(0, 3), integer(0, 3), integer(0, 3), realDType)
  .chain(([batch, inputs, states, units, dtype]) =>
    fc
      .tuple(
        near([batch, units]),
        near([batch, 4 * units]),
        rarely(fc.constant(4 * units), integer(0, 5)),
        rarely<readonly number[]>(fc.constant([batch, units]), near([batch, units])),
        rarely(fc.constant(inputs + states), integer(0, 5)),
      )
      .map(([forget, bias, columns, cell, rows]) => [
        float(forget.slice(-2)),
        float([rows, columns]),
        float(bias.slice(-2)),
        inputs === 3 ? tensor(dtype, [batch, inputs]) : float([batch, inputs]),
        float(cell),
        float([batch, states]),
      ]),
  );

/** Blocks and what is put around or cut off, so that all divides nine times in ten. */
function blocks(toSpace: boolean): Arb<Args> {
  return fc
    .tuple(
      fc.array(rarely(integer(1, 3), integer(-1, 0)), { minLength: 1, maxLength: 3 }),
      fc.array(integer(1, 3), { minLength: 3, maxLength: 3 }),
      fc.array(rarely(integer(0, 1), integer(-1, 3)), { minLength: 6, maxLength: 6 }),
      fc.array(dimension, { maxLength: 1 }),
      integer(0, 2),
      rarely(fc.constant(0), fc.constant(1)),
      realDType,
    )
    .map(([each, counts, around, more, batch, off, dtype]) => {
      const product = each.reduce((whole, block) => whole * block, 1);
      const sides = each.flatMap((_, axis) => around.slice(2 * axis, 2 * axis + 2));
      const space = each.map((block, axis) => {
        const count = counts[axis] ?? 1;
        if (toSpace) return count;
        return count * block - (sides[2 * axis] ?? 0) - (sides[2 * axis + 1] ?? 0);
      });
      const lead = toSpace ? batch * product + off : batch;
      const of = [lead, ...space.map((extent) => extent + (toSpace ? 0 : off)), ...more];
      return [
        tensor(
          dtype,
          of.map((entry) => Math.max(0, entry)),
        ),
        numbers(...each),
        numbers(...sides),
      ];
    });
}

const depthToSpace = fc
  .tuple(
    integer(0, 2),
    dimension,
    dimension,
    integer(1, 3),
    integer(0, 3),
    rarely(fc.constant(0), integer(1, 2)),
  )
  .chain(([batch, rows, columns, depth, block, off]) =>
    mostlyFloat([batch, rows, columns, depth * block * block + off]).map((x) => [x, number(block)]),
  );

const images = fc.tuple(integer(0, 2), extent, extent, channels);

const crop = fc
  .tuple(images, integer(0, 3), perAxis(2), realDType, maybe(oneOf('bilinear', 'nearest')))
  .chain(([of, count, size, dtype, method]) =>
    rarely<readonly number[]>(fc.constant([count, 4]), near([count, 4])).map((boxes) => [
      tensor(dtype, of),
      float(boxes),
      tensor('int32', [count]),
      size.kind === 'number' ? numbers(size.number, size.number) : size,
      method,
    ]),
  );

const oneImage = images.chain((of) => mostlyFloat(of));

const withLast = (last: number): Arb<Args> =>
  fc
    .tuple(
      fc.array(dimension, { minLength: 1, maxLength: 5 }),
      realDType,
      rarely(fc.constant(last), dimension),
    )
    .map(([of, dtype, extentOfLast]) => [tensor(dtype, [...of, extentOfLast])]);

const resize = fc
  .tuple(
    images,
    fc.boolean(),
    perAxis(2),
    flags,
    flags,
    rarely(fc.constant('float32' as const), realDType),
  )
  .map(
    ([of, single, size, align, half, dtype]): Args => [
      tensor(dtype, single ? of.slice(1) : of),
      size.kind === 'number' ? numbers(size.number, size.number) : size,
      align,
      half.kind === 'flag' && align.kind === 'flag' && align.flag && of[0] !== 0
        ? { kind: 'flag', flag: false }
        : half,
    ],
  );

const rotate = fc
  .tuple(
    oneImage,
    rarely(
      fc.constantFrom(number(0.5), number(-3), numbers(0, 127.5, 255)),
      fc.constantFrom(numbers(1, 2), numbers(1)),
    ),
    rarely(
      fc.constantFrom(number(0.5), numbers(0.25, 0.75)),
      fc.constantFrom(numbers(0.5), numbers(0, 0, 0)),
    ),
    maybe(fc.constant(absent)),
  )
  .map(([image, fill, center]) => [image, number(0.7), fill, center]);

const transform = fc
  .tuple(
    fc.tuple(rarely(fc.constant(1), integer(0, 2)), extent, extent, channels).chain(mostlyFloat),
    rarely<readonly number[]>(fc.constant([1, 8]), fc.constantFrom([2, 8], [8], [1, 6])),
    maybe(oneOf('nearest', 'bilinear')),
    maybe(oneOf('constant', 'reflect', 'wrap', 'nearest')),
    maybe(fc.constant(number(0.5))),
    maybe(perAxis(2)),
  )
  .map(([image, matrix, interpolation, mode, fill, size]) => [
    image,
    float(matrix),
    interpolation,
    mode,
    fill,
    size.kind === 'number' ? numbers(size.number, size.number) : size,
  ]);

const threshold = fc
  .tuple(
    dimension,
    dimension,
    fc.constantFrom(1, 3, 3, 1, 2),
    realDType,
    maybe(oneOf('binary')),
    maybe(flags),
    maybe(fc.constant(number(0.4))),
  )
  .map(([rows, columns, last, dtype, method, inverted, value]) => [
    tensor(dtype, [rows, columns, last]),
    method,
    inverted,
    value,
  ]);

const labels = ['a', 'b', 'c', 'd'];

/** Two terms of labels with one extent each, and a result of some of them. */
const einsum = fc
  .tuple(
    fc.shuffledSubarray(labels),
    fc.shuffledSubarray(labels),
    fc.array(dimension, { minLength: 4, maxLength: 4 }),
    fc.boolean(),
    rarely(fc.constant(0), integer(1, 2)),
    fc.infiniteStream(fc.boolean()),
    fc.tuple(realDType, realDType, fc.boolean()),
  )
  .map(([one, other, extents, single, off, coins, [dtype, second, mixed]]): Args => {
    const terms = single ? [one] : [one, other];
    const names = new Map<string, string>();
    for (const label of terms.flat()) {
      if (!names.has(label)) names.set(label, labels[names.size] ?? '');
    }
    const shapeOf = (term: readonly string[]) =>
      term.map((label) => extents[labels.indexOf(label)] ?? 1);
    const renamed = (term: readonly string[]) => term.map((label) => names.get(label)).join('');
    const kept = [...names.keys()].filter(() => coins.next().value === true).reverse();
    return [
      text(`${terms.map(renamed).join(',')}->${renamed(kept)}`),
      {
        kind: 'tensors',
        tensors: terms.map((term, at) =>
          fact(at === 1 && mixed ? second : dtype, [...shapeOf(term), ...(at < off ? [2] : [])]),
        ),
      },
    ];
  });

const conv2d = convolution(2);

export const spaceCalls: Readonly<Record<string, Arb<Args>>> = {
  conv1d,
  conv2d,
  conv3d: convolution(3),
  conv2dTranspose: transposed(2),
  conv3dTranspose: transposed(3),
  depthwiseConv2d: depthwise,
  separableConv2d: separable,
  dilation2d,
  avgPool: pooling(2),
  maxPool: pooling(2),
  avgPool3d: pooling(3),
  maxPool3d: pooling(3),
  pool,
  maxPoolWithArgmax: argmax,
  'fused.conv2d': fusedConvolution(conv2d, (of) => of[3] ?? 1),
  'fused.depthwiseConv2d': fusedConvolution(depthwise, (of) => (of[2] ?? 1) * (of[3] ?? 1)),
  'fused.matMul': fusedProduct,
  batchNorm: batchNorm([0, 1, 2, 3, 4, 5]),
  batchNorm2d: batchNorm([2, 2, 2, 3]),
  batchNorm3d: batchNorm([3, 3, 3, 2]),
  batchNorm4d: batchNorm([4, 4, 4, 3]),
  localResponseNormalization: fc
    .tuple(records(2, 3).chain(mostlyFloat), maybe(integer(-1, 3).map(number)))
    .map(([x, radius]) => [x, radius]),
  basicLSTMCell: lstm,
  batchToSpaceND: blocks(true),
  spaceToBatchND: blocks(false),
  depthToSpace,
  'image.cropAndResize': crop,
  'image.flipLeftRight': oneImage.map((image) => [image]),
  'image.grayscaleToRGB': withLast(1),
  'image.rgbToGrayscale': withLast(3),
  'image.resizeBilinear': resize,
  'image.resizeNearestNeighbor': resize,
  'image.rotateWithOffset': rotate,
  'image.threshold': threshold,
  'image.transform': transform,
  einsum,
};
