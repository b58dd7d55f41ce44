/** Fewer digits of released numbers. */

import { byteLength, DuetError, type TensorValue } from '@duet/protocol';

const leastInt = -(2 ** 31);
const mostInt = 2 ** 31 - 1;
const mostFloat = (2 - 2 ** -23) * 2 ** 127;

/** Can a value of this kind be rounded at all? Booleans and texts cannot. */
export function canRound({ meta }: Pick<TensorValue, 'meta'>): boolean {
  return meta.dtype === 'float32' || meta.dtype === 'int32' || meta.dtype === 'complex64';
}

/**
 * A copy with each number rounded to so many significant decimal digits, to the nearest, of which float32 then takes the
 * nearest it has. Infinities, NaN (all of them as one) and the sign of zero stay; nothing gets infinite by it, and int32
 * stays within its range.
 * Throws `bad-argument` for what cannot be rounded.
 */
export function rounded(value: TensorValue, digits: number): TensorValue {
  const { meta, bytes } = value;
  if (!canRound(value)) {
    throw new DuetError('bad-argument', { detail: `A ${meta.dtype} value cannot be rounded.` });
  }
  const length = byteLength(meta) / 4;
  const from = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const into = new Uint8Array(length * 4);
  const to = new DataView(into.buffer);
  for (let at = 0; at < length * 4; at += 4) {
    if (meta.dtype === 'int32') {
      const number = roundedNumber(from.getInt32(at, true), digits);
      to.setInt32(at, within(leastInt, number, mostInt), true);
    } else {
      to.setFloat32(at, roundedNumber(from.getFloat32(at, true), digits), true);
    }
  }
  return { meta, bytes: into };
}

function roundedNumber(number: number, digits: number): number {
  // A NaN has bits that could carry something.
  if (!Number.isFinite(number)) return Number.isNaN(number) ? Number.NaN : number;
  if (number === 0) return number;
  // Rounded up, the largest ones would become infinite.
  return within(-mostFloat, Number(number.toPrecision(digits)), mostFloat);
}

function within(least: number, number: number, most: number): number {
  return Math.min(most, Math.max(least, number));
}
