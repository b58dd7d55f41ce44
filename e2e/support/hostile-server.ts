/**
 * A signaling server that serves the real pages and does what it likes with all that passes between them. Where it is not
 * told otherwise it does what the real one does, so that a manipulation is the only thing that is wrong.
 */

import { randomBytes } from 'node:crypto';
import type { SignalingRefusal } from '@duet/protocol';
import { createSignalingServer } from 'duetjs-signaling';
import { Server, type Socket } from 'socket.io';
import { inRepository } from '../../scripts/tools';

export type Side = 'host' | 'guest';

/** Something on its way from one member of a room to the other. */
export interface Passing {
  readonly room: HostileRoom;
  readonly from: Side;
  readonly what: 'signal' | 'relay';
  /** How many of this kind this side has sent in this room before. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** What it does differently; each may be changed while it runs. */
export interface Deeds {
  /** What arrives in place of what was sent: nothing, one thing, or several. */
  pass?(passing: Passing): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Refuses to open a room; undefined opens it. */
  open?(id: string): SignalingRefusal | undefined;
  /** Refuses a guest; undefined lets them in where there is place. */
  join?(room: HostileRoom): SignalingRefusal | undefined;
}

type Reply = (answer: Answer) => void;
type Answer = { ok: true; relay: boolean } | { ok: false; code: SignalingRefusal };

/** A room as the server has it. Rooms stay listed when they are over. */
export class HostileRoom {
  readonly id: string;
  /** In the order of their opening: an owner's page opens its invite's room first. */
  readonly nth: number;
  readonly members: { host: Socket | undefined; guest: Socket | undefined };
  /** How many have come in. Hosts say by this number whom they mean. */
  guests = 0;
  /** Resolves when all that came for it so far was handled. */
  turn: Promise<void> = Promise.resolve();
  /** All that each side has sent here. */
  readonly sent: Record<Side, Record<'signal' | 'relay', Buffer[]>> = {
    host: { signal: [], relay: [] },
    guest: { signal: [], relay: [] },
  };

  constructor(id: string, nth: number, host: Socket) {
    this.id = id;
    this.nth = nth;
    this.members = { host, guest: undefined };
  }

  /** Says something to one side, as if it came from the other. */
  say(to: Side, bytes: Uint8Array, what: 'signal' | 'relay' = 'signal'): void {
    this.members[to]?.emit(what, this.id, bytes);
  }

  /** Tells the host of a guest, or either side that the other has left, whether or not it is so. */
  claim(to: Side, event: 'guest' | 'left'): void {
    if (event === 'left') {
      this.members[to]?.emit(event, this.id);
    } else {
      this.guests += 1;
      this.members[to]?.emit(event, this.id, this.guests);
    }
  }
}

export class HostileServer {
  /** Its origin, without a slash at the end. */
  readonly url: string;
  readonly rooms: HostileRoom[] = [];
  /** All that it was sent: names of events, ids of rooms, signals, relayed frames. */
  readonly heard: Buffer[] = [];
  deeds: Deeds = {};
  /** Does it offer to relay frames? */
  relays = true;
  readonly #end: () => Promise<void>;
  readonly #open = new Map<string, HostileRoom>();
  #trouble: unknown;

  private constructor(url: string, io: Server, end: () => Promise<void>) {
    this.url = url;
    this.#end = end;
    io.on('connection', (socket) => this.#welcome(socket));
  }

  static async start(): Promise<HostileServer> {
    const real = await createSignalingServer({
      host: '127.0.0.1',
      port: 0,
      staticDir: inRepository('dist'),
    });
    // The pages are the real server's; what comes by WebSocket is this one's.
    real.http.removeAllListeners('upgrade');
    const io = new Server(real.http, {
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: 4 * 1024 * 1024,
    });
    return new HostileServer(real.url, io, async () => {
      io.disconnectSockets(true);
      await real.close();
    });
  }

  /** Rejects with what went wrong in a deed, so that a test does not pass by a manipulation that was none. */
  async close(): Promise<void> {
    await this.#end();
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /** The room that was opened as the nth. Throws if there is none. */
  room(nth: number): HostileRoom {
    const room = this.rooms[nth];
    if (room === undefined) throw new Error(`No ${nth + 1} rooms were opened.`);
    return room;
  }

  #welcome(socket: Socket): void {
    socket.on('disconnect', () => {
      for (const room of this.#open.values()) {
        room.turn = room.turn.then(() => this.#leave(room, socket));
      }
    });
    socket.onAny((event: string, ...args: unknown[]) => {
      for (const part of [event, ...args]) {
        if (typeof part === 'string') this.heard.push(Buffer.from(part));
        else if (part instanceof Uint8Array) this.heard.push(Buffer.from(part));
      }
      this.#handle(socket, event, args);
    });
  }

  #handle(socket: Socket, event: string, [id, second, third]: readonly unknown[]): void {
    if (event === 'open') {
      (second as Reply)(this.#opened(socket, String(id)));
      return;
    }
    const room = this.#open.get(String(id));
    if (room === undefined) {
      if (event === 'join') (second as Reply)({ ok: false, code: 'invite-expired' });
      return;
    }
    // One after another, since a deed may take its time.
    room.turn = room.turn
      .then(() => this.#inRoom(room, socket, event, second, third))
      .catch((error: unknown) => {
        this.#trouble ??= error;
      });
  }

  async #inRoom(
    room: HostileRoom,
    socket: Socket,
    event: string,
    second: unknown,
    third: unknown,
  ): Promise<void> {
    const isMeant = (guest: unknown): boolean => guest === undefined || guest === room.guests;
    switch (event) {
      case 'join':
        (second as Reply)(this.#joined(socket, room));
        break;
      case 'signal':
      case 'relay':
        if (isMeant(third))
          await this.#pass(room, socket, event, Buffer.from(second as Uint8Array));
        break;
      case 'leave':
        if (isMeant(second)) this.#leave(room, socket);
        break;
      case 'close':
        this.#leave(room, socket, true);
        break;
    }
  }

  #opened(socket: Socket, id: string): Answer {
    const code = this.deeds.open?.(id) ?? (this.#open.has(id) ? 'id-taken' : undefined);
    if (code !== undefined) return { ok: false, code };
    const room = new HostileRoom(id, this.rooms.length, socket);
    this.rooms.push(room);
    this.#open.set(id, room);
    return { ok: true, relay: this.relays };
  }

  #joined(socket: Socket, room: HostileRoom): Answer {
    if (!this.#open.has(room.id)) return { ok: false, code: 'invite-expired' };
    const code = this.deeds.join?.(room) ?? (room.members.guest ? 'room-full' : undefined);
    if (code !== undefined) return { ok: false, code };
    room.members.guest = socket;
    room.claim('host', 'guest');
    return { ok: true, relay: this.relays };
  }

  async #pass(
    room: HostileRoom,
    socket: Socket,
    what: 'signal' | 'relay',
    bytes: Buffer,
  ): Promise<void> {
    const from: Side = room.members.host === socket ? 'host' : 'guest';
    const sent = room.sent[from][what];
    sent.push(bytes);
    const passing = { room, from, what, at: sent.length - 1, bytes };
    const instead = (await this.deeds.pass?.(passing)) ?? [bytes];
    for (const each of instead) room.say(from === 'host' ? 'guest' : 'host', each, what);
  }

  #leave(room: HostileRoom, socket: Socket, isClose = false): void {
    const { host, guest } = room.members;
    if (socket === host && (isClose || !socket.connected)) {
      room.claim('guest', 'left');
      this.#open.delete(room.id);
      room.members.host = undefined;
    } else if (socket === host) {
      room.claim('guest', 'left');
    } else if (socket === guest) {
      // By its number: without one a host takes it that the room has ended.
      host?.emit('left', room.id, room.guests);
    } else {
      return;
    }
    room.members.guest = undefined;
  }
}

/** The same bytes with one bit the other way. */
export function flipped(bytes: Uint8Array, at: number): Buffer {
  const changed = Buffer.from(bytes);
  const index = at < 0 ? changed.length + at : at;
  changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
  return changed;
}

/** As long as what it stands for, and nothing of it. */
export const noiseLike = (bytes: Uint8Array): Buffer => randomBytes(bytes.length);
