import { type Channel, type Identity, type Knock, shakeHands } from '@duet/link';
import {
  type AdmissionPolicy,
  type AuditEntry,
  type AuditEvent,
  AuditLog,
  type Grants,
  type Holding,
  type LocalLogEntry,
  memoryStorage,
  Owner,
  type OwnerAudit,
  type OwnerRequest,
  type OwnerRequests,
  type OwnerRun,
  type OwnerStorage,
  type Partners,
  type Peer,
  type PublishedObject,
  type Release,
  type TooNarrow,
} from '@duet/owner';
import {
  type BackendName,
  type Clock,
  DuetError,
  type SessionLimits,
  StateEvents,
  systemClock,
} from '@duet/protocol';
import { warnOfAudit, warnOfPage } from './announce';
import { type EngineOptions, Engines } from './engines';
import type { Entrance, EntranceHost } from './entrance';
import type { Invite, InviteOptions, SignalingState } from './invite';
import { type AddOptions, OwnerDuetStore } from './owner-store';
import type { Publishable } from './publishable';
import { software } from './software';
import { openStorage, type StorageOptions } from './storage-option';

export interface OwnerDuetOptions extends EngineOptions, StorageOptions {
  /** What scientists see of the owner. */
  readonly name?: string;
  /** What one scientist may hold and ask. */
  readonly limits?: Partial<SessionLimits>;
  readonly clock?: Clock;
  /** What the audit holds besides facts: with `reasons` why people asked and were denied, in their words. */
  readonly audit?: { readonly reasons?: boolean };
  /**
   * Scientists joined at once; the next is refused with `busy`. Default 8, and 1 where the page itself is the engine: it has
   * one tfjs, and a scientist who fills its memory would be noticed by another.
   */
  readonly mostScientists?: number;
  /**
   * The fewest records, or persons, that a handler may release an aggregate or a metric of. What is published can raise it.
   * Default 10.
   */
  readonly minRecords?: number;
  /**
   * Who is let in without being looked at: nobody (`'ask'`), those whom this owner has admitted before (`'known'`), everyone
   * who has an invite (`'all'`), or whom a function says. Default `'ask'`.
   */
  readonly admit?: AdmissionPolicy;
  /** Print to the console: warnings, and with launchDuet instructions and what happens. Default true. */
  readonly logging?: boolean;
}

export interface OwnerDuetEvents {
  /** A request waits for the owner. */
  request: (request: OwnerRequest) => void;
  /** A request was decided, or has ended otherwise. */
  decision: (request: OwnerRequest) => void;
  /** A scientist knocks, joins, is away, is back, or leaves. */
  peer: (peer: Peer) => void;
  /** Someone came to an invite's room without having the invite. */
  stranger: (invite: Invite) => void;
  /** Objects were added or removed, the owner's or a scientist's. */
  store: () => void;
  /** The first byte of a released value has left. */
  release: (release: Release) => void;
  /** A training run began, has come further, waits, or has ended. */
  run: (run: OwnerRun) => void;
  /** An entry was written to the audit. */
  audit: (entry: AuditEntry) => void;
  /** An invite was made, used, or has changed its status. */
  invite: (invite: Invite) => void;
  /** A handler with `printLocal` shows a value. */
  print: (entry: LocalLogEntry) => void;
  /** A handler with `logLocal` has kept a value in `requests.log`. */
  log: (entry: LocalLogEntry) => void;
  /** Handlers were added or removed, have ended, or have less left. */
  handlers: () => void;
  /** A handler matched this request and may not release so much; one that may can be added. */
  narrow: (request: string, by: TooNarrow) => void;
  /** A function of the owner's went wrong, or something could not be kept or read. */
  failed: (error: unknown) => void;
  status: (status: OwnerStatus) => void;
  closed: () => void;
}

export interface OwnerStatus {
  readonly phase: 'open' | 'closed';
  /** Where scientists' computations run: in workers, or in the page itself. */
  readonly engine: 'worker' | 'page';
  /** The backend of tfjs that they run on; undefined until an engine has started. */
  readonly backend: BackendName | undefined;
  readonly signaling: SignalingState;
  /** Scientists who wait to be let in. */
  readonly waiting: number;
  /** Those who are away for a moment included. */
  readonly joined: number;
  /** Scientists whose connection is lost, and who may come back. */
  readonly away: number;
  /** Requests that wait for the owner. */
  readonly requests: number;
  /** Objects in the store, the scientists' included. */
  readonly objects: number;
}

type InviteNote = Extract<AuditEvent, { readonly kind: 'invite' }>['what'];

/** How scientists come in by themselves; launchDuet gives one, a loopback has none. */
export type EntranceOpener = (host: EntranceHost) => Entrance;

/** A handler's function that goes wrong does so at every request. */
const mostFailures = 100;

/** The owner's end of a duet. */
export class OwnerDuet extends StateEvents<OwnerDuetEvents> {
  readonly store: OwnerDuetStore;
  readonly requests: OwnerRequests;
  /** What was asked, decided and released, in a chain that shows when it is changed. */
  readonly audit: OwnerAudit;
  readonly #log: AuditLog;
  readonly #failures: unknown[] = [];
  readonly #owner: Owner;
  readonly #engines: Engines;
  readonly #identity: Identity;
  readonly #name: string;
  readonly #entrance: Entrance | undefined;
  readonly #ready: Promise<void>;
  readonly #knocking = new AbortController();
  readonly #invites: Invite[] = [];
  #closed = false;

  /** Use launchDuet or loopback. */
  constructor(identity: Identity, options: OwnerDuetOptions, openEntrance?: EntranceOpener) {
    super();
    this.#identity = identity;
    this.#name = options.name ?? '';
    // A page that stores things says where; `openStorage` has made one of a word.
    const storage = typeof options.storage === 'object' ? options.storage : memoryStorage();
    const { clock = systemClock } = options;
    const log = new AuditLog({
      storage,
      clock,
      signer: identity,
      reasons: options.audit?.reasons,
    });
    this.#log = log;
    this.audit = log;
    const onFallback = (why: DuetError): void => {
      log.note({ kind: 'failure', what: 'The page itself is the engine: no worker started.' });
      if (options.logging !== false) warnOfPage(why);
      this.#tellStatus();
    };
    const engines = new Engines(options, onFallback, () => this.#tellStatus());
    this.#engines = engines;
    this.#owner = new Owner({
      createEngine: () => engines.create(),
      get mostScientists() {
        return options.mostScientists ?? engines.mostScientists;
      },
      limits: options.limits,
      clock: options.clock,
      minRecords: options.minRecords,
      admit: options.admit,
      audit: log,
      storage,
    });
    this.store = new OwnerDuetStore(this.#owner);
    this.requests = this.#owner.requests;
    this.#entrance = openEntrance?.(this.#host(storage, clock));
    this.#forward(options);
    this.#ready = this.#restore();
  }

  /**
   * What was there before a reload is there again, as far as it can be read: handlers, kept objects, invites, and scientists
   * who may come back. launchDuet and loopback wait for it.
   */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** This owner's identity, as scientists see it: SHA-256 of the public key, in hex. */
  get fingerprint(): string {
    return this.#identity.fingerprint;
  }

  /** The newest invite. Throws `closed` where there is none, as in a loopback. */
  get invite(): Invite {
    const invite = this.#invites.at(-1);
    if (!invite) throw new DuetError('closed', { detail: 'This duet has no invite.', hint: '' });
    return invite;
  }

  /** All invites that were made, those that were open before a reload first. */
  get invites(): readonly Invite[] {
    return this.#invites;
  }

  /** Makes another invite; those before stay as they are. Throws `closed`, `bad-argument`. */
  createInvite(options: InviteOptions = {}): Invite {
    if (this.#closed || !this.#entrance) throw new DuetError('closed');
    const invite = this.#entrance.makeInvite(options);
    this.#addInvite(invite, 'made');
    return invite;
  }

  #addInvite(invite: Invite, what: 'made' | 'restored'): void {
    this.#invites.push(invite);
    this.#noteInvite(invite, what);
    invite.on('left', () => {
      const { status } = invite;
      const isOver = status === 'used' || status === 'expired' || status === 'revoked';
      this.#noteInvite(invite, isOver ? status : 'used');
    });
    invite.on('status', () => this.emit('invite', invite));
    invite.on('status', () => this.#tellStatus());
    this.emit('invite', invite);
  }

  #noteInvite({ id, usesLeft }: Invite, what: InviteNote): void {
    this.#log.note({ kind: 'invite', invite: id, what, usesLeft });
  }

  /** Scientists who wait or are joined, those who are away for a moment included. */
  get peers(): readonly Peer[] {
    return this.#owner.peers;
  }

  /**
   * What the event `failed` has told, also while the duet was being launched and nobody could listen yet: handlers' functions
   * that went wrong, what could not be kept or read. The newest last, the last hundred.
   */
  get failures(): readonly unknown[] {
    return this.#failures;
  }

  /** Whom this owner has admitted before, in this browser; each can be forgotten. */
  get partners(): Partners {
    return this.#owner.partners;
  }

  /**
   * The scientists' training runs under way: whose, what a step computes in words, how far they are; each with `pause()`,
   * `resume()` and `stop()`. The event `run` tells of changes.
   */
  get runs(): readonly OwnerRun[] {
    return this.#owner.runs;
  }

  /** What is held for each scientist, and how large it is: objects, plans, requests, grants. */
  get holdings(): readonly Holding[] {
    return this.#owner.holdings();
  }

  /** What was accepted and has not left: each says to whom, and can be revoked. */
  get grants(): Grants {
    return this.#owner.grants;
  }

  get status(): OwnerStatus {
    return {
      phase: this.#closed ? 'closed' : 'open',
      engine: this.#engines.kind,
      backend: this.#engines.backend,
      signaling: this.#closed
        ? 'closed'
        : (this.#invites.findLast(({ usesLeft }) => usesLeft > 0)?.signaling ?? 'closed'),
      waiting: this.peers.filter(({ status }) => status === 'waiting').length,
      joined: this.#owner.joined.length,
      away: this.peers.filter(({ status }) => status === 'away').length,
      requests: this.requests.length,
      objects: this.#owner.objectCount,
    };
  }

  /** As `store.add`. */
  send(value: Publishable, options: AddOptions = {}): Promise<PublishedObject> {
    return this.store.add(value, options);
  }

  /**
   * Finds out who is at the other end of a channel that nobody else can reach, and has them wait for `peer.admit()`. Rejects
   * if they cannot prove who they are. A lost channel ends their session.
   */
  async receive(channel: Channel, options: { readonly allowSelf?: boolean } = {}): Promise<Peer> {
    const knock = await shakeHands(channel, {
      role: 'owner',
      identity: this.#identity,
      software,
      name: this.#name,
      signal: this.#knocking.signal,
      ...options,
    });
    return this.#owner.receive({ ...atDoor(knock), assurance: 'key' });
  }

  /** Sends everybody away, closes the invites, ends handlers, which are kept for the next launch, and forgets local logs. */
  close(): Promise<void> {
    return this.#end(true);
  }

  /** For a launch that fails: the next one finds what this one has found. */
  giveUp(): Promise<void> {
    return this.#end(false);
  }

  async #end(forget: boolean): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#knocking.abort();
    const left = this.#entrance?.close(forget);
    for (const invite of this.#invites) invite.revoke();
    await Promise.all([left, this.#owner.close(), this.#engines.close()]);
    await this.#log.close();
    this.#tellStatus();
    this.emit('closed');
    this.removeAllListeners();
  }

  #host(storage: OwnerStorage, clock: Clock): EntranceHost {
    return {
      identity: this.#identity,
      name: this.#name,
      storage,
      clock,
      receive: (knock) => this.#owner.receive(knock),
      stranger: (invite) => {
        this.#log.note({ kind: 'strangers', count: 1 });
        this.emit('stranger', invite);
      },
      failed: (error) => this.#failed(error),
    };
  }

  async #restore(): Promise<void> {
    await this.#owner.ready.catch(() => undefined);
    try {
      for (const invite of (await this.#entrance?.restore()) ?? [])
        this.#addInvite(invite, 'restored');
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #failed(error: unknown): void {
    this.#failures.push(error);
    if (this.#failures.length > mostFailures) this.#failures.shift();
    this.emit('failed', error);
  }

  #forward(options: OwnerDuetOptions): void {
    this.#log.on('entry', (entry) => this.emit('audit', entry));
    this.#log.once('trouble', (why) => {
      if (options.logging !== false) warnOfAudit(why);
    });
    const { requests } = this.#owner;
    requests.on('waiting', (request) => this.emit('request', request));
    requests.on('decided', (request) => this.emit('decision', request));
    requests.on('printed', (entry) => this.emit('print', entry));
    requests.on('logged', (entry) => this.emit('log', entry));
    requests.on('handlers', () => this.emit('handlers'));
    requests.on('narrow', (request, by) => this.emit('narrow', request, by));
    requests.on('failed', (error) => this.#failed(error));
    this.#owner.on('failed', (error) => this.#failed(error));
    this.#owner.on('peer', (peer) => this.emit('peer', peer));
    this.#owner.on('release', (release) => this.emit('release', release));
    this.#owner.on('run', (run) => this.emit('run', run));
    this.#owner.on('change', () => {
      this.emit('store');
      this.#tellStatus();
    });
  }

  #tellStatus(): void {
    // It is told of every message of a scientist's, and costs something to put together.
    if (this.listenerCount('status') > 0) this.emit('status', this.status);
  }
}

/** The owner's end, with its storage opened, which is let go of when the duet is closed. */
export async function openOwner(
  identity: Identity,
  options: OwnerDuetOptions,
  usual: 'browser' | 'memory',
  openEntrance?: EntranceOpener,
): Promise<OwnerDuet> {
  const { storage, close } = await openStorage(options, usual);
  try {
    const duet = new OwnerDuet(identity, { ...options, storage }, openEntrance);
    duet.once('closed', close);
    await duet.ready;
    return duet;
  } catch (thrown) {
    close();
    throw thrown;
  }
}

function atDoor({ link, admit, refuse }: Knock) {
  return {
    identity: link.peer,
    admit: () => {
      if (link.reason) throw link.reason;
      admit(link.peer.name);
      return link;
    },
    refuse: (error: DuetError) => refuse(error.code === 'busy' ? 'busy' : 'not-admitted'),
    closed: link.closed,
  };
}
