import { describe, expect, it } from 'vitest';
import {
  asDuetError,
  crossesWire,
  DuetError,
  describeError,
  errorCodes,
  fromWireCode,
  isDuetError,
  toWireCode,
} from '../src';

describe('error codes', () => {
  it('that cross the wire come back as themselves; the others as op-failed', () => {
    for (const code of errorCodes) {
      expect(fromWireCode(toWireCode(code))).toBe(crossesWire(code) ? code : 'op-failed');
    }
    expect(new Set(errorCodes.filter(crossesWire).map(toWireCode)).size).toBe(
      errorCodes.filter(crossesWire).length,
    );
    expect(fromWireCode(9999)).toBeUndefined();
  });

  it('each have a sentence', () => {
    for (const code of errorCodes) expect(describeError(code).text).toMatch(/\.$/);
  });
});

describe('DuetError', () => {
  it('says what and what to do, keeps its cause, and is known by name', () => {
    const cause = new Error('secret 42');
    const error = new DuetError('denied', { cause });
    expect(error.message).toBe(
      'The owner denied this request. You may ask again with a better reason.',
    );
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBe(cause);
    expect(isDuetError(error, 'denied')).toBe(true);
    expect(isDuetError(error, 'expired')).toBe(false);
    expect(asDuetError(cause)).toMatchObject({ code: 'internal', cause });
  });
});
