import {
  type Bytes,
  DuetError,
  type Link,
  type LinkState,
  type PeerIdentity,
  type ReceivePayloadOptions,
  type SendPayloadOptions,
} from '@duet/protocol';
import type { FramedLink } from './framed-link';
import { Listeners } from './listeners';
import type { MessageListener } from './message-receiver';
import type { PayloadTap } from './payload-receiver';

/**
 * What sessions hold: one link to one peer, whatever happens to the pages. Underneath are links that follow one another; the
 * next comes when the other side has lost its end of the one before.
 */
export class RenewableLink implements Link {
  readonly closed: Promise<DuetError>;
  #resolveClosed: (reason: DuetError) => void = () => {};
  #reason: DuetError | undefined;
  #current: FramedLink;
  /** Takes the place of the current one when that has nothing left to hand over. */
  #next: FramedLink | undefined;
  #receive: MessageListener | undefined;
  #tap: PayloadTap | undefined;
  #state: LinkState;
  readonly #renewed = new Listeners<[FramedLink]>();
  readonly #states = new Listeners<[LinkState]>();

  constructor(first: FramedLink, state: LinkState = { phase: 'open' }) {
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#state = state;
    this.#current = first;
    this.#follow(first);
  }

  /** The link underneath, for those who pass on what they do not understand. After a renewal it is another. */
  get current(): FramedLink {
    return this.#current;
  }

  get peer(): PeerIdentity {
    return this.#current.peer;
  }

  get ownFingerprint(): string | undefined {
    return this.#current.ownFingerprint;
  }

  /** Why the link has ended, if it has. */
  get reason(): DuetError | undefined {
    return this.#reason;
  }

  get state(): LinkState {
    return this.#state;
  }

  onState(listener: (state: LinkState) => void): () => void {
    return this.#states.add(listener);
  }

  /** The listener hears which link is underneath from now on. */
  onRenewed(listener: (current: FramedLink) => void): () => void {
    return this.#renewed.add(listener);
  }

  send(message: Uint8Array): void {
    if (this.#reason === undefined) this.#current.send(message);
  }

  onMessage(receive: MessageListener | undefined): void {
    this.#receive = receive;
    this.#current.onMessage(receive);
  }

  /** As a FramedLink's: for a while in which no payload is allowed. */
  tapPayloads(tap: PayloadTap | undefined): void {
    this.#tap = tap;
    this.#current.tapPayloads(tap);
  }

  sendPayload(
    stream: number,
    payload: Uint8Array,
    options: SendPayloadOptions = {},
  ): Promise<void> {
    return this.#current.sendPayload(stream, payload, options);
  }

  receivePayload(
    stream: number,
    byteLength: number,
    options: ReceivePayloadOptions = {},
  ): Promise<Bytes> {
    return this.#current.receivePayload(stream, byteLength, options);
  }

  close(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    this.#next?.close(reason);
    this.#current.close(reason);
    this.#end(this.#current.reason ?? reason);
  }

  // ---- for whoever looks after the connections ----------------------------------------------------------------------

  /** Tells a new state. */
  tell(state: LinkState): void {
    if (this.#reason !== undefined) return;
    this.#state = state;
    this.#states.tell(state);
  }

  /**
   * The other side has lost its end, and has begun anew with `next`, on which nothing was sent yet. What was received before
   * is handled first; meanwhile what is sent goes nowhere, as it would have. Of several that come meanwhile the last counts,
   * since the other side has lost its ends of the others, too; they are let go of unread.
   */
  renew(next: FramedLink): void {
    const isDraining = this.#next !== undefined;
    if (isDraining) void this.#next?.retire(lost());
    this.#next = next;
    void next.closed.then((reason) => {
      if (next !== this.#next) return;
      this.#current.close(reason);
      this.#end(reason);
    });
    if (isDraining) return;
    const why = lost();
    void this.#current.retire(why).then(() => this.#switch(why));
  }

  #switch(why: DuetError): void {
    const next = this.#next;
    this.#next = undefined;
    if (next === undefined || this.#reason !== undefined) return;
    // What was left may have ended it, by this side's word or by a failure.
    const { reason = why } = this.#current;
    if (reason !== why) {
      next.close(reason);
      this.#end(reason);
      return;
    }
    this.#current.onMessage(undefined);
    this.#current = next;
    this.#follow(next);
    try {
      this.#renewed.tell(next);
    } catch (thrown) {
      this.close(new DuetError('internal', { cause: thrown }));
    }
    if (this.#reason !== undefined) return;
    if (this.#tap !== undefined) next.tapPayloads(this.#tap);
    next.onMessage(this.#receive);
  }

  #follow(link: FramedLink): void {
    void link.closed.then((reason) => {
      // While it is being renewed, its end is not the end.
      if (link === this.#current && this.#next === undefined) this.#end(reason);
    });
  }

  #end(reason: DuetError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#resolveClosed(reason);
    this.#renewed.clear();
    this.#states.clear();
  }
}

function lost(): DuetError {
  return new DuetError('link-lost', { detail: 'The other side’s page was reloaded.', hint: '' });
}
