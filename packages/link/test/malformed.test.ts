import { DuetError, limits } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FramedLink, memoryPair } from '../src';
import {
  closeNumber,
  closeReason,
  FrameWriter,
  readFrame,
  type SegmentKind,
} from '../src/segments';
import { codeOf, pattern, settle } from './helpers';

/** A link, and a raw channel to torment it with. */
function victim(): { link: FramedLink; send: (frame: Uint8Array) => void; close: () => void } {
  const { a, b } = memoryPair();
  const link = new FramedLink(a);
  b.onFrame(() => {});
  return { link, send: (frame) => b.send(frame), close: () => b.close() };
}

type Raw = readonly [kind: SegmentKind, number?: number, body?: Uint8Array];

function frame(sequence: number, ...segments: readonly Raw[]): Uint8Array {
  const writer = new FrameWriter();
  for (const [kind, number, body] of segments) writer.add(kind, number, body);
  return writer.finish(sequence);
}

async function endOf(...frames: readonly Uint8Array[]): Promise<string> {
  const { link, send } = victim();
  for (const each of frames) send(each);
  return (await link.closed).code;
}

describe('a link closes', () => {
  const message = frame(1, ['message', 0, pattern(4)]);
  const withKind = (kind: number): Uint8Array => {
    const copy = message.slice();
    copy[4] = kind;
    return copy;
  };

  it.each([
    ['a frame without segments', frame(1)],
    ['three bytes', Uint8Array.of(1, 2, 3)],
    ['a segment cut off in its header', message.slice(0, 9)],
    ['a segment cut off in its body', message.slice(0, -1)],
    ['bytes after the last segment', Uint8Array.from([...message, 1])],
    ['kind 0', withKind(0)],
    ['kind 9', withKind(9)],
    ['an empty part', frame(1, ['message-part', 0])],
    ['an empty payload part', frame(1, ['payload-part', 1])],
    ['a close with bytes', frame(1, ['close', 0, pattern(1)])],
    ['credit with bytes', frame(1, ['payload-credit', 1, pattern(1)])],
    ['a close with an unknown code', frame(1, ['close', 9999])],
    ['message credit that was never taken', frame(1, ['message-credit', 1])],
  ])('as bad-message on %s', async (_, bad) => {
    expect(await endOf(bad)).toBe('bad-message');
  });

  it('as bad-transfer on payload credit that was never taken', async () => {
    expect(await endOf(frame(1, ['payload-credit', 1]))).toBe('bad-transfer');
  });

  it.each([[0], [2], [2 ** 32 - 1]])('as link-lost on sequence number %i', async (sequence) => {
    expect(await endOf(frame(sequence, ['message', 0, pattern(1)]))).toBe('link-lost');
  });

  it('as link-lost on a frame that is repeated', async () => {
    expect(await endOf(message, message)).toBe('link-lost');
  });

  it('as bad-message on a message over the limit, however small its parts', async () => {
    const { link, send } = victim();
    const part = pattern(65_000);
    for (let sequence = 1; sequence <= limits.messageBytes / part.length + 1; sequence += 1) {
      send(frame(sequence, ['message-part', 0, part]));
    }
    expect((await link.closed).code).toBe('bad-message');
  });

  it('as bad-message on more messages than there is credit', async () => {
    const { link, send } = victim();
    link.onMessage(() => new Promise(() => {}));
    const some = Array.from({ length: limits.messageCredit / 2 }, (): Raw => ['message', 0]);
    send(frame(1, ...some));
    send(frame(2, ...some));
    await settle();
    expect(link.reason).toBeUndefined();
    send(frame(3, ['message', 0]));
    expect((await link.closed).code).toBe('bad-message');
  });

  it('as bad-transfer on more early bytes than there is credit', async () => {
    const { link, send } = victim();
    const part = pattern(65_000);
    const fits = Math.floor(limits.payloadCredit / (part.length + limits.payloadPartCost));
    for (let sequence = 1; sequence <= fits; sequence += 1) {
      send(frame(sequence, ['payload-part', 1, part]));
    }
    await settle();
    expect(link.reason).toBeUndefined();
    send(frame(fits + 1, ['payload-part', 1, part]));
    expect((await link.closed).code).toBe('bad-transfer');
  });

  it('as bad-transfer on more empty payloads than there is credit', async () => {
    const { link, send } = victim();
    const perFrame = 9000;
    let stream = 0;
    for (let sequence = 1; link.reason === undefined; sequence += 1) {
      const ends = Array.from({ length: perFrame }, (): Raw => ['payload-end', stream++]);
      send(frame(sequence, ...ends));
      await settle();
    }
    expect(link.reason.code).toBe('bad-transfer');
    expect(stream).toBeLessThan(limits.payloadCredit / limits.payloadPartCost + perFrame + 1);
  });

  it('as bad-transfer on too many transfers at once', async () => {
    const parts = Array.from(
      { length: limits.transfers + 1 },
      (_, stream): Raw => ['payload-part', stream, pattern(1)],
    );
    expect(await endOf(frame(1, ...parts))).toBe('bad-transfer');
  });

  it.each([
    ['longer', frame(1, ['payload-part', 1, pattern(11)])],
    ['shorter', frame(1, ['payload-end', 1, pattern(9)])],
    [
      'longer at its end',
      frame(1, ['payload-part', 1, pattern(6)], ['payload-end', 1, pattern(6)]),
    ],
  ])('as bad-transfer on a payload %s than announced, before or after', async (_, bad) => {
    const before = victim();
    const announced = codeOf(before.link.receivePayload(1, 10));
    before.send(bad);
    expect(await announced).toBe('bad-transfer');
    expect((await before.link.closed).code).toBe('bad-transfer');
    const after = victim();
    after.send(bad);
    await settle();
    expect(after.link.reason).toBeUndefined();
    expect(await codeOf(after.link.receivePayload(1, 10))).toBe('bad-transfer');
    expect((await after.link.closed).code).toBe('bad-transfer');
  });

  it('as bad-transfer on a stream that is used again before it was taken', async () => {
    expect(await endOf(frame(1, ['payload-end', 1], ['payload-end', 1]))).toBe('bad-transfer');
  });

  it('and not on a payload that its sender breaks off', async () => {
    const { link, send } = victim();
    const announced = codeOf(link.receivePayload(1, 10));
    send(frame(1, ['payload-part', 1, pattern(3)], ['payload-cut', 1], ['payload-cut', 2]));
    expect(await announced).toBe('bad-transfer');
    expect(await codeOf(link.receivePayload(2, 10))).toBe('bad-transfer');
    expect(link.reason).toBeUndefined();
  });
});

const kinds: readonly SegmentKind[] = [
  'message',
  'message-part',
  'payload-part',
  'payload-end',
  'payload-cut',
  'message-credit',
  'payload-credit',
  'close',
];

describe('whatever arrives', () => {
  const random = fc.uint8Array({ minLength: 1, maxLength: 200 });
  const number = fc.oneof(fc.nat(20), fc.nat(), fc.constantFrom(0x1_0000, 0x1_0001, 2 ** 32 - 1));
  const wellFormed = fc
    .array(fc.tuple(fc.constantFrom(...kinds), number, fc.uint8Array({ maxLength: 30 })), {
      minLength: 1,
      maxLength: 8,
    })
    .map((segments) => (sequence: number) => frame(sequence, ...segments));
  const framesOf = fc.array(
    fc.oneof(
      random.map((bytes) => () => new Uint8Array(bytes)),
      wellFormed,
      // One byte changed.
      fc
        .tuple(wellFormed, fc.nat(), fc.integer({ min: 1, max: 255 }))
        .map(([make, at, flip]) => (sequence: number) => {
          const bytes = make(sequence);
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ flip;
          return bytes;
        }),
    ),
    { maxLength: 12 },
  );

  it('the link lives or ends with a typed reason, and everything pending settles', async () => {
    await fc.assert(
      fc.asyncProperty(framesOf, async (frames) => {
        const { link, send, close } = victim();
        link.onMessage(async () => {});
        const pending = [
          codeOf(link.receivePayload(1, 10)),
          codeOf(link.receivePayload(2, 0)),
          codeOf(link.sendPayload(3, pattern(100))),
        ];
        for (const [index, make] of frames.entries()) send(make(index + 1));
        await settle();
        close();
        expect(await link.closed).toBeInstanceOf(DuetError);
        await Promise.all(pending);
      }),
      { numRuns: 300 },
    );
  });

  it('is read as exactly the segments that were written', () => {
    const bodies: Partial<Record<SegmentKind, 'none' | 'some'>> = {
      'payload-cut': 'none',
      'message-credit': 'none',
      'payload-credit': 'none',
      close: 'none',
      'message-part': 'some',
      'payload-part': 'some',
    };
    const segment = fc
      .tuple(fc.constantFrom(...kinds), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 50 }))
      .map(([kind, n, body]) => ({
        kind,
        number: kind.startsWith('message') && kind !== 'message-credit' ? 0 : n,
        body: bodies[kind] === 'none' ? new Uint8Array() : new Uint8Array(body),
      }));
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (segments, sequence) => {
          const writer = new FrameWriter();
          for (const { kind, number: n, body } of segments) writer.add(kind, n, body);
          const read = readFrame(writer.finish(sequence));
          expect(read.sequence).toBe(sequence);
          expect(read.segments.map((s) => ({ ...s, body: s.body.slice() }))).toEqual(segments);
        },
      ),
    );
  });
});

describe('H5: payloads that are announced and never sent', () => {
  it('are refused when there are too many, those too that nobody wants; the link goes on', async () => {
    const { link, send } = victim();
    const unwanted = { signal: AbortSignal.abort() };
    for (let stream = 1; stream <= limits.announcedPayloads; stream += 1) {
      link.receivePayload(stream, 4, unwanted).catch(() => {});
    }
    const more = limits.announcedPayloads + 1;
    expect(await codeOf(link.receivePayload(more, 4))).toBe('limit');
    // With each that ends there is room for another.
    send(frame(1, ['payload-end', 1, pattern(4)]));
    await settle();
    const taken = link.receivePayload(more, 4);
    send(frame(2, ['payload-end', more, pattern(4)]));
    expect(await taken).toEqual(pattern(4));
  });
});

describe('the code of a close', () => {
  it('never is confused with another', () => {
    expect(closeReason(closeNumber('closed')).code).toBe('peer-left');
    expect(closeReason(closeNumber('internal')).code).toBe('internal');
    expect(closeReason(closeNumber('peer-auth')).code).toBe('peer-auth');
    expect(() => closeReason(12345)).toThrow(expect.objectContaining({ code: 'bad-message' }));
  });
});
