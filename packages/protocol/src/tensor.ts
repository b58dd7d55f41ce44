/**
 * The layout of a tensor's payload: row-major, little-endian, bit for bit.
 * float32, int32: 4 bytes; bool: 1 byte, 0 or 1; complex64: 8 bytes, real then imaginary part;
 * string: a uint32 length, then UTF-8 padded with zeros to `elementBytes`, so that the payload's size tells no length.
 */

import { DuetError } from './errors';
import { limits } from './limits';
import type { DType, TensorMeta, TensorValue } from './messages';

const fixedBytes: Readonly<Record<Exclude<DType, 'string'>, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
};

/** Bytes of one element's slot in a payload. */
export function slotBytes(meta: Pick<TensorMeta, 'dtype' | 'elementBytes'>): number {
  return meta.dtype === 'string' ? 4 + meta.elementBytes : fixedBytes[meta.dtype];
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function byteLength(meta: TensorMeta): number {
  return elementCount(meta.shape) * slotBytes(meta);
}

/** `elementBytes` is 0 unless the dtype is string. */
export function tensorMeta(dtype: DType, shape: readonly number[], elementBytes = 0): TensorMeta {
  return { dtype, shape, elementBytes };
}

/** Throws `bad-tensor` or `too-large`. Checks before anything is allocated. */
export function checkMeta(meta: TensorMeta): void {
  const { dtype, shape, elementBytes } = meta;
  if (shape.length > limits.rank) {
    throw new DuetError('too-large', {
      detail: `Rank ${shape.length} is over the limit of ${limits.rank}.`,
    });
  }
  for (const dimension of shape) {
    if (!Number.isInteger(dimension) || dimension < 0 || dimension > limits.dimension) {
      throw new DuetError('bad-tensor', { detail: `[${shape.join(', ')}] is not a shape.` });
    }
  }
  const strings = dtype === 'string';
  const widest = strings ? limits.stringElementBytes : 0;
  if (!Number.isInteger(elementBytes) || elementBytes < 0 || elementBytes > widest) {
    throw new DuetError('bad-tensor', {
      detail: `${elementBytes} bytes an element do not fit dtype ${dtype}.`,
    });
  }
  const elements = elementCount(shape);
  if (elements > limits.tensorElements || byteLength(meta) > limits.tensorBytes) {
    throw new DuetError('too-large', {
      detail: `A ${dtype} tensor of shape [${shape.join(', ')}] is over the limit of ${limits.tensorElements} elements or ${limits.tensorBytes} bytes.`,
    });
  }
}

/** Throws `bad-tensor` unless the bytes are a canonical payload for the header. */
export function checkTensor(value: TensorValue): void {
  const { meta, bytes } = value;
  checkMeta(meta);
  if (bytes.byteLength !== byteLength(meta)) {
    throw new DuetError('bad-tensor', {
      detail: `${bytes.byteLength} bytes do not fit shape [${meta.shape.join(', ')}] of ${meta.dtype}.`,
    });
  }
  if (meta.dtype === 'bool' && !areBools(bytes)) {
    throw new DuetError('bad-tensor', { detail: 'A bool is neither 0 nor 1.' });
  }
  if (meta.dtype === 'string') decodeStrings(value);
}

/** Four at a time: the largest tensor takes some 20 ms, where a call for each byte would take half a second. */
function areBools(bytes: Uint8Array): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? Math.floor(bytes.length / 4) : 0;
  const words = aligned > 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, aligned) : [];
  let seen = 0;
  for (let at = 0; at < aligned; at += 1) seen |= words[at] ?? 0;
  for (let at = 4 * aligned; at < bytes.length; at += 1) seen |= bytes[at] ?? 0;
  return (seen & ~0x0101_0101) === 0;
}

/** One string per element; throws `bad-tensor`. */
export function decodeStrings({ meta, bytes }: TensorValue): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const slot = slotBytes(meta);
  return Array.from({ length: elementCount(meta.shape) }, (_, index) => {
    const start = index * slot;
    const length = view.getUint32(start, true);
    const text = bytes.subarray(start + 4, start + 4 + Math.min(length, meta.elementBytes));
    const padding = bytes.subarray(start + 4 + text.length, start + slot);
    if (length > meta.elementBytes || padding.some((byte) => byte !== 0)) {
      throw new DuetError('bad-tensor', {
        detail: 'A string is longer than declared, or its padding is not zero.',
      });
    }
    try {
      return utf8.decode(text);
    } catch {
      throw new DuetError('bad-tensor', { detail: 'A string is not UTF-8.' });
    }
  });
}

/** The bytes of a string tensor. `elementBytes` defaults to the longest element; throws `too-large` where one is longer. */
export function encodeStrings(
  strings: readonly string[],
  shape: readonly number[],
  elementBytes?: number,
): TensorValue {
  const utf8 = new TextEncoder();
  const encoded = strings.map((text) => utf8.encode(text));
  const longest = encoded.reduce((most, bytes) => Math.max(most, bytes.length), 0);
  const declared = elementBytes ?? longest;
  if (longest > declared) {
    throw new DuetError('too-large', {
      detail: `A string is longer than the declared ${declared} bytes.`,
      hint: 'Declare maxElementBytes.',
    });
  }
  const meta = tensorMeta('string', shape, declared);
  checkMeta(meta);
  if (encoded.length !== elementCount(shape)) {
    throw new DuetError('bad-tensor', {
      detail: `${encoded.length} strings do not fit shape [${shape.join(', ')}].`,
    });
  }
  const slot = slotBytes(meta);
  const bytes = new Uint8Array(encoded.length * slot);
  const view = new DataView(bytes.buffer);
  encoded.forEach((text, index) => {
    view.setUint32(index * slot, text.length, true);
    bytes.set(text, index * slot + 4);
  });
  return { meta, bytes };
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}
