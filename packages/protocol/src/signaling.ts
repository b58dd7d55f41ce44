/** The Socket.IO events between a page and the signaling server. The server sees opaque ids and bytes, never what they mean. */

import type { ErrorCode } from './errors';

export const signalingLimits = {
  /** One signal. A sealed offer with a dozen candidates is under 4 KiB. */
  signalBytes: 16 * 1024,
  /** Signals and bytes that pass through a room for one pair; trickled candidates included. */
  signalsPerPair: 128,
  bytesPerPair: 256 * 1024,
  /** One relayed frame: a channel's largest, and its seal. */
  relayBytes: 64 * 1024 + 64,
  /** How long a room may be open: an invite's longest life. */
  roomLifeMs: 24 * 3600 * 1000,
  /** How long the server remembers why a room was closed, so that a late guest hears it. */
  closedRoomLifeMs: 3600 * 1000,
  /** Rooms that one connection may be in: an owner has one for each invite, each pairing and each link that was lost. */
  roomsPerSocket: 64,
  rooms: 10_000,
  closedRooms: 10_000,
  connections: 10_000,
  /** Per address and minute. A class of thirty behind one address joins at once, and all come back after a restart. */
  connectionsPerMinute: 240,
  roomsPerMinute: 300,
  joinsPerMinute: 600,
} as const;

/** 128 random-looking bits in base64url. */
export const roomIdPattern = /^[A-Za-z0-9_-]{22}$/;

/** Why the server, or a room's host, says no. */
export type SignalingRefusal = Extract<
  ErrorCode,
  'invite-expired' | 'invite-used' | 'room-full' | 'rate' | 'limit' | 'id-taken' | 'bad-message'
>;

export type SignalingReply =
  /** `relay`: may frames be relayed in this room? */
  | { readonly ok: true; readonly relay: boolean }
  | { readonly ok: false; readonly code: SignalingRefusal };

/**
 * Where a host's word is meant for the guest of the moment, it carries the number that the server gave that guest, so that
 * it never meets the next one. Guests give none.
 */
export interface ClientToServerEvents {
  /** The host opens a room and stays in it until it closes it or disconnects. */
  open: (room: string, reply: (answer: SignalingReply) => void) => void;
  /** A guest enters; the host hears `guest`. */
  join: (room: string, reply: (answer: SignalingReply) => void) => void;
  /** Opaque bytes for the other member. */
  signal: (room: string, bytes: Uint8Array, guest?: number) => void;
  /** An opaque frame for the other member, where the server relays. */
  relay: (room: string, frame: Uint8Array, guest?: number) => void;
  /** A guest leaves; a host shows the guest out, so that the next may come. */
  leave: (room: string, guest?: number) => void;
  /** The host ends the room. With a reason late guests hear it, and for a while nobody can open the room again. */
  close: (room: string, why?: Extract<SignalingRefusal, 'invite-expired' | 'invite-used'>) => void;
}

export interface ServerToClientEvents {
  /** A guest has joined the host's room: its number, counted from 1. */
  guest: (room: string, guest: number) => void;
  signal: (room: string, bytes: Uint8Array) => void;
  relay: (room: string, frame: Uint8Array) => void;
  /** The other member has left, with the guest's number where a host hears it; without one the room was closed. */
  left: (room: string, guest?: number) => void;
}
