import {
  DuetError,
  type ErrorCode,
  isDuetError,
  type Link,
  type LinkState,
  type PeerIdentity,
} from '@duet/protocol';
import type { AuditEvent } from './audit/events';
import type { Assurance } from './owner-request';
import type { OwnerRun } from './owner-run';
import type { Partner } from './partners';
import type { Activity, OwnerSession } from './session';

/** `away`: they are joined, and their connection is lost: they may come back until `awayUntil`. */
export type PeerStatus = 'waiting' | 'joined' | 'away' | 'left';

/** The short authentication string of a pairing: the same on both pages if nobody is in between. */
export interface ShortAuthWords {
  readonly emoji: readonly string[];
  readonly words: readonly string[];
}

/** Someone who has proved to hold the invite, and waits to be let in. */
export interface Knock {
  readonly identity: PeerIdentity;
  /** They were admitted before this page was reloaded: they are not asked about again. Default false. */
  readonly returning?: boolean | undefined;
  /** How their link stands, where it survives the loss of a connection. Also for those who wait. */
  readonly connection?: Pick<Link, 'state' | 'onState'> | undefined;
  /** Of their last pairing. It is looked at whenever it is asked for. */
  readonly shortAuth?: ShortAuthWords | undefined;
  /** How they have proved who they are. Default: `invite`. */
  readonly assurance?: Assurance | undefined;
  /** Ends the waiting; the link is then for a session. Throws `closed` if they have gone. */
  admit(): Link;
  refuse(error: DuetError): void;
  /** Resolves when they go away, before or after they were admitted. */
  readonly closed: Promise<DuetError>;
}

/** What the owner's side does when a peer's state changes. */
export interface PeerActions {
  /** Starts a session. Throws `busy` if no more scientists fit. */
  join(link: () => Link): OwnerSession;
  changed(peer: Peer): void;
  /** For the audit. */
  note(peer: Peer, state: PeerNote, code?: ErrorCode): void;
}

type Phase = 'waiting' | 'joined' | 'left';

export type PeerNote = Extract<AuditEvent, { readonly kind: 'peer' }>['state'];

/** A scientist, as the owner sees them. */
export class Peer {
  /** Eight digits of the fingerprint: short, for lists and ids of their objects. A second one who has them gets a number. */
  readonly id: string;
  /** What they call themselves. Inert text; show it with `visibleText`. */
  readonly name: string;
  /** SHA-256 of their identity key, in hex: the same in every session. */
  readonly fingerprint: string;
  /** How they have proved who they are. */
  readonly assurance: Assurance;
  /** What is known of them from before; undefined if they were never admitted. */
  readonly known: Partner | undefined;
  readonly identity: PeerIdentity;
  readonly #knock: Knock;
  readonly #actions: PeerActions;
  readonly #unfollow: (() => void) | undefined;
  #phase: Phase = 'waiting';
  /** When they were here, unless they are. */
  #seenAt = new Date();
  #wasAway: boolean;
  #lastPath: LinkState['path'];
  #session: OwnerSession | undefined;
  #link: Link | undefined;
  #leftBecause: DuetError | undefined;
  /** The owner sent them away. That they leave is then no news for the audit. */
  #wasSentAway = false;

  constructor(id: string, knock: Knock, known: Partner | undefined, actions: PeerActions) {
    const { assurance = 'invite', connection } = knock;
    this.id = id;
    this.identity = knock.identity;
    this.name = knock.identity.name;
    this.fingerprint = knock.identity.fingerprint;
    this.assurance = known && assurance === 'invite' ? 'known' : assurance;
    this.known = known;
    this.#knock = knock;
    this.#actions = actions;
    this.#wasAway = this.#isAway;
    this.#lastPath = this.path;
    this.#unfollow = connection?.onState?.(() => this.#connectionChanged());
    void knock.closed.then((reason) => this.#leave(reason));
  }

  get status(): PeerStatus {
    return this.#phase === 'joined' && this.#isAway ? 'away' : this.#phase;
  }

  /** Were they let in, and have not left? They may be away. */
  get isJoined(): boolean {
    return this.#phase === 'joined';
  }

  /** Until when they may come back, waiting or joined; undefined while they are connected, and once they have left. */
  get awayUntil(): Date | undefined {
    const { awayUntil } = this.#knock.connection?.state ?? {};
    return this.#isAway && awayUntil !== undefined ? new Date(awayUntil) : undefined;
  }

  /** How they are connected, or were the last time; undefined where that is not known, as in a loopback. */
  get path(): LinkState['path'] {
    return this.#knock.connection?.state?.path;
  }

  /** To compare with what their page shows: emoji, with their names. Undefined where there was no pairing, as in a loopback. */
  get shortAuth(): ShortAuthWords | undefined {
    return this.#knock.shortAuth;
  }

  /** When they were connected the last time. */
  get lastSeen(): Date {
    return this.#phase === 'left' || this.#isAway ? this.#seenAt : new Date();
  }

  get #isAway(): boolean {
    return this.#phase !== 'left' && this.#knock.connection?.state?.phase === 'away';
  }

  /** Were they let in, be they still here or not? */
  get wasAdmitted(): boolean {
    return this.#link !== undefined;
  }

  /** Why they are not here any more. */
  get leftBecause(): DuetError | undefined {
    return this.#leftBecause;
  }

  /** Their session, while they are joined. */
  get session(): OwnerSession | undefined {
    return this.#session;
  }

  /** What is computed for them right now; undefined where they are not joined. */
  get activity(): Activity | undefined {
    return this.#session?.activity;
  }

  /** Their training run under way, if there is one. */
  get run(): OwnerRun | undefined {
    return this.#session?.run;
  }

  get isPaused(): boolean {
    return this.#session?.isPaused ?? false;
  }

  /**
   * Nothing more of theirs is handled until `resume`: no message, no step of a run. They are not told; requests that wait
   * can still be decided. Throws `closed` if they are not joined.
   */
  pause(): void {
    this.#joined().pause(true);
    this.#actions.note(this, 'paused');
    this.#actions.changed(this);
  }

  /** Throws `closed` if they are not joined. */
  resume(): void {
    this.#joined().pause(false);
    this.#actions.note(this, 'resumed');
    this.#actions.changed(this);
  }

  /**
   * Ends what is being computed for them at this moment, and goes on with what comes after it. Its results are lost; a
   * training run is taken up from its last checkpoint (`run.stop()` ends it). They are not told. Throws `closed` if they
   * are not joined.
   */
  endComputation(): void {
    this.#joined().endComputation();
  }

  #joined(): OwnerSession {
    if (!this.#session)
      throw new DuetError('closed', { detail: `${this.id} is not joined.`, hint: '' });
    return this.#session;
  }

  /** Lets them in. Throws `busy` if no more scientists fit, which they are told too; `closed` if they are not waiting. */
  admit(): void {
    if (this.#phase !== 'waiting')
      throw new DuetError('closed', { detail: `${this.id} is not waiting any more.`, hint: '' });
    try {
      this.#session = this.#actions.join(() => {
        this.#link = this.#knock.admit();
        return this.#link;
      });
    } catch (thrown) {
      if (isDuetError(thrown, 'busy')) this.#refuse(thrown);
      throw thrown;
    }
    this.#phase = 'joined';
    this.#actions.note(this, this.#knock.returning ? 'returning' : 'joined');
    this.#actions.changed(this);
  }

  /** Sends them away, waiting or joined. What they made is freed, their requests end. */
  disconnect(): void {
    if (this.#phase === 'waiting') {
      this.#refuse(new DuetError('not-admitted'));
    } else {
      this.#sentAway('ended');
      this.end(new DuetError('dismissed'));
    }
  }

  /** Too many wait already. */
  turnAway(): void {
    this.#refuse(new DuetError('busy'));
  }

  #refuse(error: DuetError): void {
    this.#sentAway('refused');
    this.#knock.refuse(error);
  }

  #sentAway(how: PeerNote): void {
    if (this.#wasSentAway || this.#phase === 'left') return;
    this.#wasSentAway = true;
    this.#actions.note(this, how);
  }

  /** Ends their session for a reason of the owner's side as a whole. */
  end(reason: DuetError): void {
    if (this.#phase === 'waiting') this.disconnect();
    else this.#link?.close(reason);
  }

  #connectionChanged(): void {
    const [isAway, path] = [this.#isAway, this.path];
    if (isAway && !this.#wasAway) this.#seenAt = new Date();
    if (this.#phase === 'joined') {
      if (isAway && !this.#wasAway) this.#actions.note(this, 'away');
      if (!isAway && (this.#wasAway || path !== this.#lastPath)) this.#actions.note(this, 'back');
    }
    this.#wasAway = isAway;
    this.#lastPath = path;
    this.#actions.changed(this);
  }

  #leave(reason: DuetError): void {
    if (!this.#wasSentAway) this.#actions.note(this, 'left', reason.code);
    this.#unfollow?.();
    if (!this.#isAway) this.#seenAt = new Date();
    this.#phase = 'left';
    this.#leftBecause = reason;
    this.#session = undefined;
    this.#actions.changed(this);
  }
}
