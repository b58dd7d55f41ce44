/** A signaling server in memory, which tests can make hostile. What arrives does so in a later microtask, in order. */

import { type Clock, DuetError, type ErrorCode, systemClock } from '@duet/protocol';
import type {
  HostedRoom,
  HostListener,
  Room,
  RoomListener,
  Signaling,
  SignalingStatus,
} from './signaling';

/** What the server tells one member of a room. */
export interface ServerEvent {
  readonly room: string;
  readonly to: 'host' | 'guest';
  readonly kind: 'guest' | 'signal' | 'relayed' | 'left';
  /** Of signals and relayed frames. */
  readonly bytes: Uint8Array;
}

export interface MemorySignaling {
  /** Another page's connection. */
  connect(): Signaling;
  /** May frames be relayed? */
  relays: boolean;
  /**
   * Sees every event before it is delivered, and may call `deliver` with it or another, once, often, later or never.
   * Without one, all is delivered as it is.
   */
  between: ((event: ServerEvent, deliver: (event: ServerEvent) => void) => void) | undefined;
  /** Tells a member of a room something that nobody has said. */
  inject(event: ServerEvent): void;
  /** Rooms that are open, by their ids. */
  readonly rooms: readonly string[];
  /** Everything that was said, as the server sees it. */
  readonly seen: readonly ServerEvent[];
  /** All connections are lost, and all rooms with them. */
  stop(): void;
  /** The server is there again: hosts come back with their rooms. */
  start(): void;
}

export function memorySignaling(clock: Clock = systemClock): MemorySignaling {
  return new Server(clock);
}

/** Where a page comes back after a loss. */
const reconnectMs = 500;

interface Member {
  readonly client: Client;
  readonly listener: RoomListener;
  isHere: boolean;
}

interface OpenRoom {
  readonly host: HostMember;
  guest: Member | undefined;
}

interface HostMember extends Member {
  readonly listener: HostListener;
}

const noBytes = new Uint8Array();

class Server implements MemorySignaling {
  relays = true;
  between: MemorySignaling['between'];
  readonly clock: Clock;
  readonly seen: ServerEvent[] = [];
  readonly open = new Map<string, OpenRoom>();
  readonly closed = new Map<string, ErrorCode>();
  readonly #clients = new Set<Client>();
  isRunning = true;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get rooms(): string[] {
    return [...this.open.keys()];
  }

  connect(): Signaling {
    const client = new Client(this);
    this.#clients.add(client);
    return client;
  }

  forget(client: Client): void {
    this.#clients.delete(client);
  }

  tell(
    room: string,
    to: 'host' | 'guest',
    kind: ServerEvent['kind'],
    bytes: Uint8Array = noBytes,
  ): void {
    // Copies, as a network makes them.
    const event: ServerEvent = { room, to, kind, bytes: bytes.slice() };
    this.seen.push(event);
    // Whoever it is for now, also if it is held back until somebody else is there.
    const member = this.#member(event);
    const { between } = this;
    const deliver = (told: ServerEvent): void => {
      const isSame = told.room === room && told.to === to;
      const target = isSame ? member : this.#member(told);
      if (target !== undefined) this.#send(target, told);
    };
    if (between === undefined) deliver(event);
    else between(event, deliver);
  }

  inject(event: ServerEvent): void {
    const member = this.#member(event);
    if (member !== undefined) this.#send(member, event);
  }

  #member({ room, to }: ServerEvent): Member | undefined {
    const found = this.open.get(room);
    return to === 'host' ? found?.host : found?.guest;
  }

  #send(member: Member, { kind, bytes }: ServerEvent): void {
    queueMicrotask(() => {
      if (!member.isHere) return;
      const { listener } = member;
      const isGuest = !('guest' in listener);
      if (kind === 'left' && isGuest) member.isHere = false;
      if (kind === 'signal') listener.signal(bytes.slice());
      else if (kind === 'relayed') listener.relayed?.(bytes.slice());
      else if (kind === 'left') listener.left();
      else if (!isGuest) (listener as HostListener).guest();
    });
  }

  /** The guest is out, by their own will or the host's. */
  release(room: string, tells: 'host' | 'guest'): void {
    const found = this.open.get(room);
    if (found?.guest === undefined) return;
    this.tell(room, tells, 'left');
    found.guest = undefined;
  }

  shut(room: string, host: HostMember, why: ErrorCode | undefined): void {
    if (this.open.get(room)?.host !== host) return;
    this.release(room, 'guest');
    this.open.delete(room);
    if (why !== undefined) this.closed.set(room, why);
  }

  stop(): void {
    this.isRunning = false;
    const members = [...this.open.values()].flatMap(({ host, guest }) => [host, guest]);
    this.open.clear();
    for (const member of members) {
      if (member?.isHere !== true) continue;
      member.listener.left();
      if (!('guest' in member.listener)) member.isHere = false;
    }
    for (const client of this.#clients) client.lost();
  }

  start(): void {
    this.isRunning = true;
    for (const client of this.#clients) client.found();
  }
}

class Client implements Signaling {
  readonly address = 'memory:';
  status: SignalingStatus;
  readonly #server: Server;
  readonly #hosted = new Map<string, HostMember>();
  readonly #joined = new Set<{ leave(): void }>();

  constructor(server: Server) {
    this.#server = server;
    this.status = server.isRunning ? 'open' : 'lost';
  }

  async host(
    room: string,
    listener: HostListener,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<HostedRoom> {
    await this.#reach(options.signal);
    const server = this.#server;
    if (server.open.has(room) || server.closed.has(room)) throw new DuetError('id-taken');
    const host: HostMember = { client: this, listener, isHere: true };
    server.open.set(room, { host, guest: undefined });
    this.#hosted.set(room, host);
    const isOurs = (): boolean => host.isHere && server.open.get(room)?.host === host;
    return {
      get relays() {
        return server.relays;
      },
      signal: (bytes) => isOurs() && server.tell(room, 'guest', 'signal', bytes),
      relay: (frame) => isOurs() && server.relays && server.tell(room, 'guest', 'relayed', frame),
      leave: () => isOurs() && server.release(room, 'guest'),
      close: (why) => {
        if (!host.isHere) return;
        server.shut(room, host, why);
        host.isHere = false;
        this.#hosted.delete(room);
      },
    };
  }

  async join(
    room: string,
    listener: RoomListener,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Room> {
    await this.#reach(options.signal);
    const server = this.#server;
    const found = server.open.get(room);
    if (found === undefined) throw new DuetError(server.closed.get(room) ?? 'invite-expired');
    if (found.guest !== undefined) throw new DuetError('room-full');
    const guest: Member = { client: this, listener, isHere: true };
    found.guest = guest;
    server.tell(room, 'host', 'guest');
    const isOurs = (): boolean => guest.isHere && server.open.get(room)?.guest === guest;
    const joined: Room = {
      get relays() {
        return server.relays;
      },
      signal: (bytes) => isOurs() && server.tell(room, 'host', 'signal', bytes),
      relay: (frame) => isOurs() && server.relays && server.tell(room, 'host', 'relayed', frame),
      leave: () => {
        this.#joined.delete(joined);
        if (isOurs()) server.release(room, 'host');
        guest.isHere = false;
      },
    };
    this.#joined.add(joined);
    return joined;
  }

  close(): void {
    if (this.status === 'closed') return;
    this.status = 'closed';
    for (const joined of [...this.#joined]) joined.leave();
    for (const [room, host] of this.#hosted) {
      this.#server.shut(room, host, undefined);
      host.isHere = false;
    }
    this.#hosted.clear();
    this.#server.forget(this);
  }

  lost(): void {
    this.status = 'lost';
    this.#joined.clear();
    for (const { listener } of this.#hosted.values()) listener.status?.('lost');
  }

  /** A page notices after a moment that the server is there again. */
  found(): void {
    this.#server.clock.after(reconnectMs, () => {
      if (this.status !== 'lost' || !this.#server.isRunning) return;
      this.status = 'open';
      for (const [room, host] of this.#hosted) {
        if (this.#server.open.has(room)) {
          host.isHere = false;
          this.#hosted.delete(room);
          host.listener.status?.('closed', new DuetError('invite-expired'));
        } else {
          this.#server.open.set(room, { host, guest: undefined });
          host.listener.status?.('open');
        }
      }
    });
  }

  async #reach(signal: AbortSignal | undefined): Promise<void> {
    // The answer takes its time, in which much may happen.
    await Promise.resolve();
    if (signal?.aborted === true) throw new DuetError('aborted');
    if (this.status === 'closed') throw new DuetError('closed');
    if (this.status !== 'open') throw new DuetError('no-signaling');
  }
}
