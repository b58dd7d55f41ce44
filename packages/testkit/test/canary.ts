/** Private values that are recognised in whatever leaves. */

import type { MemoryPair } from '@duet/link';
import type { TensorValue } from '@duet/protocol';
import { floats } from './words';

/** Reproducible 32-bit patterns that are ordinary floats: no byte of them is likely to stand anywhere by chance. */
export function canary(shape: readonly number[], seed = 7): TensorValue {
  const count = shape.reduce((product, length) => product * length, 1);
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  const words = Uint32Array.from({ length: count }, () => {
    const exponent = 110 + ((next() >>> 8) % 30);
    return ((next() & 0x8000_0000) | (exponent << 23) | (next() >>> 9) | 1) >>> 0;
  });
  return floats([...new Float32Array(words.buffer)], shape);
}

/** The forms in which an element could leave: its bytes in both orders, and as text. */
function formsOf({ bytes }: TensorValue): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => {
    const little = bytes.subarray(4 * index, 4 * index + 4);
    const float = view.getFloat32(4 * index, true);
    const texts = [
      String(float),
      String(Math.fround(float)),
      String(view.getInt32(4 * index, true)),
    ];
    return [
      little,
      little.slice().reverse(),
      ...texts.map((text) => new TextEncoder().encode(text)),
    ];
  }).flat();
}

/** How many of the canary's elements stand in what the owner's side sent, in any form. */
export function spilt(wire: MemoryPair, ...values: readonly TensorValue[]): number {
  const sent = Buffer.concat(
    wire.log.filter(({ lane }) => lane === 'aToB').map(({ frame }) => frame),
  );
  return values.flatMap(formsOf).filter((form) => sent.indexOf(form) !== -1).length;
}
