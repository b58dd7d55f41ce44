/** Between tfjs tensors and bytes, bit for bit. */

import { denseNumbers } from '@duet/ops';
import {
  type Bytes,
  checkMeta,
  DuetError,
  decodeStrings,
  dtypes,
  elementCount,
  encodeStrings,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { checkByteOrder, checkLength, ownBytes } from './plain';

type Numbers = Float32Array | Int32Array | Uint8Array;

function metaOf(tensor: tf.Tensor): TensorMeta {
  checkByteOrder();
  if (tensor.isDisposed) {
    throw new DuetError('disposed', { detail: 'This tensor of tfjs was disposed.' });
  }
  const meta = tensorMeta(tensor.dtype, tensor.shape);
  if (meta.dtype !== 'string') checkMeta(meta);
  return meta;
}

/** Backends may give an int32 or bool tensor's data as floats, and cpu's matMul of an empty batch more than its shape has. */
function numericValue(meta: TensorMeta, given: Numbers, isOurs: boolean): TensorValue {
  const count = elementCount(meta.shape);
  const data = given.length > count ? given.slice(0, count) : given;
  if (meta.dtype === 'bool') return { meta, bytes: Uint8Array.from(data, (byte) => +(byte !== 0)) };
  const right =
    meta.dtype === 'float32' ? data instanceof Float32Array : data instanceof Int32Array;
  if (right) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { meta, bytes: isOurs ? bytes : ownBytes(data) };
  }
  const converted = meta.dtype === 'float32' ? Float32Array.from(data) : Int32Array.from(data);
  return { meta, bytes: new Uint8Array(converted.buffer) };
}

/** wasm reads a tensor out of its memory into a new array; other backends may give what they go on using themselves. */
function isReadAsCopy({ dataId }: tf.Tensor): boolean {
  const held = tf.engine().state.tensorInfo.get(dataId)?.backend;
  // Not by findBackend, which would start it.
  return held !== undefined && held === tf.engine().registry['wasm'];
}

/** tfjs's own decoder would drop a byte order mark. */
function stringValue(tensor: tf.Tensor, encoded: readonly Uint8Array[]): TensorValue {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  return encodeStrings(
    encoded.map((bytes) => utf8.decode(bytes)),
    tensor.shape,
  );
}

/** As 32-bit patterns, since a way through JavaScript's numbers may change a NaN. */
function interleave(meta: TensorMeta, real: Float32Array, imag: Float32Array): TensorValue {
  const [re, im] = [real, imag].map((part) => new Uint32Array(ownBytes(part).buffer));
  const words = new Uint32Array(2 * elementCount(meta.shape));
  re?.forEach((word, index) => {
    words[2 * index] = word;
  });
  im?.forEach((word, index) => {
    words[2 * index + 1] = word;
  });
  return { meta, bytes: new Uint8Array(words.buffer) };
}

/**
 * Is it a tensor, of this tfjs or of another copy on the page? tfjs's own `instanceof` takes whatever has three methods
 * of the right names.
 */
export function isTensor(value: unknown): value is tf.Tensor {
  return (
    value instanceof tf.Tensor &&
    Array.isArray(value.shape) &&
    (dtypes as readonly string[]).includes(value.dtype)
  );
}

/**
 * A copy of a tensor's value, read at once: on a GPU backend the page waits for it. The tensor stays the caller's.
 * Throws `too-large` over a limit, `disposed` for a disposed tensor. Strings get the size of the longest as their declared size.
 */
export function tensorToValue(tensor: tf.Tensor): TensorValue {
  const meta = metaOf(tensor);
  if (meta.dtype === 'string') return stringValue(tensor, encodedSync(tensor));
  if (meta.dtype !== 'complex64')
    return numericValue(meta, tensor.dataSync() as Numbers, isReadAsCopy(tensor));
  const [real, imag] = tf.tidy(() => [tf.real(tensor).dataSync(), tf.imag(tensor).dataSync()]) as [
    Float32Array,
    Float32Array,
  ];
  return interleave(meta, real, imag);
}

/** As tensorToValue, without making the page wait. The tensor must live until it resolves, and stays the caller's. */
export async function tensorToValueAsync(tensor: tf.Tensor): Promise<TensorValue> {
  const meta = metaOf(tensor);
  if (meta.dtype === 'string') return stringValue(tensor, (await tensor.bytes()) as Uint8Array[]);
  if (meta.dtype !== 'complex64') {
    const isOurs = isReadAsCopy(tensor);
    return numericValue(meta, (await tensor.data()) as Numbers, isOurs);
  }
  const parts = [tf.real(tensor), tf.imag(tensor)] as const;
  try {
    const [real, imag] = await Promise.all([parts[0].data(), parts[1].data()]);
    return interleave(meta, real as Float32Array, imag as Float32Array);
  } finally {
    tf.dispose([...parts]);
  }
}

/** What tfjs keeps of a string tensor. The tensor's own `dataSync` gives it decoded. */
function encodedSync(tensor: tf.Tensor): Uint8Array[] {
  return tf.engine().readSync(tensor.dataId) as unknown as Uint8Array[];
}

export interface ToTensorOptions {
  /**
   * Let the tensor use the given bytes instead of a copy, where their alignment allows it. Only for bytes that nobody
   * changes any more.
   */
  readonly share?: boolean;
}

/** A tensor of the value, which the caller disposes. Throws `bad-tensor` where the bytes do not fit the header. */
export function valueToTensor(value: TensorValue, options: ToTensorOptions = {}): tf.Tensor {
  checkByteOrder();
  checkLength(value);
  const { dtype } = value.meta;
  const shape = denseNumbers(value.meta.shape);
  if (dtype === 'string') {
    const utf8 = new TextEncoder();
    const encoded = decodeStrings(value).map((text) => utf8.encode(text));
    // Encoded strings are what tfjs keeps inside; it takes them, though its types do not say so.
    return tf.tensor(encoded as unknown as string[], shape, 'string');
  }
  const { bytes } = value;
  const aligned = bytes.byteOffset % 4 === 0 && bytes.buffer instanceof ArrayBuffer;
  const own = options.share === true && aligned ? (bytes as Bytes) : ownBytes(bytes);
  if (dtype === 'bool') return tf.tensor(own, shape, 'bool');
  if (dtype === 'int32') return tf.tensor(words(own, Int32Array), shape, 'int32');
  if (dtype === 'float32') return tf.tensor(words(own, Float32Array), shape, 'float32');
  const [real, imag] = deinterleave(words(own, Uint32Array));
  return tf.tidy(() => tf.complex(tf.tensor(real, shape), tf.tensor(imag, shape)));
}

function words<T>(
  bytes: Bytes,
  View: new (buffer: ArrayBuffer, byteOffset: number, length: number) => T,
): T {
  return new View(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function deinterleave(pairs: Uint32Array): [Float32Array, Float32Array] {
  const count = pairs.length / 2;
  const part = (offset: number) =>
    new Float32Array(
      Uint32Array.from({ length: count }, (_, i) => pairs[2 * i + offset] ?? 0).buffer,
    );
  return [part(0), part(1)];
}
