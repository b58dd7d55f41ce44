import {
  decodeScientistMessage,
  encodeOwnerMessage,
  encodeScientistMessage,
  limits,
  protocolVersion,
} from '@duet/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Channel,
  FramedLink,
  type HandshakeOptions,
  type Identity,
  type Joining,
  type Knock,
  type MemoryPair,
  makeIdentity,
  memoryPair,
  shakeHands,
  VirtualClock,
} from '../src';
import { codeOf, settle } from './helpers';

let ownerKey: Identity;
let scientistKey: Identity;
beforeAll(async () => {
  ownerKey = await makeIdentity();
  scientistKey = await makeIdentity();
});

type Changes = Partial<HandshakeOptions>;

function asOwner(channel: Channel, changes: Changes = {}): Promise<Knock> {
  return shakeHands(channel, {
    role: 'owner',
    identity: ownerKey,
    software: 'duet 0.1.0',
    name: 'Olga',
    ...changes,
  });
}

function asScientist(channel: Channel, changes: Changes = {}): Promise<Joining> {
  return shakeHands(channel, {
    role: 'scientist',
    identity: scientistKey,
    software: 'duet 0.1.0',
    name: 'Sam',
    ...changes,
  });
}

/** Both sides at once; each side's code, or `resolved`. */
async function outcomes(
  owner: Changes,
  scientist: Changes,
  pair: MemoryPair = memoryPair(),
): Promise<string[]> {
  return Promise.all([codeOf(asOwner(pair.a, owner)), codeOf(asScientist(pair.b, scientist))]);
}

async function connected(pair: MemoryPair = memoryPair()): Promise<[Knock, Joining]> {
  return Promise.all([asOwner(pair.a), asScientist(pair.b)]);
}

const value = encodeOwnerMessage({ kind: 'gone', published: [1], own: [] });
const begin = encodeScientistMessage({ kind: 'begin', epoch: 1 });

describe('the handshake', () => {
  it('tells each side who the other is, and joins them once the owner admits', async () => {
    const [knock, joining] = await connected();
    expect(knock.link.peer).toEqual({
      fingerprint: scientistKey.fingerprint,
      name: 'Sam',
      software: 'duet 0.1.0',
      publicKey: scientistKey.publicKey,
    });
    expect(joining.link.peer.fingerprint).toBe(ownerKey.fingerprint);
    expect(joining.link.peer.publicKey).toEqual(ownerKey.publicKey);
    expect(knock.link.ownFingerprint).toBe(ownerKey.fingerprint);
    expect(joining.link.ownFingerprint).toBe(scientistKey.fingerprint);
    expect(joining.link.peer.name).toBe('Olga');
    knock.admit('Sam of the lab');
    // In the very same frame: it is the application's already.
    knock.link.send(value);
    expect(await joining.admitted).toBe('Sam of the lab');
    await settle();
    const got: Uint8Array[] = [];
    joining.link.onMessage((message) => void got.push(message));
    expect(got).toEqual([value]);
    knock.link.onMessage((message) => void got.push(message));
    joining.link.send(begin);
    const payload = knock.link.receivePayload(1, 3);
    await joining.link.sendPayload(1, Uint8Array.of(1, 2, 3));
    expect(await payload).toEqual(Uint8Array.of(1, 2, 3));
    expect(got[1]).toEqual(begin);
  });

  it('fails when the two ends are not of one transport', async () => {
    const one = memoryPair({ binding: Uint8Array.of(1) });
    const other = memoryPair({ binding: Uint8Array.of(2) });
    // Somebody in between who passes every frame on.
    one.b.onFrame((frame) => other.a.send(frame));
    other.a.onFrame((frame) => one.b.send(frame));
    one.b.onClosed(() => other.a.close());
    other.a.onClosed(() => one.b.close());
    expect(await Promise.all([codeOf(asOwner(one.a)), codeOf(asScientist(other.b))])).toEqual([
      'peer-auth',
      'peer-auth',
    ]);
  });

  it.each([[asOwner], [asScientist]])('refuses its own messages sent back', async (side) => {
    const { a, b } = memoryPair();
    b.onFrame((frame) => b.send(frame));
    expect(await codeOf(side(a))).toBe('bad-message');
  });

  it('refuses two sides of the same role', async () => {
    const { a, b } = memoryPair();
    const both = await Promise.all([codeOf(asOwner(a)), codeOf(asOwner(b))]);
    expect(both).toEqual(['bad-message', 'bad-message']);
  });

  it('refuses a peer with this side’s own identity, unless told otherwise', async () => {
    expect(await outcomes({ identity: scientistKey }, {})).toEqual(['peer-auth', 'peer-auth']);
    expect(
      await outcomes({ identity: scientistKey, allowSelf: true }, { allowSelf: true }),
    ).toEqual(['resolved', 'resolved']);
  });

  it('refuses another’s identity without its key', async () => {
    const thief: Identity = { ...ownerKey, publicKey: scientistKey.publicKey };
    const [owner] = await outcomes({}, { identity: thief });
    expect(owner).toBe('peer-auth');
  });

  it('refuses an identity that is no point of the curve', async () => {
    const odd: Identity = { ...scientistKey, publicKey: new Uint8Array(65).fill(4) };
    const [owner] = await outcomes({}, { identity: odd });
    expect(owner).toBe('peer-auth');
  });

  it('says both versions when they differ', async () => {
    const { a, b } = memoryPair();
    const link = new FramedLink(b);
    link.send(
      encodeScientistMessage({
        kind: 'hello',
        version: protocolVersion + 41,
        software: 'duet 9',
        identity: scientistKey.publicKey,
        nonce: new Uint8Array(32),
        name: '',
      }),
    );
    await expect(asOwner(a)).rejects.toMatchObject({
      code: 'version',
      message: expect.stringMatching(
        new RegExp(`${protocolVersion + 41}.*${protocolVersion}`, 'u'),
      ),
    });
    expect((await link.closed).code).toBe('version');
  });

  it('says so too when the hello of a later version has more to say', async () => {
    const { a, b } = memoryPair();
    const hello = encodeScientistMessage({
      kind: 'hello',
      version: protocolVersion + 1,
      software: 'duet 9',
      identity: scientistKey.publicKey,
      nonce: new Uint8Array(32),
      name: '',
    });
    // Field 15 of the hello, and the length of the whole.
    const later = Uint8Array.of(...hello, 0x78, 0x01);
    later[1] = (later[1] ?? 0) + 2;
    new FramedLink(b).send(later);
    await expect(asOwner(a)).rejects.toMatchObject({ code: 'version' });
  });

  it('gives up on silence, with the clock of the caller', async () => {
    const clock = new VirtualClock();
    const pair = memoryPair({ clock });
    const waiting = codeOf(asScientist(pair.b, { clock }));
    await settle();
    clock.advance(limits.handshakeTimeoutMs - 1);
    await settle();
    expect(pair.b.writable).toBe(true);
    clock.advance(1);
    expect(await waiting).toBe('no-connection');
    clock.advance(limits.lingerMs);
    expect(clock.pending).toBe(0);
    expect(pair.b.writable).toBe(false);
  });

  it('leaves no timer behind', async () => {
    const clock = new VirtualClock();
    const { a, b } = memoryPair({ clock });
    await Promise.all([asOwner(a, { clock }), asScientist(b, { clock })]);
    expect(clock.pending).toBe(0);
  });

  it('can be aborted, before and during', async () => {
    const pair = memoryPair();
    expect(await codeOf(asOwner(pair.a, { signal: AbortSignal.abort() }))).toBe('aborted');
    const other = memoryPair();
    const abort = new AbortController();
    const waiting = codeOf(asOwner(other.a, { signal: abort.signal }));
    abort.abort();
    expect(await waiting).toBe('aborted');
  });

  it('does not abort what it has handed over', async () => {
    const abort = new AbortController();
    const { a, b } = memoryPair();
    const [knock] = await Promise.all([asOwner(a, { signal: abort.signal }), asScientist(b)]);
    abort.abort();
    expect(knock.link.reason).toBeUndefined();
  });

  it('ends with the channel', async () => {
    const pair = memoryPair();
    const waiting = codeOf(asOwner(pair.a));
    pair.fail();
    expect(await waiting).toBe('link-lost');
    const other = memoryPair();
    other.b.close();
    expect(await codeOf(asOwner(other.a))).toBe('peer-left');
  });
});

describe('before admission', () => {
  it('a message of the scientist closes the link', async () => {
    const [knock, joining] = await connected();
    joining.link.send(begin);
    expect((await knock.link.closed).code).toBe('bad-message');
    expect(await codeOf(joining.admitted)).toBe('bad-message');
    const got: Uint8Array[] = [];
    knock.admit('Sam');
    knock.link.onMessage((message) => void got.push(message));
    await settle();
    expect(got).toEqual([]);
  });

  it('a message that follows the proof at once closes it too', async () => {
    const pair = memoryPair();
    const owner = asOwner(pair.a);
    const joining = await asScientist(pair.b);
    joining.link.send(begin);
    const knock = await owner;
    expect((await knock.link.closed).code).toBe('bad-message');
  });

  it('a message of the owner closes the link', async () => {
    const [knock, joining] = await connected();
    knock.link.send(value);
    expect(await codeOf(joining.admitted)).toBe('bad-message');
    expect((await knock.link.closed).code).toBe('bad-message');
  });

  it.each(['owner', 'scientist'] as const)('a payload of the %s closes the link', async (role) => {
    const [knock, joining] = await connected();
    const [from, to] = role === 'owner' ? [knock.link, joining.link] : [joining.link, knock.link];
    await from.sendPayload(1, Uint8Array.of(1));
    expect((await to.closed).code).toBe('bad-message');
  });

  it('a refusal tells why', async () => {
    const [knock, joining] = await connected();
    knock.refuse('not-admitted');
    expect(await codeOf(joining.admitted)).toBe('not-admitted');
    expect((await joining.link.closed).from).toBe('peer');
    expect((await knock.link.closed).code).toBe('not-admitted');
    const [next, busy] = await connected();
    next.refuse('busy');
    next.admit('too late');
    expect(await codeOf(busy.admitted)).toBe('busy');
  });

  it('each side hears that the other has left', async () => {
    const pair = memoryPair();
    const [, joining] = await connected(pair);
    pair.a.close();
    expect(await codeOf(joining.admitted)).toBe('peer-left');
    const other = memoryPair();
    const [knock] = await connected(other);
    other.b.close();
    expect((await knock.link.closed).code).toBe('peer-left');
    expect(() => knock.admit('Sam')).not.toThrow();
  });
});

describe('what the wire shows', () => {
  it('no frame but hello and proof before admission', async () => {
    const pair = memoryPair({ record: true });
    await connected(pair);
    await settle();
    expect(pair.log).toHaveLength(4);
    const first = pair.log.find(({ lane }) => lane === 'bToA');
    expect(decodeScientistMessage(first!.frame.subarray(7)).kind).toBe('hello');
  });
});
