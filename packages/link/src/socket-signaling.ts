/** Rooms of a signaling server over one Socket.IO connection, which lasts as long as there is a room. */

import {
  asDuetError,
  type Clock,
  DuetError,
  type ErrorCode,
  limits,
  signalingLimits,
} from '@duet/protocol';
import { askForRoom, bytesIn } from './room-answers';
import {
  type Hosting,
  type Membership,
  newHosting,
  newMembership,
  release,
  tell,
} from './room-membership';
import type {
  HostedRoom,
  HostListener,
  Room,
  RoomListener,
  Signaling,
  SignalingStatus,
} from './signaling';
import { SignalingSocket, shownOutMs } from './signaling-socket';

/**
 * A connection without a room is kept for those who look for a room again and again, and then ended: the server need not
 * know how long people are here.
 */
const idleMs = 2 * limits.seekLastMs;
/** A server that did not notice the loss of this page keeps its room for up to 45 s; some more than that. */
const mostReopens = 12;
/** What passes by itself, sooner or later: an allowance that is filled up again, others who go. */
const passing: readonly ErrorCode[] = ['rate', 'limit', 'no-signaling'];

/** Signaling over Socket.IO. Nothing is sent before the first room, or `connect`. */
export function socketSignaling(address: string, clock: Clock): Signaling {
  return new SocketSignaling(address, clock);
}

class SocketSignaling implements Signaling {
  readonly address: string;
  readonly #clock: Clock;
  readonly #rooms = new Map<string, Membership>();
  /** Calls of `host` and `join` that are not answered yet. */
  #entering = 0;
  #line: SignalingSocket | undefined;
  #status: SignalingStatus = 'connecting';
  readonly #closing = new AbortController();
  #stopIdle: () => void = () => {};

  constructor(address: string, clock: Clock) {
    this.address = address;
    this.#clock = clock;
  }

  get status(): SignalingStatus {
    return this.#status;
  }

  connect(): void {
    if (this.#status === 'closed') return;
    this.#line ??= this.#makeLine();
    this.#line.want();
  }

  host(
    id: string,
    listener: HostListener,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<HostedRoom> {
    const hosting = newHosting(listener);
    return this.#enter('open', id, listener, hosting, options.signal, (room, close) => ({
      ...room,
      close,
    }));
  }

  join(
    id: string,
    listener: RoomListener,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Room> {
    return this.#enter('join', id, listener, undefined, options.signal, (room) => room);
  }

  close(): void {
    if (this.#status === 'closed') return;
    for (const { id, hosting } of [...this.#rooms.values()]) {
      if (hosting === undefined) this.#send('leave', id);
      else this.#send('close', id);
      hosting?.stopTimer();
    }
    this.#rooms.clear();
    this.#status = 'closed';
    this.#closing.abort();
    this.#stopIdle();
    const line = this.#line;
    // Servers ignore what comes in one packet with the end of a connection, so the two are kept apart.
    if (line?.connected === true) this.#clock.after(limits.lingerMs, () => line.drop());
    else line?.drop();
  }

  // ---- rooms ---------------------------------------------------------------------------------------------------------

  #enter<Entered>(
    how: 'open' | 'join',
    id: string,
    listener: RoomListener,
    hosting: Hosting | undefined,
    signal: AbortSignal | undefined,
    finish: (room: Room, close: HostedRoom['close']) => Entered,
  ): Promise<Entered> {
    const member = newMembership(id, listener, hosting);
    const entered = new Promise<Entered>((resolve, reject) => {
      const fail = (thrown: unknown): void => {
        this.#entering -= 1;
        this.#restIfIdle();
        reject(asDuetError(thrown));
      };
      this.#entering += 1;
      this.#stopIdle();
      const ends = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
      const ending = AbortSignal.any(ends);
      this.#ready(ending)
        .then(() => {
          if (this.#rooms.has(id)) throw new DuetError(how === 'open' ? 'id-taken' : 'room-full');
          return this.#ask(how, id, ending, (relays) => {
            this.#entering -= 1;
            this.#rooms.set(id, member);
            if (hosting !== undefined) hosting.isOpen = true;
            const close: HostedRoom['close'] = (why) => this.#close(member, why);
            resolve(finish(this.#roomOf(member, relays), close));
            // After whoever waits for the room, who thus has it before anything comes in it.
            void entered.then(() => release(member));
          });
        })
        .catch(fail);
    });
    return entered;
  }

  async #ready(ending: AbortSignal): Promise<void> {
    if (ending.aborted) throw new DuetError('aborted');
    this.#line ??= this.#makeLine();
    await this.#line.ready(ending);
  }

  #ask(
    how: 'open' | 'join',
    id: string,
    ending: AbortSignal,
    onYes: (relays: boolean) => void,
  ): Promise<void> {
    const socket = this.#line?.socket;
    if (socket === undefined) return Promise.reject(new DuetError('aborted'));
    return askForRoom(how, id, {
      socket,
      address: this.address,
      clock: this.#clock,
      ending,
      onYes,
      onLateYes: () => {
        if (this.#rooms.has(id)) return;
        if (how === 'join') this.#send('leave', id);
        else this.#send('close', id);
      },
    });
  }

  #roomOf(member: Membership, relays: boolean): Room {
    const { id, hosting } = member;
    const isIn = (): boolean =>
      this.#rooms.get(id) === member && (hosting === undefined || hosting.hasGuest);
    const guest = (): [] | [number] => (hosting?.guest === undefined ? [] : [hosting.guest]);
    return {
      relays,
      signal: (bytes) => {
        if (isIn()) this.#send('signal', id, bytes, ...guest());
      },
      relay: (frame) => {
        if (isIn() && relays) this.#send('relay', id, frame, ...guest());
      },
      leave: () => {
        if (!isIn()) return;
        this.#send('leave', id, ...guest());
        if (hosting === undefined) this.#forget(member);
        else hosting.hasGuest = false;
      },
    };
  }

  #close(member: Membership, why?: 'invite-expired' | 'invite-used'): void {
    if (this.#rooms.get(member.id) !== member) return;
    if (member.hosting?.isOpen === true) {
      this.#send('close', member.id, ...(why === undefined ? [] : [why]));
    }
    this.#forget(member);
  }

  #forget(member: Membership): void {
    member.hosting?.stopTimer();
    this.#rooms.delete(member.id);
    this.#restIfIdle();
  }

  // ---- the connection ------------------------------------------------------------------------------------------------

  #makeLine(): SignalingSocket {
    const line = new SignalingSocket(this.address, this.#clock, {
      connected: () => this.#connected(),
      disconnected: () => this.#lost(),
    });
    const { socket } = line;
    // Whatever a server says of rooms that this page is not in, or in another form, is not heard.
    socket.on('guest', (id: unknown, guest: unknown) => this.#welcome(this.#memberIn(id), guest));
    socket.on('signal', (id: unknown, data: unknown) => {
      const bytes = bytesIn(data, signalingLimits.signalBytes);
      if (bytes !== undefined) this.#pass(this.#memberIn(id), (room) => room.signal(bytes));
    });
    socket.on('relay', (id: unknown, data: unknown) => {
      const frame = bytesIn(data, signalingLimits.relayBytes);
      if (frame !== undefined) this.#pass(this.#memberIn(id), (room) => room.relayed?.(frame));
    });
    socket.on('left', (id: unknown, guest: unknown) => this.#left(this.#memberIn(id), guest));
    return line;
  }

  #memberIn(id: unknown): Membership | undefined {
    return typeof id === 'string' ? this.#rooms.get(id) : undefined;
  }

  /** Never kept for later: what is said to a server that is gone is not said to the next. */
  #send(event: string, ...args: readonly unknown[]): void {
    if (this.#line?.connected !== true) return;
    const socket: { emit(event: string, ...args: readonly unknown[]): void } = this.#line.socket;
    socket.emit(event, ...args);
  }

  #connected(): void {
    if (this.#status === 'closed') return;
    this.#status = 'open';
    for (const { id, hosting } of [...this.#rooms.values()]) {
      if (hosting !== undefined && !hosting.isOpen) void this.#reopen(id, hosting);
    }
  }

  #lost(): void {
    if (this.#status === 'closed') return;
    this.#status = 'lost';
    for (const member of [...this.#rooms.values()]) {
      const { id, hosting } = member;
      if (hosting === undefined) {
        this.#rooms.delete(id);
        tell(member, () => member.listener.left());
        continue;
      }
      const { hasGuest, isOpen } = hosting;
      hosting.isOpen = false;
      hosting.hasGuest = false;
      hosting.stopTimer();
      if (hasGuest) tell(member, () => member.listener.left());
      if (isOpen) tell(member, () => hosting.listener.status?.('lost'));
    }
    this.#restIfIdle();
  }

  async #reopen(id: string, hosting: Hosting): Promise<void> {
    const member = this.#rooms.get(id);
    if (member?.hosting !== hosting) return;
    try {
      await this.#ask('open', id, this.#closing.signal, () => {
        // It may have been closed meanwhile, when the server did not have it yet.
        if (this.#rooms.get(id) !== member) return this.#send('close', id);
        hosting.isOpen = true;
        hosting.reopens = 0;
        tell(member, () => hosting.listener.status?.('open'));
      });
    } catch (thrown) {
      const reason = asDuetError(thrown);
      if (this.#rooms.get(id) !== member || this.#line?.connected !== true) return;
      if (reason.code === 'id-taken') hosting.reopens += 1;
      const mayBeOurs = reason.code === 'id-taken' && hosting.reopens < mostReopens;
      if (mayBeOurs || passing.includes(reason.code)) {
        hosting.stopTimer();
        hosting.stopTimer = this.#clock.after(shownOutMs, () => void this.#reopen(id, hosting));
        return;
      }
      this.#forget(member);
      const why = reason.code === 'id-taken' ? new DuetError('invite-expired') : reason;
      tell(member, () => hosting.listener.status?.('closed', why));
    }
  }

  /** Ends the connection a while after the last room. */
  #restIfIdle(): void {
    this.#stopIdle();
    if (this.#rooms.size > 0 || this.#entering > 0 || this.#status === 'closed') return;
    const rest = (): void => {
      this.#line?.drop();
      this.#status = 'connecting';
    };
    if (this.#line?.connected === true) this.#stopIdle = this.#clock.after(idleMs, rest);
    else rest();
  }

  // ---- what rooms hear -----------------------------------------------------------------------------------------------

  #welcome(member: Membership | undefined, guest: unknown): void {
    const hosting = member?.hosting;
    if (member === undefined || hosting?.isOpen !== true) return;
    // One guest at a time: if there is another, the one before has left.
    if (hosting.hasGuest) tell(member, () => member.listener.left());
    hosting.hasGuest = true;
    hosting.guest = typeof guest === 'number' && Number.isSafeInteger(guest) ? guest : undefined;
    tell(member, () => hosting.listener.guest());
  }

  #pass(member: Membership | undefined, call: (listener: RoomListener) => void): void {
    if (member === undefined || member.hosting?.hasGuest === false) return;
    tell(member, () => call(member.listener));
  }

  #left(member: Membership | undefined, guest: unknown): void {
    if (member === undefined) return;
    const { hosting } = member;
    if (hosting === undefined) {
      this.#forget(member);
      tell(member, () => member.listener.left());
      return;
    }
    const { hasGuest } = hosting;
    // Of a guest who was shown out just then, it is no news.
    if (typeof guest === 'number' && !(hasGuest && hosting.guest === guest)) return;
    hosting.hasGuest = false;
    if (hasGuest) tell(member, () => member.listener.left());
    // A server that gives guests no numbers means the guest while there is one.
    if (typeof guest === 'number' || (hasGuest && hosting.guest === undefined)) return;
    if (!hosting.isOpen) return;
    hosting.isOpen = false;
    tell(member, () => hosting.listener.status?.('lost'));
    void this.#reopen(member.id, hosting);
  }
}
