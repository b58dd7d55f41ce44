import { type Bytes, DuetError, sameBytes, systemClock } from '@duet/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Channel,
  type Connecting,
  FramedLink,
  hostRoom,
  type Identity,
  joinOn,
  joinRoom,
  knockOn,
  loadIdentity,
  makeIdentity,
  memorySignaling,
  type Paired,
  type Prepared,
  pipe,
  portChannel,
  portLink,
  type RelayUse,
  type RtcSignal,
  type Transport,
  type WebRtcOptions,
  webRtcTransport,
} from '../../src';
import { type ChannelPair, channelCompliance } from '../channel-compliance';

interface Changes extends WebRtcOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Changes, or holds back, what one side tells the other. */
  readonly between?: (signal: RtcSignal) => RtcSignal | undefined;
  /** What each side takes for the other's certificate. */
  readonly believed?: Bytes;
}

/** Two ends in one page. */
async function connectBoth(changes: Changes = {}): Promise<[Connecting, Connecting]> {
  const { between = (signal: RtcSignal) => signal, timeoutMs = 10_000, signal, believed } = changes;
  const transport = webRtcTransport(changes);
  const [one, other] = await Promise.all([transport.prepare(), transport.prepare()]);
  const ends: Connecting[] = [];
  const make = (prepared: Prepared, peer: Prepared, initiator: boolean): Connecting =>
    prepared.connect({
      initiator,
      peerFingerprint: believed ?? peer.fingerprint,
      clock: systemClock,
      timeoutMs,
      signal,
      onSignal: (told) => {
        const passed = between(told);
        if (passed !== undefined) queueMicrotask(() => ends[initiator ? 1 : 0]?.signal(passed));
      },
    });
  const pair: [Connecting, Connecting] = [make(one, other, true), make(other, one, false)];
  ends.push(...pair);
  return pair;
}

async function webRtcPair(changes: Changes = {}): Promise<ChannelPair> {
  const [a, b] = await Promise.all((await connectBoth(changes)).map(({ channel }) => channel));
  return { a: a as Channel, b: b as Channel };
}

interface Meeting {
  readonly owner: Promise<Paired>;
  readonly scientist: Promise<Paired>;
  close(): void;
}

/** Two sides that pair over WebRTC, in one page. */
async function meet(
  options: { relay?: RelayUse; transport?: Transport; identity?: Identity } = {},
): Promise<Meeting> {
  const { transport = webRtcTransport(), relay = 'never' } = options;
  const server = memorySignaling();
  const pages = [server.connect(), server.connect()] as const;
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const common = { software: 'duet test', secret, relay } as const;
  let tell: (paired: Promise<Paired>) => void = () => {};
  const owner = new Promise<Paired>((resolve) => {
    tell = resolve;
  });
  await hostRoom({
    ...common,
    role: 'owner',
    name: 'Olga',
    identity: await makeIdentity(),
    transport: webRtcTransport(),
    signaling: pages[0],
    onPairing: (paired) => tell(paired),
    onStranger: () => {},
  });
  const scientist = joinRoom({
    ...common,
    role: 'scientist',
    name: 'Sam',
    identity: options.identity ?? (await makeIdentity()),
    transport,
    signaling: pages[1],
  });
  scientist.catch(() => {});
  owner.catch(() => {});
  return {
    owner,
    scientist,
    close: () => {
      for (const page of pages) page.close();
    },
  };
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
  it('tells its certificate before anything else, another for each connection', async () => {
    const transport = webRtcTransport();
    const [one, other] = await Promise.all([transport.prepare(), transport.prepare()]);
    expect(one.fingerprint).toHaveLength(32);
    expect(one.fingerprint).not.toEqual(other.fingerprint);
  });

  it('tells what it has found ahead of time only once it is to connect', async () => {
    const transport = webRtcTransport();
    transport.warm?.();
    const [one, other] = await Promise.all([transport.prepare(), transport.prepare()]);
    one.begin?.(true);
    other.begin?.(false);
    // The browser looks for addresses meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ends: Connecting[] = [];
    const told: string[] = [];
    for (const [prepared, peer, initiator] of [
      [one, other, true],
      [other, one, false],
    ] as const) {
      const connecting = prepared.connect({
        initiator,
        peerFingerprint: peer.fingerprint,
        clock: systemClock,
        timeoutMs: 10_000,
        onSignal: (signal) => {
          told.push(signal.type);
          queueMicrotask(() => ends[initiator ? 1 : 0]?.signal(signal));
        },
      });
      ends.push(connecting);
    }
    expect(told[0]).toBe('offer');
    expect(told).toContain('candidate');
    const channels = await Promise.all(ends.map(({ channel }) => channel));
    // A connection that came about is not discarded.
    one.discard?.();
    expect(channels.every(({ writable }) => writable)).toBe(true);
    for (const channel of channels) channel.close();
  });

  it('leaves nothing of what was begun and never came to connect', async () => {
    const prepared = await webRtcTransport().prepare();
    prepared.begin?.(true);
    prepared.discard?.();
    const connecting = prepared.connect({
      initiator: true,
      peerFingerprint: new Uint8Array(32),
      clock: systemClock,
      timeoutMs: 10_000,
      onSignal: () => expect.fail('Nothing is told of it.'),
    });
    expect(await codeOf(connecting.channel)).toBe('closed');
  });

  it('P1 never opens to another certificate than the one that was agreed on', async () => {
    const [a, b] = await connectBoth({ believed: new Uint8Array(32).fill(7), timeoutMs: 4000 });
    for (const end of [a, b]) expect(await codeOf(end.channel)).toMatch(/no-connection|peer-auth/u);
  });

  it('P16 finds no candidate but those of TURN servers where addresses are hidden', async () => {
    const told: RtcSignal[] = [];
    const [a, b] = await connectBoth({
      hideAddress: true,
      timeoutMs: 1500,
      between: (signal) => {
        told.push(signal);
        return signal;
      },
    });
    await expect(a.channel).rejects.toMatchObject({
      code: 'no-connection',
      message: expect.stringContaining('TURN'),
    });
    expect(await codeOf(b.channel)).toBe('no-connection');
    expect(told.some(({ type }) => type === 'offer')).toBe(true);
    expect(told.filter(({ type }) => type === 'candidate')).toEqual([]);
  });

  it('P20 is told nothing that is not of a data channel', async () => {
    for (const change of [
      { ufrag: 'abcd\r\na=evil' },
      { pwd: 'short' },
      { sctpPort: 0 },
      { setup: 'active' as const },
      { maxMessageBytes: 0 },
    ]) {
      const [a, b] = await connectBoth({
        between: (signal) => (signal.type === 'offer' ? { ...signal, ...change } : signal),
      });
      expect(await codeOf(b.channel)).toBe('bad-message');
      a.close();
      expect(await codeOf(a.channel)).toBe('closed');
    }
  });

  it('says when no connection can be made', async () => {
    const [a, b] = await connectBoth({
      timeoutMs: 1000,
      between: (signal) => (signal.type === 'candidate' ? undefined : signal),
    });
    await expect(a.channel).rejects.toMatchObject({
      code: 'no-connection',
      // The state of ICE, what was found, and what to try.
      message: expect.stringMatching(
        /ICE: gathering \w+, connection \w+; candidates.*\d host.*TURN/u,
      ),
    });
    expect(await codeOf(b.channel)).toBe('no-connection');
  });

  it('can be aborted while it is made, and closed', async () => {
    const abort = new AbortController();
    const [a] = await connectBoth({ signal: abort.signal });
    abort.abort();
    expect(await codeOf(a.channel)).toBe('aborted');
    const [early] = await connectBoth({ signal: AbortSignal.abort() });
    expect(await codeOf(early.channel)).toBe('aborted');
    const [c] = await connectBoth();
    c.close();
    expect(await codeOf(c.channel)).toBe('closed');
  });

  it('refuses a second offer and an offer to the side that offers', async () => {
    const told: RtcSignal[] = [];
    const [a, b] = await connectBoth({
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
  it('two sides pair, and a large payload passes both ways, and the reason of the end arrives', async () => {
    const meeting = await meet();
    const [owner, scientist] = await Promise.all([meeting.owner, meeting.scientist]);
    expect(owner.transcript).toEqual(scientist.transcript);
    expect(owner.shortAuth).toEqual(scientist.shortAuth);
    expect([owner.path, scientist.path]).toEqual(['direct', 'direct']);
    meeting.close();
    const knock = knockOn(new FramedLink(owner.channel, { peer: owner.peer }));
    const joining = joinOn(new FramedLink(scientist.channel, { peer: scientist.peer }));
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

  it('P1 somebody in between with a certificate of their own gets no connection', async () => {
    const real = webRtcTransport();
    const transport: Transport = {
      // The hello tells of one certificate, and another is used.
      prepare: async () => ({
        ...(await real.prepare()),
        fingerprint: (await real.prepare()).fingerprint,
      }),
    };
    const meeting = await meet({ transport });
    const codes = await Promise.all([codeOf(meeting.owner), codeOf(meeting.scientist)]);
    for (const code of codes) expect(code).toMatch(/no-connection|peer-auth|peer-left/u);
    meeting.close();
  }, 40_000);

  it('frames go through the server where addresses are hidden and there is no TURN server', async () => {
    const transport = webRtcTransport({ hideAddress: true });
    const meeting = await meet({ transport, relay: 'fallback' });
    const [owner, scientist] = await Promise.all([meeting.owner, meeting.scientist]);
    expect([owner.path, scientist.path]).toEqual(['relay', 'relay']);
    const got = new Promise<Uint8Array>((resolve) => scientist.channel.onFrame(resolve));
    owner.channel.send(Uint8Array.of(5));
    expect(await got).toEqual(Uint8Array.of(5));
    meeting.close();
  }, 40_000);

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
