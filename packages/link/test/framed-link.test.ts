import { DuetError, limits, sameBytes } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../src';
import { codeOf, linkPair, pattern, segmentsOf, settle } from './helpers';

const text = (message: Uint8Array): string => new TextDecoder().decode(message);
const bytes = (message: string): Uint8Array => new TextEncoder().encode(message);

describe('messages', () => {
  it('of one microtask and a small payload travel in one frame, messages first', async () => {
    const pair = linkPair();
    const got: string[] = [];
    pair.right.onMessage((message) => void got.push(text(message)));
    const payload = pair.right.receivePayload(7, 40);
    const sent = pair.left.sendPayload(7, pattern(40));
    for (let i = 0; i < 10; i += 1) pair.left.send(bytes(`m${i}`));
    await sent;
    expect(await payload).toEqual(pattern(40));
    expect(got).toEqual(Array.from({ length: 10 }, (_, i) => `m${i}`));
    expect(segmentsOf(pair, 'aToB').map((frame) => frame.map(({ kind }) => kind))).toEqual([
      [...Array.from({ length: 10 }, () => 'message'), 'payload-end'],
    ]);
  });

  it('of one microtask go ahead where they are many, in order, and without payloads', async () => {
    const pair = linkPair();
    const got: number[] = [];
    pair.right.onMessage((message) => void got.push(new DataView(message.buffer).getUint32(0)));
    const message = (number: number): Uint8Array => {
      const made = new Uint8Array(128);
      new DataView(made.buffer).setUint32(0, number);
      return made;
    };
    const each = limits.tickBytes / 128;
    const sent = pair.left.sendPayload(7, pattern(40));
    for (let i = 0; i < 3 * each + 1; i += 1) pair.left.send(message(i));
    const ahead = segmentsOf(pair, 'aToB').map((frame) => frame.map(({ kind }) => kind));
    expect(ahead).toEqual(Array.from({ length: 3 }, () => Array(each).fill('message')));
    expect(await pair.right.receivePayload(7, 40)).toEqual(pattern(40));
    await sent;
    const last = segmentsOf(pair, 'aToB').slice(3);
    expect(last.map((frame) => frame.map(({ kind }) => kind))).toEqual([
      ['message', 'payload-end'],
    ]);
    expect(got).toEqual(Array.from({ length: 3 * each + 1 }, (_, i) => i));
  });

  it('are handed over one by one, each after the promise of the one before', async () => {
    const { left, right } = linkPair();
    const events: string[] = [];
    let release = (): void => {};
    right.onMessage(async (message) => {
      events.push(`begin ${text(message)}`);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      events.push(`end ${text(message)}`);
    });
    left.send(bytes('1'));
    left.send(bytes('2'));
    await settle();
    expect(events).toEqual(['begin 1']);
    release();
    await settle();
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2']);
    release();
    await settle();
    expect(events.at(-1)).toBe('end 2');
  });

  it('wait for a receiver, and for the next one when it is taken away', async () => {
    const { left, right } = linkPair();
    const got: string[] = [];
    left.send(bytes('1'));
    left.send(bytes('2'));
    await settle();
    right.onMessage((message) => {
      got.push(`first ${text(message)}`);
      right.onMessage(undefined);
    });
    expect(got).toEqual(['first 1']);
    right.onMessage((message) => void got.push(`second ${text(message)}`));
    expect(got).toEqual(['first 1', 'second 2']);
  });

  it('of every size arrive whole, in order, up to the limit and no larger', async () => {
    const { left, right } = linkPair();
    const sizes = [0, 1, 65_525, 65_526, 65_527, 200_000, limits.messageBytes, 3];
    const got: Uint8Array[] = [];
    right.onMessage((message) => void got.push(message));
    for (const [i, size] of sizes.entries()) left.send(pattern(size, i));
    expect(() => left.send(new Uint8Array(limits.messageBytes + 1))).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
    await settle();
    expect(got.map(({ length }) => length)).toEqual(sizes);
    expect(got.every((message, i) => sameBytes(message, pattern(sizes[i]!, i)))).toBe(true);
  });

  it('go before a payload that is on its way', async () => {
    const pair = linkPair();
    pair.aToB.hold();
    const payload = pattern(2 * 1024 * 1024);
    const received = pair.right.receivePayload(1, payload.length);
    const sent = pair.left.sendPayload(1, payload);
    await settle();
    const before = segmentsOf(pair, 'aToB').length;
    pair.left.send(bytes('now'));
    pair.aToB.release();
    await sent;
    const kinds = segmentsOf(pair, 'aToB')[before]!.map(({ kind }) => kind);
    expect(kinds[0]).toBe('message');
    expect(sameBytes(await received, payload)).toBe(true);
  });

  it('stop at the sender when the receiver stalls, and go on when it does', async () => {
    const pair = linkPair();
    const total = limits.messageCredit + limits.messageCreditStep + 5;
    let handled = 0;
    let resume = (): void => {};
    const stalled = new Promise<void>((resolve) => {
      resume = resolve;
    });
    pair.right.onMessage(async () => {
      await stalled;
      handled += 1;
    });
    for (let i = 0; i < total; i += 1) pair.left.send(Uint8Array.of(1));
    await settle();
    const passed = segmentsOf(pair, 'aToB').flat().length;
    expect(passed).toBe(limits.messageCredit);
    expect(segmentsOf(pair, 'bToA')).toEqual([]);
    resume();
    await settle();
    expect(handled).toBe(total);
    // Credit comes in whole steps only.
    for (const { kind, number } of segmentsOf(pair, 'bToA').flat()) {
      expect(kind).toBe('message-credit');
      expect(number % limits.messageCreditStep).toBe(0);
    }
  });

  it('cost more credit when they are large, so that little memory can be bound', async () => {
    const pair = linkPair();
    pair.right.onMessage(() => new Promise(() => {}));
    for (let i = 0; i < 40; i += 1) pair.left.send(new Uint8Array(limits.messageBytes));
    await settle();
    const passed = segmentsOf(pair, 'aToB')
      .flat()
      .reduce((sum, { body }) => sum + body.length, 0);
    expect(passed).toBeLessThanOrEqual(limits.messageCredit * limits.messageUnitBytes);
    expect(passed).toBeGreaterThan(10 * limits.messageBytes);
    pair.left.close(new DuetError('closed'));
  });

  it('are refused by the sender when too many wait, and the link lives on', async () => {
    const { left, right } = linkPair();
    // Beside those that wait for credit there are those that had it.
    const most = limits.queuedMessages + limits.messageCredit;
    let taken = 0;
    expect(() => {
      for (; taken <= most; taken += 1) left.send(Uint8Array.of(1));
    }).toThrow(expect.objectContaining({ code: 'limit' }));
    expect(taken).toBeGreaterThanOrEqual(limits.queuedMessages);
    let handled = 0;
    right.onMessage(() => {
      handled += 1;
    });
    await settle();
    expect(handled).toBe(taken);
    expect(left.reason).toBeUndefined();
  });
});

describe('payloads', () => {
  it.each([0, 1, 1000, 65_525, 65_526, 3_000_000])(
    'of %i bytes arrive bit for bit',
    async (size) => {
      const { left, right } = linkPair();
      const payload = pattern(size);
      const received = right.receivePayload(3, size);
      await left.sendPayload(3, payload);
      const got = await received;
      expect(got.byteOffset).toBe(0);
      expect(got.buffer.byteLength).toBe(size);
      expect(sameBytes(got, payload)).toBe(true);
    },
  );

  it('may come before they are asked for', async () => {
    const { left, right } = linkPair();
    await left.sendPayload(1, pattern(100_000));
    await left.sendPayload(2, new Uint8Array());
    await settle();
    expect(sameBytes(await right.receivePayload(1, 100_000), pattern(100_000))).toBe(true);
    expect(await right.receivePayload(2, 0)).toEqual(new Uint8Array());
  });

  it('stall when nobody takes them, go on when somebody does', async () => {
    const pair = linkPair();
    const payload = pattern(3 * limits.payloadCredit);
    let isSent = false;
    const sent = pair.left.sendPayload(1, payload).then(() => {
      isSent = true;
    });
    await settle();
    const passed = segmentsOf(pair, 'aToB')
      .flat()
      .reduce((sum, { body }) => sum + body.length, 0);
    expect(passed).toBeLessThanOrEqual(limits.payloadCredit);
    expect(passed).toBeGreaterThan(limits.payloadCredit - 2 * limits.frameBytes);
    expect(isSent).toBe(false);
    const received = pair.right.receivePayload(1, payload.length);
    await sent;
    expect(sameBytes(await received, payload)).toBe(true);
  });

  it('never keep the one waiting that the other side asks for first', async () => {
    const { left, right } = linkPair();
    const size = 2 * limits.payloadCredit;
    const sent = [1, 2, 3].map((stream) => left.sendPayload(stream, pattern(size, stream)));
    // As a receiver does that reads the announcement of the next only after it has taken the one before.
    for (const stream of [1, 2, 3]) {
      const got = await right.receivePayload(stream, size);
      expect(sameBytes(got, pattern(size, stream))).toBe(true);
    }
    await Promise.all(sent);
  });

  it('share the channel fairly, and no more than so many at once', async () => {
    const pair = linkPair();
    const size = 40 * limits.frameBytes;
    const count = limits.transfers + 4;
    const received = Array.from({ length: count }, (_, i) => pair.right.receivePayload(i, size));
    for (let i = 0; i < count; i += 1) void pair.left.sendPayload(i, pattern(size, i));
    const got = await Promise.all(received);
    expect(got.every((payload, i) => sameBytes(payload, pattern(size, i)))).toBe(true);
    const seen = new Map<number, number>();
    for (const { number, body } of segmentsOf(pair, 'aToB').flat()) {
      seen.set(number, (seen.get(number) ?? 0) + body.length);
      const underWay = [...seen.values()].filter((sum) => sum < size);
      expect(underWay.length).toBeLessThanOrEqual(limits.transfers);
      // Those that started together stay together, within two frames.
      const first = [...seen].filter(([stream]) => stream < limits.transfers).map(([, sum]) => sum);
      if (first.length === limits.transfers) {
        expect(Math.max(...first) - Math.min(...first)).toBeLessThanOrEqual(2 * limits.frameBytes);
      }
    }
  });

  it('tell their progress after fixed counts', async () => {
    const { left, right } = linkPair();
    const size = 2 * limits.progressStepBytes + 100_000;
    const sender: number[] = [];
    const receiver: number[] = [];
    const received = right.receivePayload(1, size, { onProgress: (n) => receiver.push(n) });
    await left.sendPayload(1, pattern(size), { onProgress: (n) => sender.push(n) });
    await received;
    await settle();
    expect(sender).toHaveLength(3);
    expect(sender.at(-1)).toBe(size);
    expect(receiver).toEqual(sender);
  });

  it('that their sender aborts are broken off, and the link lives on', async () => {
    const { left, right, aToB } = linkPair();
    aToB.hold();
    const abort = new AbortController();
    const sent = codeOf(left.sendPayload(1, pattern(5_000_000), { signal: abort.signal }));
    const received = codeOf(right.receivePayload(1, 5_000_000));
    await settle();
    abort.abort();
    aToB.release();
    expect(await sent).toBe('aborted');
    expect(await received).toBe('bad-transfer');
    const next = right.receivePayload(2, 10);
    await left.sendPayload(2, pattern(10));
    expect(await next).toEqual(pattern(10));
  });

  it('that were aborted before they began are broken off too', async () => {
    const { left, right } = linkPair();
    const received = codeOf(right.receivePayload(1, 10));
    expect(await codeOf(left.sendPayload(1, pattern(10), { signal: AbortSignal.abort() }))).toBe(
      'aborted',
    );
    expect(await received).toBe('bad-transfer');
    expect(left.reason).toBeUndefined();
  });

  it.each(['before', 'during', 'at once'] as const)(
    'that their receiver aborts %s are discarded, and cost no credit',
    async (when) => {
      const { left, right, aToB } = linkPair();
      const size = 5_000_000;
      for (let stream = 1; stream <= 5; stream += 1) {
        const abort = new AbortController();
        aToB.hold();
        const sent = left.sendPayload(stream, pattern(size));
        await settle();
        if (when === 'at once') abort.abort();
        const received = codeOf(right.receivePayload(stream, size, { signal: abort.signal }));
        if (when === 'during') aToB.release(1);
        abort.abort();
        aToB.release();
        expect(await received).toBe('aborted');
        await sent;
      }
      const next = right.receivePayload(9, 10);
      await left.sendPayload(9, pattern(10));
      expect(await next).toEqual(pattern(10));
    },
  );

  it('that nobody wants any more are sent no further, and what waits behind them comes at once', async () => {
    const pair = linkPair();
    const { left, right } = pair;
    const size = 6 * limits.payloadCredit;
    const abort = new AbortController();
    const sent = left.sendPayload(1, pattern(size));
    const { signal } = abort;
    const received = right.receivePayload(1, size, {
      signal,
      onProgress: (bytes) => bytes > limits.payloadCredit && abort.abort(),
    });
    expect(await codeOf(received)).toBe('aborted');
    // Its sender is done with it, and reads the bytes no more.
    await sent;
    const passed = segmentsOf(pair, 'aToB').flat();
    const bytes = passed.reduce((sum, { body }) => sum + body.length, 0);
    expect(bytes).toBeLessThan(3 * limits.payloadCredit);
    await settle();
    expect(segmentsOf(pair, 'aToB').flat().at(-1)?.kind).toBe('payload-cut');
    expect(segmentsOf(pair, 'bToA').flat()).toContainEqual(
      expect.objectContaining({ kind: 'payload-stop', number: 1 }),
    );
    // All of the credit is there again.
    const next = right.receivePayload(1, 2 * limits.payloadCredit);
    await left.sendPayload(1, pattern(2 * limits.payloadCredit));
    expect(sameBytes(await next, pattern(2 * limits.payloadCredit))).toBe(true);
  });

  it('are not disturbed by a stop for one that is over, or never was', async () => {
    const { left, right } = linkPair();
    right.stopPayload(1);
    const received = right.receivePayload(2, 100_000);
    await left.sendPayload(2, pattern(100_000));
    expect(sameBytes(await received, pattern(100_000))).toBe(true);
    right.stopPayload(2);
    await settle();
    expect([left.reason, right.reason]).toEqual([undefined, undefined]);
  });

  it('of which a piece may not leave are broken off before it', async () => {
    const pair = linkPair();
    const size = 40 * limits.digestPieceBytes;
    const received = codeOf(pair.right.receivePayload(1, size));
    const asked: number[] = [];
    const mayLeave = async (_: Uint8Array, index: number): Promise<boolean> => {
      asked.push(index);
      return index !== 20;
    };
    expect(await codeOf(pair.left.sendPayload(1, pattern(size), { mayLeave }))).toBe('internal');
    expect(await received).toBe('bad-transfer');
    const passed = segmentsOf(pair, 'aToB').flat();
    const bytes = passed.reduce((sum, { body }) => sum + body.length, 0);
    expect(bytes).toBeLessThanOrEqual(20 * limits.digestPieceBytes);
    expect(asked).toEqual(Array.from({ length: 21 }, (_, index) => index));
  });

  it('whose pieces are asked for come whole, and few are asked for ahead of their turn', async () => {
    const { left, right, aToB } = linkPair();
    const size = 40 * limits.digestPieceBytes + 5;
    let asked = 0;
    const mayLeave = async (): Promise<boolean> => {
      asked += 1;
      return true;
    };
    const pieces: Uint8Array[] = [];
    const received = right.receivePayload(1, size, { onPiece: (piece) => pieces.push(piece) });
    aToB.hold();
    const sent = left.sendPayload(1, pattern(size), { mayLeave });
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect(asked).toBeLessThanOrEqual(12);
    aToB.release();
    await sent;
    expect(sameBytes(await received, pattern(size))).toBe(true);
    expect(asked).toBe(41);
    expect(pieces.map(({ length }) => length)).toEqual([
      ...Array.from({ length: 40 }, () => limits.digestPieceBytes),
      5,
    ]);
  });

  it('let a message pass between any two of their frames', async () => {
    const pair = linkPair();
    const size = 4 * limits.payloadCredit;
    const got: number[] = [];
    pair.right.onMessage((message) => void got.push(message[0] ?? 0));
    const received = pair.right.receivePayload(1, size);
    let told = 0;
    const sent = pair.left.sendPayload(1, pattern(size), {
      onProgress: () => {
        told += 1;
        pair.left.send(Uint8Array.of(told));
      },
    });
    await sent;
    await received;
    await settle();
    const frames = segmentsOf(pair, 'aToB');
    // Each is in one of the next frames, before what of the payload waits: never behind more than the watermark.
    const places = frames.flatMap((frame, at) =>
      frame.some(({ kind }) => kind === 'message') ? [at] : [],
    );
    const perStep = limits.progressStepBytes / limits.frameBytes;
    expect(got).toEqual(Array.from({ length: told }, (_, index) => index + 1));
    places.slice(0, -1).forEach((place, index) => {
      expect(place).toBeLessThanOrEqual((index + 1) * (perStep + 1) + 4);
    });
  });

  it('larger than the limit are refused on both sides', async () => {
    const { left, right } = linkPair();
    expect(await codeOf(right.receivePayload(1, limits.tensorBytes + 1))).toBe('too-large');
    const huge = { length: limits.tensorBytes + 1 } as Uint8Array;
    expect(await codeOf(left.sendPayload(1, huge))).toBe('too-large');
  });

  it('come through fences and delays whole', async () => {
    const clock = new VirtualClock();
    const pair = linkPair({ clock, delayMs: 10 });
    const payload = pattern(4_000_000);
    const received = pair.right.receivePayload(1, payload.length);
    let isSent = false;
    void pair.left.sendPayload(1, payload).then(() => {
      isSent = true;
    });
    for (let round = 0; !isSent || pair.aToB.waiting > 0; round += 1) {
      await settle();
      if (round % 5 === 0) pair.aToB.hold();
      if (round % 5 === 2) pair.aToB.release(3);
      if (round % 5 === 4) pair.aToB.release();
      clock.advance(5);
    }
    expect(sameBytes(await received, payload)).toBe(true);
  });
});

describe('the end of a link', () => {
  it('is told once to both sides, with the code, and ends the channel', async () => {
    const clock = new VirtualClock();
    const pair = linkPair({ clock });
    pair.left.close(new DuetError('not-admitted'));
    pair.left.close(new DuetError('busy'));
    const [left, right] = await Promise.all([pair.left.closed, pair.right.closed]);
    expect([left.code, left.from]).toEqual(['not-admitted', 'here']);
    expect([right.code, right.from]).toEqual(['not-admitted', 'peer']);
    await settle();
    // The other side has closed the channel, so nobody lingers.
    expect(clock.pending).toBe(0);
    expect(pair.a.writable).toBe(false);
  });

  it.each([
    ['closed', 'peer-left'],
    ['peer-left', 'peer-left'],
    ['link-lost', 'link-lost'],
    ['internal', 'internal'],
    ['bad-message', 'bad-message'],
    ['no-connection', 'peer-left'],
  ] as const)('%s is heard as %s', async (code, heard) => {
    const { left, right } = linkPair();
    left.close(new DuetError(code));
    expect((await right.closed).code).toBe(heard);
  });

  it('lets what was sent before arrive', async () => {
    const { left, right } = linkPair();
    const got: string[] = [];
    right.onMessage((message) => void got.push(text(message)));
    left.send(bytes('last words'));
    left.close(new DuetError('closed'));
    await right.closed;
    expect(got).toEqual(['last words']);
  });

  it('rejects what is pending with the reason, and what comes after', async () => {
    const { left, right } = linkPair();
    const pending = [
      codeOf(left.sendPayload(1, new Uint8Array(20_000_000))),
      codeOf(right.receivePayload(2, 10)),
      codeOf(left.receivePayload(3, 10)),
    ];
    await settle();
    left.close(new DuetError('busy'));
    expect(await Promise.all(pending)).toEqual(['busy', 'busy', 'busy']);
    expect(await codeOf(left.sendPayload(4, pattern(1)))).toBe('busy');
    expect(await codeOf(right.receivePayload(4, 1))).toBe('busy');
    expect(() => left.send(bytes('nobody hears'))).not.toThrow();
    left.tapPayloads(undefined);
  });

  it('cuts the channel when the other side does not answer', async () => {
    const clock = new VirtualClock();
    const pair = linkPair({ clock });
    pair.aToB.hold();
    pair.left.close(new DuetError('closed'));
    expect(pair.a.writable).toBe(true);
    clock.advance(limits.lingerMs);
    expect(pair.a.writable).toBe(false);
  });

  it('comes with the reason of the channel', async () => {
    const broken = linkPair();
    broken.fail();
    expect((await broken.left.closed).code).toBe('link-lost');
    const left = linkPair();
    left.b.close();
    expect((await left.left.closed).code).toBe('peer-left');
    expect((await left.right.closed).code).toBe('closed');
  });

  it('comes when a frame was lost', async () => {
    const pair = linkPair();
    pair.aToB.drop((_, index) => index === 1);
    for (let i = 0; i < 3; i += 1) {
      pair.left.send(bytes('x'));
      await settle();
    }
    expect((await pair.right.closed).code).toBe('link-lost');
    expect((await pair.left.closed).code).toBe('link-lost');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
    ],
    ['rejects', () => Promise.reject(new DuetError('denied', { detail: 'secret' }))],
  ])('comes as internal when a receiver %s, and says nothing of it', async (_, receiver) => {
    const { left, right } = linkPair();
    right.onMessage(receiver);
    left.send(bytes('x'));
    const [here, there] = await Promise.all([right.closed, left.closed]);
    expect(here.code).toBe('internal');
    expect(here.cause).toBeInstanceOf(Error);
    expect(there.code).toBe('internal');
    expect(there.message).not.toContain('secret');
  });
});
