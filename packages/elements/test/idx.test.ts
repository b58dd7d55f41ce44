/** The sample of MNIST, and the reader of its files. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inRepository } from '../../../scripts/tools';
import { IdxError, parseIdx } from '../src/files/idx';

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
    expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(IdxError);
  });
});
