import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultServerLimits } from '../src/limits';
import { type Notice, Rooms } from '../src/rooms';
import { randomRoom } from './support';

const limits = {
  signalsPerPair: 3,
  bytesPerPair: 100,
  roomLifeMs: 1000,
  closedRoomLifeMs: 500,
  roomsPerSocket: 2,
  roomsPerAddress: 2,
  rooms: 3,
  closedRooms: 2,
  relayedPairs: 1,
  relayIdleMs: 400,
};

const room = 'A'.repeat(22);
const ok = { ok: true, relay: true };
const no = (code: string) => ({ ok: false, code });
const bytes = (length: number) => new Uint8Array(length);

function paired(): Rooms {
  const rooms = new Rooms(limits);
  rooms.open(0, 'host', room);
  rooms.join(0, 'guest', room);
  return rooms;
}

describe('rooms of two', () => {
  test('a host opens, a guest joins, and the host hears it', () => {
    const rooms = new Rooms(limits);
    expect(rooms.open(0, 'host', room)).toEqual({ reply: ok, notices: [] });
    expect(rooms.join(0, 'guest', room)).toEqual({
      reply: ok,
      notices: [{ to: 'host', event: 'guest', room, guest: 1 }],
    });
  });

  test('a third is refused, and nobody hears of it', () => {
    expect(paired().join(0, 'third', room)).toEqual({ reply: no('room-full'), notices: [] });
  });

  test('a taken id is refused, to its own host as well', () => {
    const rooms = paired();
    expect(rooms.open(0, 'other', room).reply).toEqual(no('id-taken'));
    expect(rooms.open(0, 'host', room).reply).toEqual(no('id-taken'));
  });

  test('nobody joins twice, nor the own room', () => {
    const rooms = paired();
    expect(rooms.join(0, 'guest', room).reply).toEqual(no('bad-message'));
    expect(rooms.join(0, 'host', room).reply).toEqual(no('bad-message'));
  });

  test.each(['', 'short', `${room}A`, `${room.slice(1)}!`, `${room}\n`, '__proto__'])(
    'the id %j is none',
    (id) => {
      const rooms = new Rooms(limits);
      expect(rooms.open(0, 'host', id).reply).toEqual(no('bad-message'));
      expect(rooms.join(0, 'guest', id).reply).toEqual(no('bad-message'));
      expect(rooms.count).toBe(0);
    },
  );

  test('signals go to the other one, both ways', () => {
    const rooms = paired();
    expect(rooms.signal(0, 'host', room, bytes(1)).notices).toMatchObject([{ to: 'guest' }]);
    expect(rooms.signal(0, 'guest', room, bytes(2)).notices).toMatchObject([{ to: 'host' }]);
  });

  test('signals of strangers and to nobody go nowhere', () => {
    const rooms = paired();
    expect(rooms.signal(0, 'third', room, bytes(1)).notices).toEqual([]);
    expect(rooms.signal(0, 'host', randomRoom(), bytes(1)).notices).toEqual([]);
    rooms.leave('guest', room);
    expect(rooms.signal(0, 'host', room, bytes(1)).notices).toEqual([]);
    expect(rooms.signal(0, 'guest', room, bytes(1)).notices).toEqual([]);
  });

  test('a guest leaves, or is shown out, and the next may come', () => {
    const rooms = paired();
    expect(rooms.leave('guest', room).notices).toEqual([
      { to: 'host', event: 'left', room, guest: 1 },
    ]);
    expect(rooms.join(0, 'second', room).reply).toEqual(ok);
    expect(rooms.leave('host', room).notices).toEqual([{ to: 'second', event: 'left', room }]);
    expect(rooms.join(0, 'third', room).reply).toEqual(ok);
  });

  test('a stranger can neither leave nor close', () => {
    const rooms = paired();
    expect(rooms.leave('third', room).notices).toEqual([]);
    expect(rooms.close(0, 'third', room, 'invite-used').notices).toEqual([]);
    expect(rooms.close(0, 'guest', room, 'invite-used').notices).toEqual([]);
    expect(rooms.count).toBe(1);
  });
});

describe('a host’s word for one guest is not for the next', () => {
  const second = (): Rooms => {
    const rooms = paired();
    rooms.leave('guest', room);
    expect(rooms.join(0, 'second', room).notices).toMatchObject([{ event: 'guest', guest: 2 }]);
    return rooms;
  };

  test('signals and relayed frames for the one before go nowhere', () => {
    const rooms = second();
    expect(rooms.signal(0, 'host', room, bytes(1), 1).notices).toEqual([]);
    expect(rooms.relay(0, 'host', room, bytes(1), 1).notices).toEqual([]);
    expect(rooms.signal(0, 'host', room, bytes(1), 2).notices).toMatchObject([{ to: 'second' }]);
    expect(rooms.relay(0, 'host', room, bytes(1), 2).notices).toMatchObject([{ to: 'second' }]);
  });

  test('who comes as the one before is shown out stays', () => {
    const rooms = second();
    expect(rooms.leave('host', room, 1).notices).toEqual([]);
    expect(rooms.leave('host', room, 2).notices).toMatchObject([{ to: 'second' }]);
  });

  test('a number of a guest’s own means nothing', () => {
    expect(second().signal(0, 'second', room, bytes(1), 1).notices).toMatchObject([{ to: 'host' }]);
  });
});

describe('relaying', () => {
  test('frames go to the other one, both ways, and count for no signals', () => {
    const rooms = paired();
    for (let index = 0; index <= limits.signalsPerPair; index += 1) {
      expect(rooms.relay(0, 'host', room, bytes(200)).notices).toMatchObject([
        { to: 'guest', event: 'relay', room },
      ]);
      expect(rooms.relay(0, 'guest', room, bytes(200)).notices).toMatchObject([{ to: 'host' }]);
    }
    expect(rooms.relay(0, 'third', room, bytes(1)).notices).toEqual([]);
    expect(rooms.relayedPairs).toBe(1);
    rooms.leave('guest', room);
    expect(rooms.relayedPairs).toBe(0);
  });

  test('where no more pairs fit it is not offered, and not done', () => {
    const rooms = paired();
    const other = 'B'.repeat(22);
    rooms.open(0, 'other host', other);
    rooms.join(0, 'other guest', other);
    rooms.relay(0, 'host', room, bytes(1));
    expect(rooms.open(0, 'third host', 'C'.repeat(22)).reply).toEqual({ ok: true, relay: false });
    expect(rooms.relay(0, 'other host', other, bytes(1))).toEqual({
      reply: no('limit'),
      notices: [
        { to: 'other guest', event: 'left', room: other },
        { to: 'other host', event: 'left', room: other, guest: 1 },
      ],
    });
    expect(rooms.relay(0, 'guest', room, bytes(1)).notices).toHaveLength(1);
  });

  test('where it is off it is not offered', () => {
    const rooms = new Rooms(limits, false);
    expect(rooms.open(0, 'host', room).reply).toEqual({ ok: true, relay: false });
    expect(rooms.join(0, 'guest', room).reply).toEqual({ ok: true, relay: false });
  });

  test('a pair that has nothing to relay any more is parted, others are not', () => {
    const rooms = paired();
    rooms.relay(0, 'host', room, bytes(1));
    rooms.relay(limits.relayIdleMs - 1, 'guest', room, bytes(1));
    expect(rooms.sweep(limits.relayIdleMs).notices).toEqual([]);
    expect(rooms.sweep(2 * limits.relayIdleMs).notices).toEqual([
      { to: 'guest', event: 'left', room },
      { to: 'host', event: 'left', room, guest: 1 },
    ]);
    expect(rooms.relayedPairs).toBe(0);
    expect(rooms.count).toBe(1);
  });
});

describe('ends', () => {
  test('closed without a reason, it is as if it had never been', () => {
    const rooms = paired();
    expect(rooms.close(0, 'host', room).notices).toEqual([{ to: 'guest', event: 'left', room }]);
    expect(rooms.join(0, 'late', room).reply).toEqual(no('invite-expired'));
    expect(rooms.open(0, 'host', room).reply).toEqual(ok);
  });

  test.each(['invite-used', 'invite-expired'] as const)(
    'closed as %s, and told so later',
    (why) => {
      const rooms = paired();
      expect(rooms.close(0, 'host', room, why).notices).toEqual([
        { to: 'guest', event: 'left', room },
      ]);
      expect(rooms.join(1, 'late', room).reply).toEqual(no(why));
      expect(rooms.open(1, 'host', room).reply).toEqual(no('id-taken'));
      expect(rooms.open(limits.closedRoomLifeMs, 'host', room).reply).toEqual(ok);
    },
  );

  test('an unknown room is an invite that is not open', () => {
    expect(new Rooms(limits).join(0, 'guest', room).reply).toEqual(no('invite-expired'));
  });

  test('rooms expire, and all in them hear it', () => {
    const rooms = paired();
    expect(rooms.sweep(limits.roomLifeMs - 1).notices).toEqual([]);
    expect(rooms.sweep(limits.roomLifeMs).notices).toEqual([
      { to: 'guest', event: 'left', room },
      { to: 'host', event: 'left', room },
    ]);
    expect(rooms.join(limits.roomLifeMs, 'late', room).reply).toEqual(no('invite-expired'));
    expect(rooms.memberCount).toBe(0);
  });

  test('an expired room takes no guest, even before it was swept', () => {
    const rooms = new Rooms(limits);
    rooms.open(0, 'host', room);
    expect(rooms.join(limits.roomLifeMs, 'guest', room)).toEqual({
      reply: no('invite-expired'),
      notices: [{ to: 'host', event: 'left', room }],
    });
  });

  test('a host who is gone takes the room along, and may come back with it', () => {
    const rooms = paired();
    expect(rooms.disconnect('host').notices).toEqual([{ to: 'guest', event: 'left', room }]);
    expect(rooms.join(0, 'late', room).reply).toEqual(no('invite-expired'));
    expect(rooms.open(0, 'host again', room).reply).toEqual(ok);
  });

  test('a guest who is gone leaves the room open', () => {
    const rooms = paired();
    expect(rooms.disconnect('guest').notices).toEqual([
      { to: 'host', event: 'left', room, guest: 1 },
    ]);
    expect(rooms.join(0, 'second', room).reply).toEqual(ok);
  });
});

describe('limits', () => {
  test('too many signals end the pair, not the room', () => {
    const rooms = paired();
    for (let index = 0; index < limits.signalsPerPair; index += 1) {
      expect(rooms.signal(0, 'guest', room, bytes(1)).notices).toHaveLength(1);
    }
    expect(rooms.signal(0, 'guest', room, bytes(1))).toEqual({
      reply: no('limit'),
      notices: [
        { to: 'guest', event: 'left', room },
        { to: 'host', event: 'left', room, guest: 1 },
      ],
    });
    expect(rooms.join(0, 'second', room).reply).toEqual(ok);
    expect(rooms.signal(0, 'host', room, bytes(1)).notices).toHaveLength(1);
  });

  test('so do too many bytes', () => {
    const rooms = paired();
    expect(rooms.signal(0, 'host', room, bytes(limits.bytesPerPair)).reply.ok).toBe(true);
    expect(rooms.signal(0, 'host', room, bytes(1)).reply).toEqual(no('limit'));
  });

  test('rooms of one connection, opened or joined', () => {
    const rooms = new Rooms(limits);
    expect(rooms.open(0, 'host', room).reply).toEqual(ok);
    expect(rooms.open(0, 'host', randomRoom()).reply).toEqual(ok);
    expect(rooms.open(0, 'host', randomRoom()).reply).toEqual(no('limit'));
    rooms.open(0, 'other', 'B'.repeat(22));
    expect(rooms.join(0, 'host', 'B'.repeat(22)).reply).toEqual(no('limit'));
    rooms.close(0, 'host', room, 'invite-used');
    expect(rooms.join(0, 'host', 'B'.repeat(22)).reply).toEqual(ok);
  });

  test('rooms in all', () => {
    const rooms = new Rooms(limits);
    for (let index = 0; index < limits.rooms; index += 1) {
      expect(rooms.open(0, `host ${index}`, randomRoom()).reply).toEqual(ok);
    }
    expect(rooms.open(0, 'one more', randomRoom()).reply).toEqual(no('limit'));
  });

  test('rooms of one address, however many connections it has', () => {
    const rooms = new Rooms(limits);
    expect(rooms.open(0, 'one', room, 'here').reply).toEqual(ok);
    expect(rooms.open(0, 'two', randomRoom(), 'here').reply).toEqual(ok);
    expect(rooms.open(0, 'three', randomRoom(), 'here').reply).toEqual(no('limit'));
    expect(rooms.open(0, 'four', randomRoom(), 'there').reply).toEqual(ok);
    rooms.close(0, 'four', room);
    rooms.close(0, 'one', room);
    expect(rooms.open(0, 'three', randomRoom(), 'here').reply).toEqual(ok);
    for (const gone of ['two', 'three', 'four']) rooms.disconnect(gone);
    expect(rooms.addressCount).toBe(0);
  });

  test('closed rooms are forgotten, the oldest first', () => {
    const rooms = new Rooms(limits);
    const ids = Array.from({ length: 5 }, randomRoom);
    for (const id of ids) {
      rooms.open(0, 'host', id);
      rooms.close(0, 'host', id, 'invite-used');
    }
    expect(rooms.closedCount).toBe(limits.closedRooms);
    expect(rooms.join(0, 'late', ids[0]!).reply).toEqual(no('invite-expired'));
    expect(rooms.join(0, 'late', ids[4]!).reply).toEqual(no('invite-used'));
  });

  test('the defaults are the ones that both sides know', () => {
    expect(defaultServerLimits).toMatchObject({ signalBytes: 16_384, roomsPerSocket: 64 });
  });
});

describe('whatever happens', () => {
  const member = fc.constantFrom('a', 'b', 'c', 'd');
  const id = fc.constantFrom('A'.repeat(22), 'B'.repeat(22), 'C'.repeat(22), 'D'.repeat(22));
  const step = fc.oneof(
    fc.record({ do: fc.constant('open' as const), member, id }),
    fc.record({ do: fc.constant('join' as const), member, id }),
    fc.record({ do: fc.constant('signal' as const), member, id, length: fc.nat(60) }),
    fc.record({ do: fc.constant('relay' as const), member, id, length: fc.nat(60) }),
    fc.record({ do: fc.constant('leave' as const), member, id }),
    fc.record({ do: fc.constant('close' as const), member, id }),
    fc.record({ do: fc.constant('disconnect' as const), member }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(700) }),
  );

  test('a room holds two, notices go to its members alone, and nothing is left at the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const rooms = new Rooms({ ...limits, roomsPerAddress: 9, relayIdleMs: 1e9 });
        const model = new Map<string, { host: string; guest?: string; endsAt: number }>();
        let now = 0;
        const checkNotices = (notices: readonly Notice[]): void => {
          for (const { to, room: of } of notices) {
            expect([model.get(of)?.host, model.get(of)?.guest]).toContain(to);
          }
        };
        for (const one of steps) {
          if (one.do === 'wait') {
            now += one.ms;
            checkNotices(rooms.sweep(now).notices);
            for (const [of, { endsAt }] of model) if (endsAt <= now) model.delete(of);
          } else if (one.do === 'disconnect') {
            checkNotices(rooms.disconnect(one.member).notices);
            for (const [of, { host, guest, endsAt }] of model) {
              if (host === one.member) model.delete(of);
              else if (guest === one.member) model.set(of, { host, endsAt });
            }
          } else {
            const there = model.get(one.id);
            if (one.do === 'signal') {
              const { reply, notices } = rooms.signal(now, one.member, one.id, bytes(one.length));
              checkNotices(notices);
              if (reply.ok) expect(notices.map(({ to }) => to)).not.toContain(one.member);
              else model.set(one.id, { host: there!.host, endsAt: there!.endsAt });
            } else if (one.do === 'relay') {
              const { reply, notices } = rooms.relay(now, one.member, one.id, bytes(one.length));
              checkNotices(notices);
              if (reply.ok) expect(notices.map(({ to }) => to)).not.toContain(one.member);
              else model.set(one.id, { host: there!.host, endsAt: there!.endsAt });
              expect(rooms.relayedPairs).toBeLessThanOrEqual(limits.relayedPairs);
            } else if (one.do === 'leave') {
              checkNotices(rooms.leave(one.member, one.id).notices);
              if (there !== undefined && [there.host, there.guest].includes(one.member)) {
                model.set(one.id, { host: there.host, endsAt: there.endsAt });
              }
            } else if (one.do === 'close') {
              checkNotices(rooms.close(now, one.member, one.id, 'invite-used').notices);
              if (there?.host === one.member) model.delete(one.id);
            } else if (one.do === 'open') {
              const { reply, notices } = rooms.open(now, one.member, one.id);
              expect(notices).toEqual([]);
              if (reply.ok) {
                expect(there).toBeUndefined();
                model.set(one.id, { host: one.member, endsAt: now + limits.roomLifeMs });
              }
            } else {
              const { reply, notices } = rooms.join(now, one.member, one.id);
              checkNotices(notices);
              expect(reply.ok).toBe(notices.length === 1);
              if (reply.ok) {
                expect(there?.guest).toBeUndefined();
                expect(there?.host).not.toBe(one.member);
                model.set(one.id, { ...there!, guest: one.member });
              }
            }
          }
          expect(rooms.count).toBe(model.size);
          expect(rooms.count).toBeLessThanOrEqual(limits.rooms);
          expect(rooms.closedCount).toBeLessThanOrEqual(limits.closedRooms);
        }
        for (const one of ['a', 'b', 'c', 'd']) rooms.disconnect(one);
        expect(rooms.count).toBe(0);
        expect(rooms.memberCount).toBe(0);
        expect(rooms.relayedPairs).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
