import { elementsOf, type FileArray, FileError } from './array-file';

type Nested = number | boolean | readonly Nested[];

/** Lists of numbers, or of true and false, in each other: `[[1, 2], [3, 4]]`. Throws FileError. */
export function parseJsonArray(text: string): FileArray {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileError('This file is no JSON: it may be cut off.');
  }
  if (!Array.isArray(value)) {
    throw new FileError(
      'This JSON file holds no list. Lists of numbers are read, such as [[1, 2], [3, 4]].',
    );
  }
  const shape = shapeOf(value);
  const leaves: (number | boolean)[] = [];
  collect(value, shape, 0, leaves);
  elementsOf(shape, 4);
  if (leaves.every((leaf) => typeof leaf === 'boolean') && leaves.length > 0) {
    return { dtype: 'bool', shape, values: Uint8Array.from(leaves, Number), remarks: [] };
  }
  if (leaves.some((leaf) => typeof leaf === 'boolean')) {
    throw new FileError('This JSON file mixes numbers with true and false.');
  }
  const numbers = leaves as number[];
  return numbers.every((number) => number === (number | 0)) && numbers.length > 0
    ? { dtype: 'int32', shape, values: Int32Array.from(numbers), remarks: [] }
    : { dtype: 'float32', shape, values: Float32Array.from(numbers), remarks: [] };
}

/** By the first entries; all others must be of the same shape. */
function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let each = value; Array.isArray(each); each = each[0]) shape.push(each.length);
  return shape;
}

function collect(
  value: unknown,
  shape: readonly number[],
  depth: number,
  leaves: (number | boolean)[],
): void {
  if (depth < shape.length) {
    if (!Array.isArray(value) || value.length !== shape[depth]) {
      throw new FileError(
        'The lists of this JSON file are not all of one length, so that they have no shape.',
      );
    }
    for (const each of value as readonly Nested[]) collect(each, shape, depth + 1, leaves);
    return;
  }
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw new FileError(
      'This JSON file holds something that is neither a number nor true or false.',
    );
  }
  leaves.push(value);
}
