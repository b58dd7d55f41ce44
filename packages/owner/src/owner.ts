import type { Engine } from '@duet/ops';
import {
  byteLength,
  type Clock,
  DuetError,
  defaultSessionLimits,
  elementCount,
  type PeerIdentity,
  type SessionLimits,
  systemClock,
  type TensorMeta,
  visibleText,
} from '@duet/protocol';
import { StateEvents } from './events';
import type { OwnerRun } from './owner-run';
import { type Knock, Peer } from './peers';
import { OwnerRequests } from './requests';
import { OwnerSession, type Release } from './session';
import { nameOf, OwnerStore } from './store';

export interface OwnerParts {
  /** A fresh engine for one scientist. */
  readonly createEngine: () => Engine;
  /** Scientists that may be joined at once. */
  readonly mostScientists: number;
  readonly limits?: Partial<SessionLimits> | undefined;
  readonly clock?: Clock | undefined;
}

export interface OwnerEvents {
  /** A scientist knocks, joins or leaves. */
  peer: (peer: Peer) => void;
  /** Objects, requests or anything that a status line shows have changed. */
  change: () => void;
  /** The first byte of an accepted value has left. */
  release: (release: Release) => void;
  /** A training run began, has come further, waits, or has ended. */
  run: (run: OwnerRun) => void;
}

export interface ObjectRow {
  readonly id: string;
  /** `owner`, or the scientist whose object it is. */
  readonly of: string;
  readonly name: string;
  readonly tags: string;
  readonly description: string;
  readonly shape: string;
  readonly dtype: string;
  readonly elements: number;
  readonly bytes: number;
  readonly access: 'private' | 'public' | 'hidden' | 'scientist';
}

/** The owner's side without its connections: the store, the requests, and a session for each scientist let in. */
export class Owner extends StateEvents<OwnerEvents> {
  readonly store = new OwnerStore();
  readonly requests: OwnerRequests;
  readonly #parts: OwnerParts;
  readonly #limits: SessionLimits;
  readonly #peers = new Set<Peer>();
  /** Sessions whose engines still hold something, of people who have left too. */
  readonly #freeing = new Set<Promise<void>>();

  constructor(parts: OwnerParts) {
    super();
    this.#parts = parts;
    this.#limits = { ...defaultSessionLimits, ...parts.limits };
    this.requests = new OwnerRequests(parts.clock ?? systemClock, this.store);
    const changed = () => this.emit('change');
    this.store.on('added', changed).on('removed', changed);
    this.requests.on('waiting', changed).on('decided', changed);
  }

  /** Scientists that wait or are joined, in the order in which they came. */
  get peers(): readonly Peer[] {
    return [...this.#peers];
  }

  get joined(): readonly Peer[] {
    return this.peers.filter(({ status }) => status === 'joined');
  }

  /** Training runs under way, of all scientists. */
  get runs(): readonly OwnerRun[] {
    return this.joined.flatMap(({ run }) => (run ? [run] : []));
  }

  /** Someone is at the door. They wait until `admit` or `disconnect`. */
  receive(knock: Knock): Peer {
    const peer: Peer = new Peer(this.#idFor(knock.identity), knock, {
      join: (link) => {
        if (this.joined.length >= this.#parts.mostScientists) throw new DuetError('busy');
        const session = new OwnerSession({
          link: link(),
          engine: this.#parts.createEngine(),
          store: this.store,
          requests: this.requests,
          limits: this.#limits,
          onRelease: (release) => this.emit('release', release),
          onChange: () => this.emit('change'),
          onRun: (run) => this.emit('run', run),
        });
        this.#freeing.add(session.freed);
        void session.freed.then(() => this.#freeing.delete(session.freed));
        return session;
      },
      changed: (changed) => {
        if (changed.status === 'left') this.#peers.delete(changed);
        this.emit('peer', changed);
        this.emit('change');
      },
    });
    this.#peers.add(peer);
    this.emit('peer', peer);
    this.emit('change');
    return peer;
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
    return theirs.reduce((sum, count) => sum + count, this.store.objects.length);
  }

  /** Everything in the store, the scientists' objects included and marked as theirs; for `console.table`. */
  table(): readonly ObjectRow[] {
    const own = this.store.objects.map((object) => ({
      id: object.id,
      of: 'owner',
      name: nameOf(object),
      tags: object.tags.join(', '),
      description: object.description,
      ...shapeRow(object.value.meta),
      access: !object.pointable
        ? ('hidden' as const)
        : object.public
          ? ('public' as const)
          : ('private' as const),
    }));
    const theirs = this.joined.flatMap((peer) =>
      (peer.session?.objects.entries() ?? []).map(({ id, path, version }) => ({
        id: `${peer.id}/${[`s${id}`, ...path].join('.')}`,
        of: visibleText(peer.name) || peer.id,
        name: '',
        tags: visibleText(version.words?.tags.join(', ') ?? ''),
        description: visibleText(version.words?.description ?? '') || version.origin,
        ...shapeRow(version.meta),
        access: 'scientist' as const,
      })),
    );
    return [...own, ...theirs];
  }

  /** Removes an object of the owner's by id, name or tag, or one of a scientist's by its id in the table. Throws `no-object`. */
  remove(key: string): void {
    const theirs = /^([0-9a-f]{8}(?:-[0-9]+)?)\/s([0-9]+)/.exec(key);
    if (!theirs) {
      this.store.remove(key);
      return;
    }
    const session = this.joined.find(({ id }) => id === theirs[1])?.session;
    if (!session) throw new DuetError('no-object');
    session.drop(Number(theirs[2]));
  }

  /** Sends everybody away and forgets handlers and local logs. Resolves when every engine is freed. */
  async close(): Promise<void> {
    for (const peer of this.peers) peer.end(new DuetError('closed'));
    this.requests.wipe();
    await Promise.all(this.#freeing);
  }
}

function shapeRow(meta: TensorMeta): Pick<ObjectRow, 'shape' | 'dtype' | 'elements' | 'bytes'> {
  return {
    shape: `[${meta.shape.join(', ')}]`,
    dtype: meta.dtype,
    elements: elementCount(meta.shape),
    bytes: byteLength(meta),
  };
}
