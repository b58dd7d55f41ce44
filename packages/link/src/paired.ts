/** What a pairing gives: a channel to someone who has proved who they are, and what outlives the channel. */

import type { Bytes, PeerIdentity } from '@duet/protocol';
import type { Channel } from './channel';

/** How frames travel: straight, by a TURN server, sealed through the signaling server; `memory` in one process. */
export type Path = 'direct' | 'turn' | 'relay' | 'memory';

/** The short authentication string: the same on both pages if nobody is in between. 30 bits. */
export interface ShortAuth {
  readonly emoji: readonly string[];
  /** Their names, for people who read or hear them. */
  readonly words: readonly string[];
}

/** What the two ends of a lost link tell each other in their hellos. */
export interface ResumeFacts {
  /** 16 random bytes of this page's end of the link. */
  readonly self: Bytes;
  /** Those of the end that it was linked with; undefined where its state is lost, or there was none. */
  readonly peer: Bytes | undefined;
}

export interface Paired {
  /**
   * Both sides' first frames were exchanged and checked. Nothing after them was read: the channel has no listener. It can be
   * closed, and may have ended meanwhile.
   */
  readonly channel: Channel;
  readonly path: Path;
  readonly peer: PeerIdentity;
  readonly shortAuth: ShortAuth;
  /** SHA-256 over everything that was said in pairing. */
  readonly transcript: Bytes;
  /** HKDF key material for pairing again after this connection is lost: not extractable, the same on both sides. */
  readonly nextSecret: CryptoKey;
  /** What the other side's hello said of a link that was lost; undefined where it was none. */
  readonly resume: ResumeFacts | undefined;
}
