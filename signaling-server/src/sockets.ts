import type { ClientToServerEvents, ServerToClientEvents, SignalingReply } from '@duet/protocol';
import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { ServerClock } from './clock';
import type { ServerLimits } from './limits';
import { RateLimiter } from './rate-limits';
import type { Notice, Outcome, Rooms } from './rooms';

export interface SocketData {
  /** What rates are counted under. */
  rateKey: string;
}

type SignalingSocket = Socket<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;

export type SignalingIo = Server<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;

type Reply = (answer: SignalingReply) => void;

const rateRefusal: SignalingReply = { ok: false, code: 'rate' };

/** Carries events between sockets and rooms, and turns away whoever does not keep to the protocol. */
export class SocketEvents {
  readonly #clock: ServerClock;
  readonly #limits: ServerLimits;
  readonly #rooms: Rooms;
  readonly #sockets = new Map<string, SignalingSocket>();
  readonly #events: RateLimiter;
  readonly #opens: RateLimiter;
  readonly #joins: RateLimiter;

  constructor(rooms: Rooms, limits: ServerLimits, clock: ServerClock) {
    this.#rooms = rooms;
    this.#limits = limits;
    this.#clock = clock;
    this.#events = new RateLimiter(limits.eventsPerMinute, limits.connections);
    this.#opens = new RateLimiter(limits.roomsPerMinute, limits.addresses);
    this.#joins = new RateLimiter(limits.joinsPerMinute, limits.addresses);
  }

  attach(io: SignalingIo): void {
    io.on('connection', (socket) => this.#welcome(socket));
  }

  sweep(): void {
    const now = this.#clock.now();
    this.#tell(this.#rooms.sweep(now).notices);
    for (const limiter of [this.#events, this.#opens, this.#joins]) limiter.sweep(now);
  }

  /** Tells everyone in a room that it is over. */
  clear(): void {
    this.#tell(this.#rooms.clear().notices);
  }

  #welcome(socket: SignalingSocket): void {
    this.#sockets.set(socket.id, socket);
    socket.on('error', () => undefined);
    socket.on('disconnect', () => {
      this.#sockets.delete(socket.id);
      this.#tell(this.#rooms.disconnect(socket.id).notices);
    });
    socket.onAny((event: unknown, ...args: unknown[]) => {
      const isWithinRate = this.#events.take(this.#clock.now(), socket.id);
      if (!isWithinRate || !this.#handle(socket, event, args)) socket.disconnect(true);
    });
  }

  /** False for what no page of ours sends. Arguments are whatever the other side wrote. */
  #handle(socket: SignalingSocket, event: unknown, args: readonly unknown[]): boolean {
    const [room, second, ...more] = args;
    if (typeof room !== 'string' || more.length > 0) return false;
    const member = socket.id;
    switch (event) {
      case 'open':
        if (!isReply(second)) return false;
        this.#answer(second, this.#opens, socket, () =>
          this.#rooms.open(this.#clock.now(), member, room),
        );
        return true;
      case 'join':
        if (!isReply(second)) return false;
        this.#answer(second, this.#joins, socket, () =>
          this.#rooms.join(this.#clock.now(), member, room),
        );
        return true;
      case 'signal':
        if (!(second instanceof Uint8Array) || second.byteLength > this.#limits.signalBytes) {
          return false;
        }
        this.#tell(this.#rooms.signal(this.#clock.now(), member, room, second).notices);
        return true;
      case 'leave':
        if (args.length > 1) return false;
        this.#tell(this.#rooms.leave(member, room).notices);
        return true;
      case 'close':
        if (second !== 'invite-expired' && second !== 'invite-used') return false;
        this.#tell(this.#rooms.close(this.#clock.now(), member, room, second).notices);
        return true;
      default:
        return false;
    }
  }

  #answer(reply: Reply, rate: RateLimiter, socket: SignalingSocket, act: () => Outcome): void {
    if (!rate.take(this.#clock.now(), socket.data.rateKey)) {
      reply(rateRefusal);
      return;
    }
    const outcome = act();
    reply(outcome.reply);
    this.#tell(outcome.notices);
  }

  #tell(notices: readonly Notice[]): void {
    for (const notice of notices) {
      const socket = this.#sockets.get(notice.to);
      if (notice.event === 'signal') socket?.emit('signal', notice.room, notice.bytes);
      else socket?.emit(notice.event, notice.room);
    }
  }
}

function isReply(value: unknown): value is Reply {
  return typeof value === 'function';
}
