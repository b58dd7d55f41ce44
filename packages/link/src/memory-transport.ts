/** Direct connections in memory: two ends find each other by what they signal, and check certificates as DTLS would. */

import { type Bytes, type Clock, DuetError, sameBytes } from '@duet/protocol';
import type { Channel } from './channel';
import { type MemoryPair, memoryPair } from './memory-channel';
import type { RtcDescription } from './rtc-signal';
import type { Connecting, ConnectOptions, Prepared, Transport } from './transport';

/** Both sides of a pairing are given the same one. */
export interface MemoryTransport extends Transport {
  /** From now on no connection can be made. */
  fails: boolean;
  /** Connections in the making, for tests that nothing is left behind. */
  readonly connecting: number;
  /** Those that were made and not killed since. `a` is the end of the side that got the answer. */
  readonly pairs: readonly MemoryPair[];
  /** Breaks all that there are. */
  killAll(): void;
}

export interface MemoryTransportOptions {
  /** Of the channels; the transport's own timeouts run on the clock that `connect` is given. */
  readonly clock?: Clock;
  readonly delayMs?: number;
}

export function memoryTransport(options: MemoryTransportOptions = {}): MemoryTransport {
  return new Ends(options);
}

const password = 'p'.repeat(22);

class Ends implements MemoryTransport {
  fails = false;
  connecting = 0;
  readonly #options: MemoryTransportOptions;
  readonly #offered = new Map<string, End>();
  readonly #pairs = new Set<MemoryPair>();
  #made = 0;

  constructor(options: MemoryTransportOptions) {
    this.#options = options;
  }

  get pairs(): MemoryPair[] {
    return [...this.#pairs];
  }

  killAll(): void {
    for (const pair of this.#pairs) pair.fail();
    this.#pairs.clear();
  }

  async prepare(): Promise<Prepared> {
    const fingerprint = crypto.getRandomValues(new Uint8Array(32));
    return { fingerprint, connect: (options) => new End(this, fingerprint, options) };
  }

  offer(end: End): string {
    this.#made += 1;
    const name = `end${this.#made}`;
    this.#offered.set(name, end);
    return name;
  }

  forget(name: string): void {
    this.#offered.delete(name);
  }

  find(name: string): End | undefined {
    return this.#offered.get(name);
  }

  pair(): MemoryPair {
    const pair = memoryPair(this.#options);
    this.#pairs.add(pair);
    return pair;
  }
}

class End implements Connecting {
  readonly channel: Promise<Channel>;
  readonly path = Promise.resolve('memory' as const);
  readonly #ends: Ends;
  readonly #fingerprint: Bytes;
  readonly #options: ConnectOptions;
  readonly #name: string;
  readonly #stopTimer: () => void;
  #resolve: (channel: Channel) => void = () => {};
  #reject: (reason: DuetError) => void = () => {};
  #isSettled = false;
  #hasDescription = false;
  /** The end whose offer was answered. */
  #answered: End | undefined;

  constructor(ends: Ends, fingerprint: Bytes, options: ConnectOptions) {
    this.#ends = ends;
    this.#fingerprint = fingerprint;
    this.#options = options;
    this.channel = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.channel.catch(() => {});
    ends.connecting += 1;
    this.#name = ends.offer(this);
    this.#stopTimer = options.clock.after(options.timeoutMs, () => this.#fail('no-connection'));
    options.signal?.addEventListener('abort', this.#onAbort);
    if (options.signal?.aborted === true) this.#onAbort();
    if (options.initiator) queueMicrotask(() => this.#tell('offer', 'actpass'));
  }

  signal(signal: Parameters<Connecting['signal']>[0]): void {
    if (this.#isSettled || signal.type === 'candidate' || signal.type === 'no-more-candidates') {
      return;
    }
    if (this.#hasDescription || (signal.type === 'offer') === this.#options.initiator) {
      this.#fail('bad-message');
      return;
    }
    this.#hasDescription = true;
    const other = this.#ends.find(signal.ufrag);
    if (signal.type === 'offer') {
      this.#answered = other;
      this.#tell('answer', 'active');
    } else if (!this.#ends.fails && other !== undefined && other.#answered === this) {
      this.#join(other);
    }
  }

  close(reason: DuetError = new DuetError('closed')): void {
    this.#settle(() => this.#reject(reason));
  }

  /** As DTLS: each end wants the certificate that it was told of. */
  #join(other: End): void {
    const isRight =
      sameBytes(this.#options.peerFingerprint, other.#fingerprint) &&
      sameBytes(other.#options.peerFingerprint, this.#fingerprint);
    if (!isRight) {
      this.#fail('peer-auth');
      other.#fail('peer-auth');
      return;
    }
    const pair = this.#ends.pair();
    this.#settle(() => this.#resolve(pair.a));
    other.#settle(() => other.#resolve(pair.b));
  }

  #tell(type: RtcDescription['type'], setup: RtcDescription['setup']): void {
    if (this.#isSettled) return;
    this.#options.onSignal({
      type,
      ufrag: this.#name,
      pwd: password,
      setup,
      sctpPort: 5000,
      maxMessageBytes: 262_144,
    });
  }

  readonly #onAbort = (): void => this.#fail('aborted');

  #fail(code: 'aborted' | 'no-connection' | 'bad-message' | 'peer-auth'): void {
    this.#settle(() => this.#reject(new DuetError(code)));
  }

  #settle(act: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#ends.connecting -= 1;
    this.#ends.forget(this.#name);
    this.#stopTimer();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    act();
  }
}
