import { limits, signalingLimits } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agreedSecret,
  type Epochs,
  keyMaterial,
  makeExchange,
  nextSecret,
  privateRoomOf,
  relayKeys,
  roomOf,
} from '../src/key-schedule';
import { openHello, SignalSeal, sealHello } from '../src/sealing';
import { codeOf, pattern } from './helpers';

const secret = pattern(32, 3);
const epochs: Epochs = { owner: pattern(16, 1), scientist: pattern(16, 2) };
const room = 'r'.repeat(22);

async function seals(changes: Partial<Epochs> = {}, inside = room) {
  const at = { ...epochs, ...changes };
  return {
    owner: await SignalSeal.of(secret, inside, 'owner', at),
    scientist: await SignalSeal.of(secret, inside, 'scientist', at),
  };
}

describe('a sealed hello', () => {
  it('opens in its own place alone', async () => {
    const sealed = await sealHello(secret, room, 'owner', epochs.owner, pattern(100));
    const opened = await openHello(secret, room, 'owner', sealed);
    expect(opened).toEqual({ epoch: epochs.owner, plain: pattern(100) });
    const openings = [
      openHello(pattern(32, 4), room, 'owner', sealed),
      openHello(secret, 'x'.repeat(22), 'owner', sealed),
      openHello(secret, room, 'scientist', sealed),
    ];
    const codes = await Promise.all(openings.map((opening) => codeOf(opening)));
    expect(codes).toEqual(['peer-auth', 'peer-auth', 'peer-auth']);
  });

  it('is another each time, and opens with a secret as bytes or as a key', async () => {
    const seal = async (from: Uint8Array | CryptoKey) =>
      sealHello(from, room, 'owner', epochs.owner, pattern(10));
    const [one, other] = [await seal(secret), await seal(await keyMaterial(secret))];
    expect(one).not.toEqual(other);
    expect((await openHello(secret, room, 'owner', other)).plain).toEqual(pattern(10));
  });

  it('does not open once a byte of it was changed, anywhere', async () => {
    const sealed = await sealHello(secret, room, 'owner', epochs.owner, pattern(300));
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(await codeOf(openHello(secret, room, 'owner', changed))).toBe('peer-auth');
    }
  });
});

describe('sealed signals', () => {
  it('open one after another, both ways', async () => {
    const { owner, scientist } = await seals();
    for (const number of [1, 2, 3]) {
      expect(await owner.open(await scientist.seal(pattern(40, number)))).toEqual(
        pattern(40, number),
      );
      expect(await scientist.open(await owner.seal(pattern(0)))).toEqual(pattern(0));
    }
  });

  it('keep their order though they are sealed at once', async () => {
    const { owner, scientist } = await seals();
    const sealed = await Promise.all([1, 2, 3].map((seed) => owner.seal(pattern(5, seed))));
    for (const [index, each] of sealed.entries()) {
      expect(await scientist.open(each)).toEqual(pattern(5, index + 1));
    }
  });

  it('P5 open neither twice, nor before their turn, nor on the side that sealed them', async () => {
    const { owner, scientist } = await seals();
    const [first, second] = [await owner.seal(pattern(5)), await owner.seal(pattern(6))];
    expect(await codeOf(scientist.open(second))).toBe('peer-auth');
    expect(await codeOf(owner.open(first))).toBe('peer-auth');
    expect(await scientist.open(first)).toEqual(pattern(5));
    expect(await codeOf(scientist.open(first))).toBe('peer-auth');
    expect(await scientist.open(second)).toEqual(pattern(6));
  });

  it('P5 open neither in another try nor in another room', async () => {
    const sealed = await (await seals()).owner.seal(pattern(5));
    for (const other of [
      await seals({ scientist: pattern(16, 9) }),
      await seals({ owner: pattern(16, 9) }),
      await seals({}, 'y'.repeat(22)),
    ]) {
      expect(await codeOf(other.scientist.open(sealed))).toBe('peer-auth');
    }
  });

  it('tell nothing of their lengths but a step', async () => {
    const { owner } = await seals();
    const lengths = new Set<number>();
    for (const length of [0, 1, 100, limits.sealedStepBytes - 4]) {
      lengths.add((await owner.seal(pattern(length))).length);
    }
    expect(lengths.size).toBe(1);
    const longer = await owner.seal(pattern(limits.sealedStepBytes - 3));
    expect(longer.length - [...lengths][0]!).toBe(limits.sealedStepBytes);
  });

  it('P10 are never larger than the server lets pass', async () => {
    const { owner } = await seals();
    expect(await codeOf(owner.seal(pattern(signalingLimits.signalBytes - 400)))).toBe('too-large');
    const fitting = await owner.seal(pattern(signalingLimits.signalBytes - 1200));
    expect(fitting.length).toBeLessThanOrEqual(signalingLimits.signalBytes);
  });

  it('never throw anything but peer-auth, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 700 }), fc.boolean(), async (noise, isLike) => {
        const { owner } = await seals();
        const bytes = isLike ? Uint8Array.of(1, 2, 1, 0, 0, 0, ...noise) : noise;
        expect(await codeOf(owner.open(bytes))).toBe('peer-auth');
        expect(await codeOf(openHello(secret, room, 'owner', bytes))).toBe('peer-auth');
      }),
      { numRuns: 60 },
    );
  });
});

describe('what comes from a secret', () => {
  const agreed = () => keyMaterial(secret);

  it('is fixed, so that two versions of the library find each other', async () => {
    expect(await roomOf(secret)).toMatchInlineSnapshot(`"-XTbIvovYEpMPSqqiIXxHA"`);
    expect(await privateRoomOf(secret, epochs)).toMatchInlineSnapshot(`"BmMsoSqYA4o7Bf5aIzqbsA"`);
    expect(await roomOf(await nextSecret(await agreed(), pattern(32, 5)))).toMatchInlineSnapshot(
      `"iatrjDC4t9epEW0D81A70Q"`,
    );
  });

  it('P22 is never the same for two uses, and none of it can be exported', async () => {
    const transcript = pattern(32, 5);
    const next = await nextSecret(await agreed(), transcript);
    const relay = await relayKeys(await agreed(), 'owner', transcript);
    for (const key of [next, relay.send, relay.receive, await keyMaterial(secret)]) {
      expect(key.extractable).toBe(false);
    }
    const rooms = [
      await roomOf(secret),
      await privateRoomOf(secret, epochs),
      await privateRoomOf(secret, { owner: epochs.scientist, scientist: epochs.owner }),
      await roomOf(next),
      await roomOf(await nextSecret(await agreed(), pattern(32, 6))),
    ];
    expect(new Set(rooms).size).toBe(rooms.length);
  });

  it('is the same on both sides, the directions exchanged', async () => {
    const transcript = pattern(32, 5);
    const owner = await relayKeys(await agreed(), 'owner', transcript);
    const scientist = await relayKeys(await agreed(), 'scientist', transcript);
    const aes = { name: 'AES-GCM', iv: new Uint8Array(12) };
    const sealed = await crypto.subtle.encrypt(aes, owner.send, pattern(4));
    const opened = await crypto.subtle.decrypt(aes, scientist.receive, sealed);
    expect(new Uint8Array(opened)).toEqual(pattern(4));
    await expect(crypto.subtle.decrypt(aes, owner.receive, sealed)).rejects.toThrow();
  });

  it('P1 P22 is agreed on with ephemeral keys: the secret alone, learned later, opens nothing of it', async () => {
    const transcript = pattern(32, 5);
    const [owner, scientist, eve] = [
      await makeExchange(),
      await makeExchange(),
      await makeExchange(),
    ];
    const roomAfter = async (own: CryptoKey, theirs: Uint8Array) =>
      roomOf(await nextSecret(await agreedSecret(secret, transcript, own, theirs), transcript));
    const there = await roomAfter(owner.privateKey, scientist.publicKey);
    expect(await roomAfter(scientist.privateKey, owner.publicKey)).toBe(there);
    for (const theirs of [owner.publicKey, scientist.publicKey, eve.publicKey]) {
      expect(await roomAfter(eve.privateKey, theirs)).not.toBe(there);
    }
    expect(await roomOf(await nextSecret(await agreed(), transcript))).not.toBe(there);
    const elsewhere = await agreedSecret(
      secret,
      pattern(32, 6),
      owner.privateKey,
      scientist.publicKey,
    );
    expect(await roomOf(await nextSecret(elsewhere, transcript))).not.toBe(there);
  });

  it('P20 is not agreed on with what is no key', async () => {
    const { privateKey } = await makeExchange();
    const transcript = pattern(32);
    for (const theirs of [new Uint8Array(65), pattern(65, 4), new Uint8Array(0)]) {
      expect(await codeOf(agreedSecret(secret, transcript, privateKey, theirs))).toBe('peer-auth');
    }
  });
});
