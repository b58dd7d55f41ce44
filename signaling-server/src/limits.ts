import { signalingLimits } from '@duet/protocol';

/** Every number that limits something here: what both sides know, and what only the server needs. */
export interface ServerLimits {
  readonly signalBytes: number;
  readonly signalsPerPair: number;
  readonly bytesPerPair: number;
  readonly relayBytes: number;
  readonly roomLifeMs: number;
  readonly closedRoomLifeMs: number;
  readonly roomsPerSocket: number;
  readonly rooms: number;
  readonly closedRooms: number;
  readonly connections: number;
  readonly connectionsPerMinute: number;
  readonly roomsPerMinute: number;
  readonly joinsPerMinute: number;
  /** Connections open at once from one address. Many people may sit behind one, few open hundreds. */
  readonly connectionsPerAddress: number;
  /** Open rooms of one address: an owner has a few dozen at most, and a fifth of all is enough for those behind one. */
  readonly roomsPerAddress: number;
  /** Events of one connection per minute, relayed frames apart. A pairing takes about thirty; a class comes at once. */
  readonly eventsPerMinute: number;
  /** Pairs at once whose frames pass through here. Each may have a megabyte under way. */
  readonly relayedPairs: number;
  /** What one connection may have relayed, in bytes per second. Who sends faster is read more slowly; nothing is dropped. */
  readonly relayBytesPerSecond: number;
  /** What it may have relayed at once before that. */
  readonly relayBurstBytes: number;
  /** What a relayed frame counts beside its bytes, so that the smallest are bounded too. */
  readonly relayFrameCost: number;
  /** What one guest may have relayed to a host who is behind: twice the window that pages keep to. */
  readonly relayAheadBytes: number;
  /** A relayed pair is parted after so long without a frame. Links send several heartbeats in that time. */
  readonly relayIdleMs: number;
  /** Bytes on their way to one connection. Relayed pairs have half a megabyte each; who reads no more is disconnected. */
  readonly outgoingBytes: number;
  /** TURN credentials that one address is given per minute. */
  readonly credentialsPerMinute: number;
  /** More lines are counted and left out, so that nobody can fill a disk from outside. */
  readonly logLinesPerMinute: number;
  /** Addresses whose rates are remembered; the longest unseen is forgotten first. */
  readonly addresses: number;
  /** How often what has expired is looked for. */
  readonly sweepPeriodMs: number;
  /** A connection that is not a Socket.IO session by then is dropped. */
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Room for a browser's own headers, and no more. */
  readonly headerBytes: number;
  readonly headersCount: number;
  /** How long a closing connection may take to say goodbye before it is cut. */
  readonly shutdownGraceMs: number;
}

export const defaultServerLimits: ServerLimits = {
  ...signalingLimits,
  connectionsPerAddress: 200,
  roomsPerAddress: 2000,
  eventsPerMinute: 3000,
  relayedPairs: 200,
  relayBytesPerSecond: 8 * 1024 * 1024,
  relayBurstBytes: 16 * 1024 * 1024,
  relayFrameCost: 256,
  relayAheadBytes: 1024 * 1024,
  relayIdleMs: 60_000,
  outgoingBytes: 8 * 1024 * 1024,
  credentialsPerMinute: 120,
  logLinesPerMinute: 600,
  addresses: 100_000,
  sweepPeriodMs: 30_000,
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
  headerBytes: 16 * 1024,
  headersCount: 50,
  shutdownGraceMs: 1_000,
};
