import { describe, expect, test } from 'vitest';
import {
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

const ok = { ok: true, relay: true };
const no = (code: string) => ({ ok: false, code });

describe('a room over real sockets', () => {
  test('bytes pass both ways, unchanged', async () => {
    const { room, host, guest } = await pair(await startServer());
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const atGuest = next(guest, 'signal');
    host.emit('signal', room, every);
    expect(await atGuest).toEqual([room, Buffer.from(every)]);
    const atHost = next(host, 'signal');
    guest.emit('signal', room, new Uint8Array(0));
    expect(await atHost).toEqual([room, Buffer.alloc(0)]);
  });

  test('a third is refused, and neither hears of it', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    const heard = [record(host), record(guest)];
    const third = await connect(server);
    expect(await join(third, room)).toEqual(no('room-full'));
    third.emit('signal', room, new Uint8Array([1]));
    third.emit('leave', room);
    third.emit('close', room, 'invite-used');
    await settled(third);
    await settled(host);
    await settled(guest);
    expect(heard).toEqual([[], []]);
  });

  test('an unknown room is an invite that is not open', async () => {
    const client = await connect(await startServer());
    expect(await join(client, randomRoom())).toEqual(no('invite-expired'));
  });

  test('an ill-formed id is refused, and the connection goes on', async () => {
    const client = await connect(await startServer());
    expect(await open(client, 'my room')).toEqual(no('bad-message'));
    expect(await open(client, randomRoom())).toEqual(ok);
  });

  test('the host leaves: the guest is told, and later guests find nothing open', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    const left = next(guest, 'left');
    host.disconnect();
    expect(await left).toEqual([room]);
    expect(await join(guest, room)).toEqual(no('invite-expired'));
    const again = await connect(server);
    expect(await open(again, room)).toEqual(ok);
  });

  test('the guest leaves: the host is told, and the next may come', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    const left = next(host, 'left');
    guest.disconnect();
    expect(await left).toEqual([room, 1]);
    expect(await join(await connect(server), room)).toEqual(ok);
  });

  test('the host shows a guest out', async () => {
    const { room, host, guest } = await pair(await startServer());
    const left = next(guest, 'left');
    host.emit('leave', room);
    expect(await left).toEqual([room]);
    expect(await join(guest, room)).toEqual(ok);
  });

  test('the host closes: the guest is told, and late ones are told why', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    const left = next(guest, 'left');
    host.emit('close', room, 'invite-used');
    expect(await left).toEqual([room]);
    expect(await join(await connect(server), room)).toEqual(no('invite-used'));
  });

  test('one connection may hold so many rooms', async () => {
    const host = await connect(await startServer());
    for (let index = 0; index < 64; index += 1) expect(await open(host, randomRoom())).toEqual(ok);
    expect(await open(host, randomRoom())).toEqual(no('limit'));
  });
});

describe('time', () => {
  test('a room expires, and both are told', async () => {
    const clock = fakeClock();
    const server = await startServer({ clock, limits: { roomLifeMs: 60_000 } });
    const { room, host, guest } = await pair(server);
    const left = [next(host, 'left'), next(guest, 'left')];
    clock.advance(60_000);
    expect(await Promise.all(left)).toEqual([[room], [room]]);
    expect(await join(guest, room)).toEqual(no('invite-expired'));
  });

  test('why a room was closed is forgotten in the end', async () => {
    const clock = fakeClock();
    const server = await startServer({ clock, limits: { closedRoomLifeMs: 60_000 } });
    const host = await connect(server);
    const room = randomRoom();
    await open(host, room);
    host.emit('close', room, 'invite-used');
    expect(await join(host, room)).toEqual(no('invite-used'));
    clock.advance(60_000);
    expect(await join(host, room)).toEqual(no('invite-expired'));
  });
});

describe('the server closes', () => {
  test('everyone in a room is told, and every connection ends', async () => {
    const server = await startServer();
    const { room, host, guest } = await pair(server);
    const idle = await connect(server);
    const heard = [record(host), record(guest), record(idle)];
    const ends = [host, guest, idle].map(disconnected);
    await server.close();
    expect(await Promise.all(ends)).toEqual(Array(3).fill('transport close'));
    expect(heard).toEqual([[['left', room]], [['left', room]], []]);
    await expect(connect(server)).rejects.toThrow();
  });

  test('closing twice is closing once', async () => {
    const server = await startServer();
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });

  test('a client comes back to a server that starts again, and opens its room anew', async () => {
    const first = await startServer();
    const host = await connect(first, { reconnection: true, reconnectionDelay: 10 });
    const room = randomRoom();
    await open(host, room);
    const back = new Promise<void>((resolve) => host.io.once('reconnect', () => resolve()));
    await first.close();
    await startServer({ port: first.port });
    await back;
    expect(await open(host, room)).toEqual(ok);
  });
});
