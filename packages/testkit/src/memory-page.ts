/** A page in memory: what it connects by, its time and what it has stored, all of which end at once when it is closed. */

import type {
  Channel,
  MemorySignaling,
  MemoryTransport,
  Network,
  Signaling,
  Transport,
} from '@duet/link';
import type { OwnerStorage } from '@duet/owner';
import { type Clock, systemClock } from '@duet/protocol';
import type { ResumptionStore } from 'duetjs';

export interface MemoryPageParts {
  readonly server: MemorySignaling;
  readonly transport: MemoryTransport;
  readonly clock?: Clock | undefined;
}

/** Nothing of a page that is gone runs any more: its timers do not fire, and what it writes is not written. */
export class MemoryPage {
  readonly network: Network;
  readonly clock: Clock;
  readonly #signalings = new Set<Signaling>();
  readonly #channels = new Set<Channel>();
  readonly #timers = new Set<() => void>();
  #isGone = false;

  constructor({ server, transport, clock = systemClock }: MemoryPageParts) {
    this.clock = {
      now: () => clock.now(),
      after: (delayMs, call) => this.#after(clock, delayMs, call),
    };
    this.network = {
      signaling: () => {
        const signaling = server.connect();
        this.#signalings.add(signaling);
        return signaling;
      },
      transport: () => this.#watched(transport),
    };
  }

  /** As it is when a browser is killed: nobody is told but by what breaks. */
  die(): void {
    this.#isGone = true;
    for (const cancel of [...this.#timers]) cancel();
    for (const signaling of this.#signalings) signaling.close();
    for (const channel of this.#channels) channel.close();
  }

  /** The same storage, for as long as this page is there. */
  stored(storage: OwnerStorage): OwnerStorage {
    const here = <T>(act: () => Promise<T>) => this.#here(act);
    return {
      lasting: storage.lasting,
      read: (...given) => here(() => storage.read(...given)),
      write: (...given) => here(() => storage.write(...given)),
      keyedDigest: (data) => here(() => storage.keyedDigest(data)),
      seal: (...given) => here(() => storage.seal(...given)),
      open: (...given) => here(() => storage.open(...given)),
      wipe: () => here(() => storage.wipe()),
    };
  }

  /** The same for what a scientist's browser remembers. */
  remembered(store: ResumptionStore): ResumptionStore {
    const here = <T>(act: () => Promise<T>) => this.#here(act);
    return {
      take: () => here(() => store.take()),
      keep: (session) => here(() => store.keep(session)),
      forget: (family) => here(() => store.forget(family)),
      owner: (fingerprint) => here(() => store.owner(fingerprint)),
      meet: (...given) => here(() => store.meet(...given)),
    };
  }

  #here<T>(act: () => Promise<T>): Promise<T> {
    return this.#isGone ? new Promise<T>(() => undefined) : act();
  }

  #after(clock: Clock, delayMs: number, call: () => void): () => void {
    if (this.#isGone) return () => undefined;
    const stop = clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      call();
    });
    const cancel = (): void => {
      this.#timers.delete(cancel);
      stop();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  #watched(transport: Transport): Transport {
    return {
      prepare: async () => {
        const prepared = await transport.prepare();
        return {
          ...prepared,
          connect: (options) => {
            const connecting = prepared.connect(options);
            connecting.channel.then(
              (channel) => this.#channels.add(channel),
              () => undefined,
            );
            return connecting;
          },
        };
      },
    };
  }
}

/** The system's time, so many times as fast: for what ends after seconds. */
export function hurried(times: number): Clock {
  return {
    now: () => systemClock.now() * times,
    after: (delayMs, call) => systemClock.after(delayMs / times, call),
  };
}
