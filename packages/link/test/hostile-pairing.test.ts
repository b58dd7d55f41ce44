/**
 * A signaling server, or a guest, that does what it likes: it may keep the two apart, and nothing else. Each attempt ends in
 * a typed error before the first byte of an application, or in nothing at all.
 */

import {
  DuetError,
  encodePairingHello,
  encodePairingSignal,
  limits,
  protocolVersion,
  signalingLimits,
} from '@duet/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type HostedRoom,
  makeIdentity,
  memoryPair,
  type Paired,
  roomOf,
  type ServerEvent,
  VirtualClock,
} from '../src';
import { confirm } from '../src/confirmation';
import { writeControl } from '../src/control';
import { makeHello } from '../src/greeting';
import { confirmMac, keyMaterial, privateRoomOf } from '../src/key-schedule';
import { openHello, SignalSeal, sealHello } from '../src/sealing';
import { signedBytes } from '../src/transcript';
import { codeOf } from './helpers';
import { calm, outcomeOf, Village } from './pairing-helpers';

/** What a pairing that somebody meddles with may end in. */
const typed = [
  'aborted',
  'bad-message',
  'invite-expired',
  'limit',
  'no-connection',
  'peer-auth',
  'peer-left',
  'room-full',
  'too-large',
];

let village: Village;
beforeEach(async () => {
  village = await Village.build();
});
afterEach(() => village.close());

/** Runs one pairing to its end, whatever that is. */
async function outcomes(relay: 'never' | 'only' = 'never'): Promise<(Paired | string)[]> {
  if (village.hosts.length === 0) await village.host({ relay });
  const scientist = outcomeOf(village.join({ relay }));
  await village.settle(scientist);
  const owners = Promise.all(village.pairings.map(outcomeOf));
  return [await scientist, ...(await village.settle(owners))];
}

function expectSafe(ends: readonly (Paired | string)[]): void {
  const transcripts = new Set<string>();
  for (const end of ends) {
    if (typeof end === 'string') {
      expect(typed).toContain(end);
    } else {
      transcripts.add(end.transcript.join());
      const { fingerprint } = end.peer;
      expect([village.owner.fingerprint, village.scientist.fingerprint]).toContain(fingerprint);
    }
  }
  expect(transcripts.size).toBeLessThanOrEqual(1);
}

function expectNothingLeft(): void {
  expect(village.transport.connecting).toBe(0);
  expect(village.clock.pending).toBe(0);
}

/** Does something to the n-th event, and lets the others pass. Tells whether there was one. */
function meddle(
  at: number,
  how: (event: ServerEvent, deliver: (event: ServerEvent) => void) => void,
): () => boolean {
  let count = 0;
  village.server.between = (event, deliver) => {
    if (count === at) how(event, deliver);
    else deliver(event);
    count += 1;
  };
  return () => count > at;
}

/** The same with every event of a pairing in turn. */
async function meddleWithEach(
  how: (event: ServerEvent, deliver: (event: ServerEvent) => void) => void,
  relay: 'never' | 'only' = 'never',
): Promise<void> {
  let meddled = 0;
  for (let at = 0; ; at += 1) {
    village.close();
    village = await Village.build();
    const wasThere = meddle(at, how);
    expectSafe(await outcomes(relay));
    for (const host of village.hosts) host.close();
    // What was held back comes after all.
    village.clock.advance(1000);
    await calm();
    expectNothingLeft();
    if (!wasThere()) break;
    meddled += 1;
  }
  expect(meddled).toBeGreaterThan(4);
}

describe('P1 a server in the middle', () => {
  it.each([0, 1, 2, 30, 600, -1])(
    'P1 gets nowhere by changing byte %i of any signal',
    async (index) => {
      await meddleWithEach((event, deliver) => {
        const bytes = event.bytes.slice();
        const at = (index + bytes.length) % Math.max(bytes.length, 1);
        if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ 1;
        deliver({ ...event, bytes });
      });
    },
  );

  it('P1 gets nowhere by changing what is relayed', async () => {
    await meddleWithEach((event, deliver) => {
      const bytes = event.bytes.slice();
      bytes.reverse();
      deliver({ ...event, bytes });
    }, 'only');
  });

  it('P1 cannot put a certificate of its own in a hello', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const eve = await makeIdentity();
    village.server.between = (event, deliver) => {
      if (event.room !== room || event.kind !== 'signal' || event.to !== 'host') {
        deliver(event);
        return;
      }
      // All that it can seal is under another secret.
      void (async () => {
        const introduction = { identity: eve, software: 'x', name: 'Sam' };
        const hello = await makeHello('scientist', introduction, new Uint8Array(32).fill(6));
        const epoch = event.bytes.slice(2, 18);
        const secret = new Uint8Array(32);
        deliver({
          ...event,
          bytes: await sealHello(secret, room, 'scientist', epoch, hello.plain),
        });
      })();
    };
    expect(typed).toContain(await village.settle(outcomeOf(village.join())));
    expect(village.pairings).toHaveLength(0);
    expect(village.strangers).toBeGreaterThan(0);
  });

  it('P1 is found out where the connection leads to another certificate', async () => {
    const { transport } = village;
    const lying = {
      // Whoever is connected to has not the certificate that the hello was told of.
      prepare: async () => ({
        ...(await transport.prepare()),
        fingerprint: crypto.getRandomValues(new Uint8Array(32)),
      }),
    };
    await village.host();
    const scientist = outcomeOf(village.join({ transport: lying, relay: 'never' }));
    expect(await village.settle(scientist)).toBe('peer-auth');
    expect(await codeOf(village.pairing(0))).toMatch(/^(?:peer-auth|no-connection)$/u);
  });

  it('P1 is found out by the first frame, whatever it passes on', async () => {
    await village.host();
    const { transport } = village;
    const strange = {
      prepare: async () => {
        const prepared = await transport.prepare();
        return {
          ...prepared,
          connect: (options: Parameters<typeof prepared.connect>[0]) => {
            const connecting = prepared.connect(options);
            const channel = connecting.channel.then((inner) => {
              const { a, b } = memoryPair();
              // Sends what it likes in the place of the confirmation.
              inner.onFrame(() => b.send(Uint8Array.of(0, 0, 0, 0, 4)));
              return a;
            });
            channel.catch(() => {});
            return {
              ...connecting,
              path: connecting.path,
              channel,
              signal: connecting.signal.bind(connecting),
              close: connecting.close.bind(connecting),
            };
          },
        };
      },
    };
    const scientist = outcomeOf(village.join({ transport: strange }));
    expect(await village.settle(scientist)).toBe('peer-auth');
  });
});

describe('P3 squatting', () => {
  const noise = new Uint8Array(600).fill(1);

  async function squat(bytes: Uint8Array | undefined): Promise<{ isOut: () => boolean }> {
    let isOut = false;
    const left = (): void => {
      isOut = true;
    };
    const room = await roomOf(village.secret);
    const squatter = await village.page().join(room, { signal: () => {}, left });
    if (bytes !== undefined) squatter.signal(bytes);
    await calm();
    return { isOut: () => isOut };
  }

  it('P3 a guest who says nothing is shown out in time, and counted', async () => {
    await village.host();
    const squatter = await squat(undefined);
    expect(squatter.isOut()).toBe(false);
    village.clock.advance(limits.helloTimeoutMs);
    await calm();
    expect(squatter.isOut()).toBe(true);
    expect(village.strangers).toBe(1);
    expect((await village.join()).peer.name).toBe('Olga');
  });

  it.each([
    ['nothing at all', new Uint8Array()],
    ['noise', noise],
    ['noise that looks like a hello', Uint8Array.of(1, 1, ...noise)],
    ['more than fits', new Uint8Array(signalingLimits.signalBytes + 1)],
  ])(
    'P3 a guest who says %s is shown out at once, and the invite is not used up',
    async (_, bytes) => {
      await village.host();
      const squatter = await squat(bytes);
      expect(squatter.isOut()).toBe(true);
      expect(village.strangers).toBe(1);
      expect(village.pairings).toHaveLength(0);
      expect((await village.join()).peer.name).toBe('Olga');
    },
  );

  it('P3 many strangers are shown out unread, for a minute', async () => {
    await village.host();
    for (let stranger = 0; stranger < 3 * limits.strangersPerMinute; stranger += 1) {
      expect((await squat(noise)).isOut()).toBe(true);
    }
    expect(village.strangers).toBe(limits.strangersPerMinute);
    expect(await village.settle(outcomeOf(village.join()), 100)).toBe('room-full');
    village.clock.advance(60_000);
    expect((await village.join()).peer.name).toBe('Olga');
  });

  it('P3 somebody who hosts the room in the owner’s place can show nothing', async () => {
    const room = await roomOf(village.secret);
    let host: HostedRoom | undefined;
    const hosts = (answer: (bytes: Uint8Array) => Uint8Array | undefined) => ({
      guest: () => {},
      left: () => {},
      signal: (bytes: Uint8Array) => {
        const answered = answer(bytes);
        if (answered !== undefined) host?.signal(answered);
      },
    });
    for (const [answer, code] of [
      [() => noise, 'peer-auth'],
      // The hello itself, sent back.
      [(bytes: Uint8Array) => bytes, 'peer-auth'],
      [() => undefined, 'no-connection'],
    ] as const) {
      host = await village.page().host(room, hosts(answer));
      expect(await village.settle(codeOf(village.join()))).toBe(code);
      host.close();
    }
  });

  it('P3 somebody with the secret of another invite is a stranger', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const other = new Uint8Array(32).fill(9);
    const introduction = { identity: village.scientist, software: 'x', name: 'Sam' };
    const hello = await makeHello('scientist', introduction, new Uint8Array(32));
    const epoch = crypto.getRandomValues(new Uint8Array(16));
    await squat(await sealHello(other, room, 'scientist', epoch, hello.plain));
    expect(village.strangers).toBe(1);
    expect(village.pairings).toHaveLength(0);
  });
});

describe('P4 a third peer', () => {
  it('P4 is not let in while somebody is at the door', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const first = await village.page().join(room, { signal: () => {}, left: () => {} });
    const third = village.page().join(room, { signal: () => {}, left: () => {} });
    expect(await codeOf(third)).toBe('room-full');
    first.leave();
  });

  it('P4 who enters the private room first keeps the two apart at most', async () => {
    await village.host();
    const invite = await roomOf(village.secret);
    const page = village.page();
    let entered = 0;
    village.server.between = (event, deliver) => {
      const inside = village.server.rooms.find((room) => room !== invite);
      if (inside !== undefined && entered === 0) {
        entered += 1;
        page
          .join(inside, { signal: () => {}, left: () => {} })
          .then((room) => room.signal(new Uint8Array(600)))
          .catch(() => {});
      }
      deliver(event);
    };
    expectSafe(await outcomes());
    expect(entered).toBe(1);
    village.server.between = undefined;
    expect((await village.join()).peer.name).toBe('Olga');
  });

  it('P4 finds no room of the two once they are paired, and the next hello pairs anew', async () => {
    const { owner, scientist } = await village.pair();
    await calm();
    expect(village.server.rooms).toEqual([await roomOf(village.secret)]);
    const got: number[] = [];
    owner.channel.onFrame(([first = 0]) => got.push(first));
    await village.pair();
    scientist.channel.send(Uint8Array.of(3));
    await calm();
    expect(got).toEqual([3]);
  });
});

describe('P5 what was said before', () => {
  it('P5 a hello that comes again is a stranger’s', async () => {
    await village.pair();
    const room = await roomOf(village.secret);
    const hello = village.server.seen.find(({ kind, to }) => kind === 'signal' && to === 'host');
    expect(hello?.room).toBe(room);
    const guest = await village.page().join(room, { signal: () => {}, left: () => {} });
    guest.signal(hello?.bytes ?? new Uint8Array());
    await calm();
    expect(village.strangers).toBe(1);
    expect(village.pairings).toHaveLength(1);
  });

  it('P5 a second hello of the same guest is not read', async () => {
    await village.host();
    village.server.between = (event, deliver) => {
      deliver(event);
      if (event.kind === 'signal' && event.to === 'host') deliver(event);
    };
    await village.join({ relay: 'never' }).catch(() => {});
    await village.settle(Promise.allSettled(village.pairings));
    expect(village.pairings).toHaveLength(1);
  });

  it('P5 the answer to an earlier hello is refused', async () => {
    await village.pair();
    const room = await roomOf(village.secret);
    const old = village.server.seen.find(
      (event) => event.room === room && event.kind === 'signal' && event.to === 'guest',
    );
    village.server.between = (event, deliver) =>
      deliver(
        event.room === room && event.kind === 'signal' && event.to === 'guest'
          ? { ...event, bytes: old?.bytes ?? event.bytes }
          : event,
      );
    expect(await village.settle(codeOf(village.join()))).toBe('peer-auth');
  });

  it('P5 everything of an earlier pairing, in its place in a later one', async () => {
    await village.pair();
    const before = village.server.seen.filter(({ kind }) => kind === 'signal');
    for (const [at] of before.entries()) {
      let count = 0;
      village.server.between = (event, deliver) => {
        if (event.kind !== 'signal') {
          deliver(event);
          return;
        }
        deliver(count === at ? { ...event, bytes: before[at]?.bytes ?? event.bytes } : event);
        count += 1;
      };
      const scientist = await village.settle(outcomeOf(village.join({ relay: 'never' })));
      const owner = await village.settle(outcomeOf(village.pairings.at(-1) ?? village.pairing(0)));
      // The last signal of a pairing may come too late to matter.
      expectSafe([scientist, typeof scientist === 'string' ? scientist : owner]);
    }
  });

  it('P5 what a side said, sent back to it', async () => {
    await meddleWithEach((event, deliver) => {
      deliver({ ...event, to: event.to === 'host' ? 'guest' : 'host' });
      deliver(event);
    });
  });

  it('P5 anything twice', async () => {
    await meddleWithEach((event, deliver) => {
      deliver(event);
      deliver(event);
    });
    await meddleWithEach((event, deliver) => {
      deliver(event);
      deliver(event);
    }, 'only');
  });

  it('P5 a version that nobody speaks is told on both sides, and cannot be made up by the server', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const introduction = { identity: village.scientist, software: 'x', name: 'Sam' };
    const { hello } = await makeHello('scientist', introduction, new Uint8Array(32));
    for (const version of [1, protocolVersion - 1, protocolVersion + 1]) {
      const epoch = crypto.getRandomValues(new Uint8Array(16));
      const plain = encodePairingHello({ ...hello, version });
      // Of later versions also with more to say.
      const later = Uint8Array.of(...plain, 0x78, 0x01);
      const answer = new Promise<Uint8Array>((resolve) => {
        void village
          .page()
          .join(room, { signal: resolve, left: () => {} })
          .then(async (guest) =>
            guest.signal(await sealHello(village.secret, room, 'scientist', epoch, later)),
          );
      });
      const opened = await openHello(village.secret, room, 'owner', await answer);
      expect(opened.plain.slice(0, 2)).toEqual(Uint8Array.of(8, protocolVersion));
      const { length } = village.pairings;
      expect(await codeOf(village.pairing(length - 1))).toBe('version');
    }
    expect(village.strangers).toBe(0);
  });
});

describe('P6 a server that loses, delays and makes up', () => {
  it('P6 any one event lost', async () => {
    await meddleWithEach(() => {});
    await meddleWithEach(() => {}, 'only');
  });

  it('P6 all that follows lost', async () => {
    for (const relay of ['never', 'only'] as const) {
      for (let from = 0; from < 8; from += 1) {
        village.close();
        village = await Village.build();
        let count = 0;
        village.server.between = (event, deliver) => {
          if (count < from) deliver(event);
          count += 1;
        };
        expectSafe(await outcomes(relay));
        for (const host of village.hosts) host.close();
        expectNothingLeft();
      }
    }
  });

  it('P6 “the other side has left” made up at any moment', async () => {
    await meddleWithEach((event, deliver) => {
      deliver({ ...event, kind: 'left' });
      deliver(event);
    });
    await meddleWithEach((event, deliver) => {
      deliver(event);
      deliver({ ...event, kind: 'left' });
      deliver({ ...event, to: event.to === 'host' ? 'guest' : 'host', kind: 'left' });
    });
  });

  it('P6 everything late, and still in order', async () => {
    village.server.between = (event, deliver) => {
      village.clock.after(300, () => deliver(event));
    };
    await village.host();
    const scientist = await village.settle(village.join(), 100);
    expect((await village.pairing(0)).transcript).toEqual(scientist.transcript);
  });

  it('P6 any two exchanged', async () => {
    await meddleWithEach((event, deliver) => {
      village.clock.after(400, () => deliver(event));
    });
  });
});

describe('P8 the short authentication string', () => {
  it('P8 a nonce that was not committed to is refused, though all else is right', async () => {
    const { a, b } = memoryPair();
    const clock = new VirtualClock();
    const transcript = new Uint8Array(32).fill(5);
    const { owner, scientist, secret } = village;
    const of = (identity: typeof owner) => ({ identity, software: 'x', name: '' });
    const theirs = await makeHello('scientist', of(scientist), new Uint8Array(32));
    const mine = await makeHello('owner', of(owner), new Uint8Array(32));
    const agreed = await keyMaterial(secret);
    const common = { agreed, transcript, clock };
    const confirming = codeOf(
      confirm(a, { ...common, role: 'owner', identity: owner, mine, theirs }),
    );
    b.send(
      writeControl({
        kind: 'confirm',
        mac: await confirmMac(agreed, 'scientist', transcript),
        signature: await scientist.sign(signedBytes('scientist', transcript)),
        // Chosen after the other half was seen.
        nonce: new Uint8Array(32).fill(1),
      }),
    );
    expect(await confirming).toBe('peer-auth');
  });

  it('P8 the halves are not told before the transcript is fixed', async () => {
    const identity = village.owner;
    const { hello, nonce } = await makeHello(
      'owner',
      { identity, software: 'x', name: '' },
      new Uint8Array(32),
    );
    expect(Buffer.from(encodePairingHello(hello)).includes(Buffer.from(nonce))).toBe(false);
  });

  it.each(['nothing', 'mac', 'signature'] as const)('P1 with %s wrong', async (part) => {
    const { a, b } = memoryPair();
    const transcript = new Uint8Array(32).fill(5);
    const { owner, scientist, secret, clock } = village;
    const of = (identity: typeof owner) => ({ identity, software: 'x', name: '' });
    const theirs = await makeHello('scientist', of(scientist), new Uint8Array(32));
    const mine = await makeHello('owner', of(owner), new Uint8Array(32));
    const agreed = await keyMaterial(secret);
    const confirming = codeOf(
      confirm(a, { agreed, transcript, clock, role: 'owner', identity: owner, mine, theirs }),
    );
    const signer = part === 'signature' ? owner : scientist;
    b.send(
      writeControl({
        kind: 'confirm',
        // What an owner would send.
        mac: await confirmMac(agreed, part === 'mac' ? 'owner' : 'scientist', transcript),
        signature: await signer.sign(signedBytes('scientist', transcript)),
        nonce: theirs.nonce,
      }),
    );
    expect(await confirming).toBe(part === 'nothing' ? 'resolved' : 'peer-auth');
  });
});

describe('P10 too much', () => {
  it('P9 P10 guests and signals without end cost an owner’s page next to nothing', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    for (let count = 0; count < 100_000; count += 1) {
      village.server.inject({
        room,
        to: 'host',
        kind: count % 3 === 0 ? 'guest' : 'signal',
        bytes: new Uint8Array(1),
      });
    }
    await calm();
    expect(village.strangers).toBeLessThanOrEqual(limits.strangersPerMinute);
    expect(village.pairings).toHaveLength(0);
    village.clock.advance(60_000);
    expect((await village.join()).peer.name).toBe('Olga');
  });

  it('P9 P10 pairings that come to nothing are few at once', async () => {
    village.transport.fails = true;
    await village.host();
    const joining = Array.from({ length: 20 }, () => outcomeOf(village.join({ relay: 'never' })));
    await calm();
    for (let step = 0; step < 8; step += 1) {
      village.clock.advance(250);
      await calm();
    }
    expect(village.pairings.length).toBeGreaterThan(0);
    expect(village.pairings.length).toBeLessThanOrEqual(8);
    await village.settle(Promise.all(joining));
  });

  it('P10 candidates without end, from somebody who has the secret', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const epoch = crypto.getRandomValues(new Uint8Array(16));
    const introduction = { identity: village.scientist, software: 'x', name: 'Sam' };
    const { plain } = await makeHello('scientist', introduction, new Uint8Array(32));
    const answer = await new Promise<Uint8Array>((resolve) => {
      void village
        .page()
        .join(room, { signal: resolve, left: () => {} })
        .then(async (guest) =>
          guest.signal(await sealHello(village.secret, room, 'scientist', epoch, plain)),
        );
    });
    const opened = await openHello(village.secret, room, 'owner', answer);
    const epochs = { owner: opened.epoch, scientist: epoch };
    const inside = await privateRoomOf(village.secret, epochs);
    const seal = await SignalSeal.of(village.secret, inside, 'scientist', epochs);
    const guest = await village.page().join(inside, { signal: () => {}, left: () => {} });
    guest.signal(
      await seal.seal(
        encodePairingSignal({
          kind: 'description',
          offer: true,
          ufrag: 'abcd',
          pwd: 'p'.repeat(22),
          setup: 'actpass',
          sctpPort: 5000,
          maxMessageBytes: 65_536,
        }),
      ),
    );
    for (let count = 0; count < 200; count += 1) {
      guest.signal(
        await seal.seal(
          encodePairingSignal({
            kind: 'candidate',
            foundation: '1',
            component: 1,
            protocol: 'udp',
            priority: 1,
            address: '127.0.0.1',
            port: 9,
            type: 'host',
            relatedAddress: '',
            relatedPort: 0,
            tcpType: '',
          }),
        ),
      );
    }
    expect(await codeOf(village.pairing(0))).toBe('limit');
    await calm();
    expectNothingLeft();
  });
});

describe('P22 what a pairing leaves for the next', () => {
  it('P22 cannot be exported, and leads elsewhere than what it came from', async () => {
    const { owner, scientist } = await village.pair();
    for (const { nextSecret } of [owner, scientist]) {
      expect(nextSecret.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('raw', nextSecret)).rejects.toThrow();
    }
    expect(await roomOf(owner.nextSecret)).toBe(await roomOf(scientist.nextSecret));
    expect(await roomOf(owner.nextSecret)).not.toBe(await roomOf(village.secret));
  });

  it('P22 says who comes with it: a thief of the secret alone is somebody else', async () => {
    const { owner, scientist } = await village.pair();
    for (const host of village.hosts.splice(0)) host.close();
    await village.host({ secret: owner.nextSecret });
    const thief = await makeIdentity();
    await village.join({ secret: scientist.nextSecret, identity: thief });
    expect((await village.pairing(1)).peer.fingerprint).toBe(thief.fingerprint);
    // And cannot come as the one it was taken from.
    const { publicKey, fingerprint } = village.scientist;
    const disguised = { ...thief, publicKey, fingerprint };
    await village.join({ secret: scientist.nextSecret, identity: disguised }).catch(() => {});
    expect(await codeOf(village.pairing(2))).toBe('peer-auth');
  });
});

describe('P23 two sides that are one', () => {
  it('P23 the same identity is refused on both sides, unless told otherwise', async () => {
    await village.host({ identity: village.scientist });
    expect(await codeOf(village.join())).toBe('peer-auth');
    expect(await codeOf(village.pairing(0))).toBe('peer-auth');
    expect(village.strangers).toBe(0);
    for (const host of village.hosts.splice(0)) host.close();
    await village.host({ identity: village.scientist, allowSelf: true });
    const { peer } = await village.join({ allowSelf: true });
    expect(peer.fingerprint).toBe(village.scientist.fingerprint);
  });

  it('P23 a hello of the other role is refused', async () => {
    await village.host();
    const room = await roomOf(village.secret);
    const introduction = { identity: village.scientist, software: 'x', name: '' };
    const { plain } = await makeHello('owner', introduction, new Uint8Array(32));
    const epoch = crypto.getRandomValues(new Uint8Array(16));
    const guest = await village.page().join(room, { signal: () => {}, left: () => {} });
    // Sealed as a scientist's, and saying that it is an owner's.
    guest.signal(await sealHello(village.secret, room, 'scientist', epoch, plain));
    await calm();
    expect(await codeOf(village.pairing(0))).toBe('peer-auth');
  });
});

describe('whatever a server does', () => {
  type Move = readonly [kind: number, number: number];
  const moves = fc.array(fc.tuple(fc.nat(8), fc.nat(1000)), { minLength: 1, maxLength: 40 });

  /** Passes most events on, and does something to the others. */
  function manipulate(plan: readonly Move[]): void {
    let count = 0;
    const seen: ServerEvent[] = [];
    village.server.between = (event, deliver) => {
      seen.push(event);
      const [kind, number] = plan[count % plan.length] ?? [0, 0];
      count += 1;
      // So that two who answer each other for ever do come to an end.
      if (count > 400) return;
      const old = seen[number % seen.length] ?? event;
      switch (kind) {
        case 1:
          return;
        case 2:
          deliver(event);
          deliver(event);
          return;
        case 3: {
          const bytes = event.bytes.slice();
          if (bytes.length > 0) bytes[number % bytes.length] = number % 256;
          deliver({ ...event, bytes });
          return;
        }
        case 4:
          village.clock.after(number, () => deliver(event));
          return;
        case 5:
          deliver({ ...event, bytes: old.bytes });
          return;
        case 6:
          deliver({ ...event, room: old.room });
          return;
        case 7:
          deliver({ ...old, to: event.to });
          deliver(event);
          return;
        case 8:
          deliver({ ...event, kind: 'left' });
          deliver(event);
          return;
        default:
          deliver(event);
      }
    };
  }

  it('P1 P5 P6 two ends that are paired agree on everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        moves,
        fc.constantFrom('fallback' as const, 'never' as const, 'only' as const),
        fc.boolean(),
        async (plan, relay, fails) => {
          village.close();
          village = await Village.build();
          village.transport.fails = fails;
          const other = crypto.getRandomValues(new Uint8Array(32));
          await village.host({ relay });
          await village.host({ relay, secret: other, identity: village.owner });
          manipulate(plan);
          const joining = [
            village.join({ relay }),
            village.join({ relay, name: 'Two' }),
            village.join({ relay, secret: other, name: 'Three' }),
          ];
          const scientists = await village.settle(Promise.all(joining.map(outcomeOf)));
          const owners = await village.settle(Promise.all(village.pairings.map(outcomeOf)));
          const heard: { readonly by: Paired; readonly of: string }[] = [];
          for (const end of [...scientists, ...owners]) {
            if (typeof end === 'string') {
              expect(typed).toContain(end);
              continue;
            }
            const isOwner = owners.includes(end);
            const { fingerprint, name } = end.peer;
            expect(fingerprint).toBe((isOwner ? village.scientist : village.owner).fingerprint);
            expect(isOwner ? ['Sam', 'Two', 'Three'] : ['Olga']).toContain(name);
            end.channel.onFrame((frame) =>
              heard.push({ by: end, of: new TextDecoder().decode(frame) }),
            );
          }
          const said = (end: Paired): string =>
            JSON.stringify([end.transcript.join(), end.shortAuth.words]);
          for (const end of [...scientists, ...owners]) {
            if (typeof end !== 'string') end.channel.send(new TextEncoder().encode(said(end)));
          }
          await calm();
          for (const { by, of } of heard) expect(of).toBe(said(by));
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);
});

it('P6 an error of the server’s has no word of the server’s in it', async () => {
  const reason = await village.join().catch((thrown: unknown) => thrown);
  expect(reason).toBeInstanceOf(DuetError);
});
