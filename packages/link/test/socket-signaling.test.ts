import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DuetError, systemClock } from '@duet/protocol';
import { createSignalingServer, type SignalingServer } from 'duetjs-signaling';
import { Server, type Socket } from 'socket.io';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HostListener, type Signaling, socketSignaling, VirtualClock } from '../src';
import { codeOf, settle } from './helpers';

const randomRoom = (): string => randomBytes(16).toString('base64url');

async function start(
  options: Parameters<typeof createSignalingServer>[0] = {},
): Promise<SignalingServer> {
  const server = await createSignalingServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}

function page(address: string, clock = systemClock): Signaling {
  const signaling = socketSignaling(address, clock);
  onTestFinished(() => signaling.close());
  return signaling;
}

/** Keeps what a room says, and waits for the next of it. */
function ear() {
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  const say = (what: string): void => {
    heard.push(what);
    for (const wake of waiting.splice(0)) wake();
  };
  const listener: HostListener = {
    guest: () => say('guest'),
    signal: (bytes) => say(`signal ${Buffer.from(bytes)}`),
    relayed: (bytes) => say(`relayed ${Buffer.from(bytes)}`),
    left: () => say('left'),
    status: (status, reason) => say(reason === undefined ? status : `${status} ${reason.code}`),
  };
  const until = async (what: string): Promise<void> => {
    while (!heard.includes(what)) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { heard, listener, until };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('over a real server', () => {
  it('a guest comes, both speak and relay, and each hears the other leave', async () => {
    const { url } = await start();
    const [owner, scientist] = [page(url), page(url)];
    const [atHost, atGuest] = [ear(), ear()];
    const id = randomRoom();
    const hosted = await owner.host(id, atHost.listener);
    const joined = await scientist.join(id, atGuest.listener);
    expect([hosted.relays, joined.relays]).toEqual([true, true]);
    joined.signal(bytes('hello'));
    await atHost.until('signal hello');
    hosted.signal(bytes('hello you'));
    hosted.relay(bytes('a frame'));
    await atGuest.until('relayed a frame');
    joined.relay(bytes('another'));
    joined.leave();
    await atHost.until('left');
    expect(atHost.heard).toEqual(['guest', 'signal hello', 'relayed another', 'left']);
    expect(atGuest.heard).toEqual(['signal hello you', 'relayed a frame']);
    // Neither says anything to a guest or a host who is not there any more.
    hosted.signal(bytes('nobody'));
    joined.signal(bytes('nobody'));
    const next = await page(url).join(id, atGuest.listener);
    next.signal(bytes('me now'));
    await atHost.until('signal me now');
    hosted.leave();
    await atGuest.until('left');
    next.signal(bytes('nobody'));
    await settle();
    expect(atHost.heard.slice(4)).toEqual(['guest', 'signal me now']);
    expect(atGuest.heard).not.toContain('signal nobody');
  });

  it('many rooms share one connection, hosted and joined', async () => {
    const server = await start({ metricsPort: 0 });
    const [one, two] = [page(server.url), page(server.url)];
    const ids = Array.from({ length: 10 }, randomRoom);
    await Promise.all(
      ids.map((id, index) => (index % 2 === 0 ? one : two).host(id, ear().listener)),
    );
    await Promise.all(
      ids.map((id, index) => (index % 2 === 0 ? two : one).join(id, ear().listener)),
    );
    const answer = await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`);
    expect(await answer.text()).toContain('\nduet_connections_total 2\n');
  });

  it('tells why there is no room', async () => {
    const { url } = await start({ limits: { roomsPerSocket: 2 } });
    const [owner, scientist] = [page(url), page(url)];
    const [used, open, never] = [randomRoom(), randomRoom(), randomRoom()];
    const listener = ear().listener;
    const closed = await owner.host(used, listener);
    closed.close('invite-used');
    await owner.host(open, listener);
    await page(url).join(open, listener);
    expect(await codeOf(scientist.join(used, listener))).toBe('invite-used');
    expect(await codeOf(scientist.join(open, listener))).toBe('room-full');
    expect(await codeOf(scientist.join(never, listener))).toBe('invite-expired');
    expect(await codeOf(scientist.host(open, listener))).toBe('id-taken');
    expect(await codeOf(owner.host(open, listener))).toBe('id-taken');
    expect(await codeOf(scientist.host('no id', listener))).toBe('bad-message');
    await owner.host(never, listener);
    expect(await codeOf(owner.host(randomRoom(), listener))).toBe('limit');
  });

  it('a room that is closed without a reason can be opened again, one with a reason cannot', async () => {
    const { url } = await start();
    const owner = page(url);
    const [again, over] = [randomRoom(), randomRoom()];
    (await owner.host(again, ear().listener)).close();
    (await owner.host(over, ear().listener)).close('invite-expired');
    await owner.host(again, ear().listener);
    expect(await codeOf(owner.host(over, ear().listener))).toBe('id-taken');
  });

  it('a guest who leaves just as they are shown out takes nothing along: the next may come', async () => {
    const { url } = await start();
    const owner = page(url);
    const [atHost, id] = [ear(), randomRoom()];
    const hosted = await owner.host(id, atHost.listener);
    const joined = await page(url).join(id, ear().listener);
    await atHost.until('guest');
    // The server hears the guest first, and the host is told of somebody who is no guest of theirs any more.
    joined.leave();
    hosted.leave();
    await settle();
    const next = await page(url).join(id, ear().listener);
    next.signal(bytes('me now'));
    await atHost.until('signal me now');
    expect(atHost.heard).toEqual(['guest', 'guest', 'signal me now']);
  });

  it('where the server does not relay, nothing is relayed', async () => {
    const { url } = await start({ relay: false });
    const id = randomRoom();
    const atHost = ear();
    const hosted = await page(url).host(id, atHost.listener);
    const joined = await page(url).join(id, ear().listener);
    expect([hosted.relays, joined.relays]).toEqual([false, false]);
    joined.relay(bytes('a frame'));
    joined.signal(bytes('after it'));
    await atHost.until('signal after it');
    expect(atHost.heard).toEqual(['guest', 'signal after it']);
  });
});

describe('the server goes, and comes back', () => {
  it('hosted rooms are open again by themselves, and joins work', async () => {
    const first = await start();
    const { url, port } = first;
    const owner = page(url);
    const ids = [randomRoom(), randomRoom()];
    const ears = [ear(), ear()];
    await Promise.all(
      ids.map((id, index) => owner.host(id, ears[index]?.listener ?? ear().listener)),
    );
    const atGuest = ear();
    const joined = await page(url).join(ids[0] ?? '', atGuest.listener);
    await ears[0]?.until('guest');
    await first.close();
    await Promise.all([...ears.map(({ until }) => until('lost')), atGuest.until('left')]);
    expect(owner.status).toBe('lost');
    joined.signal(bytes('into nothing'));
    await start({ port });
    await Promise.all(ears.map(({ until }) => until('open')));
    expect(owner.status).toBe('open');
    for (const [index, id] of ids.entries()) {
      const again = await page(url).join(id, ear().listener);
      again.signal(bytes('back'));
      await ears[index]?.until('signal back');
    }
    expect(ears[0]?.heard).not.toContain('signal into nothing');
    expect(ears[0]?.heard.slice(0, 4)).toEqual(['guest', 'left', 'lost', 'open']);
    expect(ears[1]?.heard.slice(0, 2)).toEqual(['lost', 'open']);
  });

  it('a room that its old server still holds is tried again until it is free', async () => {
    const { io, url } = await fakeServer();
    let opens = 0;
    io.on('connection', (socket: Socket) => {
      socket.on('open', (_room: string, reply: Reply) => {
        opens += 1;
        reply(opens === 2 || opens === 3 ? { ok: false, code: 'id-taken' } : { ok: true });
        if (opens === 1) socket.conn.close();
      });
    });
    const clock = new VirtualClock();
    const atHost = ear();
    await page(url, clock).host(randomRoom(), atHost.listener);
    await atHost.until('lost');
    while (!atHost.heard.includes('open')) {
      clock.advance(1000);
      await settle();
    }
    expect(opens).toBe(4);
    expect(atHost.heard).toEqual(['lost', 'open']);
  });

  it('a server that is full or in a hurry is asked again for as long as that lasts', async () => {
    const { io, url } = await fakeServer();
    let opens = 0;
    io.on('connection', (socket: Socket) => {
      socket.on('open', (room: string, reply: Reply) => {
        opens += 1;
        const code = opens % 2 === 0 ? 'rate' : 'limit';
        reply(opens > 1 && opens < 40 ? { ok: false, code } : { ok: true });
        if (opens === 1) socket.emit('left', room);
      });
    });
    const clock = new VirtualClock();
    const atHost = ear();
    await page(url, clock).host(randomRoom(), atHost.listener);
    while (!atHost.heard.some((what) => what !== 'lost')) {
      clock.advance(1000);
      await settle();
    }
    expect(atHost.heard).toEqual(['lost', 'open']);
    expect(opens).toBe(40);
  });

  it('if it never is, the room has ended', async () => {
    const { io, url } = await fakeServer();
    let isFirst = true;
    io.on('connection', (socket: Socket) => {
      socket.on('open', (room: string, reply: Reply) => {
        reply(isFirst ? { ok: true } : { ok: false, code: 'id-taken' });
        if (isFirst) socket.emit('left', room);
        isFirst = false;
      });
    });
    const clock = new VirtualClock();
    const atHost = ear();
    await page(url, clock).host(randomRoom(), atHost.listener);
    while (!atHost.heard.includes('closed invite-expired')) {
      clock.advance(1000);
      await settle();
    }
    expect(atHost.heard).toEqual(['lost', 'closed invite-expired']);
  });

  it('who was shown the door comes back, a while later', async () => {
    const { io, url } = await fakeServer();
    let connections = 0;
    io.on('connection', (socket: Socket) => {
      connections += 1;
      socket.on('open', (_room: string, reply: Reply) => {
        reply({ ok: true });
        if (connections === 1) socket.disconnect(true);
      });
    });
    const clock = new VirtualClock();
    const atHost = ear();
    await page(url, clock).host(randomRoom(), atHost.listener);
    await atHost.until('lost');
    clock.advance(4999);
    await settle();
    expect(connections).toBe(1);
    clock.advance(1);
    await atHost.until('open');
    expect(connections).toBe(2);
  });
});

describe('no server', () => {
  it('is said with its address', async () => {
    const gone = await start();
    await gone.close();
    const clock = new VirtualClock();
    const failing = page(gone.url, clock).join(randomRoom(), ear().listener);
    const code = codeOf(failing);
    for (let second = 0; second < 12; second += 1) {
      clock.advance(1000);
      await settle();
    }
    expect(await code).toBe('no-signaling');
    await expect(failing).rejects.toThrow(gone.url);
    expect(await codeOf(page('no address').host(randomRoom(), ear().listener))).toBe(
      'no-signaling',
    );
  });

  it('is told from one that refuses this page', async () => {
    const web = createServer((_, response) => response.end('ok'));
    const io = new Server(web, {
      transports: ['websocket'],
      allowRequest: (_, decide) => decide('origin', false),
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => void (await io.close()));
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const failing = page(url).join(randomRoom(), ear().listener);
    expect(await codeOf(failing)).toBe('signaling-refused');
    await expect(failing).rejects.toThrow(url);
  });

  it('can be given up on', async () => {
    const gone = await start();
    await gone.close();
    const abort = new AbortController();
    const { signal } = abort;
    const failing = page(gone.url).host(randomRoom(), ear().listener, { signal });
    abort.abort();
    expect(await codeOf(failing)).toBe('aborted');
    expect(await codeOf(page(gone.url).join(randomRoom(), ear().listener, { signal }))).toBe(
      'aborted',
    );
    const closing = socketSignaling(gone.url, systemClock);
    const other = closing.host(randomRoom(), ear().listener);
    closing.close();
    expect(await codeOf(other)).toBe('aborted');
    expect(closing.status).toBe('closed');
    expect(await codeOf(closing.join(randomRoom(), ear().listener))).toBe('aborted');
  });
});

describe('P17: the connection lasts no longer than its rooms', () => {
  it('nothing connects before the first room, and a while after the last it is over', async () => {
    const { io, url } = await fakeServer();
    let connections = 0;
    io.on('connection', (socket: Socket) => {
      connections += 1;
      socket.on('open', (_room: string, reply: Reply) => reply({ ok: true }));
      socket.on('join', (_room: string, reply: Reply) => reply({ ok: false, code: 'room-full' }));
    });
    const clock = new VirtualClock();
    const signaling = page(url, clock);
    await settle();
    expect(connections).toBe(0);
    const first = await signaling.host(randomRoom(), ear().listener);
    const second = await signaling.host(randomRoom(), ear().listener);
    first.close();
    clock.advance(60_000);
    await settle();
    expect(io.engine.clientsCount).toBe(1);
    second.close();
    await codeOf(signaling.join(randomRoom(), ear().listener));
    clock.advance(9000);
    await settle();
    expect(io.engine.clientsCount).toBe(1);
    clock.advance(1000);
    while (io.engine.clientsCount > 0) await settle();
    expect(connections).toBe(1);
    await signaling.host(randomRoom(), ear().listener);
    expect(connections).toBe(2);
  });
});

// ---- servers that do not keep to their contract ----------------------------------------------------------------------

type Reply = (answer?: unknown) => void;

async function fakeServer(): Promise<{ io: Server; url: string }> {
  const web = createServer((_, response) => response.end('ok'));
  const io = new Server(web, { transports: ['websocket'] });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => void (await io.close()));
  return { io, url: `http://127.0.0.1:${(web.address() as AddressInfo).port}` };
}

describe('P6: a server that makes things up', () => {
  const answers: readonly unknown[] = [
    undefined,
    null,
    7,
    {},
    { ok: 'yes' },
    { ok: false },
    { ok: false, code: 'constructor' },
    { ok: false, code: '__proto__' },
    { ok: false, code: { toString: 'x' } },
  ];

  it.each(answers.map((answer) => [JSON.stringify(answer), answer]))(
    'the answer %s is a refusal, to a guest and to a host',
    async (_, answer) => {
      const { io, url } = await fakeServer();
      io.on('connection', (socket: Socket) => {
        socket.on('join', (_room: string, reply: Reply) => reply(answer));
        socket.on('open', (_room: string, reply: Reply) => reply(answer));
      });
      const signaling = page(url);
      const { listener } = ear();
      expect(await codeOf(signaling.join(randomRoom(), listener))).toBe('signaling-refused');
      expect(await codeOf(signaling.host(randomRoom(), listener))).toBe('signaling-refused');
    },
  );

  it('one that never answers is not waited for, and its late yes is given back', async () => {
    const { io, url } = await fakeServer();
    const replies: Reply[] = [];
    const said: unknown[][] = [];
    io.on('connection', (socket: Socket) => {
      socket.onAny((...event: unknown[]) => {
        said.push(event.slice(0, 1));
        const reply = event[2];
        if (typeof reply === 'function') replies.push(reply as Reply);
      });
    });
    const clock = new VirtualClock();
    const signaling = page(url, clock);
    const codes = [
      codeOf(signaling.join(randomRoom(), ear().listener)),
      codeOf(signaling.host(randomRoom(), ear().listener)),
    ];
    while (replies.length < 2) await settle();
    clock.advance(10_000);
    expect(await Promise.all(codes)).toEqual(['no-signaling', 'no-signaling']);
    for (const reply of replies) reply({ ok: true });
    while (said.length < 4) await settle();
    expect(said).toEqual([['join'], ['open'], ['leave'], ['close']]);
  });

  it('what it says of rooms elsewhere, in another form, or too large is not heard', async () => {
    const { io, url } = await fakeServer();
    const id = randomRoom();
    io.on('connection', (socket: Socket) => {
      socket.on('open', (room: string, reply: Reply) => {
        reply({ ok: true, relay: 'yes' });
        socket.emit('signal', room, Buffer.from('before a guest'));
        for (const wrong of [undefined, null, 7, {}, [room], '__proto__', randomRoom()]) {
          socket.emit('guest', wrong);
          socket.emit('left', wrong);
          socket.emit('signal', wrong, Buffer.from('x'));
        }
        socket.emit('guest', room, 'x');
        for (const wrong of [undefined, null, 'text', [1], {}, new Uint8Array(16_385)]) {
          socket.emit('signal', room, wrong);
        }
        socket.emit('relay', room, new Uint8Array(64 * 1024 + 65));
        socket.emit('signal', room, Buffer.from('end'));
      });
    });
    const atHost = ear();
    const hosted = await page(url).host(id, atHost.listener);
    expect(hosted.relays).toBe(false);
    await atHost.until('signal end');
    expect(atHost.heard).toEqual(['guest', 'signal end']);
  });

  it('guests without end come one at a time', async () => {
    const { io, url } = await fakeServer();
    io.on('connection', (socket: Socket) => {
      socket.on('open', (room: string, reply: Reply) => {
        reply({ ok: true });
        for (let guest = 0; guest < 100; guest += 1) socket.emit('guest', room, guest);
        socket.emit('signal', room, Buffer.from('end'));
      });
    });
    const atHost = ear();
    await page(url).host(randomRoom(), atHost.listener);
    await atHost.until('signal end');
    expect(atHost.heard.filter((what) => what === 'guest')).toHaveLength(100);
    expect(atHost.heard.filter((what) => what === 'left')).toHaveLength(99);
    expect(atHost.heard.slice(0, 3)).toEqual(['guest', 'left', 'guest']);
  });

  it('who gets a room has it before anything is heard in it', async () => {
    const { io, url } = await fakeServer();
    io.on('connection', (socket: Socket) => {
      socket.on('join', (room: string, reply: Reply) => {
        reply({ ok: true });
        socket.emit('signal', room, Buffer.from('at once'));
      });
    });
    const atGuest = ear();
    const order: string[] = [];
    const { signal } = atGuest.listener;
    const listener = {
      ...atGuest.listener,
      signal: (data: Uint8Array) => {
        order.push('signal');
        signal(data);
      },
    };
    await page(url).join(randomRoom(), listener);
    order.push('room');
    await atGuest.until('signal at once');
    expect(order).toEqual(['room', 'signal']);
  });

  it('a reply that comes twice counts once', async () => {
    const { io, url } = await fakeServer();
    io.on('connection', (socket: Socket) => {
      socket.on('join', (room: string, reply: Reply) => {
        reply({ ok: false, code: 'room-full' });
        // Socket.IO sends one answer to each question; this is what a second one would look like.
        socket.conn.write('30[{"ok":true}]');
        socket.emit('signal', room, Buffer.from('x'));
      });
    });
    const atGuest = ear();
    const failing = page(url).join(randomRoom(), atGuest.listener);
    expect(await codeOf(failing)).toBe('room-full');
    await settle();
    expect(atGuest.heard).toEqual([]);
    expect(await failing.catch((thrown: unknown) => thrown)).toBeInstanceOf(DuetError);
  });
});
