import { signalingLimits } from '@duet/protocol';

/** Every number that limits something here: what both sides know, and what only the server needs. */
export interface ServerLimits {
  readonly signalBytes: number;
  readonly signalsPerPair: number;
  readonly bytesPerPair: number;
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
  /** Events of one connection per minute. A pairing takes about thirty, and four rooms may pair at once. */
  readonly eventsPerMinute: number;
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
  eventsPerMinute: 600,
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
