import type { DuetError } from './errors';

/** Who is at the other end of a link, as authenticated by the handshake. */
export interface PeerIdentity {
  /** SHA-256 of the peer's public identity key, in hex: stable over sessions, and its key in every map. */
  readonly fingerprint: string;
  /** What the peer calls itself. Inert text. */
  readonly name: string;
  /** Name and version of the peer's library. Inert text. */
  readonly software: string;
  /** The identity key itself, where a handshake has shown it: an uncompressed point of P-256, 65 bytes. */
  readonly publicKey?: Uint8Array | undefined;
}

export interface PayloadOptions {
  readonly signal?: AbortSignal;
  /** Called after fixed counts of bytes, with what has passed so far. */
  readonly onProgress?: (bytes: number) => void;
}

export interface SendPayloadOptions extends PayloadOptions {
  /**
   * Asked for each piece of `limits.digestPieceBytes`, some pieces before it leaves: may it? Where it may not, it and what
   * follows never leave, and the promise rejects with `internal`.
   */
  readonly mayLeave?: (piece: Uint8Array, index: number) => Promise<boolean>;
}

export interface ReceivePayloadOptions extends PayloadOptions {
  /** Called with each piece of `limits.digestPieceBytes` once it is there, and with the last: a view on the payload. */
  readonly onPiece?: (piece: Uint8Array) => void;
}

/** How a link that survives losses of its connection stands. */
export interface LinkState {
  /** `away`: the connection is lost, and the other side may come back. The end is told by `closed` alone. */
  readonly phase: 'open' | 'away';
  /** Until when it may come back, in milliseconds of the wall clock; only while it is away. */
  readonly awayUntil?: number;
  /** How frames travel now, or last did. */
  readonly path?: 'direct' | 'turn' | 'relay' | 'memory';
}

/**
 * What handling a message comes to. With `over`, the next message is handed over at once; but the credit of this one, and of
 * those behind it, goes back only when that has resolved, in the order of the messages.
 */
export type Handled = void | Promise<void> | { readonly over: Promise<void> };

/**
 * What a side sees of a link: ordered messages, and payloads beside them on numbered streams. It knows nothing of what
 * they mean. Messages go before payloads, so that a large transfer never delays a small decision.
 */
export interface Link {
  readonly peer: PeerIdentity;
  /** The fingerprint by which the peer knows this side; undefined where no handshake was made. */
  readonly ownFingerprint?: string | undefined;
  /** Resolves once, with why, when the link has ended for good; never rejects. */
  readonly closed: Promise<DuetError>;
  /** How the link stands; absent where a loss of the connection is the end. */
  readonly state?: LinkState;

  /** Hears of every change of `state`, until the returned function is called. */
  onState?(listener: (state: LinkState) => void): () => void;

  /**
   * Hears that the other side has lost all that it knew of the link: its page was reloaded. By then every message received
   * before was handled, and pending payloads have rejected with `link-lost`. What this side sent and the other had not
   * handled may be lost, also what was sent while the link was away. What is sent from within the listener on reaches the
   * new page, and whatever comes from it comes after the listener was told.
   */
  onRenewed?(listener: () => void): () => void;

  /**
   * Sends one message. All messages of a microtask travel in one frame, up to `tickBytes` of them. After the end of the
   * link it does nothing: `closed` has told already.
   */
  send(message: Uint8Array): void;

  /**
   * The one receiver of messages. The next message is handed over only when the promise of the one before has settled,
   * so that they are handled strictly in order; early ones wait, bounded by the credit of their sender.
   */
  onMessage(receive: (message: Uint8Array) => Handled): void;

  /**
   * Sends a payload on a stream whose number the sides have agreed on by a message. The bytes are read until the promise
   * settles and must not change before. Resolves when the last byte was handed to the channel, or the other side wants no
   * more of it; rejects with the reason the link ended.
   */
  sendPayload(stream: number, payload: Uint8Array, options?: SendPayloadOptions): Promise<void>;

  /**
   * Takes the payload of a stream, exactly so many bytes, in one aligned buffer of its own. It may be called before or
   * after the first bytes arrive. Rejects with the reason the link ended, or with `aborted`; the other side is then told
   * that nobody wants the rest, and what comes of it is discarded.
   */
  receivePayload(
    stream: number,
    byteLength: number,
    options?: ReceivePayloadOptions,
  ): Promise<Uint8Array<ArrayBuffer>>;

  /** Tells the other side why, and ends the link. Everything pending rejects. */
  close(reason: DuetError): void;
}
