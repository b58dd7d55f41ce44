/**
 * NumPy's files of one array (.npy), versions 1 to 3:
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { elementsOf, type FileArray, FileError, narrowed } from './array-file';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** By the letter and the bytes of NumPy's type. */
const readers: Readonly<
  Record<
    string,
    { readonly bytes: number; read(data: ArrayBuffer, shape: readonly number[]): FileArray }
  >
> = {
  f4: { bytes: 4, read: (data, shape) => plain('float32', shape, new Float32Array(data)) },
  f8: { bytes: 8, read: (data, shape) => narrowed(new Float64Array(data), shape) },
  i1: {
    bytes: 1,
    read: (data, shape) => plain('int32', shape, Int32Array.from(new Int8Array(data))),
  },
  i2: {
    bytes: 2,
    read: (data, shape) => plain('int32', shape, Int32Array.from(new Int16Array(data))),
  },
  i4: { bytes: 4, read: (data, shape) => plain('int32', shape, new Int32Array(data)) },
  i8: { bytes: 8, read: (data, shape) => narrowed(new BigInt64Array(data), shape) },
  u1: {
    bytes: 1,
    read: (data, shape) => plain('int32', shape, Int32Array.from(new Uint8Array(data))),
  },
  u2: {
    bytes: 2,
    read: (data, shape) => plain('int32', shape, Int32Array.from(new Uint16Array(data))),
  },
  u4: { bytes: 4, read: (data, shape) => narrowed(new Uint32Array(data), shape) },
  u8: { bytes: 8, read: (data, shape) => narrowed(new BigUint64Array(data), shape) },
  b1: {
    bytes: 1,
    read: (data, shape) =>
      plain(
        'bool',
        shape,
        Uint8Array.from(new Uint8Array(data), (byte) => (byte === 0 ? 0 : 1)),
      ),
  },
};

function plain(
  dtype: FileArray['dtype'],
  shape: readonly number[],
  values: FileArray['values'],
): FileArray {
  return { dtype, shape, values, remarks: [] };
}

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

/** Throws FileError. */
export function parseNpy(bytes: Uint8Array): FileArray {
  if (!isNpy(bytes)) throw new FileError('This is no file of NumPy.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  const isLong = version >= 2;
  const start = isLong ? 12 : 10;
  if (version < 1 || version > 3 || bytes.length < start) {
    throw new FileError('This file of NumPy is of a version that is not known here.');
  }
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  if (bytes.length < start + length) throw new FileError('This file of NumPy ends in its header.');
  const words = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(start, start + length),
  );
  return arrayOf(headerOf(words), bytes.subarray(start + length));
}

/** A Python dict of three entries, of which only what NumPy writes is understood. */
function headerOf(words: string): Header {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(words)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(words)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(words)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw new FileError(
      'This file of NumPy holds no plain array. Columns of different types: save each as an array of its own.',
    );
  }
  return {
    descr,
    fortran: fortran === 'True',
    shape: shape.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)])),
  };
}

function arrayOf({ descr, fortran, shape }: Header, data: Uint8Array): FileArray {
  const [, order = '', type = ''] = /^([<>|=]?)(.*)$/.exec(descr) ?? [];
  const reader = readers[type];
  if (reader === undefined) {
    throw new FileError(
      `Arrays of NumPy's type “${descr.slice(0, 20)}” cannot be a tensor: convert it to float32 or int32 first.`,
    );
  }
  const size = elementsOf(shape, reader.bytes) * reader.bytes;
  if (data.length !== size) {
    throw new FileError(
      `This file of NumPy has ${data.length} bytes where its shape needs ${size}.`,
    );
  }
  const own = data.slice();
  if (order === '>') swapBytes(own, reader.bytes);
  const array = reader.read(own.buffer, shape);
  return fortran && shape.length > 1 ? { ...array, values: rowsFirst(array) } : array;
}

function swapBytes(data: Uint8Array, elementBytes: number): void {
  for (let at = 0; at < data.length; at += elementBytes)
    data.subarray(at, at + elementBytes).reverse();
}

/** From Fortran's order, in which the first index runs fastest. */
function rowsFirst({ shape, values }: FileArray): FileArray['values'] {
  const result = values.slice();
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((size, length) => size * length, 1),
  );
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += 1) {
    result[to] = values[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      if (next < (shape[axis] ?? 0)) {
        index[axis] = next;
        from += stride;
        break;
      }
      from -= stride * (next - 1);
      index[axis] = 0;
    }
  }
  return result;
}
