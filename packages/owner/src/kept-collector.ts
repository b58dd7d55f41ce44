import type { Collect, KeptItem, PeerIdentity, Request, TensorMeta } from '@duet/protocol';
import type { Gate } from './gate/gate';
import type { Collector, KeptBox } from './kept-box';
import type { Mailbox } from './mailbox';
import type { LeftRequest, Releases } from './releases';

export interface KeptCollectorParts extends Pick<Collector, 'gate' | 'inTurn' | 'later'> {
  readonly mailbox: Mailbox;
  readonly releases: Releases;
  readonly peer: PeerIdentity;
}

/** What one session has to do with the requests that are kept for its scientist, and leaves to be kept itself. */
export class KeptCollector implements Collector {
  readonly gate: Gate;
  readonly inTurn: Collector['inTurn'];
  readonly later: Collector['later'];
  readonly #parts: KeptCollectorParts;
  readonly #box: KeptBox;

  constructor(parts: KeptCollectorParts) {
    this.gate = parts.gate;
    this.inTurn = parts.inTurn;
    this.later = parts.later;
    this.#parts = parts;
    this.#box = parts.mailbox.of(parts.peer.fingerprint);
  }

  get longestMs(): number {
    return this.#parts.mailbox.longestMs;
  }

  get staying(): readonly TensorMeta[] {
    return this.#parts.releases.staying;
  }

  /** Throws `bad-argument`, `limit`. */
  checkRoom(message: Request, meta: TensorMeta): void {
    this.#box.checkRoom(message, meta);
  }

  /** The session before on the same link has left these. */
  beginAnew(left: readonly LeftRequest[]): void {
    this.#box.detach(this);
    this.#box.dropBound(this);
    this.#box.take(left);
  }

  /** In turn: the scientist's page was reloaded, and its requests are for the next one to collect. */
  renewed(): void {
    this.#box.detach(this);
    const left = this.#parts.releases.renew((asked) => this.#box.fitting(asked));
    this.#box.take(left, this);
  }

  /** Resolves when no decision on what is kept is under way: those that come from then on have their place in a turn. */
  idle(): Promise<void> {
    return this.#box.idle();
  }

  /** In turn: what is kept. What becomes of it is told from then on. */
  begin(): readonly KeptItem[] {
    return this.#box.attach(this);
  }

  /** The link has ended. What the owner has sent away leaves nothing. */
  end(left: readonly LeftRequest[], wasSentAway: boolean): void {
    this.#box.detach(this);
    this.#box.dropBound(this);
    if (wasSentAway) this.#box.giveUp(left);
    else this.#box.take(left);
  }

  /** In turn. Throws `no-request`, `limit`. */
  collect({ id, kept }: Collect): void {
    this.#box.collect(this, id, kept);
  }

  /** False where the get is none of a kept request's. */
  confirm(get: number): boolean {
    return this.#box.confirm(this, get);
  }

  /** Throws `no-request`. */
  forget(kept: number): void {
    this.#box.forget(this, kept);
  }
}
