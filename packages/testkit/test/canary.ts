/** Private values that are recognised in whatever leaves. */

import type { MemoryPair } from '@duet/link';
import type { TensorValue } from '@duet/protocol';
import { floats, ints } from './words';

/** Reproducible 32-bit words. */
function randomWords(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

const elementsOf = (shape: readonly number[]) =>
  shape.reduce((product, length) => product * length, 1);

/** Reproducible 32-bit patterns that are ordinary floats: no byte of them is likely to stand anywhere by chance. */
export function canary(shape: readonly number[], seed = 7): TensorValue {
  const next = randomWords(seed);
  const words = Uint32Array.from({ length: elementsOf(shape) }, () => {
    const exponent = 110 + ((next() >>> 8) % 30);
    return ((next() & 0x8000_0000) | (exponent << 23) | (next() >>> 9) | 1) >>> 0;
  });
  return floats([...new Float32Array(words.buffer)], shape);
}

/** The same as integers, each of at least nine digits. */
export function intCanary(shape: readonly number[], seed = 7): TensorValue {
  const next = randomWords(seed);
  const values = Array.from({ length: elementsOf(shape) }, () => {
    const size = 0x1000_0001 + (next() >>> 4) * 4;
    return (next() & 0x8000_0000) === 0 ? size : -size;
  });
  return ints(values, shape);
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** One character a byte. */
function asText(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const bothOrders = (bytes: Uint8Array): Uint8Array[] => [bytes, bytes.slice().reverse()];

/** A float's bytes in both orders, the same without its sign, and the half of it as a double that tells most. */
function formsOfFloat(view: DataView, at: number): Uint8Array[] {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, 4).slice();
  const negated = bytes.slice();
  negated[3] = (negated[3] ?? 0) ^ 0x80;
  const float = Math.abs(view.getFloat32(at, true));
  const double = new Uint8Array(Float64Array.of(view.getFloat32(at, true)).buffer).subarray(4);
  return [
    ...[bytes, negated, double].flatMap(bothOrders),
    ...bothOrders(bytes).flatMap(hexDigits),
    ...[String(float), float.toPrecision(8), String(Math.abs(view.getInt32(at, true)))].map(ascii),
  ];
}

function formsOfInteger(view: DataView, at: number): Uint8Array[] {
  const value = view.getInt32(at, true);
  const [one, other] = [value, -value].map((each) => new Uint8Array(Int32Array.of(each).buffer));
  const float = new Uint8Array(Float32Array.of(value).buffer);
  const whole = [one, other, float].flatMap((bytes) => (bytes ? bothOrders(bytes) : []));
  return [...whole, ...whole.flatMap(hexDigits), ascii(String(Math.abs(value)))];
}

const hexDigits = (bytes: Uint8Array): Uint8Array[] =>
  [hexOf(bytes), hexOf(bytes).toUpperCase()].map(ascii);

/** The forms in which one element could leave. */
function formsOf({ meta, bytes }: TensorValue, index: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (meta.dtype === 'int32' ? formsOfInteger : formsOfFloat)(view, 4 * index);
}

/** Everything that the owner's side sent, one character a byte. */
function sentBy(wire: MemoryPair): string {
  return wire.log
    .filter(({ lane }) => lane === 'aToB')
    .map(({ frame }) => asText(frame))
    .join('');
}

/** The elements of a value that stand in what the owner's side sent, in any form, by their bits in hex. */
export function spiltElements(wire: MemoryPair, ...values: readonly TensorValue[]): Set<string> {
  const sent = sentBy(wire);
  const found = new Set<string>();
  for (const value of values) {
    for (let index = 0; index < value.bytes.length / 4; index += 1) {
      if (formsOf(value, index).some((form) => sent.includes(asText(form)))) {
        found.add(elementBits(value, index));
      }
    }
  }
  return found;
}

/** The name of an element in `spiltElements`. */
export function elementBits({ bytes }: TensorValue, index: number): string {
  return hexOf(bytes.subarray(4 * index, 4 * index + 4));
}

/** Does such a run of bytes stand in what the owner's side sent? */
export function wasSent(wire: MemoryPair, bytes: Uint8Array): boolean {
  return sentBy(wire).includes(asText(bytes));
}

/** How many of the canaries' elements stand in what the owner's side sent, in any form. */
export function spilt(wire: MemoryPair, ...values: readonly TensorValue[]): number {
  return spiltElements(wire, ...values).size;
}

/** How many of the canaries' elements a text has in it. */
export function mentions(text: string, ...values: readonly TensorValue[]): number {
  const forms = values.flatMap((value) =>
    Array.from({ length: value.bytes.length / 4 }, (_, index) => formsOf(value, index)),
  );
  return forms.filter((all) => all.some((form) => text.includes(asText(form)))).length;
}
