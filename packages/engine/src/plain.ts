/** Between plain JavaScript values and a tensor's bytes. No tfjs here. */

import {
  type Bytes,
  byteLength,
  checkMeta,
  type DType,
  DuetError,
  decodeStrings,
  elementCount,
  encodeStrings,
  limits,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
} from '@duet/protocol';

type NumberArray = Float32Array | Int32Array | Uint8Array | Uint8ClampedArray;

/** What can be written for a tensor: a scalar, arrays nested up to the limit of rank, or typed arrays as innermost rows. */
export type Plain = number | boolean | string | NumberArray | readonly Plain[];

/** A tensor's value as JavaScript has it: a scalar for rank 0, else nested arrays. */
export type Nested = number | boolean | string | Nested[];

export interface PlainOptions {
  /** Default: float32 for numbers (int32 for integer typed arrays), bool for booleans, string for strings. */
  readonly dtype?: DType;
  /** Strings only: the size in bytes that every element is padded to. Default: the longest. */
  readonly elementBytes?: number;
}

/** The layouts are little-endian, and so is every machine that browsers run on: typed arrays are used as they are. */
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Throws `unsupported-browser` where typed arrays would not have the byte order of the wire. */
export function checkByteOrder(): void {
  if (!littleEndian) {
    throw new DuetError('unsupported-browser', { detail: 'This machine is not little-endian.' });
  }
}

/** A copy of a view's bytes in a buffer of their own, and so aligned for any element. */
export function ownBytes(view: ArrayBufferView): Bytes {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}

type Scalar = number | boolean | string;

function isNumberArray(value: unknown): value is NumberArray {
  return (
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array ||
    value instanceof Uint8ClampedArray
  );
}

function wrong(detail: string): never {
  throw new DuetError('bad-argument', { detail });
}

function shapeOf(plain: Plain): number[] {
  const shape: number[] = [];
  for (let at: Plain | undefined = plain; at !== undefined; ) {
    if (isNumberArray(at)) {
      shape.push(at.length);
      break;
    }
    if (!Array.isArray(at)) break;
    if (shape.length === limits.rank) {
      wrong(`An array is nested deeper than the limit of rank ${limits.rank}.`);
    }
    shape.push(at.length);
    at = (at as readonly Plain[])[0];
  }
  return shape;
}

function place(path: readonly number[]): string {
  return path.length === 0 ? 'The value' : `The entry [${path.join('][')}]`;
}

function shown(value: unknown): string {
  if (Array.isArray(value) || isNumberArray(value)) return 'a list';
  try {
    return String(value);
  } catch {
    return `of type ${typeof value}`;
  }
}

/** Appends the elements in row-major order; every level must be as long as `shape` says. */
function flattenInto(flat: Scalar[], plain: Plain, shape: readonly number[], path: number[]): void {
  const length = shape[path.length];
  if (length === undefined) {
    if (typeof plain !== 'number' && typeof plain !== 'boolean' && typeof plain !== 'string') {
      wrong(`${place(path)} is ${shown(plain)}, not a number, a boolean or a string.`);
    }
    if (flat.length > 0 && typeof plain !== typeof flat[0]) {
      wrong(`${place(path)} is a ${typeof plain} among elements that are ${typeof flat[0]}s.`);
    }
    flat.push(plain);
    return;
  }
  if (!Array.isArray(plain) && !isNumberArray(plain)) {
    wrong(`${place(path)} is a single element where the others are lists of ${length}.`);
  }
  const rows = plain as readonly Plain[];
  if (rows.length !== length) {
    wrong(`${place(path)} has ${rows.length} entries where the first of its kind has ${length}.`);
  }
  for (let index = 0; index < length; index++) {
    // A hole in an array reads as undefined, which no element is.
    path.push(index);
    flattenInto(flat, rows[index] as Plain, shape, path);
    path.pop();
  }
}

function innermostDType(plain: Plain): DType {
  let at: Plain | undefined = plain;
  while (Array.isArray(at)) at = (at as readonly Plain[])[0];
  if (typeof at === 'boolean') return 'bool';
  if (typeof at === 'string') return 'string';
  return isNumberArray(at) && !(at instanceof Float32Array) ? 'int32' : 'float32';
}

function numericBytes(flat: readonly Scalar[], dtype: 'float32' | 'int32' | 'bool'): Bytes {
  const numbers = flat.map(Number);
  if (dtype === 'float32') return ownBytes(Float32Array.from(numbers));
  if (dtype === 'int32') {
    for (const number of numbers) if ((number | 0) !== number) wrong(`${number} is not an int32.`);
    return ownBytes(Int32Array.from(numbers));
  }
  for (const number of numbers) {
    if (number !== 0 && number !== 1) wrong(`${number} is not a boolean.`);
  }
  return Uint8Array.from(numbers);
}

/**
 * A tensor's bytes from plain values, copied. Throws `bad-argument` for ragged or mixed arrays and for elements that the
 * dtype does not have, `too-large` over a limit.
 */
export function plainToValue(plain: Plain, options: PlainOptions = {}): TensorValue {
  checkByteOrder();
  const dtype = options.dtype ?? innermostDType(plain);
  const shape = shapeOf(plain);
  if (isNumberArray(plain)) {
    const same =
      (dtype === 'float32' && plain instanceof Float32Array) ||
      (dtype === 'int32' && plain instanceof Int32Array);
    // Bit for bit, NaN payloads included, which a way through numbers would not promise.
    if (same) return checked({ meta: tensorMeta(dtype, shape), bytes: ownBytes(plain) });
  }
  const flat: Scalar[] = [];
  flattenInto(flat, plain, shape, []);
  const strings = flat.every((element) => typeof element === 'string');
  if (dtype === 'string') {
    if (!strings) wrong('A tensor of strings cannot be made of numbers or booleans.');
    return encodeStrings(flat as string[], shape, options.elementBytes);
  }
  if (strings && flat.length > 0) wrong(`A ${dtype} tensor cannot be made of strings.`);
  if (dtype === 'complex64') wrong('A complex64 tensor is made with tf.complex(real, imag).');
  return checked({ meta: tensorMeta(dtype, shape), bytes: numericBytes(flat, dtype) });
}

function checked(value: TensorValue): TensorValue {
  checkMeta(value.meta);
  return value;
}

/** The elements in row-major order; a complex one is [real, imaginary]. */
function elementsOf(value: TensorValue): Nested[] {
  const { meta, bytes } = value;
  if (meta.dtype === 'string') return decodeStrings(value);
  if (meta.dtype === 'bool') return Array.from(bytes, (byte) => byte !== 0);
  const { buffer } = ownBytes(bytes);
  if (meta.dtype === 'int32') return Array.from(new Int32Array(buffer));
  const numbers = new Float32Array(buffer);
  if (meta.dtype === 'float32') return Array.from(numbers);
  return Array.from({ length: elementCount(meta.shape) }, (_, index) => [
    numbers[2 * index] ?? 0,
    numbers[2 * index + 1] ?? 0,
  ]);
}

/** The value as a scalar (rank 0) or nested arrays; complex elements are pairs [real, imaginary]. */
export function toNested(value: TensorValue): Nested {
  checkByteOrder();
  checkLength(value);
  const elements = elementsOf(value);
  const { shape } = value.meta;
  let next = 0;
  const build = (axis: number): Nested => {
    const length = shape[axis];
    if (length === undefined) return elements[next++] ?? 0;
    return Array.from({ length }, () => build(axis + 1));
  };
  return build(0);
}

/** Throws `bad-tensor` unless the bytes are as many as the header says. */
export function checkLength({ meta, bytes }: { meta: TensorMeta; bytes: Uint8Array }): void {
  checkMeta(meta);
  if (bytes.byteLength !== byteLength(meta)) {
    throw new DuetError('bad-tensor', {
      detail: `${bytes.byteLength} bytes do not fit shape [${meta.shape.join(', ')}] of ${meta.dtype}.`,
    });
  }
}
