import { isDuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { mockLike } from '../src';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return isDuetError(error) ? error.code : String(error);
  }
  return undefined;
};

describe('mockLike', () => {
  test('makes up values of the shape and dtype, within the range of each column', () => {
    const ranges = [
      { min: -3, max: -1 },
      { min: 10, max: 20 },
    ];
    const made = mockLike({ shape: [500, 2], dtype: 'float32' }, { ranges });
    expect([made.shape, made.dtype]).toEqual([[500, 2], 'float32']);
    const columns = tf.tidy(() => [made.min(0).arraySync(), made.max(0).arraySync()]) as [
      number[],
      number[],
    ];
    ranges.forEach(({ min, max }, at) => {
      const [low = 0, high = 0] = [columns[0][at], columns[1][at]];
      expect(low).toBeGreaterThanOrEqual(min);
      expect(high).toBeLessThanOrEqual(max);
      expect(high - low).toBeGreaterThan((max - min) * 0.9);
    });
    made.dispose();
  });

  test('whole numbers reach both ends of their range, and booleans both values', () => {
    const whole = mockLike({ shape: [300], dtype: 'int32' }, { ranges: { min: 2, max: 5 } });
    expect(whole.dtype).toBe('int32');
    expect(new Set(whole.dataSync())).toEqual(new Set([2, 3, 4, 5]));
    const flags = mockLike({ shape: [100], dtype: 'bool' });
    expect([flags.dtype, new Set(flags.dataSync())]).toEqual(['bool', new Set([0, 1])]);
    tf.dispose([whole, flags]);
  });

  test('a scalar takes the one range; one seed makes one value', () => {
    const like = { shape: [], dtype: 'float32' };
    const draw = (seed: number) => {
      const made = mockLike(like, { ranges: { min: 7, max: 8 }, seed });
      const [value] = made.dataSync();
      made.dispose();
      return value;
    };
    expect(draw(3)).toBe(draw(3));
    expect(draw(3)).not.toBe(draw(4));
    expect(draw(3)).toBeGreaterThanOrEqual(7);
  });

  test('never looks at the values of what it is like', () => {
    const looked: string[] = [];
    const secret = new Proxy(
      { shape: [4], dtype: 'float32' },
      {
        get: (target, key) => {
          looked.push(String(key));
          return Reflect.get(target, key);
        },
      },
    );
    mockLike(secret).dispose();
    expect(new Set(looked)).toEqual(new Set(['shape', 'dtype']));
  });

  test('refuses what does not fit', () => {
    const like = { shape: [4, 3], dtype: 'float32' };
    const range = { min: 0, max: 1 };
    expect(codeOf(() => mockLike({ shape: [2], dtype: 'string' }))).toBe('bad-argument');
    expect(codeOf(() => mockLike(like, { ranges: [range, range] }))).toBe('bad-argument');
    expect(codeOf(() => mockLike(like, { ranges: { min: 1, max: 0 } }))).toBe('bad-argument');
    expect(codeOf(() => mockLike(like, { ranges: { min: 0, max: Number.NaN } }))).toBe(
      'bad-argument',
    );
  });
});
