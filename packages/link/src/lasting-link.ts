import {
  type Bytes,
  type Clock,
  DuetError,
  type LinkState,
  limits,
  type PeerIdentity,
} from '@duet/protocol';
import { Grace } from './grace';
import type { Role } from './identity';
import { endsOf, type Incarnation, isSameLife, makeIncarnation } from './incarnation';
import { Listeners } from './listeners';
import { type PageEvents, watchPage } from './page-events';
import type { Paired, Path, ShortAuth } from './paired';
import { RenewableLink } from './renewable-link';
import { backoffMs, type Repair } from './repair';
import { type Family, makeFamilyId, Ratchet } from './resume-keys';

export type LastingPhase = 'open' | 'away' | 'ended';

export interface LastingOptions {
  readonly role: Role;
  readonly repair: Repair;
  /** How long a lost connection is waited for; 0 for not at all. */
  readonly graceMs: number;
  /** Whose timers also run while the page is hidden. */
  readonly clock: Clock;
  /** The fingerprint of this side's identity. */
  readonly ownFingerprint?: string | undefined;
  /**
   * Was the other side not let in yet? Until `setGrace` then: where it is away when the link ends, it is not looked for, and it is
   * not waited for longer than `limits.silenceMs`. So nobody can leave many links behind by coming and going.
   */
  readonly isStranger?: boolean | undefined;
  /** What was stored before this page was reloaded. */
  readonly family?: Family | undefined;
  /**
   * Hears what to store instead of what was stored before; undefined: nothing any more. Where it returns a promise, that is
   * waited for before the other side may forget the secret that was stored before; its failure changes nothing.
   */
  readonly onFamily?: ((family: Family | undefined) => void | Promise<void>) | undefined;
  /** Where `pagehide` and `pageshow` are told; the page by default. */
  readonly page?: PageEvents | undefined;
}

interface LastingEvents {
  /** The phase, or what belongs to it, has changed. */
  readonly state: [LinkState | { readonly phase: 'ended' }];
  readonly path: [Path];
  /** The other side has begun anew; what was received before is handled. */
  readonly renewed: [];
  /** Someone came back who is not the peer, or could not prove it. They were shown out. */
  readonly refused: [DuetError];
}

/**
 * A link to one peer that outlives its connections, and the pages on either side. It keeps the keys by which the two find
 * each other again, and decides what a new connection is: the same life of the link going on (nothing was forgotten on either
 * side: frames are sent again from where they stopped), or the next one (a page was reloaded).
 *
 * A life is named after the transcript of the pairing that began it, which both sides computed. A side enters it when the
 * pairing is done, and it is entered for good: of the two, one may have entered a life that the other never heard of, because
 * the last frame of the pairing was lost. Then the names in the next hellos differ, and the next life begins; nothing is lost
 * by that, since data goes only after the other side's `ready`, which proves that it has entered the same life. The same
 * `ready` proves that it has the next secret, so the one that was used is forgotten then.
 */
export class LastingLink {
  readonly link: RenewableLink;
  readonly #options: LastingOptions;
  readonly #clock: Clock;
  readonly #ratchet: Ratchet;
  readonly #familyId: string;
  readonly #listeners: { readonly [K in keyof LastingEvents]: Listeners<LastingEvents[K]> } = {
    state: new Listeners(),
    path: new Listeners(),
    renewed: new Listeners(),
    refused: new Listeners(),
  };
  #peer: PeerIdentity;
  #path: Path | undefined;
  #shortAuth: ShortAuth | undefined;

  #phase: LastingPhase;
  #reason: DuetError | undefined;
  readonly #grace: Grace;
  #isStranger: boolean;
  #stopFarewell = (): void => {};

  /** The life that hellos speak of, and the one that sessions use: the first becomes the second when the other side is ready. */
  #entered: Incarnation;
  #used: Incarnation;
  #stopRepair: (() => void) | undefined;
  /** Pairings since the other side was last ready. */
  #tries = 0;
  readonly #stopWatching: () => void;

  /** From a first pairing; or, with `options.family` alone, from what was stored: then it is away until the peer comes back. */
  constructor(paired: Paired | undefined, options: LastingOptions) {
    const { family } = options;
    const peer = paired?.peer ?? family?.peer;
    if (peer === undefined) {
      throw new DuetError('internal', { detail: 'A lasting link needs a pairing or a family.' });
    }
    this.#options = options;
    this.#clock = options.clock;
    this.#grace = new Grace(options.clock, options.graceMs, () => {
      this.end(new DuetError('link-lost'));
    });
    this.#isStranger = options.isStranger ?? false;
    this.#peer = peer;
    this.#familyId = family?.id ?? makeFamilyId();
    this.#ratchet = new Ratchet(paired === undefined ? (family?.secrets ?? []) : []);
    this.#phase = paired === undefined ? 'away' : 'open';
    this.#entered = this.#makeIncarnation();
    this.#used = this.#entered;
    this.link = new RenewableLink(this.#used.framed, { phase: 'open' });
    this.link.onRenewed(() => this.#listeners.renewed.tell());
    void this.link.closed.then((reason) => this.#end(reason));
    this.#stopWatching = watchPage(options.page, {
      hidden: () => this.#entered.durable.going(),
      restored: () => this.#entered.durable.lose(),
    });
    if (paired === undefined) {
      this.#goAway();
      this.#startRepair();
    } else {
      this.#describe(paired);
      this.#entered.ends = endsOf(paired.transcript, this.#options.role);
      this.#ratchet.advance(undefined, paired.nextSecret);
      this.link.tell(this.#linkState());
      void this.#save();
      this.#entered.durable.replace(paired.channel);
    }
  }

  get state(): LastingPhase {
    return this.#phase;
  }

  /** Why it has ended, if it has. */
  get reason(): DuetError | undefined {
    return this.#reason;
  }

  /** While it is away: when it ends if nobody comes, in milliseconds of the wall clock. */
  get awayUntil(): number | undefined {
    return this.#grace.until;
  }

  /** How frames travel now, or last did; undefined before the first connection. */
  get path(): Path | undefined {
    return this.#path;
  }

  /** Of the present connection, or the last; undefined before the first. */
  get shortAuth(): ShortAuth | undefined {
    return this.#shortAuth;
  }

  get peer(): PeerIdentity {
    return this.#peer;
  }

  /** What to store now; undefined once it has ended. */
  get family(): Family | undefined {
    if (this.#phase === 'ended') return undefined;
    return {
      id: this.#familyId,
      secrets: this.#ratchet.secrets,
      peer: this.#peer,
      until: this.#grace.until ?? Date.now() + this.#grace.graceMs,
    };
  }

  /** Frames and bytes that the other side may not have yet. */
  get kept(): { readonly frames: number; readonly bytes: number } {
    return this.#entered.durable.kept;
  }

  on<K extends keyof LastingEvents>(
    event: K,
    listener: (...args: LastingEvents[K]) => void,
  ): () => void {
    return this.#listeners[event].add(listener);
  }

  /** The other side was let in; a lost connection is waited for so long, and while it is away, from when that began. */
  setGrace(graceMs: number): void {
    this.#isStranger = false;
    this.#grace.set(graceMs);
    if (this.#phase === 'away') this.#tell();
    void this.#save();
  }

  /**
   * Ends the link for good. The other side is told why; if it is away, it is still looked for until `limits.farewellMs` have
   * passed, and told then.
   */
  end(reason: DuetError): void {
    this.link.close(reason);
    this.#end(this.link.reason ?? reason);
  }

  // ---- phases -------------------------------------------------------------------------------------------------------

  #goAway(): void {
    this.#phase = 'away';
    this.#grace.begin();
    this.#tell();
    void this.#save();
  }

  #end(reason: DuetError): void {
    if (this.#phase === 'ended') return;
    const wasAway = this.#phase === 'away';
    this.#phase = 'ended';
    this.#reason = reason;
    this.#grace.stop();
    void this.#save();
    this.#listeners.state.tell({ phase: 'ended' });
    // Where the other side has begun anew and was not heard yet, it is to hear of the end there.
    this.#entered.framed.close(reason);
    if (this.#used !== this.#entered) this.#used.durable.discard();
    const { durable } = this.#entered;
    if (this.#isStranger && wasAway) durable.discard();
    if (durable.ended) this.#letGo();
    else if (this.#isStranger) {
      this.#stopFarewell = this.#clock.after(limits.silenceMs, () => durable.discard());
    }
  }

  /** Nobody is looked for any more. */
  #letGo(): void {
    this.#stopFarewell();
    this.#stopRepair?.();
    this.#stopRepair = undefined;
    this.#stopWatching();
    this.#ratchet.forget();
  }

  #linkState(): LinkState {
    const { awayUntil } = this;
    return {
      phase: this.#phase === 'open' ? 'open' : 'away',
      ...(awayUntil === undefined ? {} : { awayUntil }),
      ...(this.#path === undefined ? {} : { path: this.#path }),
    };
  }

  #tell(): void {
    const state = this.#linkState();
    this.link.tell(state);
    this.#listeners.state.tell(state);
  }

  /** Resolves when it is stored, or could not be, or when that takes too long. */
  #saveSoon(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#clock.after(limits.lingerMs, resolve);
      void this.#save().then(() => {
        stop();
        resolve();
      });
    });
  }

  /** Resolves when it is stored, or could not be. */
  async #save(): Promise<void> {
    try {
      await this.#options.onFamily?.(this.family);
    } catch {
      // Then a reload ends the link, and nothing else.
    }
  }

  // ---- connections --------------------------------------------------------------------------------------------------

  #makeIncarnation(): Incarnation {
    const incarnation: Incarnation = makeIncarnation(
      { peer: this.#peer, ownFingerprint: this.#options.ownFingerprint, clock: this.#clock },
      {
        onReady: () => this.#ready(incarnation),
        onLost: () => this.#lost(incarnation),
        onEnded: () => {
          if (this.#phase === 'ended' && incarnation === this.#entered) this.#letGo();
        },
      },
    );
    return incarnation;
  }

  #describe({ peer, path, shortAuth }: Paired): void {
    this.#peer = peer;
    this.#shortAuth = shortAuth;
    this.#path = path;
    this.#listeners.path.tell(path);
  }

  #startRepair(): void {
    if (this.#stopRepair !== undefined) return;
    const start = (): void => {
      const repairing = this.#options.repair.start(
        this.#ratchet.secrets,
        this.#entered.ends,
        (paired, secret) => this.#take(paired, secret),
      );
      this.#stopRepair = () => repairing.stop();
    };
    // The first time at once; but connections that fail as soon as they are made are not to turn into a storm.
    if (this.#tries === 0) start();
    else this.#stopRepair = this.#clock.after(backoffMs(this.#tries), start);
  }

  #take(paired: Paired, secret: CryptoKey): void {
    if (paired.peer.fingerprint !== this.#peer.fingerprint) {
      // Whoever has the secret alone is not the peer. Nothing changes, and the peer is still awaited.
      paired.channel.close();
      const detail = 'Someone came back with another identity.';
      this.#listeners.refused.tell(new DuetError('peer-auth', { detail }));
      return;
    }
    this.#stopRepair?.();
    this.#stopRepair = undefined;
    this.#tries += 1;
    this.#describe(paired);
    this.#ratchet.advance(secret, paired.nextSecret);
    if (!isSameLife(paired.resume, this.#entered.ends)) this.#enter(paired.transcript);
    const { durable } = this.#entered;
    // The other side forgets the older secret when it hears that this one is ready: the newer must be stored by then.
    void this.#saveSoon().then(() => durable.replace(paired.channel));
  }

  /** The next life: one of the two sides does not know the one before, so that no frame of it will ever arrive. */
  #enter(transcript: Bytes): void {
    const before = this.#entered;
    // A life in which the other side was never ready has no past: nothing of it has gone anywhere.
    if (before.wasReady) {
      this.#entered = this.#makeIncarnation();
      if (before === this.#used && this.#reason === undefined) before.durable.lose();
      else before.durable.discard();
      if (this.#reason !== undefined) this.#entered.framed.close(this.#reason);
    }
    this.#entered.ends = endsOf(transcript, this.#options.role);
  }

  #ready(incarnation: Incarnation): void {
    if (incarnation !== this.#entered) return;
    incarnation.wasReady = true;
    this.#tries = 0;
    this.#ratchet.settle();
    if (this.#phase === 'ended') return;
    this.#grace.stop();
    const before = this.#used;
    if (incarnation !== before) {
      this.#used = incarnation;
      this.link.renew(incarnation.framed);
      before.durable.discard();
    }
    const wasAway = this.#phase === 'away';
    this.#phase = 'open';
    if (wasAway) this.#tell();
    void this.#save();
  }

  #lost(incarnation: Incarnation): void {
    if (incarnation !== this.#entered) return;
    if (this.#phase === 'ended' && this.#isStranger) {
      incarnation.durable.discard();
      return;
    }
    if (incarnation.framed.reason === undefined && this.#phase === 'open') this.#goAway();
    this.#startRepair();
  }
}
