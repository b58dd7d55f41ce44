/** The sample of MNIST, and the reader of its files. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inRepository } from '../../../scripts/tools';
import { FileError } from '../src/files/array-file';
import { parseIdx, parseIdxArray } from '../src/files/idx';

const read = (name: string) =>
  parseIdx(gunzipSync(readFileSync(inRepository(`examples/public/data/mnist/${name}.gz`))));

describe('the sample', () => {
  test.each([
    ['train', 6000],
    ['test', 1000],
  ])('%s: %i images with a digit each', (part, records) => {
    const images = read(`${part}-images-idx3-ubyte`);
    const labels = read(`${part}-labels-idx1-ubyte`);
    expect(images.shape).toEqual([records, 28, 28]);
    expect(images.bytes).toHaveLength(records * 28 * 28);
    expect(labels.shape).toEqual([records]);
    expect([...new Set(labels.bytes)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('what is no IDX file of bytes', () => {
  const good = [0, 0, 8, 1, 0, 0, 0, 2, 5, 6];

  test('beside one that is', () => {
    const { shape, bytes } = parseIdx(Uint8Array.from(good));
    expect([shape, [...bytes]]).toEqual([[2], [5, 6]]);
  });

  test.each([
    ['empty', []],
    ['other first bytes', [1, ...good.slice(1)]],
    ['floats', [0, 0, 13, ...good.slice(3)]],
    ['no dimensions', [0, 0, 8, 0]],
    ['a header that is cut', good.slice(0, 6)],
    ['too few bytes', good.slice(0, -1)],
    ['too many bytes', [...good, 7]],
  ])('%s', (_, bytes) => {
    expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(FileError);
  });
});

describe('an IDX file of numbers', () => {
  const file = (type: number, bytes: readonly number[], length: number) =>
    Uint8Array.from([0, 0, type, 1, 0, 0, 0, length, ...bytes]);

  test.each([
    ['bytes', 8, [255, 1], 'int32', [255, 1]],
    ['signed bytes', 9, [255, 1], 'int32', [-1, 1]],
    ['shorts', 11, [255, 254, 1, 0], 'int32', [-2, 256]],
    ['ints', 12, [255, 255, 255, 253, 0, 1, 0, 0], 'int32', [-3, 65_536]],
    ['floats', 13, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], 'float32', [1.5, -2]],
    [
      'doubles',
      14,
      [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
      'float32',
      [1.5, -2],
    ],
  ])('of %s is read', (_, type, bytes, dtype, values) => {
    const array = parseIdxArray(file(type, bytes, 2));
    expect(array).toMatchObject({ dtype, shape: [2] });
    expect([...array.values]).toEqual(values);
  });
});
