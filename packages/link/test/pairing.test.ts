import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ClientToServerEvents,
  DuetError,
  limits,
  type ServerToClientEvents,
  type SignalingRefusal,
  signalingLimits,
} from '@duet/protocol';
import { Server } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Channel,
  type Connect,
  type HostedInvite,
  type HostStatus,
  hostInvite,
  joinInvite,
  memoryPair,
  type PairingOptions,
  VirtualClock,
} from '../src';
import { openSignal, sealSignal } from '../src/signals';
import { codeOf, settle } from './helpers';

const fingerprint = `a=fingerprint:sha-256 ${'AB:'.repeat(31)}CD\r\n`;

/** The contract of protocol's signaling.ts in its shortest form. */
class SignalingServer {
  readonly #rooms = new Map<string, { host: string; guest?: string }>();
  readonly #closed = new Map<string, SignalingRefusal>();
  readonly #http: HttpServer = createServer((_, response) => response.end('ok'));
  readonly io = new Server<ClientToServerEvents, ServerToClientEvents>(this.#http, {
    transports: ['websocket'],
    allowRequest: (_, decide) => decide(null, !this.isShut),
  });
  isShut = false;
  /** Everything that was relayed. */
  readonly relayed: Uint8Array[] = [];

  constructor() {
    this.io.on('connection', (socket) => {
      const other = (room: string): string | undefined => {
        const found = this.#rooms.get(room);
        if (found?.host === socket.id) return found.guest;
        return found?.guest === socket.id ? found.host : undefined;
      };
      const leave = (room: string): void => {
        const to = other(room);
        const found = this.#rooms.get(room);
        if (to === undefined || found === undefined) return;
        delete found.guest;
        this.io.to(to).emit('left', room);
      };
      socket.on('open', (room, reply) => {
        if (this.#rooms.has(room)) return reply({ ok: false, code: 'id-taken' });
        this.#rooms.set(room, { host: socket.id });
        reply({ ok: true });
      });
      socket.on('join', (room, reply) => {
        const found = this.#rooms.get(room);
        if (found === undefined) {
          return reply({ ok: false, code: this.#closed.get(room) ?? 'invite-expired' });
        }
        if (found.guest !== undefined) return reply({ ok: false, code: 'room-full' });
        found.guest = socket.id;
        reply({ ok: true });
        this.io.to(found.host).emit('guest', room);
      });
      socket.on('signal', (room, bytes) => {
        this.relayed.push(bytes);
        const to = other(room);
        if (to !== undefined) this.io.to(to).emit('signal', room, bytes);
      });
      socket.on('leave', leave);
      socket.on('close', (room, why) => {
        leave(room);
        this.#rooms.delete(room);
        this.#closed.set(room, why);
      });
      socket.on('disconnect', () => {
        for (const [room, { host, guest }] of this.#rooms) {
          if (guest === socket.id || host === socket.id) leave(room);
          if (host === socket.id) this.#rooms.delete(room);
        }
      });
    });
  }

  get rooms(): number {
    return this.#rooms.size;
  }

  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await this.io.close();
  }
}

/** Connections over memory that need an offer and an answer through the server, as real ones do. */
interface FakeConnections {
  connect: Connect;
  fail: boolean;
  open: number;
}

function fakeConnections(): FakeConnections {
  const waiting = new Map<string, Channel>();
  const state: FakeConnections = {
    fail: false,
    open: 0,
    connect: (options) => {
      state.open += 1;
      let settled = false;
      let succeed: (channel: Channel) => void = () => {};
      let fail: (reason: DuetError) => void = () => {};
      const channel = new Promise<Channel>((resolve, reject) => {
        const once =
          <T>(call: (value: T) => void) =>
          (value: T): void => {
            if (!settled) state.open -= 1;
            settled = true;
            call(value);
          };
        succeed = once(resolve);
        fail = once(reject);
      });
      channel.catch(() => {});
      options.signal?.addEventListener('abort', () => fail(new DuetError('aborted')));
      const sdp = (id: string): string =>
        `v=0\r\nm=application 9 x\r\na=id:${id}\r\n${fingerprint}`;
      const idOf = (text: string): string => /a=id:(\w+)/u.exec(text)?.[1] ?? '';
      if (options.initiator) {
        const id = Math.random().toString(36).slice(2);
        const pair = memoryPair();
        waiting.set(id, pair.b);
        queueMicrotask(() => options.onSignal({ type: 'offer', sdp: sdp(id) }));
        return {
          channel,
          signal: (told) => told.type === 'answer' && !state.fail && succeed(pair.a),
          close: (reason = new DuetError('closed')) => fail(reason),
        };
      }
      return {
        channel,
        signal: (told) => {
          if (told.type !== 'offer') return;
          options.onSignal({ type: 'answer', sdp: told.sdp });
          const other = waiting.get(idOf(told.sdp));
          if (state.fail) fail(new DuetError('no-connection'));
          else if (other !== undefined) succeed(other);
        },
        close: (reason = new DuetError('closed')) => fail(reason),
      };
    },
  };
  return state;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const secret = new Uint8Array(32).fill(3);

describe('pairing', () => {
  let server: SignalingServer;
  let signaling: string;
  let fake: ReturnType<typeof fakeConnections>;
  const hosts: HostedInvite[] = [];
  beforeEach(async () => {
    server = new SignalingServer();
    signaling = await server.listen();
    fake = fakeConnections();
  });
  afterEach(async () => {
    for (const host of hosts.splice(0)) host.close();
    await server.close();
  });

  const statuses: (HostStatus | string)[] = [];
  async function host(changes: Partial<PairingOptions> = {}): Promise<Promise<Channel>[]> {
    const guests: Promise<Channel>[] = [];
    statuses.length = 0;
    hosts.push(
      await hostInvite({
        signaling,
        secret,
        connect: fake.connect,
        onGuest: (channel) => guests.push(channel),
        onStatus: (status, reason) => statuses.push(reason ? `${status}: ${reason.code}` : status),
        ...changes,
      }),
    );
    return guests;
  }

  function join(changes: Partial<PairingOptions> = {}): Promise<Channel> {
    return joinInvite({ signaling, secret, connect: fake.connect, ...changes });
  }

  it('joins a guest and the host by a channel, one guest after another', async () => {
    const guests = await host();
    for (const round of [0, 1, 2]) {
      const guest = await join();
      const there = await guests[round]!;
      const got = new Promise<Uint8Array>((resolve) => there.onFrame(resolve));
      guest.send(Uint8Array.of(round + 1));
      expect(await got).toEqual(Uint8Array.of(round + 1));
      // Only the host is still connected, so the room is free.
      await until(() => server.io.engine.clientsCount === 1);
    }
    expect(statuses).toEqual(['connecting', 'open']);
    expect(fake.open).toBe(0);
  });

  it('never shows the secret to the server', async () => {
    await host();
    await join();
    expect(server.relayed.length).toBeGreaterThan(0);
    for (const bytes of server.relayed) {
      expect(Buffer.from(bytes).includes(Buffer.from(secret))).toBe(false);
    }
  });

  it('tells a guest of an invite that is not open, or used', async () => {
    expect(await codeOf(join())).toBe('invite-expired');
    await host();
    hosts.pop()?.close('invite-used');
    expect(statuses.at(-1)).toBe('closed');
    await until(() => server.rooms === 0);
    expect(await codeOf(join())).toBe('invite-used');
    await until(() => server.io.engine.clientsCount === 0);
  });

  it('refuses a second host of the same invite', async () => {
    await host();
    expect(await codeOf(host())).toBe('id-taken');
  });

  it('refuses a second guest while the first is connecting', async () => {
    await host({ connect: () => ({ channel: new Promise(() => {}), signal() {}, close() {} }) });
    const abort = new AbortController();
    const first = codeOf(join({ signal: abort.signal }));
    await until(() => fake.open === 1);
    expect(await codeOf(join())).toBe('room-full');
    abort.abort();
    expect(await first).toBe('aborted');
  });

  it('tells a guest that the host has left, or that no connection could be made', async () => {
    await host({ connect: () => ({ channel: new Promise(() => {}), signal() {}, close() {} }) });
    const left = codeOf(join());
    await until(() => fake.open === 1);
    hosts.pop()?.close();
    expect(await left).toBe('peer-left');
    await until(() => server.rooms === 0);
    fake.fail = true;
    const guests = await host();
    expect(await codeOf(join())).toBe('no-connection');
    expect(await codeOf(guests[0]!)).toBe('no-connection');
    fake.fail = false;
    await until(() => server.io.engine.clientsCount === 1);
    await join();
    await guests[1];
  });

  it('closes what a signal that is no signal came for', async () => {
    const guests = await host();
    const rubbish: Connect = (options) => {
      const made = fake.connect({ ...options, onSignal: () => {} });
      // Nothing that openSignal takes.
      queueMicrotask(() => options.onSignal({ type: 'offer', sdp: 'm=video 9 x' }));
      return made;
    };
    const joining = codeOf(join({ connect: rubbish }));
    await until(() => guests.length === 1);
    expect(await codeOf(guests[0]!)).toBe('bad-message');
    expect(await joining).toBe('peer-left');
  });

  it('comes back with its room when the server does', async () => {
    await host();
    const port = Number(new URL(signaling).port);
    await server.close();
    await until(() => statuses.at(-1) === 'lost');
    server = new SignalingServer();
    await server.listen(port);
    await until(() => statuses.at(-1) === 'open');
    await join();
  });

  it('goes on seeking its room while the server still keeps it for a connection that is lost', async () => {
    const clock = new VirtualClock();
    await host({ clock });
    const [socket] = await server.io.fetchSockets();
    // The server shows the host the door, and the room is taken when it returns.
    socket?.disconnect(true);
    await until(() => statuses.at(-1) === 'lost');
    await until(() => server.rooms === 0);
    const taken = await hostInvite({ signaling, secret, connect: fake.connect, onGuest() {} });
    clock.advance(5000);
    await until(() => clock.pending > 0 && server.io.engine.clientsCount === 2);
    taken.close();
    await until(() => server.rooms === 0);
    for (let turn = 0; statuses.at(-1) !== 'open'; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (turn % 5 === 4) clock.advance(5000);
    }
    await join();
  });

  it('says that the server cannot be reached, with its address', async () => {
    const clock = new VirtualClock();
    const nowhere = 'http://127.0.0.1:9';
    const joining = join({ signaling: nowhere, clock });
    const outcome = expect(joining).rejects.toMatchObject({
      code: 'no-signaling',
      message: expect.stringContaining(nowhere),
    });
    await until(() => clock.pending === 1);
    clock.advance(10_000);
    await outcome;
    const hosting = codeOf(host({ signaling: nowhere, clock }));
    await until(() => clock.pending === 1);
    clock.advance(10_000);
    expect(await hosting).toBe('no-signaling');
    expect(statuses.at(-1)).toBe('closed: no-signaling');
    expect(clock.pending).toBe(0);
  });

  it('says that the server is there and refuses this page', async () => {
    server.isShut = true;
    expect(await codeOf(join())).toBe('signaling-refused');
  });

  it('can be aborted at any moment, and leaves nothing behind', async () => {
    expect(await codeOf(join({ signal: AbortSignal.abort() }))).toBe('aborted');
    expect(await codeOf(host({ signal: AbortSignal.abort() }))).toBe('aborted');
    const clock = new VirtualClock();
    const connecting = new AbortController();
    const nowhere = 'http://127.0.0.1:9';
    const joining = codeOf(join({ signaling: nowhere, signal: connecting.signal, clock }));
    await until(() => clock.pending === 1);
    connecting.abort();
    expect(await joining).toBe('aborted');
    const hosting = new AbortController();
    await host({ signal: hosting.signal, clock });
    hosting.abort();
    expect(hosts.at(-1)?.status).toBe('closed');
    clock.advance(limits.lingerMs);
    await until(() => server.io.engine.clientsCount === 0);
    await settle();
    expect(clock.pending).toBe(0);
    expect(fake.open).toBe(0);
  });

  it('refuses an insecure context before anything else', async () => {
    Object.defineProperty(globalThis, 'isSecureContext', { value: false, configurable: true });
    try {
      expect(await codeOf(join())).toBe('insecure-context');
      expect(await codeOf(host())).toBe('insecure-context');
    } finally {
      Reflect.deleteProperty(globalThis, 'isSecureContext');
    }
  });
});

describe('a signal', () => {
  const head = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n';
  const sdp = `${head}${fingerprint}`;

  it.each([
    { type: 'offer', sdp },
    { type: 'answer', sdp },
    {
      type: 'candidate',
      candidate: 'candidate:1 1 udp 1 a.local 9 typ host',
      sdpMid: '0',
      sdpMLineIndex: 0,
    },
    { type: 'candidate', candidate: '', sdpMid: '0', sdpMLineIndex: null },
  ] as const)('passes unchanged: %j', (signal) => {
    expect(openSignal(sealSignal(signal))).toEqual(signal);
  });

  it.each([
    'null',
    '[]',
    '3',
    '{}',
    '{',
    '{"type":"renegotiate","renegotiate":true}',
    '{"type":"transceiverRequest","transceiverRequest":{"kind":"video"}}',
    JSON.stringify({ type: 'offer', sdp: `${sdp}m=video 9 x\r\n` }),
    JSON.stringify({ type: 'offer', sdp: 'v=0' }),
    // No key, two of them, and one by a hash that is not trusted.
    JSON.stringify({ type: 'offer', sdp: head }),
    JSON.stringify({ type: 'offer', sdp: `${sdp}${fingerprint.replaceAll('AB', 'EF')}` }),
    JSON.stringify({ type: 'offer', sdp: `a=fingerprint:sha-1 AB:CD\r\n${sdp}` }),
    JSON.stringify({ type: 'offer', sdp: sdp.replace('sha-256', 'sha-1') }),
    JSON.stringify({ type: 'candidate', candidate: 3, sdpMid: '0', sdpMLineIndex: null }),
    JSON.stringify({ type: 'candidate', candidate: 'x', sdpMid: null, sdpMLineIndex: null }),
    JSON.stringify({ type: 'offer', sdp: sdp + 'x'.repeat(signalingLimits.signalBytes) }),
  ])('is refused: %s', (text) => {
    expect(() => openSignal(new TextEncoder().encode(text))).toThrow(
      expect.objectContaining({ code: 'bad-message' }),
    );
  });
});
