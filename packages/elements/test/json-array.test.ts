import { describe, expect, it } from 'vitest';
import { FileError } from '../src/files/array-file';
import { parseJsonArray } from '../src/files/json-array';

describe('a JSON file of lists', () => {
  it.each([
    ['[1, 2]', 'int32', [2], [1, 2]],
    ['[[1.5, 2], [3, 4]]', 'float32', [2, 2], [1.5, 2, 3, 4]],
    ['[[true], [false]]', 'bool', [2, 1], [1, 0]],
    ['[]', 'float32', [0], []],
    ['[[], []]', 'float32', [2, 0], []],
    ['[3000000000]', 'float32', [1], [3_000_000_000]],
  ])('%s is read', (text, dtype, shape, values) => {
    const array = parseJsonArray(text);
    expect(array).toMatchObject({ dtype, shape });
    expect([...array.values]).toEqual(values);
  });

  it.each([
    ['[1', /no JSON/],
    ['{"a": 1}', /no list/],
    ['5', /no list/],
    ['[[1, 2], [3]]', /one length/],
    ['[[1], 2]', /one length/],
    ['[1, [2]]', /neither/],
    ['["a"]', /neither/],
    ['[null]', /neither/],
    ['[1, true]', /mixes/],
  ])('%s is refused, and it is said why', (text, why) => {
    expect(() => parseJsonArray(text)).toThrow(FileError);
    expect(() => parseJsonArray(text)).toThrow(why);
  });
});
