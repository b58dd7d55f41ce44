import {
  byteLength,
  checkTensor,
  elementCount,
  isDuetError,
  type TensorValue,
  tensorMeta,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  isTensor,
  plainToValue,
  tensorToValue,
  tensorToValueAsync,
  toNested,
  valueToTensor,
} from '../src';

let before: number;
beforeAll(async () => {
  await tf.setBackend('cpu');
});
beforeEach(() => {
  before = tf.memory().numTensors;
});

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 6 });

function fixed(dtype: 'float32' | 'int32' | 'complex64' | 'bool'): fc.Arbitrary<TensorValue> {
  return shapes.chain((shape) => {
    const meta = tensorMeta(dtype, shape);
    const length = byteLength(meta);
    const byte = fc.integer({ min: 0, max: dtype === 'bool' ? 1 : 255 });
    return fc
      .array(byte, { minLength: length, maxLength: length })
      .map((bytes) => ({ meta, bytes: Uint8Array.from(bytes) }));
  });
}

const texts: fc.Arbitrary<TensorValue> = shapes.chain((shape) => {
  const length = elementCount(shape);
  return fc
    .array(fc.string({ unit: 'grapheme', maxLength: 6 }), { minLength: length, maxLength: length })
    .map((strings) => {
      let next = 0;
      const build = (axis: number): never => {
        const dimension = shape[axis];
        return (
          dimension === undefined
            ? strings[next++]
            : Array.from({ length: dimension }, () => build(axis + 1))
        ) as never;
      };
      return plainToValue(build(0), { dtype: 'string' });
    });
});

async function bothWays(value: TensorValue, share: boolean): Promise<TensorValue[]> {
  const tensor = valueToTensor(value, { share });
  try {
    expect(tensor.shape).toEqual(value.meta.shape);
    expect(tensor.dtype).toBe(value.meta.dtype);
    return [tensorToValue(tensor), await tensorToValueAsync(tensor)];
  } finally {
    tensor.dispose();
  }
}

describe('bit for bit both ways', () => {
  for (const dtype of ['float32', 'int32', 'bool', 'complex64'] as const) {
    test(dtype, async () => {
      await fc.assert(
        fc.asyncProperty(fixed(dtype), fc.boolean(), async (value, share) => {
          for (const back of await bothWays(value, share)) expect(back).toEqual(value);
        }),
      );
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  test('string', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (value) => {
        // An empty list loses the length of its inner axes in plain form.
        for (const back of await bothWays(value, false)) expect(back).toEqual(value);
      }),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a byte order mark and texts that are no UTF-16 on their own', async () => {
    const value = plainToValue(['\ufeffabc', '👩‍🔬', '']);
    for (const back of await bothWays(value, false)) expect(back).toEqual(value);
  });

  test('every kind of NaN, both zeros, infinities and the smallest number', () => {
    const words = Uint32Array.of(
      0x7fc00000,
      0xffc00001,
      0x7fa00001,
      0x7fffffff,
      0x80000000,
      0,
      0x7f800000,
      0xff800000,
      1,
    );
    const value = { meta: tensorMeta('float32', [9]), bytes: new Uint8Array(words.buffer) };
    const tensor = valueToTensor(value);
    expect(tensorToValue(tensor).bytes).toEqual(value.bytes);
    tensor.dispose();
  });

  test('bytes at any offset', () => {
    const { meta, bytes } = plainToValue([1, 2, 3]);
    for (const offset of [0, 1, 4]) {
      const moved = new Uint8Array(bytes.length + offset);
      moved.set(bytes, offset);
      const tensor = valueToTensor({ meta, bytes: moved.subarray(offset) }, { share: true });
      expect(Array.from(tensor.dataSync())).toEqual([1, 2, 3]);
      tensor.dispose();
    }
  });

  test('results of ops, slices that share a buffer included', () => {
    const whole = tf.tensor1d([1, 2, 3, 4]);
    const part = tf.slice(whole, 1, 2);
    expect(tensorToValue(part)).toEqual(plainToValue([2, 3]));
    const not = tf.logicalNot(tf.tensor1d([true, false], 'bool'));
    expect(toNested(tensorToValue(not))).toEqual([false, true]);
    tf.dispose([whole, part]);
    tf.disposeVariables();
    tf.dispose(not);
  });

  test('copies, so that neither changes the other', () => {
    const value = plainToValue([1, 2]);
    const tensor = valueToTensor(value);
    value.bytes.fill(0);
    expect(Array.from(tensor.dataSync())).toEqual([1, 2]);
    const read = tensorToValue(tensor);
    tensor.dataSync()[0] = 9;
    expect(toNested(read)).toEqual([1, 2]);
    tensor.dispose();
  });

  test('a disposed tensor is refused, and so is what only looks like one', async () => {
    const tensor = tf.scalar(1);
    expect(isTensor(tensor)).toBe(true);
    tensor.dispose();
    expect(() => tensorToValue(tensor)).toThrow(/was disposed/);
    await expect(tensorToValueAsync(tensor)).rejects.toMatchObject({ code: 'disposed' });
    const nothing = () => undefined;
    expect(isTensor({ data: nothing, dataSync: nothing, throwIfDisposed: nothing })).toBe(false);
  });

  test('bytes that do not fit are refused', () => {
    const bytes = new Uint8Array(3);
    expect(() => valueToTensor({ meta: tensorMeta('float32', [1]), bytes })).toThrow(/do not fit/);
    expect(() => toNested({ meta: tensorMeta('int32', [1]), bytes })).toThrow(/do not fit/);
  });
});

describe('plain values', () => {
  test('as tfjs reads them', () => {
    for (const plain of [
      3,
      [1, 2],
      [[1], [2]],
      [],
      [[], []],
      true,
      [true, false],
      'a',
      ['a', 'bc'],
    ]) {
      const tensor = tf.tensor(plain as tf.TensorLike);
      expect(plainToValue(plain as never)).toEqual(tensorToValue(tensor));
      tensor.dispose();
    }
  });

  test('nested and back', () => {
    for (const plain of [3, [1, 2], [[[1]], [[2]]], [], [[], []], true, [[true]], 'a', [['a']]]) {
      expect(toNested(plainToValue(plain as never))).toEqual(plain);
    }
    const pair = tf.complex([1, 2], [3, 4]);
    expect(toNested(tensorToValue(pair))).toEqual([
      [1, 3],
      [2, 4],
    ]);
    pair.dispose();
  });

  test('typed arrays, alone and as rows', () => {
    expect(plainToValue(new Int32Array([1, 2])).meta).toEqual(tensorMeta('int32', [2]));
    expect(plainToValue(new Uint8Array([1, 2])).meta).toEqual(tensorMeta('int32', [2]));
    const rows = plainToValue([new Float32Array([1, 2]), new Float32Array([3, 4])]);
    expect(toNested(rows)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('a dtype of choice', () => {
    expect(toNested(plainToValue([1, 2], { dtype: 'int32' }))).toEqual([1, 2]);
    expect(toNested(plainToValue([1, 0], { dtype: 'bool' }))).toEqual([true, false]);
    expect(toNested(plainToValue([true], { dtype: 'float32' }))).toEqual([1]);
    expect(plainToValue([], { dtype: 'int32' }).meta).toEqual(tensorMeta('int32', [0]));
    expect(plainToValue(['a'], { elementBytes: 8 }).meta.elementBytes).toBe(8);
  });

  test.each([
    [[[1, 2], [3]], undefined, 'The entry [1] has 1 entries where the first of its kind has 2'],
    [[1, [2]], undefined, 'The entry [1] is a list'],
    [[[1], 2], undefined, 'The entry [1] is a single element'],
    [[1, 'a'], undefined, 'The entry [1] is a string among elements that are numbers'],
    [[1, true], undefined, 'The entry [1] is a boolean'],
    [[null], undefined, 'The entry [0] is null'],
    [Object.create(null), undefined, 'The value is of type object'],
    [{}, undefined, 'The value is [object Object]'],
    [[1.5], 'int32', '1.5 is not an int32'],
    [[2 ** 31], 'int32', 'is not an int32'],
    [[2], 'bool', '2 is not a boolean'],
    [['a'], 'float32', 'cannot be made of strings'],
    [[1], 'string', 'cannot be made of numbers'],
    [[1], 'complex64', 'tf.complex'],
    [[[[[[[[1]]]]]]], undefined, 'deeper than the limit'],
  ] as const)('%j as %s is refused', (plain, dtype, text) => {
    const options = dtype === undefined ? {} : { dtype };
    let thrown: unknown;
    try {
      plainToValue(plain as never, options);
    } catch (error) {
      thrown = error;
    }
    expect(isDuetError(thrown, 'bad-argument')).toBe(true);
    expect((thrown as Error).message).toContain(text);
  });

  test('what is made passes the checks of the wire', () => {
    for (const plain of [[1], [true], ['ü', ''], [[1, 2]]])
      checkTensor(plainToValue(plain as never));
  });
});
