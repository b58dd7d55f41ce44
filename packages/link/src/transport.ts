/** How a direct connection is made. WebRTC in browsers; tests give one in memory. */

import type { Bytes, Clock, DuetError } from '@duet/protocol';
import type { Channel } from './channel';
import type { Path } from './paired';
import type { RtcSignal } from './rtc-signal';

export interface Transport {
  /** Makes ahead of time what the next connection needs of the browser alone. Tells nobody, and never fails. */
  warm?(): void;
  /**
   * Makes the certificate of one connection, whose fingerprint is told to the other side before anything else is. Rejects
   * with `unsupported-browser`.
   */
  prepare(): Promise<Prepared>;
}

export interface Prepared {
  /** SHA-256 of the certificate, 32 bytes; zeros where the transport has none. */
  readonly fingerprint: Bytes;
  /** Makes this side's half ahead of `connect`, which tells the other side of it; `discard` ends what never came to that. */
  begin?(initiator: boolean): void;
  /** Nothing is left of what was begun; after `connect` it does nothing. */
  discard?(): void;
  /** Begins to connect; may be called once. */
  connect(options: ConnectOptions): Connecting;
}

export interface ConnectOptions {
  /** The side that makes the offer: the scientist's. */
  readonly initiator: boolean;
  /** The only certificate that the other side may have. */
  readonly peerFingerprint: Bytes;
  /** Hears what the other side is to be told, also candidates found later. */
  readonly onSignal: (signal: RtcSignal) => void;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection in the making. */
export interface Connecting {
  /**
   * Resolves when frames can be sent. Rejects with `no-connection` (its text names the state of ICE, and what to try),
   * `aborted`, `bad-message`, `peer-auth` or `closed`, with nothing left behind.
   */
  readonly channel: Promise<Channel>;
  /** How frames go; to be asked for once the channel is open. */
  readonly path: Promise<Path>;
  /** Takes what the other side told. */
  signal(signal: RtcSignal): void;
  /** Gives up; after the channel has opened it does nothing. */
  close(reason?: DuetError): void;
}
