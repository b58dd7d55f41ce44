import type { SignalingRefusal, SignalingReply } from '@duet/protocol';
import { roomIdPattern } from '@duet/protocol';
import type { ServerLimits } from './limits';
import { OpenCounter } from './rate-limits';

export type MemberId = string;

/** Something that a member is to hear because of what another did. */
export type Notice =
  | {
      readonly to: MemberId;
      readonly event: 'left';
      readonly room: string;
      /** For a host: who has left. Without it the room has ended. */
      readonly guest?: number;
    }
  | {
      readonly to: MemberId;
      readonly event: 'guest';
      readonly room: string;
      readonly guest: number;
    }
  | {
      readonly to: MemberId;
      readonly event: 'signal' | 'relay';
      readonly room: string;
      readonly bytes: Uint8Array;
    };

export interface Outcome {
  readonly reply: SignalingReply;
  readonly notices: readonly Notice[];
}

type Why = Extract<SignalingRefusal, 'invite-expired' | 'invite-used'>;

type RoomLimits = Pick<
  ServerLimits,
  | 'signalsPerPair'
  | 'bytesPerPair'
  | 'relayedPairs'
  | 'relayIdleMs'
  | 'roomLifeMs'
  | 'closedRoomLifeMs'
  | 'roomsPerSocket'
  | 'roomsPerAddress'
  | 'rooms'
  | 'closedRooms'
>;

interface Room {
  readonly host: MemberId;
  /** What stands for the host's address. */
  readonly address: string;
  readonly expiresAt: number;
  guest: MemberId | undefined;
  /** Guests that there were so far, and so the number of the present one. */
  guests: number;
  signals: number;
  bytes: number;
}

interface ClosedRoom {
  readonly why: Why;
  readonly forgetAt: number;
}

const nothing: readonly Notice[] = [];
const done: Outcome = { reply: { ok: true, relay: false }, notices: nothing };

function refused(code: SignalingRefusal): Outcome {
  return { reply: { ok: false, code }, notices: nothing };
}

/**
 * Rooms of two: a host, and one guest at a time. Every method takes the moment as a number and returns what is to be
 * said to whom; nothing here knows of sockets or timers. Signals and relayed frames are passed on, never kept.
 */
export class Rooms {
  readonly #limits: RoomLimits;
  readonly #open = new Map<string, Room>();
  /** In the order in which they are forgotten. */
  readonly #closed = new Map<string, ClosedRoom>();
  /** The rooms that a member is in, as host or as guest. */
  readonly #memberships = new Map<MemberId, Set<string>>();
  /** Open rooms, by what stands for the addresses of their hosts. */
  readonly #byAddress: OpenCounter;
  /** When the last frame passed in rooms that relay; the longest silent first. */
  readonly #relaying = new Map<string, number>();
  readonly #relays: boolean;

  constructor(limits: RoomLimits, relays = true) {
    this.#limits = limits;
    this.#byAddress = new OpenCounter(limits.roomsPerAddress);
    this.#relays = relays;
  }

  get count(): number {
    return this.#open.size;
  }

  get closedCount(): number {
    return this.#closed.size;
  }

  get memberCount(): number {
    return this.#memberships.size;
  }

  /** Addresses that have a room open. */
  get addressCount(): number {
    return this.#byAddress.size;
  }

  /** Pairs whose frames pass through here. */
  get relayedPairs(): number {
    return this.#relaying.size;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#limits.rooms;
  }

  /** `address` stands for where the host is, so that no one address can take all rooms. */
  open(nowMs: number, member: MemberId, id: string, address: string = member): Outcome {
    if (!roomIdPattern.test(id)) return refused('bad-message');
    const { notices } = this.sweep(nowMs);
    if (this.#open.has(id) || this.#closed.has(id)) {
      return { ...refused('id-taken'), notices };
    }
    const isFull = this.#isFull(member) || this.#byAddress.isFull(address);
    if (this.#open.size >= this.#limits.rooms || isFull) {
      return { ...refused('limit'), notices };
    }
    this.#open.set(id, {
      host: member,
      address,
      expiresAt: nowMs + this.#limits.roomLifeMs,
      guest: undefined,
      guests: 0,
      signals: 0,
      bytes: 0,
    });
    this.#enter(member, id);
    this.#byAddress.add(address);
    return { reply: this.#yes(), notices };
  }

  join(nowMs: number, member: MemberId, id: string): Outcome {
    if (!roomIdPattern.test(id)) return refused('bad-message');
    const { notices } = this.sweep(nowMs);
    const room = this.#open.get(id);
    if (room === undefined) {
      return { ...refused(this.#closed.get(id)?.why ?? 'invite-expired'), notices };
    }
    if (room.host === member || room.guest === member) {
      return { ...refused('bad-message'), notices };
    }
    if (room.guest !== undefined) return { ...refused('room-full'), notices };
    if (this.#isFull(member)) return { ...refused('limit'), notices };
    room.guest = member;
    room.guests += 1;
    room.signals = 0;
    room.bytes = 0;
    this.#enter(member, id);
    const guest = room.guests;
    return {
      reply: this.#yes(),
      notices: [...notices, { to: room.host, event: 'guest', room: id, guest }],
    };
  }

  /** Passes bytes to the other member. Who is not in the room, or alone in it, may just have been left: no offence. */
  signal(nowMs: number, member: MemberId, id: string, bytes: Uint8Array, guest?: number): Outcome {
    const { notices } = this.sweep(nowMs);
    const room = this.#open.get(id);
    const to = room === undefined ? undefined : this.#other(room, member, guest);
    if (room === undefined || to === undefined) return { ...done, notices };
    room.signals += 1;
    room.bytes += bytes.byteLength;
    if (room.signals > this.#limits.signalsPerPair || room.bytes > this.#limits.bytesPerPair) {
      // The pair ends, not the room: a guest who floods must not be able to close the host's door for others.
      return { ...refused('limit'), notices: [...notices, ...this.#part(id, room)] };
    }
    return { ...done, notices: [...notices, { to, event: 'signal', room: id, bytes }] };
  }

  /** Passes a frame to the other member. A pair more than may be relayed at once is parted. */
  relay(nowMs: number, member: MemberId, id: string, bytes: Uint8Array, guest?: number): Outcome {
    const { notices } = this.sweep(nowMs);
    const room = this.#open.get(id);
    const to = room === undefined ? undefined : this.#other(room, member, guest);
    if (room === undefined || to === undefined) return { ...done, notices };
    if (!this.#relaying.has(id) && this.#relaying.size >= this.#limits.relayedPairs) {
      return { ...refused('limit'), notices: [...notices, ...this.#part(id, room)] };
    }
    this.#relaying.delete(id);
    this.#relaying.set(id, nowMs);
    return { ...done, notices: [...notices, { to, event: 'relay', room: id, bytes }] };
  }

  /** Ends a pair whose guest sends what the host cannot take. The room stays, and so do the host's others. */
  partFromGuest(id: string, host: MemberId): Outcome {
    const room = this.#open.get(id);
    if (room?.host !== host || room.guest === undefined) return done;
    return { ...done, notices: this.#part(id, room) };
  }

  isHost(member: MemberId, id: string): boolean {
    return this.#open.get(id)?.host === member;
  }

  /** A guest leaves, or the host shows the guest out; the other one hears it. */
  leave(member: MemberId, id: string, guest?: number): Outcome {
    const room = this.#open.get(id);
    const to = room === undefined ? undefined : this.#other(room, member, guest);
    if (room === undefined || to === undefined) return done;
    this.#clearGuest(id, room);
    const left = { to, event: 'left', room: id } as const;
    return { ...done, notices: [to === room.host ? { ...left, guest: room.guests } : left] };
  }

  /** Only the host closes. A reason is kept for guests who come too late; without one, the host may open it again. */
  close(nowMs: number, member: MemberId, id: string, why?: Why): Outcome {
    const room = this.#open.get(id);
    if (room?.host !== member) return done;
    const notices = this.#everyone(id, room).filter(({ to }) => to !== member);
    if (why === undefined) this.#remove(id, room);
    else this.#end(nowMs, id, room, why);
    return { ...done, notices };
  }

  /**
   * A host who is gone takes the room along. No reason is kept, so that the same host may come back with the same
   * invite after a lost connection.
   */
  disconnect(member: MemberId): Outcome {
    const notices: Notice[] = [];
    for (const id of [...(this.#memberships.get(member) ?? [])]) {
      const room = this.#open.get(id);
      if (room === undefined) continue;
      if (room.host === member) {
        if (room.guest !== undefined) notices.push({ to: room.guest, event: 'left', room: id });
        this.#remove(id, room);
      } else {
        notices.push(...this.leave(member, id).notices);
      }
    }
    return { ...done, notices };
  }

  /** Ends what has outlived its time. */
  sweep(nowMs: number): Outcome {
    const notices: Notice[] = [];
    // Both maps are in the order of their ends, since all lives are equally long.
    for (const [id, room] of this.#open) {
      if (room.expiresAt > nowMs) break;
      notices.push(...this.#end(nowMs, id, room, 'invite-expired'));
    }
    for (const [id, { forgetAt }] of this.#closed) {
      if (forgetAt > nowMs) break;
      this.#closed.delete(id);
    }
    for (const [id, lastAt] of this.#relaying) {
      if (lastAt + this.#limits.relayIdleMs > nowMs) break;
      const room = this.#open.get(id);
      if (room !== undefined) notices.push(...this.#part(id, room));
    }
    return { ...done, notices };
  }

  /** Ends every room at once, when the server goes. */
  clear(): Outcome {
    const notices: Notice[] = [];
    for (const [id, room] of this.#open) {
      notices.push(...this.#everyone(id, room));
      this.#remove(id, room);
    }
    this.#closed.clear();
    return { ...done, notices };
  }

  #isFull(member: MemberId): boolean {
    return (this.#memberships.get(member)?.size ?? 0) >= this.#limits.roomsPerSocket;
  }

  /** Relaying is offered only where there is room for one more. */
  #yes(): SignalingReply {
    return { ok: true, relay: this.#relays && this.#relaying.size < this.#limits.relayedPairs };
  }

  /** What a host says for a guest who has left is not for the next one. */
  #other(room: Room, member: MemberId, guest: number | undefined): MemberId | undefined {
    if (room.host !== member) return room.guest === member ? room.host : undefined;
    return guest === undefined || guest === room.guests ? room.guest : undefined;
  }

  #everyone(id: string, room: Room): Notice[] {
    const members = room.guest === undefined ? [room.host] : [room.guest, room.host];
    return members.map((to) => ({ to, event: 'left', room: id }));
  }

  /** Both hear it, and the room stays. */
  #part(id: string, room: Room): Notice[] {
    const notices = this.#everyone(id, room).map((left) =>
      left.to === room.host ? { ...left, guest: room.guests } : left,
    );
    this.#clearGuest(id, room);
    return notices;
  }

  #end(nowMs: number, id: string, room: Room, why: Why): Notice[] {
    const notices = this.#everyone(id, room);
    this.#remove(id, room);
    this.#closed.set(id, { why, forgetAt: nowMs + this.#limits.closedRoomLifeMs });
    for (const oldest of this.#closed.keys()) {
      if (this.#closed.size <= this.#limits.closedRooms) break;
      this.#closed.delete(oldest);
    }
    return notices;
  }

  #remove(id: string, room: Room): void {
    this.#clearGuest(id, room);
    this.#exit(room.host, id);
    this.#byAddress.remove(room.address);
    this.#open.delete(id);
  }

  #clearGuest(id: string, room: Room): void {
    if (room.guest !== undefined) this.#exit(room.guest, id);
    room.guest = undefined;
    this.#relaying.delete(id);
  }

  #enter(member: MemberId, id: string): void {
    const ids = this.#memberships.get(member) ?? new Set();
    ids.add(id);
    this.#memberships.set(member, ids);
  }

  #exit(member: MemberId, id: string): void {
    const ids = this.#memberships.get(member);
    ids?.delete(id);
    if (ids?.size === 0) this.#memberships.delete(member);
  }
}
