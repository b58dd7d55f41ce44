/** Files as `numpy.save` writes them. */

import { describe, expect, it } from 'vitest';
import { FileError } from '../src/files/array-file';
import { parseNpy } from '../src/files/npy';

/** As `numpy.save` writes it: padded to 64 bytes, with a line break at the end. */
function npy(header: string, data: ArrayBufferLike, version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const padded = header
    .padEnd(Math.ceil((start + header.length + 1) / 64) * 64 - start - 1)
    .concat('\n');
  const file = new Uint8Array(start + padded.length + data.byteLength);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(file.buffer);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  file.set(new TextEncoder().encode(padded), start);
  file.set(new Uint8Array(data), start + padded.length);
  return file;
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe('an array of NumPy', () => {
  it.each([
    ['<f4', new Float32Array([1.5, -2]), 'float32', [1.5, -2]],
    ['<f8', new Float64Array([1.5, -2]), 'float32', [1.5, -2]],
    ['|i1', new Int8Array([-1, 2]), 'int32', [-1, 2]],
    ['<i2', new Int16Array([-300, 2]), 'int32', [-300, 2]],
    ['<i4', new Int32Array([-70_000, 2]), 'int32', [-70_000, 2]],
    ['<i8', new BigInt64Array([-5n, 2n]), 'int32', [-5, 2]],
    ['|u1', new Uint8Array([255, 2]), 'int32', [255, 2]],
    ['<u2', new Uint16Array([65_535, 2]), 'int32', [65_535, 2]],
    ['<u4', new Uint32Array([7, 2]), 'int32', [7, 2]],
    ['<u8', new BigUint64Array([7n, 2n]), 'int32', [7, 2]],
    ['|b1', new Uint8Array([1, 0]), 'bool', [1, 0]],
  ])('of %s is read', (descr, data, dtype, values) => {
    const array = parseNpy(npy(header(descr, '(2,)'), data.buffer));
    expect(array).toMatchObject({ dtype, shape: [2] });
    expect([...array.values]).toEqual(values);
  });

  it('that no tensor has room for becomes float32, and says so', () => {
    const large = parseNpy(npy(header('<i8', '(1,)'), new BigInt64Array([2n ** 40n]).buffer));
    expect(large).toMatchObject({ dtype: 'float32', values: new Float32Array([2 ** 40]) });
    expect(large.remarks).toHaveLength(1);
    const wide = parseNpy(npy(header('<f8', '(1,)'), new Float64Array([0.1]).buffer));
    expect(wide.remarks).toHaveLength(1);
  });

  it('has its shape: a scalar, nothing, and several axes', () => {
    const one = new Float32Array([3]);
    expect(parseNpy(npy(header('<f4', '()'), one.buffer))).toMatchObject({ shape: [] });
    expect(parseNpy(npy(header('<f4', '(0, 4)'), new ArrayBuffer())).shape).toEqual([0, 4]);
    const six = Float32Array.from({ length: 6 }, (_, at) => at);
    expect(parseNpy(npy(header('<f4', '(1, 2, 3)'), six.buffer))).toMatchObject({
      shape: [1, 2, 3],
      values: six,
    });
  });

  it('in Fortran’s order, of the other byte order, of every version', () => {
    // numpy.asfortranarray([[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]])
    const turned = new Float32Array([0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]);
    const array = parseNpy(npy(header('<f4', '(2, 2, 3)', 'True'), turned.buffer));
    expect([...array.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const big = new Uint8Array([0, 0, 1, 2]);
    expect(parseNpy(npy(header('>i4', '(1,)'), big.buffer)).values).toEqual(new Int32Array([258]));
    for (const version of [1, 2, 3]) {
      const data = new Int32Array([9]).buffer;
      expect(parseNpy(npy(header('<i4', '(1,)'), data, version)).values).toEqual(
        new Int32Array([9]),
      );
    }
  });

  it('that begins at an odd byte of a larger file is read', () => {
    const file = npy(header('<f8', '(1,)'), new Float64Array([2]).buffer);
    const within = new Uint8Array(file.length + 3);
    within.set(file, 3);
    expect([...parseNpy(within.subarray(3)).values]).toEqual([2]);
  });

  it.each([
    ['no file of NumPy', new Uint8Array([1, 2, 3]), /no file of NumPy/],
    ['nothing', new Uint8Array(), /no file of NumPy/],
    ['another version', npy(header('<f4', '(1,)'), new ArrayBuffer(4), 9), /version/],
    ['a header that is cut', npy(header('<f4', '(1,)'), new ArrayBuffer(4)).slice(0, 40), /header/],
    [
      'too few bytes',
      npy(header('<f4', '(2,)'), new ArrayBuffer(4)),
      /4 bytes where its shape needs 8/,
    ],
    ['too many bytes', npy(header('<f4', '(1,)'), new ArrayBuffer(8)), /8 bytes/],
    ['text', npy(header('<U3', '(1,)'), new ArrayBuffer(12)), /“<U3”/],
    ['Python objects', npy(header('|O', '(1,)'), new ArrayBuffer(8)), /“\|O”/],
    [
      'records',
      npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }`, new ArrayBuffer(4)),
      /no plain array/,
    ],
    ['a shape over 1 GB', npy(header('<f4', '(99999, 99999)'), new ArrayBuffer(4)), /over 1 GB/],
    [
      'a shape beyond all numbers',
      npy(header('<f4', `(${'9'.repeat(30)},)`), new ArrayBuffer(4)),
      /no shape/,
    ],
  ])('that is %s is refused, and it is said why', (_, file, why) => {
    expect(() => parseNpy(file)).toThrow(FileError);
    expect(() => parseNpy(file)).toThrow(why);
  });
});
