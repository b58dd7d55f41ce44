/** What runs on wasm, some of it by way of cpu, is what cpu gives: values, gradients, and the kernels made for wasm. */

import { allowedOps, type OpSpec } from '@duet/ops';
import { byteLength, mapArg, type TensorValue, tensorsOf } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tensorToValue, valueToTensor } from '../src';
import { suitsWasm } from '../src/backends/kernel-limits';
import { lackingOps } from '../src/backends/lacking';
import { startBackend } from '../src/backends/start';
import { wasmKernels } from '../src/backends/wasm-kernels';
import { allKernels } from '../src/dispatch';
import { differenceOf } from './expect-close';
import { type OpCase, opCases, runHere } from './op-cases';

const most = Number(process.env['DUET_BACKEND_CASES'] ?? 10);

interface Reference {
  readonly args: OpCase;
  readonly values: readonly TensorValue[];
  /** By each float32 argument; nothing where tfjs has no gradient of this call. */
  readonly gradients: readonly TensorValue[] | undefined;
}

/** tfjs forgets the rounding mode on its way to a gradient, and what it then gives is something else on every backend. */
const roundings = ['ceil', 'round'];

function hasGradients(spec: OpSpec, args: OpCase): boolean {
  const isRounded = args.some((arg) => arg.kind === 'text' && roundings.includes(arg.text));
  return !isRounded && !wrongOnCpu.has(spec.name);
}

/** tfjs's own gradients of these on cpu lose some of it, or never end; on wasm they are right. */
const wrongOnCpu = new Set(['maxPool3d', 'image.resizeNearestNeighbor']);

function valuesOf(tensors: readonly tf.Tensor[]): TensorValue[] {
  const values = tensors.map(tensorToValue);
  tf.dispose([...tensors]);
  return values;
}

/** Gradients of a sum of the first output, each entry with another weight. */
function gradientsOf(spec: OpSpec, args: OpCase): TensorValue[] | undefined {
  const given = args.map((arg) => mapArg(arg, (value) => valueToTensor(value)));
  const floats = tensorsOf(given).filter(({ dtype }) => dtype === 'float32');
  const loss = (...xs: tf.Tensor[]): tf.Scalar => {
    const by = new Map(floats.map((tensor, at) => [tensor, xs[at]]));
    const run = allKernels().get(spec.name)?.run;
    const [y] = run?.(given.map((arg) => mapArg(arg, (tensor) => by.get(tensor) ?? tensor))) ?? [];
    if (y?.dtype !== 'float32') throw new Error('no gradient');
    const weights = tf.range(1, y.size + 1).div(Math.max(1, y.size));
    return tf.sum(tf.mul(y, weights.reshape(y.shape)));
  };
  try {
    return floats.length === 0 ? undefined : valuesOf(tf.tidy(() => tf.grads(loss)(floats)));
  } catch {
    return undefined;
  } finally {
    tf.dispose(tensorsOf(given));
  }
}

const fence = 64;
const fenced = 0xa5;
let brokenFences = 0;

interface WasmModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Puts a fence before and after each block of memory, to be looked at when it is freed: kernels write without a check. */
function fenceMemory(): void {
  const { wasm } = tf.backend() as unknown as { wasm: WasmModule };
  const [allocate, free] = [wasm._malloc.bind(wasm), wasm._free.bind(wasm)];
  const sizes = new Map<number, number>();
  wasm._malloc = (bytes) => {
    const address = (allocate(bytes + 2 * fence) >>> 0) + fence;
    wasm.HEAPU8.fill(fenced, address - fence, address);
    wasm.HEAPU8.fill(fenced, address + bytes, address + bytes + fence);
    sizes.set(address, bytes);
    return address;
  };
  wasm._free = (address) => {
    const bytes = sizes.get(address);
    // Memory that a kernel itself has asked for.
    if (bytes === undefined) {
      free(address);
      return;
    }
    sizes.delete(address);
    const around = [
      ...wasm.HEAPU8.subarray(address - fence, address),
      ...wasm.HEAPU8.subarray(address + bytes, address + bytes + fence),
    ];
    if (around.some((byte) => byte !== fenced)) brokenFences += 1;
    free(address - fence);
  };
}

const references = new Map<string, readonly Reference[]>();

beforeAll(async () => {
  await tf.setBackend('cpu');
  for (const spec of allowedOps) {
    const made = opCases(spec, most).flatMap((args) => {
      const values = valuesOf(runHere(spec, args));
      // tfjs's matMul computes too little where both sides are broadcast; that is no value of its shape.
      if (!values.every(({ meta, bytes }) => bytes.byteLength === byteLength(meta))) return [];
      const gradients = hasGradients(spec, args) ? gradientsOf(spec, args) : undefined;
      return [{ args, values, gradients }];
    });
    references.set(spec.name, made);
  }
  expect(await startBackend('wasm')).toBe('wasm');
  fenceMemory();
}, 240_000);

/** A kernel that writes where it should not may break anything later: the one to blame is the one of this test. */
afterEach(() => {
  const broken = brokenFences;
  brokenFences = 0;
  expect(broken).toBe(0);
});

test('a write beside what a kernel was given is noticed', () => {
  const { wasm } = tf.backend() as unknown as { wasm: WasmModule };
  tf.dispose(tf.exp([1, 2]));
  const address = wasm._malloc(8);
  wasm.HEAPU8[address + 8] = 0;
  wasm._free(address);
  expect(brokenFences).toBe(1);
  brokenFences = 0;
});

test('wasm lacks no op', () => {
  expect(lackingOps('wasm')).toEqual([]);
});

describe('every allowed op on wasm', () => {
  test.each(allowedOps.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    const cases = references.get(spec.name) ?? [];
    expect(cases.length).toBeGreaterThan(0);
    const before = tf.memory().numTensors;
    for (const { args, values, gradients } of cases) {
      const shown = (kind: string) => `${kind} of ${JSON.stringify(args.map(wordsOf))}`;
      const got = valuesOf(runHere(spec, args));
      values.forEach((value, at) => {
        expect(differenceOf(got[at], value), shown('value')).toBeUndefined();
      });
      const slopes = gradients && gradientsOf(spec, args);
      gradients?.forEach((value, at) => {
        expect(differenceOf(slopes?.[at], value, 1e-3), shown('gradient')).toBeUndefined();
      });
    }
    expect(tf.memory().numTensors).toBe(before);
  });
});

function wordsOf(arg: OpCase[number]): unknown {
  return mapArg(arg, ({ meta }) => `${meta.dtype}[${meta.shape}]`);
}

async function onBoth(run: () => tf.Tensor): Promise<[TensorValue | undefined, TensorValue]> {
  const at = async (backend: string) => {
    await tf.setBackend(backend);
    return valuesOf([tf.tidy(run)])[0] as TensorValue;
  };
  const onCpu = await at('cpu');
  return [await at('wasm'), onCpu];
}

/**
 * Sums here are of up to some thousand products of numbers below 1. cpu makes them in double precision, wasm in float32 and
 * in another order: each partial sum is rounded by up to 6e-8 of itself.
 */
const rounding = 1e-5;

describe('kernels made for wasm', () => {
  const image = (height: number, width: number, channels: number): tf.Tensor4D =>
    tf.randomUniform([2, height, width, channels], -1, 1, 'float32', 7);

  test('are there for what training needs', () => {
    expect(wasmKernels).toContain('Conv2DBackpropFilter');
    for (const name of wasmKernels) expect(tf.getKernel(name, 'wasm')).toBeDefined();
  });

  const explicit: [[number, number], [number, number], [number, number], [number, number]] = [
    [0, 0],
    [1, 2],
    [0, 1],
    [0, 0],
  ];
  const layouts = ([1, 2, 3] as const).flatMap((strides) =>
    (['valid', 'same', 1, explicit] as const).map((pad) => [strides, pad] as const),
  );

  test.each(layouts)('conv2d’s filter gradient, strides %j, padding %j', async (strides, pad) => {
    const mode = typeof pad === 'string' ? undefined : 'floor';
    const [mine, theirs] = await onBoth(() =>
      tf.grad((filter: tf.Tensor) =>
        tf.sum(
          tf.square(
            tf.conv2d(image(7, 6, 3), filter as tf.Tensor4D, strides, pad, 'NHWC', 1, mode),
          ),
        ),
      )(tf.randomUniform([3, 2, 3, 4], -1, 1, 'float32', 8)),
    );
    expect(differenceOf(mine, theirs)).toBeUndefined();
  });

  test.each(layouts)(
    'depthwiseConv2d’s gradients, strides %j, padding %j',
    async (strides, pad) => {
      const mode = typeof pad === 'string' ? undefined : 'floor';
      for (const by of ['image', 'filter'] as const) {
        const [mine, theirs] = await onBoth(() => {
          const x = image(7, 6, 3);
          const filter = tf.randomUniform<tf.Rank.R4>([3, 2, 3, 2], -1, 1, 'float32', 8);
          const loss = (a: tf.Tensor4D, b: tf.Tensor4D) =>
            tf.sum(tf.square(tf.depthwiseConv2d(a, b, strides, pad, 'NHWC', 1, mode)));
          return by === 'image'
            ? tf.grad((t: tf.Tensor) => loss(t as tf.Tensor4D, filter))(x)
            : tf.grad((t: tf.Tensor) => loss(x, t as tf.Tensor4D))(filter);
        });
        expect(differenceOf(mine, theirs)).toBeUndefined();
      }
    },
  );

  test.each(layouts)('conv2d’s image gradient, strides %j, padding %j', async (strides, pad) => {
    const mode = typeof pad === 'string' ? undefined : 'floor';
    const [mine, theirs] = await onBoth(() =>
      tf.grad((x: tf.Tensor) =>
        tf.sum(
          tf.square(
            tf.conv2d(
              x as tf.Tensor4D,
              tf.randomUniform<tf.Rank.R4>([3, 2, 3, 4], -1, 1, 'float32', 8),
              strides,
              pad,
              'NHWC',
              1,
              mode,
            ),
          ),
        ),
      )(image(7, 6, 3)),
    );
    expect(differenceOf(mine, theirs, rounding)).toBeUndefined();
  });

  test.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [2, 3, 'same'],
    [3, 1, 'valid'],
  ] as const)('gradients of pools of %j, strides %j, padding %j', async (size, strides, pad) => {
    // Whole numbers, so that there is more than one largest; to the first of them it goes.
    const x = () => tf.cast(tf.cast(tf.mul(image(7, 6, 3), 3), 'int32'), 'float32') as tf.Tensor4D;
    for (const pool of [tf.maxPool, tf.avgPool]) {
      const [mine, theirs] = await onBoth(() =>
        tf.grad((each: tf.Tensor) =>
          tf.sum(tf.square(tf.add(pool(each as tf.Tensor4D, size, strides, pad), 2))),
        )(x()),
      );
      expect(differenceOf(mine, theirs, rounding)).toBeUndefined();
    }
  });

  test('conv2d’s gradients where one part is not all: many lines, more than a part holds', async () => {
    for (const strides of [1, 2]) {
      for (const by of ['image', 'filter'] as const) {
        const [mine, theirs] = await onBoth(() => {
          const x = tf.randomUniform<tf.Rank.R4>([3, 65, 66, 8], -1, 1, 'float32', 7);
          const filter = tf.randomUniform<tf.Rank.R4>([3, 3, 8, 8], -1, 1, 'float32', 8);
          const loss = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.sum(tf.conv2d(a, b, strides, 'same'));
          return by === 'image'
            ? tf.grad((each: tf.Tensor) => loss(each as tf.Tensor4D, filter))(x)
            : tf.grad((each: tf.Tensor) => loss(x, each as tf.Tensor4D))(filter);
        });
        // Of twelve thousand products most of which cancel out.
        expect(differenceOf(mine, theirs)).toBeUndefined();
      }
    }
  });

  const sides = [
    [
      [70, 40],
      [40, 30],
    ],
    [
      [3, 70, 40],
      [3, 40, 30],
    ],
    [
      [3, 70, 40],
      [40, 30],
    ],
    [
      [70, 40],
      [3, 40, 30],
    ],
    [
      [256, 33],
      [33, 9],
    ],
    [
      [8, 33],
      [33, 256],
    ],
    [
      [2, 2],
      [2, 2],
    ],
  ] as const;
  const turns = [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const;
  test.each(sides)('products of %j and %j, turned in every way', async (left, right) => {
    const turned = (shape: readonly number[], isTurned: boolean): number[] =>
      isTurned ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : [...shape];
    for (const [turnA, turnB] of turns) {
      const factors = () => ({
        a: tf.randomUniform(turned(left, turnA), -1, 1, 'float32', 7),
        b: tf.randomUniform(turned(right, turnB), -1, 1, 'float32', 8),
      });
      const [mine, theirs] = await onBoth(() => {
        const { a, b } = factors();
        return tf.matMul(a, b, turnA, turnB);
      });
      expect(differenceOf(mine, theirs, rounding)).toBeUndefined();
      const [fused, onCpu] = await onBoth(() =>
        tf.fused.matMul({
          ...factors(),
          transposeA: turnA,
          transposeB: turnB,
          bias: tf.randomUniform([right[right.length - 1] ?? 0], -1, 1, 'float32', 9),
          activation: 'relu',
        }),
      );
      expect(differenceOf(fused, onCpu, rounding)).toBeUndefined();
    }
  });

  test('boxes of a tensor, of every rank and in every axis', async () => {
    const shape = [3, 4, 2, 5, 2];
    for (let rank = 1; rank <= shape.length; rank += 1) {
      const given = shape.slice(0, rank);
      for (let axis = 0; axis < rank; axis += 1) {
        const begin = given.map((_, at) => (at === axis ? 1 : 0));
        const size = given.map((length, at) => (at < axis ? length - 1 : at === axis ? 1 : length));
        for (const dtype of ['float32', 'int32', 'bool'] as const) {
          const [mine, theirs] = await onBoth(() => {
            const count = given.reduce((product, length) => product * length, 1);
            const numbers = tf.reshape(tf.range(0, count, 1, 'int32'), given);
            return tf.slice(tf.cast(numbers, dtype), begin, size);
          });
          expect(mine).toEqual(theirs);
        }
      }
    }
  });

  test('a copy shares the memory, and outlives what it was made of', () => {
    const given = tf.tensor1d([1, 2, 3]);
    const copy = given.clone();
    expect(tf.memory().numDataBuffers).toBeGreaterThan(0);
    given.dispose();
    tf.fill([3], 7).dispose();
    expect([...copy.dataSync()]).toEqual([1, 2, 3]);
    copy.dispose();
  });

  // tfjs itself gives no gradient of a dilated convolution, and its kernels leave the dilation out of account.
  test.each([
    [2, 'valid'],
    [2, 'same'],
    [3, 'same'],
  ] as const)(
    'depthwise kernels, dilations %j, padding %j: as with zeros in the filter',
    async (apart, pad) => {
      const attrs = { strides: [1, 1], pad, inputShape: [2, 9, 8, 3] };
      const small = { ...attrs, dilations: [apart, apart], filterShape: [3, 2, 3, 2] };
      const wide = { ...attrs, dilations: [1, 1], filterShape: [2 * apart + 1, apart + 1, 3, 2] };
      const x = () => image(9, 8, 3);
      const filter = () => tf.randomUniform<tf.Rank.R4>([3, 2, 3, 2], -1, 1, 'float32', 8);
      const dy = () => tf.depthwiseConv2d(x(), filter(), 1, pad, 'NHWC', apart);
      const on = async (backend: string, run: () => tf.Tensor): Promise<TensorValue> => {
        await tf.setBackend(backend);
        return valuesOf([tf.tidy(run)])[0] as TensorValue;
      };
      const kernel = (name: string, inputs: tf.NamedTensorMap, given: object): tf.Tensor =>
        tf
          .engine()
          .runKernel(`DepthwiseConv2dNativeBackprop${name}`, inputs, given as tf.NamedAttrMap);
      const byFilter = await on('cpu', () =>
        tf.stridedSlice(
          kernel('Filter', { x: x(), dy: dy() }, wide),
          [0, 0, 0, 0],
          wide.filterShape,
          [apart, apart, 1, 1],
        ),
      );
      const byImage = await on('cpu', () => {
        const spread = tf.buffer(wide.filterShape as [number, number, number, number]);
        const taps = filter().arraySync();
        taps.forEach((row, y) => {
          row.forEach((tap, at) => {
            tap.forEach((channel, c) => {
              channel.forEach((weight, m) => {
                spread.set(weight, y * apart, at * apart, c, m);
              });
            });
          });
        });
        return kernel('Input', { dy: dy(), filter: spread.toTensor() }, wide);
      });
      const filterHere = await on('wasm', () => kernel('Filter', { x: x(), dy: dy() }, small));
      const imageHere = await on('wasm', () =>
        kernel('Input', { dy: dy(), filter: filter() }, small),
      );
      expect(differenceOf(filterHere, byFilter)).toBeUndefined();
      expect(differenceOf(imageHere, byImage)).toBeUndefined();
    },
  );

  test('the gradient of gather: rows taken twice, rows never taken', async () => {
    const [mine, theirs] = await onBoth(() =>
      tf.grad((table: tf.Tensor) =>
        tf.sum(tf.square(tf.gather(table, tf.tensor1d([3, 0, 3, 5], 'int32')))),
      )(tf.randomUniform([6, 2, 3], -1, 1, 'float32', 8)),
    );
    expect(differenceOf(mine, theirs)).toBeUndefined();
  });

  test.each([
    [[3, 4], [5, 2], false, false],
    [[3, 4], [5, 2], true, false],
    [[4, 5], [2, 7], false, true],
    [[1, 4], [2, 2], true, false],
    [[4, 3], [1, 1], true, false],
  ] as const)('the gradient of resizeNearestNeighbor, %j to %j', async (from, to, align, half) => {
    const given = () => image(from[0], from[1], 3);
    const resize = (x: tf.Tensor) =>
      tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [to[0], to[1]], align, half);
    await tf.setBackend('cpu');
    // The same by gather, whose gradient tfjs has right: each entry of the output is taken from where its number was.
    const [numbers] = valuesOf([
      tf.tidy(() =>
        tf.cast(
          resize(tf.reshape(tf.range(0, from[0] * from[1]), [1, from[0], from[1], 1])),
          'int32',
        ),
      ),
    ]);
    const flat = (x: tf.Tensor) => tf.reshape(x, [2, from[0] * from[1], 3]);
    const taken = (x: tf.Tensor) =>
      tf.gather(flat(x), tf.reshape(valueToTensor(numbers as TensorValue), [-1]) as tf.Tensor1D, 1);
    const [expected] = valuesOf([
      tf.tidy(() => tf.grad((x) => tf.sum(tf.square(taken(x))))(given())),
    ]);
    await tf.setBackend('wasm');
    const [mine] = valuesOf([tf.tidy(() => tf.grad((x) => tf.sum(tf.square(resize(x))))(given()))]);
    expect(differenceOf(mine, expected as TensorValue)).toBeUndefined();
  });

  test('segments that there are not count nowhere', async () => {
    const [mine, theirs] = await onBoth(() =>
      tf.unsortedSegmentSum(
        tf.tensor2d([[1], [2], [4], [8]]),
        tf.tensor1d([-1, 1, 9, 1], 'int32'),
        2,
      ),
    );
    expect(differenceOf(mine, theirs)).toBeUndefined();
    expect(mine && [...new Float32Array(mine.bytes.buffer)]).toEqual([0, 10]);
  });
});

describe('kernels that wasm has of cpu', () => {
  test('complex values go through ops, and leave nothing behind', async () => {
    const before = tf.memory().numTensors;
    const [mine, theirs] = await onBoth(() => {
      const wave = tf.tensor1d([1, 2, 3, 4, 5, 6]);
      const spectrum = tf.fft(tf.complex(wave, tf.zerosLike(wave)));
      const turned = tf.mul(tf.concat([spectrum, spectrum]), tf.complex(0, 1));
      return tf.imag(tf.ifft(tf.reshape(turned, [2, 6])));
    });
    expect(differenceOf(mine, theirs)).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a value that was on cpu is on wasm for the next op, and the other way round', async () => {
    const [mine, theirs] = await onBoth(() => {
      const a = tf.tensor2d([
        [1, 2],
        [3, 4],
      ]);
      const product = tf.einsum('ij,jk->ik', a, a);
      const more = tf.matMul(product as tf.Tensor2D, a);
      return tf.add(tf.einsum('ij->ji', more), tf.matMul(a, a));
    });
    expect(differenceOf(mine, theirs)).toBeUndefined();
  });

  test('take what a kernel of wasm would misread', () => {
    const info = (dtype: tf.DataType, ...shape: number[]): tf.TensorInfo => ({
      dataId: {},
      dtype,
      shape,
    });
    const suits = (name: string, x: tf.TensorInfo, attrs: tf.NamedAttrMap = {}) =>
      suitsWasm(name, { inputs: { x }, attrs, backend: {} });
    expect(suits('ClipByValue', info('float32', 3))).toBe(true);
    expect(suits('ClipByValue', info('int32', 3))).toBe(false);
    expect(suits('Abs', info('bool', 3))).toBe(false);
    expect(suits('Slice', info('complex64', 3))).toBe(false);
    expect(suits('Slice', info('bool', 3))).toBe(true);
    expect(suits('Cast', info('float32', 3), { dtype: 'complex64' })).toBe(false);
    const ids = { x: info('float32', 3, 2), segmentIds: info('int32', 3) };
    expect(suitsWasm('UnsortedSegmentSum', { inputs: ids, attrs: {}, backend: {} })).toBe(true);
  });
});
