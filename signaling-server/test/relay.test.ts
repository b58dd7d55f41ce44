import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  ask,
  type Client,
  connect,
  disconnected,
  fakeClock,
  join,
  next,
  open,
  pair,
  randomRoom,
  record,
  settled,
  startServer,
} from './support';

const largest = 64 * 1024 + 64;

/** The WebSocket of a client, to make it read no more. */
function stopReading(client: Client): void {
  socketOf(client).pause();
}

function goOnReading(client: Client): void {
  socketOf(client).resume();
}

function socketOf(client: Client): { pause(): void; resume(): void } {
  const { transport } = client.io.engine as unknown as {
    transport: { ws: { _socket: { pause(): void; resume(): void } } };
  };
  return transport.ws._socket;
}

async function metric(port: number | undefined, name: string): Promise<number> {
  const { body } = await ask(`http://127.0.0.1:${port}`, '/metrics');
  const line = body.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('relayed frames over real sockets', () => {
  test('pass both ways, unchanged, up to the largest', async () => {
    const { room, host, guest } = await pair(await startServer());
    const bytes = randomBytes(largest);
    const atGuest = next(guest, 'relay');
    host.emit('relay', room, bytes, 1);
    expect(await atGuest).toEqual([room, bytes]);
    const atHost = next(host, 'relay');
    guest.emit('relay', room, bytes);
    expect(await atHost).toEqual([room, bytes]);
  });

  test('P10: one byte more is not read, and a signal is still held to its own limit', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    const ends = disconnected(host);
    host.emit('relay', room, new Uint8Array(largest + 1));
    await ends;
    const other = disconnected(guest);
    guest.emit('signal', room, new Uint8Array(16 * 1024 + 1));
    expect(await other).toBe('io server disconnect');
  });

  test('where relaying is off, it is no event of this protocol', async () => {
    const server = await startServer({ relay: false });
    const host = await connect(server);
    const room = randomRoom();
    expect(await open(host, room)).toEqual({ ok: true, relay: false });
    const ended = disconnected(host);
    host.emit('relay', room, new Uint8Array(8));
    expect(await ended).toBe('io server disconnect');
  });

  test('a host’s frames for a guest who has left do not meet the next', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    guest.emit('leave', room);
    await settled(guest);
    const second = await connect(server);
    await join(second, room);
    const heard = record(second);
    host.emit('relay', room, new Uint8Array(8), 1);
    host.emit('signal', room, new Uint8Array(8), 1);
    host.emit('leave', room, 1);
    await settled(host);
    await settled(second);
    expect(heard).toEqual([]);
  });
});

describe('P9: relaying is bounded', () => {
  test('who sends faster than allowed is read later; nothing is lost or out of order', async () => {
    const clock = fakeClock();
    const server = await startServer({
      clock,
      metricsPort: 0,
      limits: { relayBytesPerSecond: 100_000, relayBurstBytes: 100_000 },
    });
    const { room, host, guest } = await pair(server);
    const heard: number[] = [];
    guest.on('relay', (_, frame) => heard.push(frame[0] ?? -1));
    const total = 60;
    for (let index = 0; index < total; index += 1) {
      host.emit('relay', room, new Uint8Array(50_000).fill(index));
    }
    await until(async () => (await metric(server.metricsPort, 'duet_relay_pauses_total')) > 0);
    await settled(guest);
    expect(heard.length).toBeLessThan(total / 2);
    await until(() => {
      clock.advance(100);
      return heard.length === total;
    });
    expect(heard).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  test('who does not read what is relayed to them is disconnected, and the other told', async () => {
    const server = await startServer({
      metricsPort: 0,
      limits: { outgoingBytes: 1024 * 1024, relayBurstBytes: 1e9, relayBytesPerSecond: 1e9 },
    });
    const { room, host, guest } = await pair(server);
    stopReading(guest);
    const left = next(host, 'left');
    let isLeft = false;
    void left.then(() => {
      isLeft = true;
    });
    await until(() => {
      host.emit('relay', room, new Uint8Array(largest));
      return isLeft;
    });
    expect(await metric(server.metricsPort, 'duet_thrown_out_total{why="slow"}')).toBe(1);
    expect(await metric(server.metricsPort, 'duet_connections')).toBe(1);
    await settled(host);
  });

  test('a guest who sends more than the host takes is parted from them, and costs them no other room', async () => {
    const server = await startServer({
      metricsPort: 0,
      limits: {
        outgoingBytes: 1024 * 1024,
        relayAheadBytes: 256 * 1024,
        relayBurstBytes: 1e9,
        relayBytesPerSecond: 1e9,
      },
    });
    const { room, host, guest } = await pair(server);
    const other = randomRoom();
    await open(host, other);
    stopReading(host);
    let isLeft = false;
    void next(guest, 'left').then(() => {
      isLeft = true;
    });
    await until(() => {
      guest.emit('relay', room, new Uint8Array(largest));
      return isLeft;
    });
    expect(await metric(server.metricsPort, 'duet_thrown_out_total{why="slow"}')).toBe(0);
    expect(await metric(server.metricsPort, 'duet_connections')).toBe(2);
    const left = next(host, 'left');
    goOnReading(host);
    expect(await left).toEqual([room, 1]);
    for (const id of [room, other]) {
      expect(await join(await connect(server), id)).toMatchObject({ ok: true });
    }
  });

  test('pairs at once are counted, and the one too many is parted', async () => {
    const server = await startServer({ limits: { relayedPairs: 1 } });
    const [one, two] = [await pair(server), await pair(server)];
    const heard = next(one.guest, 'relay');
    one.host.emit('relay', one.room, new Uint8Array(8));
    await heard;
    const ends = [next(two.host, 'left'), next(two.guest, 'left')];
    two.host.emit('relay', two.room, new Uint8Array(8));
    await Promise.all(ends);
    expect(await open(await connect(server), randomRoom())).toEqual({ ok: true, relay: false });
  });
});
