/**
 * An owner's side and a bare link to it, on which a test says whatever it likes as the scientist. Everything that passes
 * is kept.
 */

import { createPageEngine, nextMacrotask } from '@duet/engine';
import { FramedLink, type MemoryPair, memoryPair } from '@duet/link';
import type { Engine } from '@duet/ops';
import { type AuditSink, Owner, type OwnerParts, type OwnerStorage, type Peer } from '@duet/owner';
import {
  byteLength,
  type Clock,
  type DuetError,
  decodeOwnerMessage,
  encodeScientistMessage,
  type Link,
  type OwnerMessage,
  type PeerIdentity,
  type ScientistMessage,
  type SessionLimits,
} from '@duet/protocol';

export interface RawPairOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<SessionLimits>;
  readonly mostScientists?: number;
  /** Where it is written down what happens. Default: nowhere. */
  readonly audit?: AuditSink;
  /** What outlives a reload. Default: memory. */
  readonly storage?: OwnerStorage;
  /** The fewest records of an automatic aggregate. Default: the owner's side's own. */
  readonly minRecords?: number;
  /** Makes the real engine. Default: one in this page, on cpu. */
  readonly createEngine?: () => Engine;
  /** Puts something between the owner's session and the real engine. */
  readonly wrapEngine?: (engine: Engine) => Engine;
  /** Puts something between the owner's session and the real link. */
  readonly wrapLink?: (link: Link) => Link;
}

/** Something that reached the scientist. */
export type Arrival =
  | { readonly kind: 'message'; readonly message: OwnerMessage }
  | { readonly kind: 'payload'; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: 'closed'; readonly reason: DuetError };

/** One scientist's bare link, from their end. */
export class RawScientist {
  readonly identity: PeerIdentity;
  readonly link: FramedLink;
  readonly peer: Peer;
  readonly engine: Engine;
  /** `a` is the owner's end. All frames are in its log. */
  readonly wire: MemoryPair;
  /** In the order of arrival. A payload stands where it was complete. */
  readonly arrivals: Arrival[] = [];

  constructor(parts: Pick<RawScientist, 'identity' | 'link' | 'peer' | 'engine' | 'wire'>) {
    const { identity, link, peer, engine, wire } = parts;
    this.identity = identity;
    this.link = link;
    this.peer = peer;
    this.engine = engine;
    this.wire = wire;
    link.onMessage((bytes) => this.#take(decodeOwnerMessage(bytes)));
    void link.closed.then((reason) => this.arrivals.push({ kind: 'closed', reason }));
  }

  get messages(): readonly OwnerMessage[] {
    return this.arrivals.flatMap((arrival) =>
      arrival.kind === 'message' ? [arrival.message] : [],
    );
  }

  say(...messages: readonly ScientistMessage[]): void {
    for (const message of messages) this.link.send(encodeScientistMessage(message));
  }

  /** Resolves when the owner's side has answered everything and nothing moves any more. Waits on no timer. */
  async quiet(): Promise<void> {
    let seen = -1;
    for (let still = 0; still < 4; still += 1) {
      await this.peer.session?.settled();
      await nextMacrotask();
      if (this.arrivals.length !== seen) still = 0;
      seen = this.arrivals.length;
    }
  }

  #take(message: OwnerMessage): void {
    this.arrivals.push({ kind: 'message', message });
    if (message.kind !== 'value') return;
    this.link.receivePayload(message.get, byteLength(message.meta)).then(
      (bytes) => this.arrivals.push({ kind: 'payload', stream: message.get, bytes }),
      () => undefined,
    );
  }
}

export class RawPair {
  readonly owner: Owner;
  readonly #options: RawPairOptions;
  #engine: Engine | undefined;

  constructor(options: RawPairOptions = {}) {
    this.#options = options;
    const { clock, limits, audit, storage, minRecords, mostScientists = 4 } = options;
    const { wrapEngine = (engine) => engine } = options;
    const { createEngine = () => createPageEngine({ backend: 'cpu' }) } = options;
    const parts: OwnerParts = {
      createEngine: () => {
        this.#engine = wrapEngine(createEngine());
        return this.#engine;
      },
      mostScientists,
      clock,
      limits,
      audit,
      storage,
      minRecords,
    };
    this.owner = new Owner(parts);
  }

  /** A scientist who is let in at once. `name` stands for their identity too, unless a fingerprint is given. */
  join(name = 'grace', fingerprint = fingerprintLike(name)): RawScientist {
    const wire = memoryPair({ record: true });
    const { wrapLink = (link: Link) => link } = this.#options;
    const identity = { fingerprint, name, software: 'test' };
    const ownerEnd = wrapLink(new FramedLink(wire.a, { peer: identity }));
    const scientistEnd = new FramedLink(wire.b);
    const peer = this.owner.receive({
      identity,
      admit: () => ownerEnd,
      refuse: (error) => ownerEnd.close(error),
      closed: ownerEnd.closed,
    });
    peer.admit();
    if (!this.#engine) throw new Error('No engine was made for the session.');
    return new RawScientist({ identity, link: scientistEnd, peer, engine: this.#engine, wire });
  }

  close(): Promise<void> {
    return this.owner.close();
  }
}

/** 64 hex digits that differ with the name. */
function fingerprintLike(name: string): string {
  const hex = [...new TextEncoder().encode(name)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
  return hex.padEnd(64, '0').slice(0, 64);
}

/** The same engine, with something of it done otherwise. */
export function wrappedEngine(engine: Engine, over: Partial<Engine>): Engine {
  return {
    ready: () => engine.ready(),
    put: (slot, value) => engine.put(slot, value),
    install: (plan, graph) => engine.install(plan, graph),
    uninstall: (plan) => engine.uninstall(plan),
    run: (step) => engine.run(step),
    drop: (slots) => engine.drop(slots),
    read: (slot) => engine.read(slot),
    settled: () => engine.settled(),
    onLost: (listener) => engine.onLost(listener),
    restart: () => engine.restart(),
    close: () => engine.close(),
    get size() {
      return engine.size;
    },
    ...over,
  };
}
