import type {
  ClientToServerEvents,
  ServerToClientEvents,
  SignalingRefusal,
  SignalingReply,
} from '@duet/protocol';
import type { DefaultEventsMap, Server } from 'socket.io';
import type { ServerClock } from './clock';
import type { ServerLimits } from './limits';
import type { Log } from './log';
import { MemberSocket, type SignalingSocket, type SocketData } from './member-socket';
import type { CounterName, Metrics } from './metrics';
import { RateLimiter } from './rate-limits';
import type { Notice, Outcome, Rooms } from './rooms';

export type SignalingIo = Server<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;

type Reply = (answer: SignalingReply) => void;

export interface SocketEventsParts {
  readonly rooms: Rooms;
  readonly limits: ServerLimits;
  readonly clock: ServerClock;
  readonly metrics: Metrics;
  readonly log: Log;
  /** May frames pass through here? */
  readonly relays: boolean;
}

/** Ids have 22 characters. What is a little wrong is answered, what is long is not read. */
const longestId = 64;

const tooFast: SignalingRefusal = 'rate';

/** Carries events between sockets and rooms, and turns away whoever does not keep to the protocol. */
export class SocketEvents {
  readonly #parts: SocketEventsParts;
  readonly #members = new Map<string, MemberSocket>();
  readonly #events: RateLimiter;
  readonly #opens: RateLimiter;
  readonly #joins: RateLimiter;

  constructor(parts: SocketEventsParts) {
    this.#parts = parts;
    const { limits } = parts;
    this.#events = new RateLimiter(limits.eventsPerMinute, limits.connections);
    this.#opens = new RateLimiter(limits.roomsPerMinute, limits.addresses);
    this.#joins = new RateLimiter(limits.joinsPerMinute, limits.addresses);
  }

  attach(io: SignalingIo): void {
    io.on('connection', (socket) => this.#welcome(socket));
  }

  sweep(): void {
    const now = this.#now;
    this.#tell(this.#parts.rooms.sweep(now).notices);
    for (const limiter of [this.#events, this.#opens, this.#joins]) limiter.sweep(now);
  }

  /** Tells everyone in a room that it is over. */
  clear(): void {
    this.#tell(this.#parts.rooms.clear().notices);
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  #welcome(socket: SignalingSocket): void {
    const { limits, clock, metrics, rooms } = this.#parts;
    const member = new MemberSocket(socket, limits, clock);
    this.#members.set(socket.id, member);
    metrics.count('duet_connections_total');
    socket.on('error', () => undefined);
    socket.on('disconnect', () => {
      member.end();
      this.#members.delete(socket.id);
      this.#tell(rooms.disconnect(socket.id).notices);
    });
    socket.onAny((event: unknown, ...args: unknown[]) => {
      // Relayed frames have a rate of their own.
      const isRelay = event === 'relay' && this.#parts.relays;
      if (!isRelay && !this.#events.take(this.#now, socket.id)) this.#throwOut(member, 'rate');
      else if (!this.#handle(member, event, args)) this.#throwOut(member, 'protocol');
    });
  }

  #throwOut(member: MemberSocket, why: 'protocol' | 'rate' | 'slow'): void {
    const { socket } = member;
    if (!socket.connected) return;
    this.#parts.metrics.count('duet_thrown_out_total', why);
    this.#parts.log('thrown-out', { why, address: socket.data.rateKey });
    if (why === 'slow') member.cut();
    else socket.disconnect(true);
  }

  /** False for what no page of ours sends. Arguments are whatever the other side wrote. */
  #handle(member: MemberSocket, event: unknown, args: readonly unknown[]): boolean {
    const { rooms, limits, relays } = this.#parts;
    const { id } = member.socket;
    const [room, second, guest, ...more] = args;
    if (typeof room !== 'string' || room.length > longestId || more.length > 0) return false;
    switch (event) {
      case 'open':
        if (!isReply(second) || args.length > 2) return false;
        this.#answer('duet_opens_total', second, this.#opens, member, () =>
          rooms.open(this.#now, id, room, member.socket.data.rateKey),
        );
        return true;
      case 'join':
        if (!isReply(second) || args.length > 2) return false;
        this.#answer('duet_joins_total', second, this.#joins, member, () =>
          rooms.join(this.#now, id, room),
        );
        return true;
      case 'signal': {
        if (!isBytes(second, limits.signalBytes) || !isGuest(guest)) return false;
        this.#tell(rooms.signal(this.#now, id, room, second, guest).notices);
        return true;
      }
      case 'relay': {
        if (!relays || !isBytes(second, limits.relayBytes) || !isGuest(guest)) return false;
        if (member.paced(second.byteLength)) this.#parts.metrics.count('duet_relay_pauses_total');
        this.#tell(rooms.relay(this.#now, id, room, second, guest).notices);
        return true;
      }
      case 'leave':
        if (!isGuest(second) || args.length > 2) return false;
        this.#tell(rooms.leave(id, room, second).notices);
        return true;
      case 'close':
        if (!isWhy(second) || args.length > 2) return false;
        this.#tell(rooms.close(this.#now, id, room, second).notices);
        return true;
      default:
        return false;
    }
  }

  #answer(
    counter: CounterName,
    reply: Reply,
    rate: RateLimiter,
    { socket }: MemberSocket,
    act: () => Outcome,
  ): void {
    const { metrics } = this.#parts;
    if (!rate.take(this.#now, socket.data.rateKey)) {
      metrics.count(counter, tooFast);
      reply({ ok: false, code: tooFast });
      return;
    }
    const outcome = act();
    metrics.count(counter, outcome.reply.ok ? 'ok' : outcome.reply.code);
    reply(outcome.reply);
    this.#tell(outcome.notices);
  }

  #tell(notices: readonly Notice[]): void {
    for (const notice of notices) {
      const member = this.#members.get(notice.to);
      if (member === undefined) continue;
      this.#count(notice);
      const { rooms } = this.#parts;
      const isForHost = notice.event === 'relay' && rooms.isHost(notice.to, notice.room);
      // One guest must not cost a host the connection, and with it the other rooms.
      if (isForHost && !member.canTake(notice.room, notice.bytes.byteLength)) {
        this.#tell(rooms.partFromGuest(notice.room, notice.to).notices);
      } else if (!member.tell(notice)) this.#throwOut(member, 'slow');
    }
  }

  #count(notice: Notice): void {
    const { metrics } = this.#parts;
    if (notice.event === 'signal') {
      metrics.count('duet_signals_total');
      metrics.count('duet_signal_bytes_total', undefined, notice.bytes.byteLength);
    } else if (notice.event === 'relay') {
      metrics.count('duet_relayed_frames_total');
      metrics.count('duet_relayed_bytes_total', undefined, notice.bytes.byteLength);
    }
  }
}

function isReply(value: unknown): value is Reply {
  return typeof value === 'function';
}

function isBytes(value: unknown, mostBytes: number): value is Uint8Array {
  return value instanceof Uint8Array && value.byteLength <= mostBytes;
}

function isWhy(value: unknown): value is 'invite-expired' | 'invite-used' | undefined {
  return value === undefined || value === 'invite-expired' || value === 'invite-used';
}

/** Hosts name the guest that they mean by number; others name none. */
function isGuest(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && Number.isSafeInteger(value));
}
