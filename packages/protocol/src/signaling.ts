/** The Socket.IO events between a page and the signaling server. The server sees opaque ids and bytes, never what they mean. */

import type { ErrorCode } from './errors';

export const signalingLimits = {
  /** One relayed signal. An offer with a dozen candidates is under 4 KiB. */
  signalBytes: 16 * 1024,
  /** Signals and bytes that pass through a room for one pair; trickled candidates included. */
  signalsPerPair: 64,
  bytesPerPair: 256 * 1024,
  /** How long a room waits for its second member: an invite's longest life. */
  roomLifeMs: 24 * 3600 * 1000,
  /** How long the server remembers why a room was closed, so that a late guest hears it. */
  closedRoomLifeMs: 3600 * 1000,
  /** Rooms that one connection may keep open. */
  roomsPerSocket: 4,
  rooms: 10_000,
  closedRooms: 10_000,
  connections: 10_000,
  /** Per address and minute. */
  connectionsPerMinute: 60,
  roomsPerMinute: 30,
  joinsPerMinute: 60,
} as const;

/** 128 random-looking bits in base64url. */
export const roomIdPattern = /^[A-Za-z0-9_-]{22}$/;

/** Why the server, or a room's host, says no. */
export type SignalingRefusal = Extract<
  ErrorCode,
  'invite-expired' | 'invite-used' | 'room-full' | 'rate' | 'limit' | 'id-taken' | 'bad-message'
>;

export type SignalingReply =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: SignalingRefusal };

export interface ClientToServerEvents {
  /** The host opens a room and stays in it until it closes it or disconnects. */
  open: (room: string, reply: (answer: SignalingReply) => void) => void;
  /** A guest enters; the host hears `guest`. */
  join: (room: string, reply: (answer: SignalingReply) => void) => void;
  /** Opaque bytes for the other member. */
  signal: (room: string, bytes: Uint8Array) => void;
  /** A guest leaves; a host shows the guest out, so that the next may come. */
  leave: (room: string) => void;
  /** The host ends the room and says why late guests are too late. */
  close: (room: string, why: Extract<SignalingRefusal, 'invite-expired' | 'invite-used'>) => void;
}

export interface ServerToClientEvents {
  /** A guest has joined the host's room. */
  guest: (room: string) => void;
  signal: (room: string, bytes: Uint8Array) => void;
  /** The other member has left, or the room was closed. */
  left: (room: string) => void;
}
