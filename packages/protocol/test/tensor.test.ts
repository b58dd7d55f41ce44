import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteLength,
  checkTensor,
  type DType,
  decodeOwnerMessage,
  decodeStrings,
  encodeOwnerMessage,
  encodeStrings,
  isDuetError,
  limits,
  tensorMeta,
} from '../src';

const shapes = fc.array(fc.nat(3), { maxLength: limits.rank });
const fixed = fc.constantFrom<DType>('float32', 'int32', 'bool', 'complex64');

describe('payloads', () => {
  it('have the size that their header says, for every dtype, rank 0 to 6, empty ones too', () => {
    fc.assert(
      fc.property(fixed, shapes, (dtype, shape) => {
        const meta = tensorMeta(dtype, shape);
        const bytes = new Uint8Array(byteLength(meta));
        expect(() => checkTensor({ meta, bytes })).not.toThrow();
        expect(() => checkTensor({ meta, bytes: new Uint8Array(bytes.length + 1) })).toThrow(
          /do not fit/,
        );
        const digest = new Uint8Array(32);
        const message = { kind: 'value', get: 1, meta, digest } as const;
        expect(decodeOwnerMessage(encodeOwnerMessage(message))).toEqual(message);
      }),
    );
  });

  it('carry strings in slots of one size, whatever their lengths', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { maxLength: 6 }),
        (strings) => {
          const value = encodeStrings(strings, [strings.length], 200);
          expect(value.bytes.length).toBe(strings.length * 204);
          expect(() => checkTensor(value)).not.toThrow();
          expect(decodeStrings(value)).toEqual(strings.map((text) => text.toWellFormed()));
        },
      ),
    );
  });

  it('keep the byte order mark of a string', () => {
    expect(decodeStrings(encodeStrings(['\ufeffa'], []))).toEqual(['\ufeffa']);
  });

  it('refuse a string over the declared size, with what to do', () => {
    try {
      encodeStrings(['longer'], [1], 3);
      expect.unreachable();
    } catch (thrown) {
      expect(isDuetError(thrown, 'too-large')).toBe(true);
      expect(String(thrown)).toContain('maxElementBytes');
    }
  });
});
