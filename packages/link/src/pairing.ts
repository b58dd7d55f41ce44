/**
 * Two pages find each other through the signaling server. The scientist's side makes the offer: an owner's page tells
 * nothing of itself, not even its addresses, before a guest has said something.
 */

import {
  asDuetError,
  type Clock,
  DuetError,
  type ErrorCode,
  isDuetError,
  limits,
  systemClock,
} from '@duet/protocol';
import type { Channel } from './channel';
import { roomOf } from './invite';
import {
  connectSignaling,
  enterRoom,
  type SignalingSocket,
  toBytes,
  whenConnected,
} from './signaling-client';
import { openSignal, sealSignal } from './signals';
import type { Secret } from './transcript';
import { type Connect, type Connecting, connectWebRtc } from './webrtc-channel';

export interface PairingOptions {
  /** The signaling server's address. */
  readonly signaling: string;
  readonly secret: Secret;
  /** STUN and TURN servers; none unless given. */
  readonly iceServers?: readonly RTCIceServer[];
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** How a direct connection is made; tests give another. */
  readonly connect?: Connect;
}

export type HostStatus = 'connecting' | 'open' | 'lost' | 'closed';

export interface HostOptions extends PairingOptions {
  /** A guest has come, and a connection to them is being made; it may fail. Several may come one after another. */
  readonly onGuest: (channel: Promise<Channel>) => void;
  /** `lost`: the server is gone, and sought again. `closed` is the last; `reason` says why, if not `close()`. */
  readonly onStatus?: (status: HostStatus, reason?: DuetError) => void;
}

export interface HostedInvite {
  readonly status: HostStatus;
  /**
   * Nobody can come in any more; the server tells late guests why. Connections made or in the making go on. Aborting
   * the signal does the same, and gives up connections in the making.
   */
  close(why?: 'invite-expired' | 'invite-used'): void;
}

/** A host lets a guest fail first, who then knows that it was not this side that left. */
const hostExtraMs = 2000;
const reopenDelayMs = 5000;
/** Guests whose connections are in the making. The server lets them in one by one; more at once are not let near. */
const mostConnecting = 8;
/** A server that did not notice the loss of this page keeps its room for up to 45 s; some more than that. */
const mostReopens = 12;

/**
 * Opens a room for an invite and waits for guests, also across losses of the server. Resolves when the room is open for
 * the first time. Rejects: `insecure-context`, `no-signaling`, `signaling-refused`, `aborted`, or the server's refusal.
 */
export async function hostInvite(options: HostOptions): Promise<HostedInvite> {
  checkContext(options.signal);
  const room = await roomOf(options.secret);
  const host = new Host(options, room);
  await host.start();
  return host;
}

class Host implements HostedInvite {
  status: HostStatus = 'connecting';
  readonly #options: HostOptions;
  readonly #room: string;
  readonly #clock: Clock;
  readonly #socket: SignalingSocket;
  /** The guest in the room; those that have left it may still be connecting. */
  #guest: Connecting | undefined;
  readonly #connecting = new Set<Connecting>();
  readonly #ending = new AbortController();
  #stopTimer: () => void = () => {};
  #reopens = 0;

  constructor(options: HostOptions, room: string) {
    this.#options = options;
    this.#room = room;
    this.#clock = options.clock ?? systemClock;
    this.#socket = connectSignaling(options.signaling);
  }

  async start(): Promise<void> {
    const { signaling, signal } = this.#options;
    const socket = this.#socket;
    signal?.addEventListener('abort', this.#onAbort);
    if (signal?.aborted === true) this.#onAbort();
    socket.on('guest', (room) => {
      if (room === this.#room) this.#welcome();
    });
    socket.on('signal', (room, bytes) => {
      if (room === this.#room) this.#pass(bytes);
    });
    socket.on('left', (room) => {
      if (room === this.#room) this.#left();
    });
    try {
      this.#tell('connecting');
      await whenConnected(socket, signaling, this.#clock, this.#ending.signal);
      await this.#open();
    } catch (thrown) {
      this.#fail(asDuetError(thrown));
      throw thrown;
    }
    this.#tell('open');
    socket.on('disconnect', (reason) => {
      this.#guest = undefined;
      this.#tell('lost');
      // Socket.IO does not come back by itself to a server that has shown it the door.
      if (reason === 'io server disconnect') this.#later(() => socket.connect());
    });
    socket.on('connect', () => void this.#reopen());
  }

  close(why: 'invite-expired' | 'invite-used' = 'invite-expired'): void {
    if (this.status === 'closed') return;
    const isTold = this.#socket.connected;
    if (isTold) this.#socket.emit('close', this.#room, why);
    this.#end();
    // Servers ignore what comes in one packet with the end of a connection, so the two are kept apart.
    if (isTold) this.#clock.after(limits.lingerMs, () => this.#socket.disconnect());
    else this.#socket.disconnect();
  }

  readonly #onAbort = (): void => {
    for (const connecting of [...this.#connecting]) connecting.close(new DuetError('aborted'));
    this.close();
  };

  #tell(status: HostStatus, reason?: DuetError): void {
    if (this.status === 'closed' || (status === this.status && status !== 'connecting')) return;
    this.status = status;
    this.#options.onStatus?.(status, reason);
  }

  /** All but the socket. */
  #end(reason?: DuetError): void {
    this.#stopTimer();
    this.#ending.abort();
    this.#guest = undefined;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#socket.removeAllListeners();
    this.#tell('closed', reason);
  }

  #fail(reason: DuetError): void {
    this.#end(reason);
    this.#socket.disconnect();
  }

  #later(call: () => void): void {
    this.#stopTimer();
    this.#stopTimer = this.#clock.after(reopenDelayMs, call);
  }

  #open(): Promise<void> {
    const { signaling } = this.#options;
    const { signal } = this.#ending;
    return enterRoom(this.#socket, 'open', this.#room, signaling, this.#clock, signal);
  }

  async #reopen(): Promise<void> {
    try {
      await this.#open();
      this.#reopens = 0;
      this.#tell('open');
    } catch (thrown) {
      const reason = asDuetError(thrown);
      if (this.status === 'closed' || !this.#socket.connected) return;
      const isTemporary = ['id-taken', 'rate', 'no-signaling'].includes(reason.code);
      this.#reopens += 1;
      if (isTemporary && this.#reopens < mostReopens) this.#later(() => void this.#reopen());
      else this.#fail(reason.code === 'id-taken' ? new DuetError('invite-expired') : reason);
    }
  }

  #welcome(): void {
    if (this.#connecting.size >= mostConnecting) {
      this.#guest = undefined;
      this.#socket.emit('leave', this.#room);
      return;
    }
    const { connect = connectWebRtc, iceServers = [], onGuest } = this.#options;
    const connecting = connect({
      initiator: false,
      iceServers,
      clock: this.#clock,
      timeoutMs: limits.connectTimeoutMs + hostExtraMs,
      onSignal: (signal) => {
        if (this.#guest === connecting) {
          this.#socket.emit('signal', this.#room, sealSignal(signal));
        }
      },
    });
    this.#guest = connecting;
    this.#connecting.add(connecting);
    connecting.channel.then(
      () => this.#connecting.delete(connecting),
      () => {
        this.#connecting.delete(connecting);
        if (this.#guest !== connecting) return;
        // The guest is shown out, so that the next may come.
        this.#guest = undefined;
        this.#socket.emit('leave', this.#room);
      },
    );
    onGuest(connecting.channel);
  }

  #pass(bytes: unknown): void {
    const guest = this.#guest;
    if (guest === undefined) return;
    try {
      guest.signal(openSignal(toBytes(bytes)));
    } catch (thrown) {
      guest.close(asDuetError(thrown));
    }
  }

  #left(): void {
    // A guest leaves once connected, a little before this side knows that it is: the connection goes on.
    if (this.#guest !== undefined) this.#guest = undefined;
    // Without a guest it is the room itself that has ended.
    else void this.#reopen();
  }
}

/** What the server may answer a guest; anything else it says is a fault of one of the two. */
const guestRefusals: readonly ErrorCode[] = ['invite-expired', 'invite-used', 'room-full', 'rate'];

/**
 * Comes to the owner who hosts the invite. Rejects: `insecure-context`, `no-signaling`, `signaling-refused`,
 * `invite-expired`, `invite-used`, `room-full`, `rate`, `no-connection`, `peer-left`, `unsupported-browser`, `aborted`.
 */
export async function joinInvite(options: PairingOptions): Promise<Channel> {
  const { signaling, secret, signal, clock = systemClock, iceServers = [] } = options;
  const { connect = connectWebRtc } = options;
  checkContext(signal);
  const room = await roomOf(secret);
  const socket = connectSignaling(signaling);
  let connecting: Connecting | undefined;
  let isAnswered = false;
  try {
    await whenConnected(socket, signaling, clock, signal);
    socket.on('left', (from) => {
      // An owner who has answered and then shows this guest out could not connect either.
      const code = isAnswered ? 'no-connection' : 'peer-left';
      if (from === room) connecting?.close(new DuetError(code));
    });
    socket.on('signal', (from, bytes) => {
      if (from !== room || connecting === undefined) return;
      isAnswered = true;
      try {
        connecting.signal(openSignal(toBytes(bytes)));
      } catch (thrown) {
        connecting.close(asDuetError(thrown));
      }
    });
    await enterRoom(socket, 'join', room, signaling, clock, signal);
    connecting = connect({
      initiator: true,
      iceServers,
      clock,
      ...(signal === undefined ? {} : { signal }),
      onSignal: (told) => socket.emit('signal', room, sealSignal(told)),
    });
    return await connecting.channel;
  } catch (thrown) {
    connecting?.close();
    throw refusal(asDuetError(thrown));
  } finally {
    // Who disconnects has left: the room is free for the next.
    socket.removeAllListeners();
    socket.disconnect();
  }
}

function refusal(reason: DuetError): DuetError {
  const isServers = isDuetError(reason, 'limit') || isDuetError(reason, 'id-taken');
  return isServers && !guestRefusals.includes(reason.code)
    ? new DuetError('signaling-refused', { cause: reason })
    : reason;
}

/** WebCrypto, which everything here rests on, does not exist on an insecure origin. */
function checkContext(signal: AbortSignal | undefined): void {
  if (globalThis.isSecureContext === false) throw new DuetError('insecure-context');
  if (signal?.aborted === true) throw new DuetError('aborted');
}
