import { DuetError, limits } from '@duet/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '../src';

export interface ChannelPair {
  readonly a: Channel;
  readonly b: Channel;
  /** Lets go of what closing the channels does not. */
  readonly dispose?: () => void;
}

function frameOf(number: number, length = 8): Uint8Array {
  const frame = new Uint8Array(length);
  frame.fill(number % 251);
  new DataView(frame.buffer).setUint32(0, number, true);
  return frame;
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
}

/** Resolves with the first `count` frames that arrive. */
function collect(channel: Channel, count: number): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    channel.onClosed(reject);
    channel.onFrame((frame) => {
      frames.push(frame);
      if (frames.length === count) resolve(frames);
    });
  });
}

function ended(channel: Channel): Promise<DuetError> {
  return new Promise((resolve) => channel.onClosed(resolve));
}

/** What every channel must do, whatever carries it. */
export function channelCompliance(name: string, makePair: () => Promise<ChannelPair>): void {
  describe(`${name} channel`, () => {
    let pair: ChannelPair;
    beforeEach(async () => {
      pair = await makePair();
    });
    afterEach(() => {
      pair.a.close();
      pair.b.close();
      pair.dispose?.();
    });

    it('keeps the order and the boundaries of frames, both ways', async () => {
      const atB = collect(pair.b, 200);
      const atA = collect(pair.a, 200);
      for (let i = 0; i < 200; i += 1) {
        pair.a.send(frameOf(i, 4 + (i % 50)));
        pair.b.send(frameOf(i + 1000, 4 + (i % 60)));
      }
      for (const [i, frame] of (await atB).entries()) {
        expect(frame).toEqual(frameOf(i, 4 + (i % 50)));
      }
      for (const [i, frame] of (await atA).entries()) {
        expect(frame).toEqual(frameOf(i + 1000, 4 + (i % 60)));
      }
    });

    it('carries frames of one byte and of the largest size, and refuses larger ones', async () => {
      const frames = collect(pair.b, 2);
      pair.a.send(Uint8Array.of(7));
      pair.a.send(frameOf(5, limits.frameBytes));
      expect(() => pair.a.send(new Uint8Array(limits.frameBytes + 1))).toThrow(
        expect.objectContaining({ code: 'too-large' }),
      );
      const [small, large] = await frames;
      expect(small).toEqual(Uint8Array.of(7));
      expect(large).toEqual(frameOf(5, limits.frameBytes));
    });

    it('hands over frames whose slice is a copy', async () => {
      const frames = collect(pair.b, 1);
      pair.a.send(frameOf(1));
      for (const frame of await frames) expect(frame.slice().buffer).not.toBe(frame.buffer);
    });

    it('sends a view as its own bytes alone', async () => {
      const frames = collect(pair.b, 1);
      pair.a.send(Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4));
      expect((await frames)[0]).toEqual(Uint8Array.of(2, 3, 4));
    });

    it('says when it is full and when it is writable again, and loses nothing', async () => {
      const total = 64;
      const frames = collect(pair.b, total);
      let sent = 0;
      let waits = 0;
      await new Promise<void>((resolve) => {
        const pump = (): void => {
          while (pair.a.writable && sent < total) {
            pair.a.send(frameOf(sent, limits.frameBytes));
            sent += 1;
          }
          if (sent === total) resolve();
          else waits += 1;
        };
        pair.a.onWritable(pump);
        pump();
      });
      expect(waits).toBeGreaterThan(0);
      expect((await frames).map(numberOf)).toEqual(Array.from({ length: total }, (_, i) => i));
    });

    it('keeps frames that come before a listener', async () => {
      const replies = collect(pair.a, 1);
      // The reply proves that the early frames had arrived: they were sent before what it answers.
      pair.a.send(frameOf(1));
      pair.a.send(frameOf(2));
      pair.b.send(frameOf(3));
      await replies;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const frames = await collect(pair.b, 2);
      expect(frames.map(numberOf)).toEqual([1, 2]);
    });

    it('tells both sides of an end, once, whoever closes', async () => {
      const reasons: string[] = [];
      const both = [pair.a, pair.b].map(
        (channel, index) =>
          new Promise<void>((resolve) =>
            channel.onClosed((reason) => {
              reasons.push(`${index === 0 ? 'a' : 'b'}:${reason.code}`);
              resolve();
            }),
          ),
      );
      pair.b.close();
      pair.b.close();
      await Promise.all(both);
      pair.a.close();
      expect(reasons.sort()).toEqual(['a:peer-left', 'b:closed']);
    });

    it('tells a listener that comes after the end', async () => {
      const atA = ended(pair.a);
      pair.b.close();
      await atA;
      expect((await ended(pair.a)).code).toBe('peer-left');
      expect((await ended(pair.b)).code).toBe('closed');
      expect(await ended(pair.b)).toBeInstanceOf(DuetError);
    });

    it('does nothing after its end', async () => {
      const atA = ended(pair.a);
      pair.b.close();
      await atA;
      expect(pair.a.writable).toBe(false);
      expect(pair.b.writable).toBe(false);
      expect(() => pair.a.send(frameOf(1))).not.toThrow();
      expect(() => pair.b.send(frameOf(1))).not.toThrow();
    });

    it('has the same binding on both sides', () => {
      expect(pair.a.binding).toEqual(pair.b.binding);
      expect(pair.a.kind).toBe(pair.b.kind);
    });
  });
}
