/** IDX, the format of MNIST's files: types and dimensions, then the elements, all big-endian. http://yann.lecun.com/exdb/mnist/ */

import { elementsOf, type FileArray, FileError, narrowed } from './array-file';
import { unpack } from './gzip';

export interface IdxArray {
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const unsignedByte = 8;

/** Bytes of an element, by the number of its type. */
const elementBytes: Readonly<Record<number, number>> = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 };

interface Idx extends IdxArray {
  readonly type: number;
}

export function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && (bytes[2] ?? 0) in elementBytes && (bytes[3] ?? 0) > 0;
}

function read(bytes: Uint8Array): Idx {
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  if (!isIdx(bytes) || bytes.length < start) throw new FileError('This is not an IDX file.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const type = bytes[2] ?? 0;
  const each = elementBytes[type] ?? 1;
  const size = elementsOf(shape, each) * each;
  if (bytes.length !== start + size) {
    throw new FileError(
      `The IDX file has ${bytes.length - start} bytes where its shape needs ${size}.`,
    );
  }
  return { type, shape, bytes: bytes.subarray(start) };
}

/** Reads one file of bytes, unpacked. Throws FileError. */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const { type, ...array } = read(bytes);
  if (type !== unsignedByte) throw new FileError('This is not an IDX file of bytes.');
  return array;
}

/** Reads one file of any type, unpacked. Throws FileError. */
export function parseIdxArray(file: Uint8Array): FileArray {
  const { type, shape, bytes } = read(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = (at: (index: number) => number): FileArray => ({
    dtype: 'int32',
    shape,
    values: Int32Array.from({ length: bytes.length / (elementBytes[type] ?? 1) }, (_, index) =>
      at(index),
    ),
    remarks: [],
  });
  switch (type) {
    case 9:
      return whole((index) => view.getInt8(index));
    case 11:
      return whole((index) => view.getInt16(2 * index));
    case 12:
      return whole((index) => view.getInt32(4 * index));
    case 13: {
      const values = Float32Array.from({ length: bytes.length / 4 }, (_, index) =>
        view.getFloat32(4 * index),
      );
      return { dtype: 'float32', shape, values, remarks: [] };
    }
    case 14:
      return narrowed(
        Float64Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(8 * index)),
        shape,
      );
    default:
      return whole((index) => view.getUint8(index));
  }
}

/** Unpacks and reads one file of this server. Throws FileError, or what the network says. */
export async function fetchIdx(path: string): Promise<IdxArray> {
  const response = await fetch(path);
  if (!response.ok) throw new FileError('The sample data is not on this server.');
  return parseIdx(await unpack(new Uint8Array(await response.arrayBuffer())));
}
