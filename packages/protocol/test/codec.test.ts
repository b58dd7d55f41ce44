import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DuetError,
  decodeOwnerMessage,
  decodeScientistMessage,
  encodeOwnerMessage,
  encodeScientistMessage,
  isDuetError,
  limits,
  numberedOps,
  type ScientistMessage,
} from '../src';
import { duet } from '../src/generated/duet';
import { ownerSamples, scientistSamples } from './samples';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const golden = JSON.parse(
  readFileSync(new URL('../vectors/messages.json', import.meta.url), 'utf8'),
) as {
  scientist: Record<string, string>;
  owner: Record<string, string>;
};

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    if (isDuetError(thrown)) return thrown.code;
    throw thrown;
  }
  return 'nothing';
}

describe('golden messages', () => {
  it('are one for each sample', () => {
    expect(Object.keys(golden.scientist)).toEqual(Object.keys(scientistSamples));
    expect(Object.keys(golden.owner)).toEqual(Object.keys(ownerSamples));
  });

  it.each(Object.entries(scientistSamples))('D17 of the scientist: %s', (name, message) => {
    expect(hex(encodeScientistMessage(message))).toBe(golden.scientist[name]);
    expect(decodeScientistMessage(Buffer.from(golden.scientist[name]!, 'hex'))).toEqual(message);
  });

  it.each(Object.entries(ownerSamples))('D17 of the owner: %s', (name, message) => {
    expect(hex(encodeOwnerMessage(message))).toBe(golden.owner[name]);
    expect(decodeOwnerMessage(Buffer.from(golden.owner[name]!, 'hex'))).toEqual(message);
  });
});

describe('an action on whole objects of the scientist’s own', () => {
  const plain = (id: number, op: string, ids: readonly number[]): ScientistMessage => ({
    kind: 'action',
    id,
    op,
    args: ids.map((own) => ({
      kind: 'tensor',
      tensor: { kind: 'ref', ref: { space: 'own', id: own, path: [] } },
    })),
  });
  const anyId = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: limits.id }));

  it('names two of ids above 16,384 in 16 bytes', () => {
    expect(encodeScientistMessage(plain(20_002, 'add', [20_000, 20_001])).length).toBe(16);
  });

  it('is, written by hand, what protobuf makes of it', () => {
    const ids = fc.array(anyId, { minLength: 1, maxLength: limits.args });
    fc.assert(
      fc.property(anyId, fc.nat(numberedOps.length - 1), ids, (id, at, own) => {
        const op = numberedOps[at] ?? '';
        const wire = duet.ScientistToOwner.encode({ action: { id, number: at + 1, own } }).finish();
        const message = plain(id, op, own);
        expect(hex(encodeScientistMessage(message))).toBe(hex(wire));
        expect(decodeScientistMessage(wire)).toEqual(message);
      }),
    );
  });

  it('has no other form', () => {
    const encode = (action: duet.Action.$Properties) =>
      duet.ScientistToOwner.encode({ action }).finish();
    const refused = (action: duet.Action.$Properties) =>
      codeOf(() => decodeScientistMessage(encode(action)));
    expect(refused({ id: 3, number: 4, own: [1, 2] })).toBe('nothing');
    expect(refused({ id: 3, op: 'add', own: [1, 2] })).toBe('bad-message');
    expect(refused({ id: 3, op: 'add', number: 4, own: [1, 2] })).toBe('bad-message');
    expect(refused({ id: 3, number: 4, args: [{ own: 1 }, { own: 2 }] })).toBe('bad-message');
    expect(refused({ id: 3, number: 4, args: [{ ref: { own: 1 } }] })).toBe('bad-message');
    expect(refused({ id: 3, number: 4, own: [1], args: [{ own: 2 }] })).toBe('bad-message');
    expect(refused({ id: 3, number: 4, own: [1, 0] })).toBe('bad-message');
    expect(refused({ id: 3, number: 9999, own: [1] })).toBe('bad-message');
    const many = Array.from({ length: limits.args + 1 }, (_, at) => at + 1);
    expect(refused({ id: 3, number: 4, own: many })).toBe('bad-message');
  });

  it('is refused with a number that is written too long, or cut off', () => {
    const refused = (...bytes: number[]) =>
      codeOf(() => decodeScientistMessage(Uint8Array.of(...bytes)));
    expect(refused(0x2a, 7, 0x08, 3, 0x20, 4, 0x2a, 1, 1)).toBe('nothing');
    expect(refused(0x2a, 8, 0x08, 0x83, 0, 0x20, 4, 0x2a, 1, 1)).toBe('bad-message');
    expect(refused(0x2a, 8, 0x08, 3, 0x20, 4, 0x2a, 2, 0x81, 0)).toBe('bad-message');
    expect(refused(0x2a, 7, 0x08, 3, 0x20, 4, 0x2a, 1, 0x81)).toBe('bad-message');
    expect(refused(0x2a, 11, 0x08, 3, 0x20, 4, 0x2a, 5, 0x81, 0x80, 0x80, 0x80, 0x10)).toBe(
      'bad-message',
    );
  });
});

describe('the unions are disjoint', () => {
  it.each(Object.entries(scientistSamples))('the scientist refuses its own %s', (_, message) => {
    expect(codeOf(() => decodeOwnerMessage(encodeScientistMessage(message)))).toBe('bad-message');
  });

  it.each(Object.entries(ownerSamples))('the owner refuses its own %s', (_, message) => {
    expect(codeOf(() => decodeScientistMessage(encodeOwnerMessage(message)))).toBe('bad-message');
  });
});

describe('only the canonical encoding is accepted', () => {
  const bytes = encodeScientistMessage(scientistSamples['get']!);
  const refused = (wire: Uint8Array) => codeOf(() => decodeScientistMessage(wire));

  it('D17 refuses nothing at all, an unknown field, a second body and a repeated one', () => {
    expect(refused(new Uint8Array())).toBe('bad-message');
    expect(refused(Uint8Array.of(...bytes, 0xf8, 0x01, 0x01))).toBe('bad-message');
    expect(
      refused(Uint8Array.of(...bytes, ...encodeScientistMessage(scientistSamples['confirm']!))),
    ).toBe('bad-message');
    expect(refused(Uint8Array.of(...bytes, ...bytes))).toBe('bad-message');
  });

  it('refuses written defaults, long varints and unpacked lists', () => {
    // begin { epoch: 7 } with the 7 in two bytes; confirm {} with an explicit zero.
    expect(refused(Uint8Array.of(0x1a, 0x03, 0x08, 0x87, 0x00))).toBe('bad-message');
    expect(refused(Uint8Array.of(0x42, 0x02, 0x08, 0x00))).toBe('bad-message');
    // drop { ids: 1, 2 } as two fields.
    expect(refused(Uint8Array.of(0x52, 0x04, 0x08, 0x01, 0x08, 0x02))).toBe('bad-message');
  });

  it('refuses every message that is cut short', () => {
    for (const message of Object.values(scientistSamples)) {
      const whole = encodeScientistMessage(message);
      for (let length = 0; length < whole.length; length += 1) {
        const code = refused(whole.subarray(0, length));
        expect(['bad-message', 'bad-tensor', 'bad-text', 'too-large']).toContain(code);
      }
    }
  });

  it('reads any bytes to a message or a typed error, and then back to the same bytes', () => {
    const samples = Object.values(scientistSamples).map(encodeScientistMessage);
    const damaged = fc
      .tuple(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      )
      .map(([sample, changes]) => {
        const copy = sample.slice();
        for (const [at, byte] of changes) copy[at % copy.length] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (wire) => {
        let message: ScientistMessage;
        try {
          message = decodeScientistMessage(wire);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DuetError);
          return;
        }
        expect(hex(encodeScientistMessage(message))).toBe(hex(wire));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('limits', () => {
  const encode = (fields: duet.ScientistToOwner.$Properties) =>
    duet.ScientistToOwner.encode(fields).finish();
  const refused = (fields: duet.ScientistToOwner.$Properties) =>
    codeOf(() => decodeScientistMessage(encode(fields)));
  const header = (shape: number[], dtype = 1, elementBytes?: number) => ({
    dtype,
    shape,
    ...(elementBytes && { elementBytes }),
  });
  const digest = new Uint8Array(32).fill(1);

  it('are checked before anything is allocated', () => {
    expect(refused({ put: { id: 1, header: header([2 ** 31, 2 ** 31]), digest } })).toBe(
      'bad-tensor',
    );
    expect(refused({ put: { id: 1, header: header([65536, 65536]), digest } })).toBe('too-large');
    expect(refused({ put: { id: 1, header: header([1, 1, 1, 1, 1, 1, 1]), digest } })).toBe(
      'bad-message',
    );
    expect(refused({ put: { id: 1, header: header([1000], 4, 1 << 20), digest } })).toBe(
      'bad-tensor',
    );
    expect(refused({ put: { id: 1, header: header([2], 1, 8), digest } })).toBe('bad-tensor');
    expect(refused({ put: { id: 1, header: header([2], 9), digest } })).toBe('bad-message');
  });

  it('hold for texts, lists and ids', () => {
    const ref = { own: 1 };
    expect(refused({ request: { id: 1, ref, reason: 'x'.repeat(limits.reasonChars + 1) } })).toBe(
      'bad-text',
    );
    expect(refused({ request: { id: 1, ref, reason: 'two\nlines' } })).toBe('bad-text');
    expect(refused({ request: { id: 1, ref, timeoutMs: 2 ** 32 - 1 } })).toBe('bad-message');
    expect(refused({ get: { id: 0, ref } })).toBe('bad-message');
    expect(refused({ get: { id: 1 } })).toBe('bad-message');
    expect(refused({ get: { id: 1, ref: {} } })).toBe('bad-message');
    expect(refused({ drop: { ids: new Array(limits.dropIds + 1).fill(1) } })).toBe('bad-message');
    expect(
      refused({
        action: { id: 1, op: 'add', args: new Array(limits.args + 1).fill({ absent: {} }) },
      }),
    ).toBe('bad-message');
    expect(refused({ action: { id: 1, op: 'add', args: [{}] } })).toBe('bad-message');
    expect(refused({ action: { id: 1, op: 'add', args: [{ number: Number.NaN }] } })).toBe(
      'bad-message',
    );
    expect(
      refused({ action: { id: 1, op: 'add', args: [{ number: Number.POSITIVE_INFINITY }] } }),
    ).toBe('bad-message');
    expect(refused({ put: { id: 1, header: header([]), digest, tags: ['a', 'a'] } })).toBe(
      'bad-message',
    );
  });

  it('hold for literals, whose bytes must fit their header', () => {
    const literal = (data: Uint8Array, of = header([])) => ({
      action: { id: 1, op: 'add', args: [{ literal: { header: of, data } }] },
    });
    expect(refused(literal(new Uint8Array(3)))).toBe('bad-tensor');
    expect(refused(literal(Uint8Array.of(2), header([1], 3)))).toBe('bad-tensor');
    expect(
      refused(
        literal(new Uint8Array(limits.literalBytes + 4), header([limits.literalBytes / 4 + 1])),
      ),
    ).toBe('bad-message');
    // A string whose length field says more than its slot, and one with text in its padding.
    expect(refused(literal(Uint8Array.of(9, 0, 0, 0, 97), header([1], 4, 1)))).toBe('bad-tensor');
    expect(refused(literal(Uint8Array.of(0, 0, 0, 0, 97), header([1], 4, 1)))).toBe('bad-tensor');
    expect(refused(literal(Uint8Array.of(1, 0, 0, 0, 0xff), header([1], 4, 1)))).toBe('bad-tensor');
  });

  it('refuses field names that are properties of every object', () => {
    for (const field of ['__proto__', 'constructor', 'toString', 'then', 'a b', '1st', '']) {
      const wire = duet.OwnerToScientist.encode({
        catalogue: { dataSets: [{ id: 1, fields: [{ id: 2, header: header([1]), field }] }] },
      }).finish();
      expect(codeOf(() => decodeOwnerMessage(wire))).toBe('bad-message');
    }
  });

  it('does not encode a message over the limit', () => {
    const message = ownerSamples['catalogue'] as Extract<
      (typeof ownerSamples)[string],
      { kind: 'catalogue' }
    >;
    const columns = Array.from({ length: 4096 }, (_, index) => `${index}`.padStart(120, 'c'));
    const wide = { ...message.objects[0]!, columns };
    expect(codeOf(() => encodeOwnerMessage({ ...message, objects: [wide, wide, wide] }))).toBe(
      'too-large',
    );
  });
});
