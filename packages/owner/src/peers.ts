import { DuetError, isDuetError, type Link, type PeerIdentity } from '@duet/protocol';
import type { OwnerRun } from './owner-run';
import type { Activity, OwnerSession } from './session';

export type PeerStatus = 'waiting' | 'joined' | 'left';

/** Someone who has proved to hold the invite, and waits to be let in. */
export interface Knock {
  readonly identity: PeerIdentity;
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
}

/** A scientist, as the owner sees them. */
export class Peer {
  /** Eight digits of the fingerprint: short, for lists and ids of their objects. A second one who has them gets a number. */
  readonly id: string;
  /** What they call themselves. Inert text; show it with `visibleText`. */
  readonly name: string;
  /** SHA-256 of their identity key, in hex: the same in every session. */
  readonly fingerprint: string;
  readonly #knock: Knock;
  readonly #actions: PeerActions;
  #status: PeerStatus = 'waiting';
  #session: OwnerSession | undefined;
  #link: Link | undefined;
  #leftBecause: DuetError | undefined;

  constructor(id: string, knock: Knock, actions: PeerActions) {
    this.id = id;
    this.name = knock.identity.name;
    this.fingerprint = knock.identity.fingerprint;
    this.#knock = knock;
    this.#actions = actions;
    void knock.closed.then((reason) => this.#leave(reason));
  }

  get status(): PeerStatus {
    return this.#status;
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
    this.#actions.changed(this);
  }

  /** Throws `closed` if they are not joined. */
  resume(): void {
    this.#joined().pause(false);
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
    if (this.#status !== 'waiting')
      throw new DuetError('closed', { detail: `${this.id} is not waiting any more.`, hint: '' });
    try {
      this.#session = this.#actions.join(() => {
        this.#link = this.#knock.admit();
        return this.#link;
      });
    } catch (thrown) {
      if (isDuetError(thrown, 'busy')) this.#knock.refuse(thrown);
      throw thrown;
    }
    this.#status = 'joined';
    this.#actions.changed(this);
  }

  /** Sends them away, waiting or joined. What they made is freed, their requests end. */
  disconnect(): void {
    if (this.#status === 'waiting') this.#knock.refuse(new DuetError('not-admitted'));
    else this.end(new DuetError('dismissed'));
  }

  /** Ends their session for a reason of the owner's side as a whole. */
  end(reason: DuetError): void {
    if (this.#status === 'waiting') this.disconnect();
    else this.#link?.close(reason);
  }

  #leave(reason: DuetError): void {
    this.#status = 'left';
    this.#leftBecause = reason;
    this.#session = undefined;
    this.#actions.changed(this);
  }
}
