import {
  identityBadge,
  type LastingLink,
  type Path,
  type RenewableLink,
  type ShortAuth,
} from '@duet/link';
import { DuetError, type PeerIdentity, StateEvents, visibleText } from '@duet/protocol';
import { Attachment } from './attachment';
import type { KnownOwner } from './resumption';

/** The steps of coming in, in their order; `reconnecting` only after them. */
export type ConnectionStatus =
  | 'joining'
  | 'connecting'
  | 'securing'
  | 'waiting for the owner to admit you'
  | 'connected'
  /** The connection is lost, or this page was reloaded: the owner's page is sought. */
  | 'reconnecting'
  | 'closed';

interface ConnectionEvents {
  /** Its status, its path, or until when the owner's page is sought. */
  status: (status: ConnectionStatus) => void;
}

/**
 * An admitted connection to an owner, without a scientist's session on it: that may run elsewhere, in a worker, where
 * WebRTC does not exist.
 */
export class Connection extends StateEvents<ConnectionEvents> {
  readonly owner: PeerIdentity;
  /** What this browser knew of the owner before this session; undefined where they were never met. */
  readonly known: KnownOwner | undefined;
  /** Resolves with why it ended for good. */
  readonly closed: Promise<DuetError>;
  /** For joinDuet. */
  readonly link: RenewableLink;
  readonly #lasting: LastingLink;
  #attached: Attachment | undefined;
  /** Has the owner's side something of a session from before this page was reloaded? */
  #keep: boolean;

  /** Use connectInvite or resumeConnection. */
  constructor(lasting: LastingLink, known: KnownOwner | undefined, keep: boolean) {
    super();
    this.#lasting = lasting;
    this.#keep = keep;
    this.link = lasting.link;
    this.owner = lasting.peer;
    this.known = known;
    this.closed = lasting.link.closed;
    const tell = (): void => void this.emit('status', this.status);
    lasting.link.onState(tell);
    void this.closed.then(tell);
  }

  /** What the owner calls themselves, made safe to show. */
  get ownerName(): string {
    return visibleText(this.owner.name);
  }

  /** SHA-256 of the owner's identity key, in hex: the same in every session. */
  get fingerprint(): string {
    return this.owner.fingerprint;
  }

  /** The same as a badge: a stranger who takes the owner's name has another. */
  get ownerBadge(): ShortAuth {
    return identityBadge(this.fingerprint);
  }

  /** The same on both pages if nobody is in between; another for each connection. Undefined before the first after a reload. */
  get shortAuth(): ShortAuth | undefined {
    return this.#lasting.shortAuth;
  }

  get status(): 'connected' | 'reconnecting' | 'closed' {
    if (this.link.reason) return 'closed';
    return this.link.state.phase === 'away' ? 'reconnecting' : 'connected';
  }

  /** How frames travel, or last did. Undefined before the first connection after a reload. */
  get path(): Path | undefined {
    return this.#lasting.path;
  }

  /** While the owner's page is sought: until when. */
  get awayUntil(): Date | undefined {
    const { awayUntil } = this.#lasting;
    return awayUntil === undefined ? undefined : new Date(awayUntil);
  }

  /**
   * Lets `joinDuet(port)` at the port's other end speak over this connection, one at a time: the one before is detached.
   * `detach` leaves the connection open for the next, whose session begins anew; only the first after a reload of this page
   * finds what was there before. The port is closed with either.
   */
  attach(port: MessagePort): { detach(): void } {
    this.#attached?.detach();
    this.#attached = new Attachment(this.link, port, this.takeKeep());
    return this.#attached;
  }

  /** True once, after a reload: for the first session, which goes on with what was there. */
  takeKeep(): boolean {
    const keep = this.#keep;
    this.#keep = false;
    return keep;
  }

  /** Leaves the owner for good; their side and what runs over it are told. Nothing is left to go on with. */
  close(): void {
    this.#lasting.end(new DuetError('closed'));
  }
}
