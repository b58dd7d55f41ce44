/** What pairing needs of a signaling server: rooms of two, by opaque ids. Implemented over Socket.IO, and in memory. */

import type { DuetError } from '@duet/protocol';

/** `lost`: the server is gone, and sought again. `closed` is the last. */
export type SignalingStatus = 'connecting' | 'open' | 'lost' | 'closed';

/** What comes from a room. None of it is to be trusted: the server may say anything at any time. */
export interface RoomListener {
  /** Opaque bytes of the other member. */
  signal(bytes: Uint8Array): void;
  /** A relayed frame of theirs. */
  relayed?(frame: Uint8Array): void;
  /** The other member has left, the room was closed, or the server is lost. */
  left(): void;
}

/** A room, as a member of it has it. After `leave`, or once the server is lost, everything in it does nothing. */
export interface Room {
  /** May frames be relayed through this server? */
  readonly relays: boolean;
  signal(bytes: Uint8Array): void;
  relay(frame: Uint8Array): void;
  /** A guest leaves; a host shows the guest out, so that the next may come. */
  leave(): void;
}

export interface HostListener extends RoomListener {
  /** Someone has come in. There is one guest at a time. */
  guest(): void;
  /** The room is open again after a loss of the server, is being sought, or has ended for good, with why. */
  status?(status: SignalingStatus, reason?: DuetError): void;
}

export interface HostedRoom extends Room {
  /** Nobody can come in any more. With a reason the server tells late guests, and the id stays taken for a while. */
  close(why?: 'invite-expired' | 'invite-used'): void;
}

/** One connection to one server, for all rooms of a page. It reconnects by itself, and opens hosted rooms again. */
export interface Signaling {
  readonly address: string;
  readonly status: SignalingStatus;
  /** Connects ahead of the first room, which is asked for in a moment; `close` undoes it. */
  connect?(): void;
  /**
   * Opens a room, and keeps it open across losses of the server until it is closed. Resolves when it is open for the first
   * time. Rejects: `no-signaling`, `signaling-refused`, `id-taken`, `rate`, `limit`, `aborted`.
   */
  host(
    room: string,
    listener: HostListener,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<HostedRoom>;
  /**
   * Enters a room, once: it is not entered again after a loss. Rejects: `no-signaling`, `signaling-refused`,
   * `invite-expired` (nobody hosts it), `invite-used`, `room-full`, `rate`, `limit`, `aborted`.
   */
  join(
    room: string,
    listener: RoomListener,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Room>;
  /** Leaves and closes everything. */
  close(): void;
}
