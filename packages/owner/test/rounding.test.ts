import { type DType, tensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canRound, rounded } from '../src/gate/rounding';

const floats = (...values: number[]) => ({
  meta: tensorMeta('float32', [values.length]),
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});
const ints = (...values: number[]) => ({
  meta: tensorMeta('int32', [values.length]),
  bytes: new Uint8Array(Int32Array.from(values).buffer),
});
const asFloats = ({ bytes }: { bytes: Uint8Array }) => [...new Float32Array(bytes.slice().buffer)];
const asInts = ({ bytes }: { bytes: Uint8Array }) => [...new Int32Array(bytes.slice().buffer)];

describe('rounding', () => {
  it('keeps so many significant digits, whatever the size of a number', () => {
    expect(asFloats(rounded(floats(1.23456, -98765, 0.00012346, 9.9999), 4))).toEqual(
      [1.235, -98770, 0.0001235, 10].map(Math.fround),
    );
    expect(asInts(rounded(ints(123456, -98765, 7, 0), 4))).toEqual([123500, -98770, 7, 0]);
  });

  it('keeps infinities and zeros; every NaN is the same one', () => {
    const value = floats(Infinity, -Infinity, 0, -0, Number.NaN);
    // A NaN with bits of its own.
    value.bytes.set([0x37, 0x13, 0xc0, 0xff], 16);
    const after = rounded(value, 3);
    expect(asFloats(after)).toEqual([Infinity, -Infinity, 0, -0, Number.NaN]);
    expect([...after.bytes.slice(16)]).toEqual([0, 0, 0xc0, 0x7f]);
  });

  it('leaves nothing infinite, and no whole number out of range', () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    expect(asFloats(rounded(floats(largest, -largest), 4))).toEqual([largest, -largest]);
    expect(asInts(rounded(ints(2 ** 31 - 1, -(2 ** 31)), 9))).toEqual([2 ** 31 - 1, -(2 ** 31)]);
  });

  it('gives a copy, with the meta as it was, also from the middle of a buffer', () => {
    const whole = floats(5, 1.23456, 7);
    const part = { meta: tensorMeta('float32', []), bytes: whole.bytes.subarray(4, 8) };
    const after = rounded(part, 2);
    expect(asFloats(after)).toEqual([Math.fround(1.2)]);
    expect(after.meta).toEqual(part.meta);
    expect(asFloats(whole)).toEqual([5, Math.fround(1.23456), 7]);
  });

  it('is near the number, changes nothing the second time, and tells apart at most ten to the digits of one size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 6 }),
        (values, digits) => {
          const once = asFloats(rounded(floats(...values), digits));
          expect(asFloats(rounded(floats(...once), digits))).toEqual(once);
          once.forEach((number, at) => {
            const exact = values[at] ?? 0;
            const step = 10 ** (Math.floor(Math.log10(Math.abs(exact))) - digits + 1);
            const tiny = Math.abs(exact) < 2 ** -120;
            if (exact !== 0 && !tiny) {
              expect(Math.abs(number - exact)).toBeLessThanOrEqual(
                step * 0.51 + Math.abs(exact) * 2 ** -22,
              );
            }
          });
        },
      ),
    );
    const between = Array.from({ length: 5000 }, (_, at) => 1 + at / 5000);
    expect(new Set(asFloats(rounded(floats(...between), 2))).size).toBe(11);
  });

  it('is of numbers alone', () => {
    const value = (dtype: DType) => ({ meta: tensorMeta(dtype, [0]), bytes: new Uint8Array() });
    expect(
      (['float32', 'int32', 'complex64', 'bool', 'string'] as const).map((dtype) =>
        canRound(value(dtype)),
      ),
    ).toEqual([true, true, true, false, false]);
    expect(() => rounded(value('bool'), 2)).toThrow(/cannot be rounded/);
  });
});
