import { type Clock, DuetError, limits, sameBytes } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import {
  DurableChannel,
  FramedLink,
  type MemoryPair,
  type MemoryPairOptions,
  memoryPair,
  VirtualClock,
} from '../src';
import { isControl, readControl, writeControl } from '../src/control';
import { codeOf, pattern, settle } from './helpers';

function frameOf(number: number, length = 16): Uint8Array {
  const frame = new Uint8Array(length);
  new DataView(frame.buffer).setUint32(0, number, true);
  return frame;
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
}

/** One durable channel whose other end is the test's bare channel. */
interface Bare {
  readonly clock: VirtualClock;
  readonly durable: DurableChannel;
  readonly events: string[];
  /** Numbers of the link's frames that were delivered. */
  readonly got: number[];
  /** What the other end has received since the last connection: numbers, and kinds of control frames. */
  said: (number | string)[];
  pair: MemoryPair;
  /** Connects, and answers unless told not to. */
  connect(received?: number | undefined): Promise<void>;
}

async function bare(clock: Clock & VirtualClock = new VirtualClock()): Promise<Bare> {
  const events: string[] = [];
  const durable = new DurableChannel(clock, {
    onReady: () => events.push('ready'),
    onLost: ({ code }) => events.push(`lost ${code}`),
    onEnded: ({ code }) => events.push(`ended ${code}`),
  });
  const got: number[] = [];
  durable.onFrame((frame) => got.push(numberOf(frame)));
  const self: Bare = {
    clock,
    durable,
    events,
    got,
    said: [],
    pair: memoryPair({ clock }),
    async connect(received) {
      self.pair = memoryPair({ clock });
      self.said = [];
      const { said, pair } = self;
      pair.b.onFrame((frame) => {
        if (!isControl(frame)) said.push(numberOf(frame));
        else {
          const control = readControl(frame);
          said.push('received' in control ? `${control.kind} ${control.received}` : control.kind);
        }
      });
      durable.replace(pair.a);
      if (received !== undefined) pair.b.send(writeControl({ kind: 'ready', received }));
      await settle();
    },
  };
  return self;
}

describe('a durable channel', () => {
  it('says what it has received before it sends anything, and waits for the same', async () => {
    const one = await bare();
    one.durable.send(frameOf(1));
    await one.connect();
    one.durable.send(frameOf(2));
    await settle();
    expect(one.said).toEqual(['ready 0']);
    expect(one.durable.writable).toBe(false);
    one.pair.b.send(writeControl({ kind: 'ready', received: 0 }));
    await settle();
    expect(one.said).toEqual(['ready 0', 1, 2]);
    expect(one.durable.writable).toBe(true);
    expect(one.events).toEqual(['ready']);
  });

  it('sends again what the other side does not have, and nothing else', async () => {
    const one = await bare();
    await one.connect(0);
    for (const number of [1, 2, 3, 4]) one.durable.send(frameOf(number));
    one.pair.b.send(writeControl({ kind: 'received', received: 1 }));
    one.pair.b.send(frameOf(1));
    await settle();
    expect(one.durable.kept).toEqual({ frames: 3, bytes: 48 });
    one.pair.fail();
    one.durable.send(frameOf(5));
    expect(one.durable.writable).toBe(false);
    await one.connect(3);
    expect(one.said).toEqual(['ready 1', 4, 5]);
    expect(one.events).toEqual(['ready', 'lost link-lost', 'ready']);
    expect(one.durable.writable).toBe(true);
  });

  it('drops what comes twice, and ends when something is missing', async () => {
    const one = await bare();
    await one.connect(0);
    for (const number of [1, 2]) one.pair.b.send(frameOf(number));
    await settle();
    await one.connect(0);
    for (const number of [1, 2, 3]) one.pair.b.send(frameOf(number));
    await settle();
    expect(one.got).toEqual([1, 2, 3]);
    one.pair.b.send(frameOf(5));
    await settle();
    expect(one.got).toEqual([1, 2, 3]);
    expect(one.events.at(-1)).toBe('ended bad-message');
  });

  it.each([
    ['data before it is ready', undefined, frameOf(1)],
    ['a frame with the number 0', 0, new Uint8Array(4)],
    ['a short frame', 0, new Uint8Array([1, 0])],
    ['an unknown control frame', 0, new Uint8Array([0, 0, 0, 0, 99])],
    ['a control frame of the wrong length', 0, new Uint8Array([0, 0, 0, 0, 4, 1])],
    ['a second ready', 0, writeControl({ kind: 'ready', received: 0 })],
    ['an acknowledgement of what was not sent', 0, writeControl({ kind: 'received', received: 1 })],
    ['a beat before it is ready', undefined, writeControl({ kind: 'beat' })],
    [
      'a second confirmation',
      0,
      writeControl({
        kind: 'confirm',
        mac: new Uint8Array(32),
        signature: new Uint8Array(64),
        nonce: new Uint8Array(32),
      }),
    ],
  ])('ends with a typed error at %s', async (_, received, frame) => {
    const one = await bare();
    await one.connect(received);
    one.pair.b.send(frame);
    await settle();
    expect(one.events.at(-1)).toBe('ended bad-message');
    expect(one.clock.pending).toBe(0);
  });

  it('ends when a reconnection takes an acknowledgement back', async () => {
    const one = await bare();
    await one.connect(0);
    for (const number of [1, 2]) one.durable.send(frameOf(number));
    one.pair.b.send(writeControl({ kind: 'received', received: 2 }));
    await settle();
    await one.connect(1);
    expect(one.events.at(-1)).toBe('ended bad-message');
  });

  it('takes no more when it keeps too much, and goes on when that was received', async () => {
    const one = await bare();
    let wasTold = 0;
    await one.connect(0);
    one.durable.onWritable(() => {
      wasTold += 1;
    });
    let number = 0;
    while (one.durable.writable && number < 100_000) {
      number += 1;
      one.durable.send(frameOf(number));
      if (number % 256 === 0) await settle();
    }
    expect(number).toBe(limits.replayFrames);
    await settle();
    expect(wasTold).toBe(0);
    one.pair.b.send(writeControl({ kind: 'received', received: 100 }));
    await settle();
    expect(wasTold).toBe(1);
    expect(one.durable.kept.frames).toBe(number - 100);
    one.durable.discard();
  });

  it('keeps at most so many bytes', async () => {
    const one = await bare();
    await one.connect(0);
    let number = 0;
    while (one.durable.writable) {
      number += 1;
      one.durable.send(frameOf(number, limits.frameBytes));
      await settle();
    }
    expect(one.durable.kept.bytes).toBe(limits.replayBytes);
    one.durable.discard();
    expect(one.durable.kept).toEqual({ frames: 0, bytes: 0 });
  });

  it('acknowledges after fixed counts', async () => {
    const one = await bare();
    await one.connect(0);
    for (let number = 1; number <= limits.ackFrames + 3; number += 1) {
      one.pair.b.send(frameOf(number));
    }
    await settle();
    expect(one.said).toEqual(['ready 0', `received ${limits.ackFrames}`]);
    const large = limits.ackBytes / limits.frameBytes;
    for (let number = 0; number < large; number += 1) {
      one.pair.b.send(frameOf(limits.ackFrames + 4 + number, limits.frameBytes));
    }
    await settle();
    expect(one.said).toHaveLength(3);
    one.durable.discard();
  });

  it('resends slowly to who reads slowly, and stays in order', async () => {
    const one = await bare();
    await one.connect(0);
    for (let number = 1; number <= 40; number += 1) {
      one.durable.send(frameOf(number, limits.frameBytes));
    }
    one.pair.fail();
    one.pair = memoryPair({ clock: one.clock });
    const got: number[] = [];
    one.pair.b.onFrame((frame) => {
      if (!isControl(frame)) got.push(numberOf(frame));
    });
    one.pair.aToB.hold();
    one.durable.replace(one.pair.a);
    one.pair.b.send(writeControl({ kind: 'ready', received: 3 }));
    await settle();
    expect(one.pair.aToB.waiting).toBeLessThan(8);
    one.durable.send(frameOf(41));
    one.pair.aToB.release();
    await settle();
    expect(got).toEqual(Array.from({ length: 38 }, (_, i) => i + 4));
    one.durable.discard();
  });

  it('gives up a connection on which nobody answers', async () => {
    const one = await bare();
    await one.connect();
    one.clock.advance(limits.handshakeTimeoutMs - 1);
    expect(one.events).toEqual([]);
    one.clock.advance(1);
    expect(one.events).toEqual(['lost link-lost']);
    expect(one.clock.pending).toBe(0);
  });

  it('closes a channel that comes after its end', async () => {
    const one = await bare();
    one.durable.discard();
    const { a, b } = memoryPair();
    one.durable.replace(a);
    expect(await new Promise((resolve) => b.onClosed(({ code }) => resolve(code)))).toBe(
      'peer-left',
    );
  });

  it('loses a channel that has ended already', async () => {
    const one = await bare();
    const pair = memoryPair();
    pair.fail();
    one.durable.replace(pair.a);
    expect(one.events).toEqual(['lost link-lost']);
    expect(one.clock.pending).toBe(0);
  });
});

describe('the pulse of a durable channel', () => {
  it('beats when nothing else was said, and answers beats', async () => {
    const one = await bare();
    await one.connect(0);
    one.clock.advance(limits.heartbeatMs);
    await settle();
    expect(one.said).toEqual(['ready 0', 'beat']);
    one.pair.b.send(writeControl({ kind: 'beat' }));
    await settle();
    expect(one.said).toEqual(['ready 0', 'beat', 'received 0']);
    // It has just spoken.
    one.clock.advance(limits.heartbeatMs - 1);
    await settle();
    expect(one.said).toHaveLength(3);
    one.clock.advance(1);
    await settle();
    expect(one.said).toEqual(['ready 0', 'beat', 'received 0', 'beat']);
  });

  it('acknowledges at a heartbeat what was not yet', async () => {
    const one = await bare();
    await one.connect(0);
    one.pair.b.send(frameOf(1));
    await settle();
    one.clock.advance(limits.heartbeatMs);
    await settle();
    expect(one.said).toEqual(['ready 0', 'received 1']);
  });

  it('takes silence for a loss', async () => {
    const one = await bare();
    await one.connect(0);
    for (let ms = 0; ms < limits.silenceMs - 100; ms += 100) one.clock.advance(100);
    expect(one.events).toEqual(['ready']);
    one.clock.advance(100);
    expect(one.events).toEqual(['ready', 'lost link-lost']);
    expect(one.clock.pending).toBe(0);
  });

  it('waits one more heartbeat when its own timer came late, and only one', async () => {
    const clock = new VirtualClock();
    let skippedMs = 0;
    const sleepy = Object.assign(Object.create(clock) as VirtualClock, {
      now: () => clock.now() + skippedMs,
      after: clock.after.bind(clock),
      advance: clock.advance.bind(clock),
    });
    const one = await bare(sleepy);
    await one.connect(0);
    // The machine sleeps.
    skippedMs = 3_600_000;
    clock.advance(limits.heartbeatMs);
    expect(one.events).toEqual(['ready']);
    // What was said meanwhile comes in.
    one.pair.b.send(writeControl({ kind: 'beat' }));
    await settle();
    clock.advance(limits.heartbeatMs);
    expect(one.events).toEqual(['ready']);
    skippedMs *= 2;
    clock.advance(limits.heartbeatMs);
    expect(one.events).toEqual(['ready']);
    clock.advance(limits.heartbeatMs);
    expect(one.events).toEqual(['ready', 'lost link-lost']);
  });

  it('G11 stays up when the timers of the page run once a minute and those of the clock go on', async () => {
    const clock = new VirtualClock();
    // The other page is throttled: its timers come once a minute, what it hears comes at once.
    const minuteMs = 60_000;
    const throttled: Clock = {
      now: () => clock.now(),
      after: (delayMs, call) => {
        const due = clock.now() + delayMs;
        return clock.after(Math.ceil(due / minuteMs) * minuteMs - clock.now(), call);
      },
    };
    const lost: string[] = [];
    const pair = memoryPair({ clock });
    const here = new DurableChannel(clock, { onLost: () => lost.push('here') });
    const there = new DurableChannel(throttled, { onLost: () => lost.push('there') });
    here.replace(pair.a);
    there.replace(pair.b);
    await settle();
    for (let ms = 0; ms < 10 * minuteMs; ms += 500) {
      clock.advance(500);
      await settle();
    }
    expect(lost).toEqual([]);
    expect([here.isOpen, there.isOpen]).toEqual([true, true]);
    // And it is not deaf: a dead connection is noticed on both sides.
    pair.aToB.drop(() => true);
    pair.bToA.drop(() => true);
    pair.aToB.hold();
    pair.bToA.hold();
    for (let ms = 0; ms < 3 * minuteMs; ms += 500) clock.advance(500);
    expect(lost.sort()).toEqual(['here', 'there']);
  });

  it('does not answer beats for whom it cannot reach, so that they cost nothing', async () => {
    const one = await bare();
    await one.connect(0);
    one.pair.aToB.hold();
    for (let number = 1; one.durable.writable; number += 1) {
      one.durable.send(frameOf(number, limits.frameBytes));
    }
    const waiting = one.pair.aToB.waiting;
    for (let beat = 0; beat < 1000; beat += 1) one.pair.b.send(writeControl({ kind: 'beat' }));
    await settle();
    expect(one.pair.aToB.waiting).toBe(waiting);
    one.pair.aToB.release();
    await settle();
    expect(one.said.filter((each) => each === 'received 0')).toHaveLength(1);
    one.durable.discard();
  });
});

// ---- two of them, with links over them --------------------------------------------------------------------------------

interface Two {
  readonly clock: VirtualClock;
  readonly left: FramedLink;
  readonly right: FramedLink;
  readonly durables: readonly [DurableChannel, DurableChannel];
  readonly events: string[];
  pair: MemoryPair;
  connect(options?: MemoryPairOptions): Promise<void>;
}

async function two(): Promise<Two> {
  const clock = new VirtualClock();
  const events: string[] = [];
  const make = (name: string): DurableChannel =>
    new DurableChannel(clock, {
      onLost: ({ code }) => events.push(`${name} lost ${code}`),
      onEnded: ({ code }) => events.push(`${name} ended ${code}`),
    });
  const durables = [make('left'), make('right')] as const;
  const self: Two = {
    clock,
    left: new FramedLink(durables[0], { clock }),
    right: new FramedLink(durables[1], { clock }),
    durables,
    events,
    pair: memoryPair({ clock }),
    async connect(options = {}) {
      self.pair = memoryPair({ clock, ...options });
      durables[0].replace(self.pair.a);
      durables[1].replace(self.pair.b);
      await settle();
    },
  };
  await self.connect();
  return self;
}

describe('a link over durable channels', () => {
  it('survives the loss of any one frame of a conversation, either way', async () => {
    const payload = pattern(400_000);
    for (const lane of ['aToB', 'bToA'] as const) {
      for (let lostAt = 0; lostAt < 12; lostAt += 1) {
        const both = await two();
        const got: string[] = [];
        for (const link of [both.left, both.right]) {
          link.onMessage((message) => void got.push(new TextDecoder().decode(message)));
        }
        const { pair } = both;
        pair[lane].drop((_, index) => {
          if (index < lostAt) return false;
          if (index === lostAt) queueMicrotask(() => pair.fail());
          return true;
        });
        const received = both.right.receivePayload(1, payload.length);
        const back = both.left.receivePayload(2, payload.length);
        const sent = [both.left.sendPayload(1, payload), both.right.sendPayload(2, payload)];
        for (const text of ['1', '2']) {
          both.left.send(new TextEncoder().encode(`left ${text}`));
          both.right.send(new TextEncoder().encode(`right ${text}`));
          await settle();
        }
        await both.connect();
        await settle();
        expect(sameBytes(await received, payload)).toBe(true);
        expect(sameBytes(await back, payload)).toBe(true);
        await Promise.all(sent);
        expect(got.sort()).toEqual(['left 1', 'left 2', 'right 1', 'right 2']);
        // With the next heartbeats all is acknowledged.
        both.clock.advance(limits.heartbeatMs);
        await settle();
        for (const durable of both.durables) expect(durable.kept).toEqual({ frames: 0, bytes: 0 });
      }
    }
  });

  it('tells of its close, and leaves nothing behind on either side', async () => {
    const both = await two();
    both.left.send(new TextEncoder().encode('last'));
    const got: string[] = [];
    both.right.onMessage((message) => void got.push(new TextDecoder().decode(message)));
    both.left.close(new DuetError('dismissed'));
    await settle();
    expect(got).toEqual(['last']);
    expect((await both.right.closed).code).toBe('dismissed');
    expect(both.events.sort()).toEqual(['left ended closed', 'right ended closed']);
    expect(both.clock.pending).toBe(0);
  });

  it('waits for a slow other side to have all before it ends', async () => {
    const one = await bare();
    await one.connect(0);
    for (const number of [1, 2, 3]) one.durable.send(frameOf(number));
    one.durable.finish();
    for (const received of [1, 2]) {
      one.clock.advance(limits.heartbeatMs);
      one.pair.b.send(writeControl({ kind: 'received', received }));
      await settle();
    }
    expect(one.events).toEqual(['ready']);
    one.pair.b.send(writeControl({ kind: 'received', received: 3 }));
    await settle();
    expect(one.events).toEqual(['ready', 'ended closed']);
    expect(one.clock.pending).toBe(0);
  });

  it('whose other side does not take the farewell is cut, and ends later', async () => {
    const both = await two();
    both.pair.aToB.drop(() => true);
    both.left.close(new DuetError('closed'));
    await settle();
    expect(both.events).toEqual([]);
    // The other side hears nothing of this one any more.
    for (let passedMs = 0; passedMs < limits.silenceMs; passedMs += 500) {
      both.clock.advance(500);
      await settle();
    }
    expect(both.events.sort()).toEqual(['left lost peer-left', 'right lost link-lost']);
    // The other one comes back, and hears of it.
    await both.connect();
    expect((await both.right.closed).code).toBe('peer-left');
    expect(both.events.slice(2).sort()).toEqual(['left ended closed', 'right ended closed']);
  });

  it('that nobody comes for any more ends by itself', async () => {
    const both = await two();
    both.pair.fail();
    both.left.close(new DuetError('closed'));
    both.clock.advance(limits.farewellMs);
    expect(both.events).toContain('left ended closed');
    expect(both.clock.pending).toBe(0);
  });

  it('rejects what is pending when it is given up', async () => {
    const both = await two();
    const pending = codeOf(both.left.receivePayload(1, 10));
    both.durables[0].discard(new DuetError('link-lost'));
    expect(await pending).toBe('link-lost');
  });

  it('tells that its page is going, and the other side misses it at once', async () => {
    const both = await two();
    both.durables[0].going();
    await settle();
    expect(both.events).toEqual(['right lost peer-left', 'left lost peer-left']);
  });
});
