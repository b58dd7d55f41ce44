import { type DuetError, limits, signalingLimits } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { type RelayChannel, type Room, relayChannel } from '../src';
import { channelCompliance } from './channel-compliance';
import { pattern, settle } from './helpers';

const makeKey = () =>
  crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);

type Direction = 'aToB' | 'bToA';

interface Relayed {
  readonly a: RelayChannel;
  readonly b: RelayChannel;
  /** All that passed the server. */
  readonly seen: { readonly direction: Direction; readonly frame: Uint8Array }[];
  /** What the server does with a frame; passes it on unless set. */
  onRelay: (direction: Direction, frame: Uint8Array, pass: (frame: Uint8Array) => void) => void;
  readonly released: Direction[];
  /** Waits until everything under way has arrived. */
  quiet(): Promise<void>;
}

/** Both ends over a server in between, each frame a turn later. */
async function relayed(): Promise<Relayed> {
  const [forward, back] = [await makeKey(), await makeKey()];
  let events = 0;
  const room = (direction: Direction): Room => ({
    relays: true,
    signal: () => {},
    relay: (frame) => {
      events += 1;
      state.seen.push({ direction, frame });
      const pass = (passed: Uint8Array): void => {
        queueMicrotask(() => (direction === 'aToB' ? state.b : state.a).receive(passed));
      };
      state.onRelay(direction, frame, pass);
    },
    leave: () => {
      events += 1;
      state.released.push(direction);
      queueMicrotask(() => (direction === 'aToB' ? state.b : state.a).left());
    },
  });
  const state: Relayed = {
    a: relayChannel({ room: room('aToB'), send: forward, receive: back }),
    b: relayChannel({ room: room('bToA'), send: back, receive: forward }),
    seen: [],
    released: [],
    onRelay: (_, frame, pass) => pass(frame),
    async quiet() {
      for (let before = -1; before !== events; ) {
        before = events;
        await new Promise((resolve) => setTimeout(resolve, 5));
        await settle();
      }
    },
  };
  return state;
}

const ended = (channel: RelayChannel): Promise<DuetError> =>
  new Promise((resolve) => channel.onClosed(resolve));

channelCompliance('relay', relayed);

describe('relayed frames', () => {
  it('are nowhere in clear, of one length more, and never twice the same', async () => {
    const { a, b, seen, quiet } = await relayed();
    const secret = new TextEncoder().encode('the mean age is 41.5');
    const got: Uint8Array[] = [];
    b.onFrame((frame) => got.push(frame));
    for (let i = 0; i < 3; i += 1) a.send(secret.slice());
    await quiet();
    expect(got).toEqual([secret, secret, secret]);
    const texts = seen.map(({ frame }) => Buffer.from(frame).toString('latin1'));
    expect(texts).toHaveLength(3);
    for (const text of texts) {
      expect(text).not.toContain('mean age');
      expect(text).toHaveLength(secret.length + 17);
    }
    expect(new Set(texts).size).toBe(3);
  });

  it('of the largest size are what servers let pass', async () => {
    const { a, seen, quiet } = await relayed();
    a.send(pattern(limits.frameBytes));
    await quiet();
    expect(seen[0]?.frame.length).toBeLessThanOrEqual(signalingLimits.relayBytes);
  });

  it('stay in their window: no more is under way than the other side has taken', async () => {
    const relay = await relayed();
    relay.onRelay = (direction, frame, pass) => {
      if (direction === 'aToB') pass(frame);
    };
    for (let i = 0; i < 40; i += 1) relay.a.send(pattern(limits.frameBytes));
    await relay.quiet();
    const bytes = relay.seen
      .filter(({ direction }) => direction === 'aToB')
      .reduce((sum, { frame }) => sum + frame.length, 0);
    expect(relay.a.writable).toBe(false);
    expect(bytes).toBeGreaterThan(limits.relayHighBytes / 2);
    expect(bytes).toBeLessThan(limits.relayHighBytes + limits.frameBytes + 1024);
  });
});

describe('P5, P6: a server that changes what it relays', () => {
  const attacks: Record<string, (relay: Relayed) => void> = {
    'flips a bit': (relay) => {
      relay.onRelay = (_, frame, pass) => {
        const changed = frame.slice();
        changed[3] = (changed[3] ?? 0) ^ 1;
        pass(changed);
      };
    },
    'cuts a byte off': (relay) => {
      relay.onRelay = (_, frame, pass) => pass(frame.slice(1));
    },
    'drops the first': (relay) => {
      let count = 0;
      relay.onRelay = (_, frame, pass) => {
        count += 1;
        if (count > 1) pass(frame);
      };
    },
    'makes one up': (relay) => {
      relay.onRelay = (_, _frame, pass) => pass(pattern(40));
    },
    'sends an empty one': (relay) => {
      relay.onRelay = (_, _frame, pass) => pass(new Uint8Array());
    },
    'swaps two': (relay) => {
      let kept: Uint8Array | undefined;
      relay.onRelay = (_, frame, pass) => {
        if (kept === undefined) {
          kept = frame;
          return;
        }
        pass(frame);
        pass(kept);
      };
    },
  };

  it.each(Object.entries(attacks))(
    'it %s: the channel ends, and nothing is heard',
    async (_, attack) => {
      const relay = await relayed();
      attack(relay);
      const heard: Uint8Array[] = [];
      relay.b.onFrame((frame) => heard.push(frame));
      const atB = ended(relay.b);
      relay.a.send(pattern(20, 1));
      relay.a.send(pattern(20, 2));
      expect((await atB).code).toBe('bad-message');
      expect(heard).toEqual([]);
    },
  );

  it('it sends back what one side has sent: that does not open there', async () => {
    const relay = await relayed();
    relay.onRelay = (_, frame) => relay.b.receive(frame);
    const heard: Uint8Array[] = [];
    relay.b.onFrame((frame) => heard.push(frame));
    const atB = ended(relay.b);
    relay.b.send(pattern(20));
    expect((await atB).code).toBe('bad-message');
    expect(heard).toEqual([]);
  });

  it('it repeats a frame: the first is heard, and the channel ends', async () => {
    const relay = await relayed();
    relay.onRelay = (_, frame, pass) => {
      pass(frame);
      pass(frame);
    };
    const heard: Uint8Array[] = [];
    relay.b.onFrame((frame) => heard.push(frame));
    const atB = ended(relay.b);
    relay.a.send(pattern(20));
    expect((await atB).code).toBe('bad-message');
    expect(heard).toEqual([pattern(20)]);
  });

  it('it floods: the channel ends before all of it is opened', async () => {
    const { b } = await relayed();
    const atB = ended(b);
    for (let i = 0; i < 100; i += 1) b.receive(pattern(limits.frameBytes));
    expect((await atB).code).toBe('bad-message');
  });

  it('says that the other has left: the connection is lost, after what came before', async () => {
    const relay = await relayed();
    const heard: Uint8Array[] = [];
    relay.b.onFrame((frame) => heard.push(frame));
    const atB = ended(relay.b);
    relay.onRelay = (_, frame) => {
      relay.b.receive(frame);
      relay.b.left();
    };
    relay.a.send(pattern(20));
    expect((await atB).code).toBe('link-lost');
    expect(heard).toEqual([pattern(20)]);
  });
});

describe('letting go', () => {
  it('leaves the room once, after the goodbye', async () => {
    const { a, b, seen, released, quiet } = await relayed();
    const atB = ended(b);
    a.close();
    a.close();
    expect((await atB).code).toBe('peer-left');
    await quiet();
    expect(seen).toHaveLength(1);
    expect(released.sort()).toEqual(['aToB', 'bToA']);
  });

  it('or does what it was told instead', async () => {
    const [send, receive] = [await makeKey(), await makeKey()];
    let left = 0;
    const room: Room = {
      relays: true,
      signal: () => {},
      relay: () => {},
      leave: () => {
        left += 1;
      },
    };
    const released = new Promise<void>((resolve) => {
      relayChannel({ room, send, receive, release: resolve }).close();
    });
    await released;
    expect(left).toBe(0);
  });
});
