import type { ClientToServerEvents, ServerToClientEvents } from '@duet/protocol';
import type { DefaultEventsMap, Socket } from 'socket.io';
import type { ServerClock } from './clock';
import type { ServerLimits } from './limits';
import type { Notice } from './rooms';

export interface SocketData {
  /** What rates are counted under: never the address itself. */
  rateKey: string;
}

export type SignalingSocket = Socket<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;

/** What is needed of the WebSocket under a connection; Socket.IO does not show it in its types. */
interface WebSocketLike {
  readonly bufferedAmount: number;
  pause(): void;
  resume(): void;
  terminate(): void;
}

type PaceLimits = Pick<
  ServerLimits,
  'relayBytesPerSecond' | 'relayBurstBytes' | 'relayFrameCost' | 'relayAheadBytes' | 'outgoingBytes'
>;

/** More than a connection is in at once. */
const rememberedRooms = 256;

/** One connection: how much waits to be sent to it, and how fast what it sends is taken. */
export class MemberSocket {
  readonly socket: SignalingSocket;
  readonly #limits: PaceLimits;
  readonly #clock: ServerClock;
  /** Bytes that the layers above the WebSocket have not handed over to it. */
  #unflushed = 0;
  /** What was relayed to it in each room since nothing waited. */
  readonly #relayed = new Map<string, number>();
  /** What may be relayed at once; below zero it is paused until that is made up for. */
  #allowance: number;
  #filledAt: number;
  #stopPause: (() => void) | undefined;

  constructor(socket: SignalingSocket, limits: PaceLimits, clock: ServerClock) {
    this.socket = socket;
    this.#limits = limits;
    this.#clock = clock;
    this.#allowance = limits.relayBurstBytes;
    this.#filledAt = clock.now();
    socket.conn.on('flush', () => {
      this.#unflushed = 0;
    });
  }

  /** False where the other end does not take what it is sent. */
  tell(notice: Notice): boolean {
    const { socket } = this;
    switch (notice.event) {
      case 'guest':
        socket.emit('guest', notice.room, notice.guest);
        break;
      case 'left':
        if (notice.guest === undefined) socket.emit('left', notice.room);
        else socket.emit('left', notice.room, notice.guest);
        break;
      default:
        this.#unflushed += notice.bytes.byteLength;
        socket.emit(notice.event, notice.room, notice.bytes);
    }
    return this.outgoingBytes <= this.#limits.outgoingBytes;
  }

  /**
   * May so many bytes more be relayed to it in a room? Not where it is behind, and that room has its share in that: a guest
   * who keeps to the window has never so much under way.
   */
  canTake(room: string, frameBytes: number): boolean {
    if (this.outgoingBytes === 0 || this.#relayed.size > rememberedRooms) this.#relayed.clear();
    const bytes = (this.#relayed.get(room) ?? 0) + frameBytes;
    this.#relayed.set(room, bytes);
    const { outgoingBytes, relayAheadBytes } = this.#limits;
    return this.outgoingBytes <= outgoingBytes / 2 || bytes <= relayAheadBytes;
  }

  /** On their way to this connection, in this process. */
  get outgoingBytes(): number {
    return this.#unflushed + (this.#webSocket?.bufferedAmount ?? 0);
  }

  /**
   * Takes a relayed frame from the allowance. Who is over it is not read from until it is filled up, so that what they send
   * waits on their side: nothing is dropped, and nothing kept. True if that began now.
   */
  paced(frameBytes: number): boolean {
    const { relayBytesPerSecond, relayBurstBytes, relayFrameCost } = this.#limits;
    const nowMs = this.#clock.now();
    const filled = this.#allowance + ((nowMs - this.#filledAt) / 1000) * relayBytesPerSecond;
    this.#filledAt = nowMs;
    this.#allowance = Math.min(relayBurstBytes, filled) - frameBytes - relayFrameCost;
    if (this.#allowance >= 0 || this.#stopPause !== undefined) return false;
    this.#pause();
    return true;
  }

  /** Ends it at once: a goodbye would wait behind all that the other end does not take. */
  cut(): void {
    this.#webSocket?.terminate();
  }

  /** Stops what is still to come. */
  end(): void {
    this.#stopPause?.();
  }

  #pause(): void {
    this.#webSocket?.pause();
    const waitMs = (-this.#allowance / this.#limits.relayBytesPerSecond) * 1000;
    this.#stopPause = this.#clock.after(Math.ceil(waitMs), () => {
      this.#stopPause = undefined;
      this.#webSocket?.resume();
    });
  }

  get #webSocket(): WebSocketLike | undefined {
    return (this.socket.conn.transport as unknown as { readonly socket?: WebSocketLike }).socket;
  }
}
