import { limits } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { memoryPair, portChannel, VirtualClock } from '../src';
import { channelCompliance } from './channel-compliance';

channelCompliance('memory', async () => memoryPair());
channelCompliance('delayed memory', async () => memoryPair({ delayMs: 1 }));
channelCompliance('MessagePort', async () => {
  const { port1, port2 } = new MessageChannel();
  return { a: portChannel(port1), b: portChannel(port2) };
});

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the memory channel', () => {
  it('holds frames at a fence and lets them through one by one', async () => {
    const { a, b, aToB } = memoryPair();
    const got: number[] = [];
    b.onFrame((frame) => got.push(frame[0]!));
    aToB.hold();
    for (const n of [1, 2, 3]) a.send(Uint8Array.of(n));
    await settle();
    expect(got).toEqual([]);
    expect(aToB.waiting).toBe(3);
    aToB.release(1);
    expect(got).toEqual([1]);
    aToB.release();
    await settle();
    expect(got).toEqual([1, 2, 3]);
  });

  it('delays on its clock alone', async () => {
    const clock = new VirtualClock();
    const { a, b } = memoryPair({ clock, delayMs: 50 });
    const got: number[] = [];
    b.onFrame((frame) => got.push(frame[0]!));
    a.send(Uint8Array.of(1));
    clock.advance(30);
    a.send(Uint8Array.of(2));
    clock.advance(19);
    expect(got).toEqual([]);
    clock.advance(1);
    expect(got).toEqual([1]);
    clock.advance(30);
    expect(got).toEqual([1, 2]);
    expect(clock.pending).toBe(0);
  });

  it('loses what it is told to lose, and logs it', async () => {
    const { a, b, aToB, log } = memoryPair({ record: true });
    const got: number[] = [];
    b.onFrame((frame) => got.push(frame[0]!));
    aToB.drop((_, index) => index === 1);
    for (const n of [1, 2, 3]) a.send(Uint8Array.of(n));
    b.send(Uint8Array.of(9));
    await settle();
    expect(got).toEqual([1, 3]);
    expect(log.map(({ lane, frame, dropped }) => [lane, frame[0], dropped])).toEqual([
      ['aToB', 1, false],
      ['aToB', 2, true],
      ['aToB', 3, false],
      ['bToA', 9, false],
    ]);
  });

  it('breaks for both sides', () => {
    const pair = memoryPair();
    const reasons: string[] = [];
    pair.a.onClosed(({ code }) => reasons.push(code));
    pair.b.onClosed(({ code }) => reasons.push(code));
    pair.fail();
    expect(reasons).toEqual(['link-lost', 'link-lost']);
  });

  it('keeps no more for a missing listener than the limit', async () => {
    const { a, b } = memoryPair();
    for (let sent = 0; sent <= limits.earlyFrameBytes; sent += limits.frameBytes) {
      a.send(new Uint8Array(limits.frameBytes));
    }
    await settle();
    const reason = await new Promise<string>((resolve) => b.onClosed(({ code }) => resolve(code)));
    expect(reason).toBe('limit');
  });
});

describe('the MessagePort channel', () => {
  it.each([['text'], [{}], [-1], [1e9], [null], [Number.NaN]])(
    'closes on %j, which is no frame',
    async (rubbish) => {
      const { port1, port2 } = new MessageChannel();
      const channel = portChannel(port1);
      const reason = new Promise<string>((resolve) =>
        channel.onClosed(({ code }) => resolve(code)),
      );
      port2.postMessage(rubbish);
      expect(await reason).toBe('bad-message');
      port2.close();
    },
  );

  it('notices that a bare port was closed', async () => {
    const { port1, port2 } = new MessageChannel();
    const channel = portChannel(port1);
    const reason = new Promise<string>((resolve) => channel.onClosed(({ code }) => resolve(code)));
    port2.close();
    expect(await reason).toBe('peer-left');
  });
});

describe('the virtual clock', () => {
  it('calls in order what falls due, also what is added meanwhile, and forgets what is cancelled', () => {
    const clock = new VirtualClock();
    const calls: string[] = [];
    clock.after(20, () => calls.push('b'));
    clock.after(10, () => {
      calls.push('a');
      clock.after(5, () => calls.push('a+5'));
    });
    const cancel = clock.after(15, () => calls.push('never'));
    cancel();
    clock.after(20, () => calls.push('c'));
    clock.advance(20);
    expect(calls).toEqual(['a', 'a+5', 'b', 'c']);
    expect(clock.now()).toBe(20);
    expect(clock.pending).toBe(0);
  });
});
