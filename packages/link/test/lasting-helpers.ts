import type { Clock, PeerIdentity } from '@duet/protocol';
import {
  type Family,
  LastingLink,
  type LastingOptions,
  type MemoryPair,
  memoryPair,
  type PageEvents,
  type Paired,
  type Repair,
  type ResumeFacts,
  type Role,
  type VirtualClock,
} from '../src';

export const roles = ['owner', 'scientist'] as const;

export function otherRole(role: Role): Role {
  return role === 'owner' ? 'scientist' : 'owner';
}

/** Stands for key material; two are the same if they are the same object. */
function fakeSecret(name: string): CryptoKey {
  return { name } as unknown as CryptoKey;
}

export function peerIn(role: Role): PeerIdentity {
  return { fingerprint: role.padEnd(64, '.'), name: role, software: 'test' };
}

/** A page's own clock: its timers go when it does. */
class PageClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #timers = new Set<() => void>();
  #isGone = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now();
  }

  after(delayMs: number, call: () => void): () => void {
    if (this.#isGone) return () => {};
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(stop);
      call();
    });
    const stop = (): void => {
      this.#timers.delete(stop);
      cancel();
    };
    this.#timers.add(stop);
    return stop;
  }

  remove(): void {
    this.#isGone = true;
    for (const stop of [...this.#timers]) stop();
  }
}

/** What `pagehide` and `pageshow` are told to. */
class FakePage implements PageEvents {
  readonly #target = new EventTarget();
  listeners = 0;

  addEventListener(type: 'pagehide' | 'pageshow', listener: (event: Event) => void): void {
    this.listeners += 1;
    this.#target.addEventListener(type, listener);
  }

  removeEventListener(type: 'pagehide' | 'pageshow', listener: (event: Event) => void): void {
    this.listeners -= 1;
    this.#target.removeEventListener(type, listener);
  }

  tell(type: 'pagehide' | 'pageshow', persisted = false): void {
    this.#target.dispatchEvent(Object.assign(new Event(type), { persisted }));
  }
}

interface Seat {
  readonly page: TestPage;
  readonly secrets: readonly CryptoKey[];
  readonly resume: ResumeFacts;
  readonly onPaired: (paired: Paired, secret: CryptoKey) => void;
}

export interface MeetOptions {
  /** Whose last frame of the pairing arrives: only they come out of it with a pairing. */
  readonly arrives?: Role | 'both';
  /** The connection breaks before anything else is sent. */
  readonly stillborn?: boolean;
  /** Lets the test do something to the connection before anybody has it. */
  readonly prepare?: (pair: MemoryPair) => void;
}

/** Where the two sides find each other, in place of a server and of pairing. Side a of each connection is the owner's. */
export class Rendezvous {
  readonly clock: VirtualClock;
  readonly pairs: MemoryPair[] = [];
  readonly seats = new Map<Role, Seat>();
  /** Meets as soon as both sides are there. */
  isAutomatic = true;
  isUp = true;
  /** For automatic meetings. */
  next: () => MeetOptions = () => ({});
  #count = 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  get pair(): MemoryPair {
    const last = this.pairs.at(-1);
    if (last === undefined) throw new Error('nobody has met');
    return last;
  }

  repairFor(page: TestPage): Repair {
    return {
      start: (secrets, resume, onPaired) => {
        const seat = { page, secrets, resume, onPaired };
        if (!page.isGone) this.seats.set(page.role, seat);
        this.tryAutomatic();
        return {
          stop: () => {
            if (this.seats.get(page.role) === seat) this.seats.delete(page.role);
          },
        };
      },
    };
  }

  /** After a moment, as long as it is possible then. */
  tryAutomatic(): void {
    this.clock.after(100, () => {
      if (this.isAutomatic && this.isUp) this.meet(this.next());
    });
  }

  /** One pairing of those who are there, if they have a secret in common. True if there was one. */
  meet({ arrives = 'both', stillborn = false, prepare }: MeetOptions = {}): boolean {
    const owner = this.seats.get('owner');
    const scientist = this.seats.get('scientist');
    if (owner === undefined || scientist === undefined) return false;
    const secret = scientist.secrets.find((each) => owner.secrets.includes(each));
    if (secret === undefined) return false;
    const made = this.makePair({
      owner: owner.resume,
      scientist: scientist.resume,
    });
    prepare?.(made.pair);
    if (stillborn) made.pair.fail();
    if (arrives !== 'scientist') owner.onPaired(made.owner, secret);
    if (arrives !== 'owner') scientist.onPaired(made.scientist, secret);
    // Whoever did not hear the last frame gives up.
    if (arrives === 'owner') made.pair.b.close();
    if (arrives === 'scientist') made.pair.a.close();
    return true;
  }

  makePair(resumes: { owner?: ResumeFacts; scientist?: ResumeFacts } = {}): {
    pair: MemoryPair;
    owner: Paired;
    scientist: Paired;
  } {
    this.#count += 1;
    const pair = memoryPair({ clock: this.clock });
    this.pairs.push(pair);
    const transcript = crypto.getRandomValues(new Uint8Array(32));
    const nextSecret = fakeSecret(`secret ${this.#count}`);
    const paired = (role: Role): Paired => ({
      channel: role === 'owner' ? pair.a : pair.b,
      path: 'memory',
      peer: peerIn(otherRole(role)),
      shortAuth: { emoji: [], words: [`${this.#count}`] },
      transcript,
      nextSecret,
      resume: resumes[otherRole(role)],
    });
    return { pair, owner: paired('owner'), scientist: paired('scientist') };
  }
}

/** One load of one side's page, with the link that it holds. */
export class TestPage {
  readonly role: Role;
  readonly clock: PageClock;
  readonly events = new FakePage();
  readonly lasting: LastingLink;
  readonly states: string[] = [];
  readonly #rendezvous: Rendezvous;
  readonly #disk: Disk;
  isGone = false;

  constructor(
    rendezvous: Rendezvous,
    disk: Disk,
    role: Role,
    paired: Paired | undefined,
    options: Partial<LastingOptions> = {},
  ) {
    this.#rendezvous = rendezvous;
    this.#disk = disk;
    this.role = role;
    this.clock = new PageClock(rendezvous.clock);
    this.lasting = new LastingLink(paired, {
      role,
      repair: rendezvous.repairFor(this),
      graceMs: 600_000,
      clock: this.clock,
      family: paired === undefined ? disk.family : undefined,
      onFamily: (family) => {
        if (!this.isGone) return disk.store(family, () => this.isGone);
      },
      page: this.events,
      ...options,
    });
    this.lasting.on('state', ({ phase }) => this.states.push(phase));
  }

  /** The page goes without a word. Nothing of it acts any more, and the other side hears only that the channel is gone. */
  remove(): void {
    this.isGone = true;
    this.clock.remove();
    if (this.#rendezvous.seats.get(this.role)?.page === this) {
      this.#rendezvous.seats.delete(this.role);
    }
  }

  /** The same side's next page, from what was stored. */
  reload(options: Partial<LastingOptions> = {}): TestPage {
    this.remove();
    for (const pair of this.#rendezvous.pairs) pair.fail();
    return new TestPage(this.#rendezvous, this.#disk, this.role, undefined, options);
  }
}

/** What outlives a page. */
export class Disk {
  family: Family | undefined;
  /** How long it takes until something is stored; a page that goes before has stored nothing. */
  delayMs: () => number = () => 0;
  readonly #clock: VirtualClock;
  #doneMs = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  store(family: Family | undefined, isGone: () => boolean): void | Promise<void> {
    const delayMs = this.delayMs();
    if (delayMs === 0) {
      this.family = family;
      return;
    }
    // One after the other, as transactions on one store are.
    this.#doneMs = Math.max(this.#doneMs, this.#clock.now() + delayMs);
    return new Promise((resolve) => {
      this.#clock.after(this.#doneMs - this.#clock.now(), () => {
        if (!isGone()) this.family = family;
        resolve();
      });
    });
  }
}

export interface TestPages {
  owner: TestPage;
  scientist: TestPage;
  readonly disks: { readonly owner: Disk; readonly scientist: Disk };
}

/** Two pages that have just paired. */
export function pagesOf(rendezvous: Rendezvous, options: Partial<LastingOptions> = {}): TestPages {
  const made = rendezvous.makePair();
  const disks = { owner: new Disk(rendezvous.clock), scientist: new Disk(rendezvous.clock) };
  return {
    owner: new TestPage(rendezvous, disks.owner, 'owner', made.owner, options),
    scientist: new TestPage(rendezvous, disks.scientist, 'scientist', made.scientist, options),
    disks,
  };
}
