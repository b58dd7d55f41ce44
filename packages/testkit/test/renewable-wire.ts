/** A raw scientist whose page can be reloaded: their bare link is replaced by another, under the same session. */

import { FramedLink, memoryPair } from '@duet/link';
import { DuetError, type Link, type PayloadOptions, type PeerIdentity } from '@duet/protocol';
import { RawPair, type RawPairOptions, RawScientist } from '../src/raw-pair';

type Receive = (message: Uint8Array) => void | Promise<void>;

/** The owner's end of a link that is renewed by hand: what RenewableLink does, without what it does it with. */
class HandRenewedLink implements Link {
  readonly peer: PeerIdentity;
  readonly closed: Promise<DuetError>;
  #current: Link;
  #isRenewing = false;
  #receive: Receive = () => undefined;
  #handled: Promise<void> = Promise.resolve();
  #resolveClosed: (reason: DuetError) => void = () => undefined;
  readonly #listeners = new Set<() => void>();

  constructor(first: Link) {
    this.peer = first.peer;
    this.#current = first;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#follow(first);
  }

  /** The page at the other end is another one from now on. */
  async renew(next: Link): Promise<void> {
    const before = this.#current;
    this.#isRenewing = true;
    before.close(new DuetError('link-lost'));
    await this.#handled;
    this.#isRenewing = false;
    this.#current = next;
    this.#follow(next);
    for (const tell of this.#listeners) tell();
    next.onMessage((message) => this.#take(message));
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onMessage(receive: Receive): void {
    this.#receive = receive;
    this.#current.onMessage((message) => this.#take(message));
  }

  send(message: Uint8Array): void {
    this.#current.send(message);
  }

  sendPayload(stream: number, payload: Uint8Array, options?: PayloadOptions): Promise<void> {
    return this.#current.sendPayload(stream, payload, options);
  }

  receivePayload(
    stream: number,
    byteLength: number,
    options?: PayloadOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#current.receivePayload(stream, byteLength, options);
  }

  close(reason: DuetError): void {
    this.#current.close(reason);
  }

  #take(message: Uint8Array): Promise<void> {
    this.#handled = Promise.resolve(this.#receive(message));
    return this.#handled;
  }

  #follow(link: Link): void {
    void link.closed.then((reason) => {
      if (this.#current === link && !this.#isRenewing) this.#resolveClosed(reason);
    });
  }
}

/** A raw pair whose scientists can reload. */
export class RenewablePair {
  readonly pair: RawPair;
  readonly #links = new Map<string, HandRenewedLink>();
  readonly #wrap: (link: Link) => Link;

  constructor(options: RawPairOptions = {}) {
    const { wrapLink = (link) => link } = options;
    this.#wrap = wrapLink;
    this.pair = new RawPair({
      ...options,
      wrapLink: (link) => {
        const renewed = new HandRenewedLink(wrapLink(link));
        this.#links.set(link.peer.fingerprint, renewed);
        return renewed;
      },
    });
  }

  /** The same scientist in a page that knows nothing. */
  async reload(before: RawScientist): Promise<RawScientist> {
    const { identity, peer, engine } = before;
    const wire = memoryPair({ record: true });
    const next = new RawScientist({
      identity,
      link: new FramedLink(wire.b),
      peer,
      engine,
      wire,
    });
    const link = new FramedLink(wire.a, { peer: identity });
    await this.#links.get(identity.fingerprint)?.renew(this.#wrap(link));
    return next;
  }
}
