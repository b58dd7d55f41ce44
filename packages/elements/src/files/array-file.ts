/** Arrays as files have them, and as tensors can hold them. */

/** What a tensor can be made of. */
export interface FileArray {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
  /** What was lost or changed on the way, in words for its owner. */
  readonly remarks: readonly string[];
}

/** A file that is not what it should be, or holds what no tensor can; the message says what to do. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** Of one array. Larger ones would take the tab down before they were a tensor. */
export const mostArrayBytes = 1024 * 1024 * 1024;

/** Throws FileError on a shape that is none, or too large. */
export function elementsOf(shape: readonly number[], elementBytes: number): number {
  const elements = shape.reduce((product, length) => product * length, 1);
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new FileError(`[${shape.join(', ')}] is no shape.`);
  }
  if (elements * elementBytes > mostArrayBytes) {
    throw new FileError(
      `An array of the shape [${shape.join(', ')}] is over 1 GB. Cut it down and try again.`,
    );
  }
  return elements;
}

type Wide = Float64Array | BigInt64Array | BigUint64Array | Uint32Array;

/** Numbers that a tensor has no type for: whole ones stay whole where they fit, all others become float32. */
export function narrowed(values: Wide, shape: readonly number[]): FileArray {
  if (values instanceof Float64Array) {
    const remarks = ['Numbers of eight bytes became float32, which has about seven digits.'];
    return { dtype: 'float32', shape, values: Float32Array.from(values), remarks };
  }
  const whole = new Int32Array(values.length);
  for (const [at, value] of values.entries()) {
    const number = Number(value);
    if (number !== (number | 0)) {
      const remarks = [
        'Some whole numbers are beyond int32: all became float32, with about seven digits.',
      ];
      return {
        dtype: 'float32',
        shape,
        values: Float32Array.from(values as never, Number),
        remarks,
      };
    }
    whole[at] = number;
  }
  return { dtype: 'int32', shape, values: whole, remarks: [] };
}
