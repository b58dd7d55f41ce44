import { connect as connectTcp } from 'node:net';
import fc from 'fast-check';
import { Manager } from 'socket.io-client';
import { describe, expect, test } from 'vitest';
import { createSignalingServer } from '../src/index';
import {
  ask,
  type Client,
  connect,
  createClient,
  disconnected,
  join,
  next,
  open,
  pair,
  randomRoom,
  record,
  refusal,
  settled,
  startServer,
} from './support';

const no = (code: string) => ({ ok: false, code });
const room = 'A'.repeat(22);
const noop = (): void => undefined;

/** Sends what the types do not allow. */
function emitRaw(client: Client, event: string, ...args: unknown[]): void {
  (client as unknown as { emit(event: string, ...args: unknown[]): void }).emit(event, ...args);
}

/** Sends one Engine.IO message that is not a packet of ours. */
function sendRaw(client: Client, data: string | Uint8Array): void {
  (client.io.engine as unknown as { send(data: string | Uint8Array): void }).send(data);
}

describe('P10: who does not keep to the protocol is disconnected', () => {
  const garbage: readonly (readonly [string, ...unknown[]])[] = [
    ['unknown'],
    ['unknown', room, noop],
    ['open'],
    ['open', room],
    ['open', room, 'not a function'],
    ['open', 7, noop],
    ['open', null, noop],
    ['open', { toString: 'x' }, noop],
    ['open', room, 'more', noop],
    ['join', [room], noop],
    ['join', room],
    ['signal', room],
    ['signal', room, 'text'],
    ['signal', room, [1, 2, 3]],
    ['signal', room, { byteLength: 1 }],
    ['signal', 1, new Uint8Array(1)],
    ['signal', room, new Uint8Array(1), new Uint8Array(1)],
    ['signal', room, new Uint8Array(1), noop],
    ['leave'],
    ['leave', {}],
    ['leave', room, 'more'],
    ['close', room, null],
    ['leave', room, 1.5],
    ['leave', room, '1'],
    ['signal', room, new Uint8Array(1), '1'],
    ['relay', room],
    ['relay', room, 'text'],
    ['relay', room, new Uint8Array(1), 1, 2],
    ['open', room, noop, noop],
    ['close', room, 'because'],
    ['close', room, 'invite-used', 'more'],
    ['__proto__', room],
    ['constructor', room],
    ['guest', room],
    ['left', room],
  ];

  const titled = garbage.map((sent) => ({ sent, title: JSON.stringify(sent) }));
  test.each(titled)('the event $title', async ({ sent: [event, ...args] }) => {
    const client = await connect(await startServer());
    const ended = disconnected(client);
    emitRaw(client, event, ...args);
    expect(await ended).toBe('io server disconnect');
  });

  test.each([
    '2',
    '2{',
    '2["open"',
    '2[]',
    '2{}',
    '9',
    '51-["signal"',
    '5999-["signal",{}]',
    '0/admin,',
  ])('the packet %s', async (packet) => {
    const server = await startServer({ limits: { connectTimeoutMs: 50 } });
    const client = await connect(server);
    const ended = packet === '0/admin,' ? undefined : disconnected(client);
    sendRaw(client, packet);
    if (ended === undefined) await settled(client);
    else await ended;
    await settled(await connect(server));
  });

  test('bytes that were not announced', async () => {
    const client = await connect(await startServer());
    const ended = disconnected(client);
    sendRaw(client, new Uint8Array([1, 2, 3]));
    await ended;
  });

  test('a signal of the largest size passes, one byte more does not', async () => {
    const server = await startServer();
    const { room: shared, host, guest } = await pair(server);
    const arrived = next(guest, 'signal');
    host.emit('signal', shared, new Uint8Array(16 * 1024));
    expect((await arrived)[1]).toHaveLength(16 * 1024);
    const ended = disconnected(host);
    const left = next(guest, 'left');
    host.emit('signal', shared, new Uint8Array(16 * 1024 + 1));
    await ended;
    await left;
  });

  test('a huge room id', async () => {
    const client = await connect(await startServer());
    const ended = disconnected(client);
    client.emit('leave', 'A'.repeat(20_000));
    await ended;
  });

  test('P11: a connection that never becomes a session', async () => {
    const server = await startServer({ limits: { connectTimeoutMs: 20 } });
    const manager = new Manager(server.url, { transports: ['websocket'], reconnection: false });
    await new Promise((resolve) => manager.once('close', resolve));
  });
});

describe('P9: rates and counts', () => {
  test('too many signals end the pair, and the host can take the next guest', async () => {
    const server = await startServer();
    const { room: shared, host, guest } = await pair(server);
    const heard = record(host);
    const ends = [next(guest, 'left'), next(host, 'left')];
    for (let index = 0; index < 129; index += 1) guest.emit('signal', shared, new Uint8Array(1));
    await Promise.all(ends);
    expect(heard.filter(([event]) => event === 'signal')).toHaveLength(128);
    expect(await join(await connect(server), shared)).toEqual({ ok: true, relay: true });
  });

  test('so do too many bytes', async () => {
    const { room: shared, host, guest } = await pair(await startServer());
    const left = next(host, 'left');
    for (let index = 0; index < 17; index += 1) {
      guest.emit('signal', shared, new Uint8Array(16 * 1024));
    }
    await left;
  });

  test('too many events of any kind end the connection', async () => {
    const client = await connect(await startServer({ limits: { eventsPerMinute: 20 } }));
    const ended = disconnected(client);
    for (let index = 0; index < 21; index += 1) client.emit('leave', room);
    expect(await ended).toBe('io server disconnect');
  });

  test('rooms and joins are counted by address, over all its connections', async () => {
    const server = await startServer({ limits: { roomsPerMinute: 2, joinsPerMinute: 2 } });
    const [one, two] = [await connect(server), await connect(server)];
    await open(one, randomRoom());
    await open(two, randomRoom());
    expect(await open(two, randomRoom())).toEqual(no('rate'));
    await join(one, randomRoom());
    await join(two, randomRoom());
    expect(await join(one, randomRoom())).toEqual(no('rate'));
  });

  test('connections are counted by address and minute', async () => {
    const server = await startServer({ limits: { connectionsPerMinute: 2 } });
    (await connect(server)).disconnect();
    (await connect(server)).disconnect();
    await refusal(server.url);
  });

  test('so are connections open at once, and in all', async () => {
    const server = await startServer({ limits: { connectionsPerAddress: 1 } });
    await connect(server);
    await refusal(server.url);
    const small = await startServer({ limits: { connections: 1 } });
    await connect(small);
    await refusal(small.url);
  });

  test('P9: and so are rooms of one address, over all of its connections', async () => {
    const server = await startServer({ limits: { roomsPerAddress: 1 } });
    const [first, second] = [await connect(server), await connect(server)];
    expect(await open(first, randomRoom())).toMatchObject({ ok: true });
    expect(await open(second, randomRoom())).toEqual({ ok: false, code: 'limit' });
    const gone = disconnected(first);
    first.disconnect();
    await gone;
    await expect.poll(async () => (await open(second, randomRoom())).ok).toBe(true);
  });

  test('a proxy’s word on the address is taken only if the server was told so', async () => {
    const from = (address: string) => ({ extraHeaders: { 'X-Forwarded-For': `::1, ${address}` } });
    const limits = { connectionsPerAddress: 1 };
    const trusting = await startServer({ limits, trustProxy: true });
    await connect(trusting, from('192.0.2.1'));
    await connect(trusting, from('192.0.2.2'));
    await refusal(trusting.url, from('192.0.2.2'));
    const wary = await startServer({ limits });
    await connect(wary, from('192.0.2.1'));
    await refusal(wary.url, from('192.0.2.2'));
  });
});

describe('P12: origins', () => {
  const withOrigin = (origin: string) => ({ extraHeaders: { Origin: origin } });

  test('its own pages may connect, under any name that reaches it', async () => {
    const server = await startServer();
    await connect(server, withOrigin(server.url));
    await connect(server, {
      extraHeaders: { Origin: 'http://box.local:9', Host: 'box.local:9' },
    });
    await connect(server, { extraHeaders: { Origin: 'https://box.local', Host: 'box.local' } });
    await connect(server, { extraHeaders: { Origin: 'https://box.local', Host: 'box.local:443' } });
  });

  test.each([
    'http://evil.example',
    'null',
    'http://127.0.0.1:1',
    'http://127.0.0.1.evil.example',
    'file://',
    'nonsense',
  ])('P12: %s may not', async (origin) => {
    await refusal((await startServer()).url, withOrigin(origin));
  });

  test('other sites may if the operator says so, and no others', async () => {
    const server = await startServer({ origins: ['https://lab.example'] });
    await connect(server, withOrigin('https://lab.example'));
    await refusal(server.url, withOrigin('http://lab.example'));
    await refusal(server.url, withOrigin('https://lab.example.evil.example'));
  });

  test('behind a proxy, the public URL is its own', async () => {
    const server = await startServer({ publicUrl: 'https://duet.example' });
    await connect(server, withOrigin('https://duet.example'));
    await refusal(server.urls[0]!, withOrigin('https://other.example'));
  });

  test('an origin that is none is refused at the start', async () => {
    const options = { host: '127.0.0.1', port: 0 };
    await expect(createSignalingServer({ ...options, origins: ['*'] })).rejects.toThrow('"*"');
    await expect(createSignalingServer({ ...options, publicUrl: 'x' })).rejects.toThrow('"x"');
  });

  test('only WebSockets, at one path', async () => {
    const server = await startServer();
    await refusal(server.url, { transports: ['polling'] });
    await refusal(server.url, { path: '/other' });
    expect((await ask(server.url, '/socket.io/socket.io.js')).status).toBe(400);
  });
});

describe('P13: whatever is sent', () => {
  test('random events never end the server', { timeout: 60_000 }, async () => {
    const server = await startServer({
      limits: { connectionsPerMinute: 1e6, connectionsPerAddress: 1e6, eventsPerMinute: 1e6 },
    });
    const argument = fc.oneof(
      fc.constant(room),
      fc.string(),
      fc.jsonValue({ maxDepth: 2 }),
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom('invite-used', 'invite-expired'),
    );
    const name = fc.oneof(
      fc.constantFrom('open', 'join', 'signal', 'leave', 'close', 'error', '__proto__'),
      fc.string(),
    );
    const events = fc.array(
      fc.record({ name, args: fc.array(argument, { maxLength: 3 }), isAsking: fc.boolean() }),
      { maxLength: 6 },
    );
    const reserved = [
      'connect',
      'connect_error',
      'disconnect',
      'disconnecting',
      'newListener',
      'removeListener',
    ];
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const client = await connect(server);
        for (const { name: event, args, isAsking } of list) {
          if (reserved.includes(event)) continue;
          emitRaw(client, event, ...args, ...(isAsking ? [noop] : []));
        }
        client.disconnect();
      }),
      { numRuns: 60 },
    );
    await settled(await connect(server));
  });

  test('random packets never end the server', { timeout: 60_000 }, async () => {
    const server = await startServer({
      limits: { connectionsPerMinute: 1e6, connectionsPerAddress: 1e6, eventsPerMinute: 1e6 },
    });
    const packet = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom('0', '1', '2', '3', '4', '51-', '61-'), fc.json())
        .map((p) => p.join('')),
      fc.uint8Array({ maxLength: 64 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 5 }), async (packets) => {
        const client = await connect(server);
        for (const one of packets) sendRaw(client, one);
        client.disconnect();
      }),
      { numRuns: 60 },
    );
    await settled(await connect(server));
  });

  test('random bytes on the port never end the server', { timeout: 60_000 }, async () => {
    const server = await startServer();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const socket = connectTcp(server.port, '127.0.0.1');
        socket.on('error', noop);
        socket.resume();
        const closed = new Promise((resolve) => socket.once('close', resolve));
        socket.end(bytes);
        await closed;
      }),
      { numRuns: 60 },
    );
    expect((await ask(server.url, '/health')).status).toBe(200);
  });

  test('a client that is not there any more is no trouble', async () => {
    const server = await startServer();
    const { room: shared, host, guest } = await pair(server);
    guest.io.engine.close();
    for (let index = 0; index < 10; index += 1) host.emit('signal', shared, new Uint8Array(9));
    await settled(host);
    const never = createClient(server.url);
    never.connect();
    never.disconnect();
    await settled(host);
  });
});
