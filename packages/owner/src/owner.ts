import type { Engine } from '@duet/ops';
import {
  type Clock,
  DuetError,
  defaultSessionLimits,
  type ErrorCode,
  isDuetError,
  limits,
  type PeerIdentity,
  type SessionLimits,
  StateEvents,
  systemClock,
  type TensorValue,
  visibleText,
} from '@duet/protocol';
import { type AdmissionAnswer, type AdmissionPolicy, answerOf, checkedPolicy } from './admission';
import { type AuditSink, noAudit } from './audit/events';
import { Automatic } from './automatic';
import type { Grants } from './gate/grants';
import { type Holding, holdingsOf } from './holdings';
import { KeptObjects } from './kept-objects';
import { Mailbox } from './mailbox';
import { memoryStorage } from './memory-storage';
import { type ObjectRow, ownRow, readTheirId, theirRow } from './object-rows';
import type { OwnerRun } from './owner-run';
import { Partners } from './partners';
import { type Knock, Peer, type PeerNote } from './peers';
import { OwnerRequests } from './requests';
import { OwnerSession, type Release } from './session';
import type { OwnerStorage } from './storage';
import { isDataSet, OwnerStore } from './store';

export interface OwnerParts {
  /** A fresh engine for one scientist. */
  readonly createEngine: () => Engine;
  /** Scientists that may be joined at once. */
  readonly mostScientists: number;
  readonly limits?: Partial<SessionLimits> | undefined;
  readonly clock?: Clock | undefined;
  /** The fewest records that a handler may release an aggregate of. Default 10; an object may have more. */
  readonly minRecords?: number | undefined;
  /** Where it is written down what happens. Default: nowhere. */
  readonly audit?: AuditSink | undefined;
  /** What outlives a reload of the page. Default: memory, which does not. */
  readonly storage?: OwnerStorage | undefined;
  /** Who is let in without the owner being asked. Default `ask`: nobody. */
  readonly admit?: AdmissionPolicy | undefined;
}

export interface OwnerEvents {
  /** A scientist knocks, joins, is away or back, or leaves. */
  peer: (peer: Peer) => void;
  /** Objects, requests or anything that a status line shows have changed. */
  change: () => void;
  /** The first byte of an accepted value has left. */
  release: (release: Release) => void;
  /** A training run began, has come further, waits, or has ended. */
  run: (run: OwnerRun) => void;
  /** A function for `admit` went wrong, or something could not be kept, or read again. */
  failed: (error: unknown) => void;
}

/** The owner's side without its connections: the store, the requests, and a session for each scientist let in. */
export class Owner extends StateEvents<OwnerEvents> {
  readonly store: OwnerStore;
  readonly requests: OwnerRequests;
  /** Scientists who were admitted before, over reloads where the storage lasts. */
  readonly partners: Partners;
  /** What is kept of what is published, over reloads where the storage lasts. */
  readonly kept: KeptObjects;
  /**
   * What outlives a reload has been read: handlers, which cannot be added before; partners; and what was kept of what was
   * published, which is there again. Rejects if the handlers cannot be read.
   */
  readonly ready: Promise<void>;
  readonly #automatic: Automatic;
  readonly #parts: OwnerParts;
  readonly #limits: SessionLimits;
  readonly #admission: AdmissionPolicy;
  readonly #mailbox: Mailbox;
  readonly #peers = new Set<Peer>();
  /** Sessions whose engines still hold something, of people who have left too. */
  readonly #freeing = new Set<Promise<void>>();

  /** Throws `bad-argument`. */
  constructor(parts: OwnerParts) {
    super();
    this.#parts = parts;
    this.#admission = checkedPolicy(parts.admit);
    this.#limits = { ...defaultSessionLimits, ...parts.limits };
    const { clock = systemClock, storage = memoryStorage(), audit = noAudit } = parts;
    const { minRecords } = parts;
    this.store = new OwnerStore({ minRecords, audit, canKeep: storage.lasting });
    const { store } = this;
    this.kept = new KeptObjects({ storage, store, audit });
    this.#automatic = new Automatic({ clock, storage, audit, store });
    this.requests = new OwnerRequests({ clock, store, audit, automatic: this.#automatic });
    const changed = () => this.emit('change');
    this.#mailbox = new Mailbox({ clock, requests: this.requests, limits: this.#limits, changed });
    this.store.on('added', changed).on('removed', changed);
    this.store.on('shown', changed).on('hidden', changed);
    this.requests.on('waiting', changed).on('decided', changed);
    this.requests.grants.on('changed', changed);
    const failed = (error: unknown) => this.emit('failed', error);
    this.kept.on('changed', changed).on('failed', failed);
    this.partners = new Partners(storage).on('changed', changed).on('failed', failed);
    this.ready = this.#load();
    // Whoever waits for it hears of it.
    this.ready.catch(() => undefined);
  }

  /** Rejects if the handlers cannot be read; what else is kept is there as far as it can be. */
  async #load(): Promise<void> {
    const handlers = this.#automatic.ready;
    await handlers.catch(() => undefined);
    // After the ledgers, in which what is published again has its place.
    for (const part of [this.partners, this.kept]) {
      await part.load().catch((error: unknown) => this.emit('failed', error));
    }
    await handlers;
  }

  /** What was accepted and has not left: each can be revoked. */
  get grants(): Grants {
    return this.requests.grants;
  }

  /** Scientists that wait or are joined, here or away, in the order in which they came. */
  get peers(): readonly Peer[] {
    return [...this.#peers];
  }

  /** Those who were let in, here or away. */
  get joined(): readonly Peer[] {
    return this.peers.filter(({ isJoined }) => isJoined);
  }

  /** Training runs under way, of all scientists. */
  get runs(): readonly OwnerRun[] {
    return this.joined.flatMap(({ run }) => (run ? [run] : []));
  }

  /**
   * Someone is at the door. They wait until `admit` or `disconnect`, unless the policy knows what to do; those who return after a
   * reload of this page are in. Where too many wait, or are joined, they are refused with `busy`, and have left.
   */
  receive(knock: Knock): Peer {
    const { identity, returning = false } = knock;
    const known = this.partners.get(identity.fingerprint);
    const peer: Peer = new Peer(this.#idFor(identity), knock, known, {
      join: (link) => {
        if (this.joined.length >= this.#parts.mostScientists) throw new DuetError('busy');
        const session = new OwnerSession({
          link: link(),
          engine: this.#parts.createEngine(),
          store: this.store,
          requests: this.requests,
          limits: this.#limits,
          assurance: peer.assurance,
          audit: this.#parts.audit ?? noAudit,
          mailbox: this.#mailbox,
          onRelease: (release) => this.emit('release', release),
          onChange: () => this.emit('change'),
          onRun: (run) => this.emit('run', run),
        });
        this.#freeing.add(session.freed);
        void session.freed.then(() => this.#freeing.delete(session.freed));
        return session;
      },
      changed: (changed) => {
        if (changed.status === 'left') this.#left(changed);
        this.emit('peer', changed);
        this.emit('change');
      },
      note: (noted, state, code) => this.#notePeer(noted, state, code),
    });
    if (returning) {
      this.#peers.add(peer);
      this.#admit(peer);
      return peer;
    }
    this.#notePeer(peer, 'knocked');
    const waiting = this.peers.filter(({ status }) => status === 'waiting');
    if (waiting.length >= limits.waitingKnocks) {
      peer.turnAway();
      return peer;
    }
    this.#peers.add(peer);
    this.emit('peer', peer);
    this.emit('change');
    this.#decide(peer);
    return peer;
  }

  /** What the policy says, unless a listener was faster. */
  #decide(peer: Peer): void {
    if (peer.status !== 'waiting') return;
    let answer: AdmissionAnswer = 'ask';
    try {
      answer = answerOf(this.#admission, peer);
    } catch (thrown) {
      this.emit('failed', thrown);
    }
    if (answer === 'admit') this.#admit(peer);
    if (answer === 'refuse') peer.disconnect();
  }

  #admit(peer: Peer): void {
    try {
      peer.admit();
    } catch (thrown) {
      // They were told that there is no room, or have just gone.
      if (!isDuetError(thrown, 'busy') && !isDuetError(thrown, 'closed')) throw thrown;
    }
  }

  #left(peer: Peer): void {
    this.#peers.delete(peer);
    if (peer.wasAdmitted) this.partners.seen(peer.fingerprint);
  }

  #notePeer(peer: Peer, state: PeerNote, code?: ErrorCode): void {
    const { audit = noAudit } = this.#parts;
    const { fingerprint, name, path } = peer;
    const connected = path !== undefined && (state === 'joined' || state === 'back');
    audit.note({ kind: 'peer', peer: fingerprint, name, state, code, ...(connected && { path }) });
    if (state === 'joined') this.partners.admitted(peer.identity);
  }

  /** The same identity may come twice, and another may begin with the same digits. */
  #idFor({ fingerprint }: PeerIdentity): string {
    const taken = new Set(this.peers.map(({ id }) => id));
    const short = fingerprint.slice(0, 8);
    let id = short;
    for (let count = 2; taken.has(id); count += 1) id = `${short}-${count}`;
    return id;
  }

  /** Objects in the store, the scientists' included. */
  get objectCount(): number {
    const theirs = this.joined.map(({ session }) => session?.objects.count ?? 0);
    return theirs.reduce((sum, count) => sum + count, this.store.objectCount);
  }

  /** Everything in the store, the scientists' objects included and marked as theirs; for `console.table`. */
  table(): readonly ObjectRow[] {
    const own = this.store.objects.map(ownRow);
    const theirs = this.joined.flatMap((peer) =>
      (peer.session?.objects.entries() ?? []).map((entry) => theirRow(peer, entry)),
    );
    return [...own, ...theirs];
  }

  /** What is held for each scientist, and how large it is; for `console.table`. */
  holdings(): readonly Holding[] {
    const { joined, requests } = this;
    return holdingsOf({ joined, requests: requests.list(), grants: requests.grants.list() });
  }

  /** Removes an object of the owner's by id, name or tag, or one of a scientist's by its id in the table. Throws `no-object`. */
  remove(key: string): void {
    const theirs = readTheirId(key);
    if (theirs) this.#sessionOf(theirs.peer).drop(theirs.id);
    else this.store.remove(key);
  }

  /**
   * The value of an object of the owner's, by id, name or tag, or of a scientist's by its id in the table: a copy, for the
   * owner's own use. Undefined if the computation of a scientist's failed. Throws `no-object`, or `bad-argument` for a whole
   * data set.
   */
  async readValue(key: string): Promise<TensorValue | undefined> {
    const theirs = readTheirId(key);
    if (theirs) {
      const { peer, id, path } = theirs;
      return this.#sessionOf(peer).preview({ space: 'own', id, path });
    }
    const item = this.store.get(key);
    if (isDataSet(item)) {
      throw new DuetError('bad-argument', {
        detail: `“${visibleText(key)}” is a data set.`,
        hint: 'Take one of its fields by its id, or all of them.',
      });
    }
    const { meta, bytes } = item.value;
    return { meta, bytes: bytes.slice() };
  }

  #sessionOf(peer: string): OwnerSession {
    const session = this.joined.find(({ id }) => id === peer)?.session;
    if (!session) throw new DuetError('no-object');
    return session;
  }

  /**
   * Sends everybody away, ends handlers, which are kept for the next launch, and forgets local logs. Resolves when every
   * engine is freed.
   */
  async close(): Promise<void> {
    for (const peer of this.peers) peer.end(new DuetError('closed'));
    this.requests.wipe();
    await Promise.all(this.#freeing);
    this.#mailbox.wipe();
    // What ended with them is history, too.
    this.requests.wipe();
    await this.#automatic.close();
    await this.kept.settled();
  }
}
