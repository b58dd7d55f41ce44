import type { DuetError } from '@duet/protocol';
import {
  type HostedPairing,
  type HostPairingOptions,
  hostRoom,
  type Identity,
  type JoinOptions,
  joinRoom,
  type MemorySignaling,
  type MemoryTransport,
  makeIdentity,
  memorySignaling,
  memoryTransport,
  type Paired,
  type Signaling,
  VirtualClock,
} from '../src';

/** WebCrypto answers from other threads, at its leisure; who moves a virtual clock must know when it has. */
const cryptoCalls = { open: 0 };
for (const name of [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'verify',
] as const) {
  const { subtle } = crypto;
  const call = subtle[name].bind(subtle) as (...args: unknown[]) => Promise<unknown>;
  const value = (...args: unknown[]): Promise<unknown> => {
    cryptoCalls.open += 1;
    const answer = call(...args);
    const done = (): void => {
      cryptoCalls.open -= 1;
    };
    answer.then(done, done);
    return answer;
  };
  Object.defineProperty(subtle, name, { value, configurable: true, writable: true });
}

/** Lets everything happen that waits for nothing but its turn and WebCrypto. */
export async function calm(turns = 4): Promise<void> {
  for (let quiet = 0; quiet < turns; quiet = cryptoCalls.open === 0 ? quiet + 1 : 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits for what is bound to come, without a word on when. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

export async function outcomeOf(pairing: Promise<Paired>): Promise<Paired | string> {
  return pairing.catch((thrown: DuetError) => thrown.code);
}

/** A server, a way to connect, and the two sides' identities. */
export class Village {
  readonly clock = new VirtualClock();
  readonly server: MemorySignaling = memorySignaling(this.clock);
  readonly transport: MemoryTransport = memoryTransport();
  readonly secret = crypto.getRandomValues(new Uint8Array(32));
  readonly pairings: Promise<Paired>[] = [];
  readonly statuses: string[] = [];
  readonly hosts: HostedPairing[] = [];
  readonly #pages: Signaling[] = [];
  readonly owner: Identity;
  readonly scientist: Identity;
  strangers = 0;

  private constructor(owner: Identity, scientist: Identity) {
    this.owner = owner;
    this.scientist = scientist;
  }

  static async build(): Promise<Village> {
    return new Village(await makeIdentity(), await makeIdentity());
  }

  page(): Signaling {
    const page = this.server.connect();
    this.#pages.push(page);
    return page;
  }

  async host(changes: Partial<HostPairingOptions> = {}): Promise<HostedPairing> {
    const host = await hostRoom({
      role: 'owner',
      identity: this.owner,
      software: 'duet test',
      name: 'Olga',
      secret: this.secret,
      signaling: this.page(),
      transport: this.transport,
      clock: this.clock,
      onPairing: (paired) => this.pairings.push(paired),
      onStranger: () => {
        this.strangers += 1;
      },
      onStatus: (status, reason) =>
        this.statuses.push(reason === undefined ? status : `${status}: ${reason.code}`),
      ...changes,
    });
    this.hosts.push(host);
    return host;
  }

  join(changes: Partial<JoinOptions> = {}): Promise<Paired> {
    const pairing = joinRoom({
      role: 'scientist',
      identity: this.scientist,
      software: 'duet test',
      name: 'Sam',
      secret: this.secret,
      signaling: this.page(),
      transport: this.transport,
      clock: this.clock,
      ...changes,
    });
    pairing.catch(() => {});
    return pairing;
  }

  /** The n-th pairing of the owner's side. */
  async pairing(index: number): Promise<Paired> {
    await until(() => this.pairings.length > index);
    return this.pairings[index] as Promise<Paired>;
  }

  /** Both ends. */
  async pair(
    join: Partial<JoinOptions> = {},
    host: Partial<HostPairingOptions> = {},
  ): Promise<{ owner: Paired; scientist: Paired }> {
    const before = this.pairings.length;
    if (this.hosts.length === 0) await this.host(host);
    const scientist = await this.join(join);
    return { owner: await this.pairing(before), scientist };
  }

  /** Moves time on in steps until a promise has settled, since what waits for it may itself wait. */
  async settle<T>(promise: Promise<T>, stepMs = 1000): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    for (let step = 0; !isSettled && step < 120; step += 1) {
      await calm();
      if (!isSettled) this.clock.advance(stepMs);
    }
    return promise;
  }

  close(): void {
    for (const host of this.hosts) host.close();
    for (const page of this.#pages) page.close();
  }
}
