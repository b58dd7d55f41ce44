import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePairingHello,
  decodePairingSignal,
  encodePairingHello,
  encodePairingSignal,
  limits,
  type PairingHello,
  type PairingSignal,
  pairingVersion,
  protocolVersion,
} from '../src';
import { duet } from '../src/generated/duet';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const counted = (length: number, from = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (from + index) % 256);

const plain: PairingHello = {
  version: protocolVersion,
  role: 'scientist',
  software: 'duetjs 0.1.0',
  name: 'Sam',
  identity: counted(65),
  certificate: counted(32, 2),
  commitment: counted(32, 3),
  exchange: counted(65, 7),
  relay: true,
  relayOnly: false,
  answers: new Uint8Array(),
};

const hellos: Readonly<Record<string, PairingHello>> = {
  scientist: plain,
  owner: { ...plain, role: 'owner', name: '', relay: false, answers: counted(32, 4) },
  resuming: { ...plain, relayOnly: true, resume: { self: counted(16), peer: counted(16, 9) } },
  lost: { ...plain, resume: { self: counted(16) } },
};

const signals: Readonly<Record<string, PairingSignal>> = {
  offer: {
    kind: 'description',
    offer: true,
    ufrag: 'abcd',
    pwd: 'p'.repeat(22),
    setup: 'actpass',
    sctpPort: 5000,
    maxMessageBytes: 262_144,
  },
  answer: {
    kind: 'description',
    offer: false,
    ufrag: 'abcd',
    pwd: 'p'.repeat(22),
    setup: 'active',
    sctpPort: 5000,
    maxMessageBytes: 262_144,
  },
  candidate: {
    kind: 'candidate',
    foundation: '1',
    component: 1,
    protocol: 'udp',
    priority: 2_122_260_223,
    address: '192.0.2.1',
    port: 50_000,
    type: 'srflx',
    relatedAddress: '0.0.0.0',
    relatedPort: 0,
    tcpType: '',
  },
  'no more candidates': { kind: 'no-more-candidates' },
  relay: { kind: 'relay' },
};

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
  return 'nothing';
}

describe('pairing', () => {
  it.each(Object.entries(hellos))('a hello goes both ways: %s', (_, hello) => {
    expect(decodePairingHello(encodePairingHello(hello))).toEqual(hello);
  });

  it.each(Object.entries(signals))('a signal goes both ways: %s', (_, signal) => {
    expect(decodePairingSignal(encodePairingSignal(signal))).toEqual(signal);
  });

  it('a hello and an offer are the same bytes in every version of the library', () => {
    expect(hex(encodePairingHello(hellos['resuming'] ?? plain))).toMatchInlineSnapshot(
      `"080510021a0c647565746a7320302e312e30220353616d2a410102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041322002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20213a20030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122400148015a240a100102030405060708090a0b0c0d0e0f101210090a0b0c0d0e0f10111213141516171862410708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454647"`,
    );
    expect(
      Object.values(signals).map((signal) => hex(encodePairingSignal(signal))),
    ).toMatchInlineSnapshot(`
      [
        "0a2908011204616263641a1670707070707070707070707070707070707070707070200128882730808010",
        "0a271204616263641a1670707070707070707070707070707070707070707070200228882730808010",
        "122f0a013110011a0375647020ffbdfcf3072a093139322e302e322e3130d086033a057372666c784207302e302e302e30",
        "1a00",
        "2200",
      ]
    `);
  });

  it('tells the version of a hello that it cannot read otherwise', () => {
    const bytes = encodePairingHello({ ...plain, version: protocolVersion + 1 });
    expect(pairingVersion(Uint8Array.of(...bytes, 0x78, 0x01))).toBe(protocolVersion + 1);
    expect(codeOf(() => decodePairingHello(Uint8Array.of(...bytes, 0x78, 0x01)))).toBe(
      'bad-message',
    );
    expect(pairingVersion(new Uint8Array())).toBeUndefined();
    expect(pairingVersion(Uint8Array.of(0xff))).toBeUndefined();
  });

  it('refuses a hello whose parts do not fit', () => {
    const wire = duet.PairingHello.decode(encodePairingHello(plain));
    const refused = (changes: duet.PairingHello.$Properties): string =>
      codeOf(() => decodePairingHello(duet.PairingHello.encode({ ...wire, ...changes }).finish()));
    expect(refused({ version: 0 })).toBe('bad-message');
    expect(refused({ role: 0 })).toBe('bad-message');
    expect(refused({ role: 7 as duet.PairingRole })).toBe('bad-message');
    expect(refused({ identity: counted(64) })).toBe('bad-message');
    expect(refused({ certificate: counted(31) })).toBe('bad-message');
    expect(refused({ commitment: counted(33) })).toBe('bad-message');
    expect(refused({ answers: counted(5) })).toBe('bad-message');
    expect(refused({ resume: {} })).toBe('bad-message');
    expect(refused({ resume: { self: counted(16), peer: counted(3) } })).toBe('bad-message');
    expect(refused({ name: 'x'.repeat(limits.nameChars + 1) })).toBe('bad-text');
    expect(refused({ software: 'a\nb' })).toBe('bad-text');
  });

  it('refuses a signal that says nothing, or two things', () => {
    expect(codeOf(() => decodePairingSignal(new Uint8Array()))).toBe('bad-message');
    const [offer, relay] = [signals['offer'], signals['relay']].map((signal) =>
      signal === undefined ? new Uint8Array() : encodePairingSignal(signal),
    );
    const both = Uint8Array.of(...(offer ?? []), ...(relay ?? []));
    expect(codeOf(() => decodePairingSignal(both))).toBe('bad-message');
  });

  it('reads any bytes to what was said or a typed error, and then back to the same bytes', () => {
    const samples = [
      ...Object.values(hellos).map(encodePairingHello),
      ...Object.values(signals).map(encodePairingSignal),
    ];
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
        for (const again of [
          () => encodePairingHello(decodePairingHello(wire)),
          () => encodePairingSignal(decodePairingSignal(wire)),
        ]) {
          let bytes: Uint8Array;
          try {
            bytes = again();
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: 'DuetError' });
            continue;
          }
          expect(hex(bytes)).toBe(hex(wire));
        }
      }),
      { numRuns: 3000 },
    );
  });
});
