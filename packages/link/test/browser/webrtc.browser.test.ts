import { DuetError, sameBytes } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Channel,
  type Connecting,
  connectWebRtc,
  FramedLink,
  loadIdentity,
  makeIdentity,
  pipe,
  portChannel,
  portLink,
  type RtcSignal,
  shakeHands,
} from '../../src';
import { type ChannelPair, channelCompliance } from '../channel-compliance';

interface Changes {
  readonly iceServers?: readonly RTCIceServer[];
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Changes, or holds back, what one side tells the other. */
  readonly between?: (signal: RtcSignal) => RtcSignal | undefined;
}

/** Two ends in one page. */
function connectBoth(changes: Changes = {}): [Connecting, Connecting] {
  const { between = (signal: RtcSignal) => signal, ...rest } = changes;
  const ends: Connecting[] = [];
  const make = (initiator: boolean, other: number): Connecting =>
    connectWebRtc({
      initiator,
      iceServers: [],
      ...rest,
      onSignal: (signal) => {
        const passed = between(signal);
        if (passed !== undefined) queueMicrotask(() => ends[other]?.signal(passed));
      },
    });
  const pair: [Connecting, Connecting] = [make(true, 1), make(false, 0)];
  ends.push(...pair);
  return pair;
}

async function webRtcPair(changes: Changes = {}): Promise<ChannelPair> {
  const [a, b] = await Promise.all(connectBoth(changes).map(({ channel }) => channel));
  return { a: a as Channel, b: b as Channel };
}

const open: Channel[] = [];
afterEach(() => {
  for (const channel of open.splice(0)) channel.close();
});

async function codeOf(rejecting: Promise<unknown>): Promise<string> {
  return rejecting.then(
    () => 'resolved',
    (thrown: DuetError) => thrown.code,
  );
}

channelCompliance('WebRTC', () => webRtcPair());
channelCompliance('MessagePort', async () => {
  const { port1, port2 } = new MessageChannel();
  return { a: portChannel(port1), b: portChannel(port2) };
});

describe('a WebRTC channel', () => {
  it('has a binding of its own', async () => {
    const one = await webRtcPair();
    const other = await webRtcPair();
    open.push(one.a, one.b, other.a, other.b);
    expect(one.a.binding).toHaveLength(32);
    expect(one.a.binding).not.toEqual(other.a.binding);
  });

  it('says when no connection can be made', async () => {
    const [a, b] = connectBoth({
      timeoutMs: 500,
      between: (signal) => (signal.type === 'candidate' ? undefined : withoutCandidates(signal)),
    });
    expect(await codeOf(a.channel)).toBe('no-connection');
    expect(await codeOf(b.channel)).toBe('no-connection');
  });

  it('can be aborted while it is made, and closed', async () => {
    const abort = new AbortController();
    const [a] = connectBoth({ signal: abort.signal });
    abort.abort();
    expect(await codeOf(a.channel)).toBe('aborted');
    expect(await codeOf(connectBoth({ signal: AbortSignal.abort() })[0].channel)).toBe('aborted');
    const [c] = connectBoth();
    c.close();
    expect(await codeOf(c.channel)).toBe('closed');
  });

  it('refuses a second offer and an offer to the side that offers', async () => {
    const told: RtcSignal[] = [];
    const [a, b] = connectBoth({
      between: (signal) => {
        told.push(signal);
        return undefined;
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const offer = told.find(({ type }) => type === 'offer');
    expect(offer).toBeDefined();
    if (offer === undefined) return;
    a.signal(offer);
    expect(await codeOf(a.channel)).toBe('bad-message');
    b.signal(offer);
    b.signal(offer);
    expect(await codeOf(b.channel)).toBe('bad-message');
  });

  it('is told at once when the page of the other side goes', async () => {
    const pair = await webRtcPair();
    const reasons = [pair.a, pair.b].map(
      (channel) => new Promise<string>((resolve) => channel.onClosed(({ code }) => resolve(code))),
    );
    // Both ends are in this page; one of them is kept from hearing that it goes.
    pair.a.close();
    expect(await Promise.all(reasons)).toEqual(['closed', 'peer-left']);
    const gone = await webRtcPair();
    const both = [gone.a, gone.b].map(
      (channel) => new Promise<string>((resolve) => channel.onClosed(({ code }) => resolve(code))),
    );
    globalThis.dispatchEvent(new Event('pagehide'));
    expect(await Promise.all(both)).toEqual(['closed', 'closed']);
  });

  it('closes on text', async () => {
    const intruder = await webRtcPair();
    open.push(intruder.a);
    const reason = new Promise<string>((resolve) =>
      intruder.b.onClosed(({ code }) => resolve(code)),
    );
    // Sent as a string, which a channel of ours never does.
    intruder.a.send('text' as unknown as Uint8Array);
    expect(await reason).toBe('bad-message');
  });
});

describe('over WebRTC', () => {
  it('the handshake and a large payload both ways pass, and the reason of the end arrives', async () => {
    const pair = await webRtcPair();
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const common = { software: 'duet test', name: '', secret } as const;
    const [knock, joining] = await Promise.all([
      shakeHands(pair.a, { ...common, role: 'owner', identity: await makeIdentity() }),
      shakeHands(pair.b, { ...common, role: 'scientist', identity: await makeIdentity() }),
    ]);
    knock.admit('Sam');
    expect(await joining.admitted).toBe('Sam');
    const payload = new Uint8Array(12_000_000).map((_, i) => (i * 31) >> 3);
    const received = [
      knock.link.receivePayload(1, payload.length),
      joining.link.receivePayload(1, payload.length),
    ];
    await Promise.all([knock.link.sendPayload(1, payload), joining.link.sendPayload(1, payload)]);
    for (const got of await Promise.all(received)) expect(sameBytes(got, payload)).toBe(true);
    // A close that comes behind a full channel still says why.
    void joining.link.receivePayload(2, payload.length).catch(() => {});
    void knock.link.sendPayload(2, payload).catch(() => {});
    await Promise.resolve();
    knock.link.close(new DuetError('not-admitted'));
    expect((await joining.link.closed).code).toBe('not-admitted');
  });

  it('somebody in between who replaces the fingerprints is found out', async () => {
    const [left, right] = await Promise.all([webRtcPair(), webRtcPair()]);
    open.push(left.a, left.b, right.a, right.b);
    left.b.onFrame((frame) => right.a.send(frame));
    right.a.onFrame((frame) => left.b.send(frame));
    const secret = new Uint8Array(32).fill(5);
    const common = { software: 'duet test', name: '', secret } as const;
    const outcomes = await Promise.all([
      codeOf(shakeHands(left.a, { ...common, role: 'owner', identity: await makeIdentity() })),
      codeOf(shakeHands(right.b, { ...common, role: 'scientist', identity: await makeIdentity() })),
    ]);
    expect(outcomes).toEqual(['peer-auth', 'peer-auth']);
  });

  it('a worker’s link is piped to the peer', async () => {
    const pair = await webRtcPair();
    const owner = new FramedLink(pair.a);
    const page = new FramedLink(pair.b);
    const { port1, port2 } = new MessageChannel();
    const peer = { fingerprint: 'ab', name: 'Olga', software: 'duet' };
    const pageEnd = portLink(port1, { peer });
    const worker = portLink(port2, { peer });
    pipe(page, pageEnd);
    const payload = new Uint8Array(5_000_000).map((_, i) => i);
    const received = worker.receivePayload(1, payload.length);
    await owner.sendPayload(1, payload);
    expect(sameBytes(await received, payload)).toBe(true);
    worker.close(new DuetError('closed'));
    expect((await owner.closed).code).toBe('peer-left');
  });
});

describe('an identity', () => {
  it('lasts, one for each role, and does not give its key away', async () => {
    const [first, again, other] = await Promise.all([
      loadIdentity('owner'),
      loadIdentity('owner'),
      loadIdentity('scientist'),
    ]);
    expect(again.fingerprint).toBe(first.fingerprint);
    expect((await loadIdentity('owner')).fingerprint).toBe(first.fingerprint);
    expect(other.fingerprint).not.toBe(first.fingerprint);
    expect(first.fingerprint).toMatch(/^[0-9a-f]{64}$/u);
    expect(first.publicKey).toHaveLength(65);
  });
});

function withoutCandidates(signal: RtcSignal): RtcSignal {
  if (signal.type === 'candidate') return signal;
  return { ...signal, sdp: signal.sdp.replace(/^a=candidate:.*\r\n/gmu, '') };
}
