/** The worker itself: an owner's end, a session with it for each user of the page, and what it holds, by id. */

import { nextMacrotask } from '@duet/engine';
import { type MemoryPair, makeIdentity, memoryPair } from '@duet/link';
import type { Peer, PublishedObject } from '@duet/owner';
import { DuetError, limits, visibleText } from '@duet/protocol';
import type { FaultEvent, Pointer, ScientistSession } from '@duet/scientist';
import { joinLoopback } from '../loopback';
import { OwnerDuet, type OwnerDuetOptions } from '../owner-duet';
import type { Publishable } from '../publishable';
import type { Held, HeldTensor, HeldWords } from './held';
import { type LoggedMessage, messagesIn } from './message-log';
import type { VirtualWorker } from './worker';

export interface HolderOptions extends Pick<OwnerDuetOptions, 'backend' | 'limits' | 'clock'> {
  /** Keep a log of all messages. It grows without bound. Default false. */
  readonly log?: boolean;
}

interface User {
  readonly session: ScientistSession;
  readonly peer: Peer;
  readonly wire: MemoryPair;
}

/** Ids of all workers of the page are different, so that an object can keep its own when it is moved. */
let lastId = 0;

export class Holder {
  readonly name: string;
  readonly owner: OwnerDuet;
  /** The worker as each user sees it. */
  readonly #views = new Map<string, VirtualWorker>();
  readonly #users: ReadonlyMap<string, User>;
  readonly #keepsLog: boolean;
  readonly #held = new Map<string, Held>();

  private constructor(
    name: string,
    owner: OwnerDuet,
    users: ReadonlyMap<string, User>,
    keepsLog: boolean,
  ) {
    this.name = name;
    this.owner = owner;
    this.#users = users;
    this.#keepsLog = keepsLog;
  }

  static async open(
    name: string,
    users: readonly string[],
    { log = false, ...options }: HolderOptions,
  ): Promise<Holder> {
    const owner = new OwnerDuet(await makeIdentity(), {
      ...options,
      name,
      mostScientists: users.length,
    });
    const joined = new Map<string, User>();
    try {
      for (const user of users) joined.set(user, await join(owner, user, log));
    } catch (thrown) {
      await owner.close();
      throw thrown;
    }
    return new Holder(name, owner, joined, log);
  }

  get quotedName(): string {
    return `“${visibleText(this.name)}”`;
  }

  addView(view: VirtualWorker): void {
    this.#views.set(view.user, view);
  }

  /** Throws `bad-argument` for somebody who is no user of this worker. */
  view(user: string): VirtualWorker {
    this.#user(user);
    const view = this.#views.get(user);
    if (view === undefined) throw new DuetError('internal');
    return view;
  }

  session(user: string): ScientistSession {
    return this.#user(user).session;
  }

  /** Throws `bad-argument` for somebody who is no user of this worker. */
  #user(name: string): User {
    const user = this.#users.get(name);
    if (user !== undefined) return user;
    throw new DuetError('bad-argument', {
      detail: `“${visibleText(name)}” is no user of ${this.quotedName}.`,
      hint: 'Users are named where a worker is created.',
    });
  }

  /** Throws `bad-argument` where one of them is no user. */
  checkUsers(names: readonly string[]): void {
    for (const name of names) this.#user(name);
  }

  // ---- what it holds ---------------------------------------------------------------------------------------------

  /** What is held now, in the order of arrival. */
  get held(): readonly Held[] {
    for (const held of this.#held.values()) {
      if (held.kind === 'tensor' && !this.#isAlive(held)) {
        this.#held.delete(held.id);
        held.end('gone', 'was taken back by its worker');
      }
    }
    return [...this.#held.values()];
  }

  /** An id for an object to come. Throws `bad-argument`, `id-taken`. */
  freeId(wanted?: string): string {
    if (wanted === undefined) {
      do lastId += 1;
      while (this.#held.has(`v${lastId}`));
      return `v${lastId}`;
    }
    if (typeof wanted !== 'string' || wanted === '' || [...wanted].length > limits.nameChars) {
      throw new DuetError('bad-argument', {
        detail: `An id must be a text of 1 to ${limits.nameChars} characters.`,
      });
    }
    if (!this.#held.has(wanted)) return wanted;
    throw new DuetError('id-taken', {
      detail: `${this.quotedName} has an object “${visibleText(wanted)}” already.`,
      hint: 'Take another id, or none.',
    });
  }

  add(held: Held): void {
    this.#held.set(held.id, held);
  }

  /** Out of the list alone: what it stands for stays as it is. */
  forget(held: Held): void {
    if (this.#held.get(held.id) === held) this.#held.delete(held.id);
  }

  /** Lets go of an object, and of what it owns. */
  drop(held: Held, code: 'disposed' | 'gone', how: string): void {
    if (held.hasEnded) return;
    this.forget(held);
    held.end(code, how);
    if (held.kind === 'tensor') {
      this.free(held);
      if (held.grad !== undefined) held.grad.holder.drop(held.grad, code, how);
    } else if (held.owns) held.to.holder.drop(held.to, code, how);
  }

  /** Frees the version that is current on the owner's side. */
  free({ published, pointer }: Pick<HeldTensor, 'published' | 'pointer'>): void {
    if (published === undefined) pointer.dispose();
    else if (this.#keeps(published)) this.owner.store.remove(published.id);
  }

  #isAlive({ published, user, pointer }: HeldTensor): boolean {
    const { session } = this.#user(user);
    if (published !== undefined) return this.#keeps(published);
    return session.status.phase === 'ready' && session.liveIds.includes(numberOf(pointer));
  }

  #keeps({ id }: PublishedObject): boolean {
    return this.owner.store.table().some((row) => row.id === id);
  }

  // ---- values that come --------------------------------------------------------------------------------------------

  /** Resolves when the owner's side has the value whole. Rejects with what it found wrong, or the reason the link ended. */
  async arrival(user: string, pointer: Pointer): Promise<void> {
    const { session, peer } = this.#user(user);
    let fault: DuetError | undefined;
    const hear = (event: FaultEvent) => {
      if (event.about === pointer.id) fault = event.error;
    };
    session.on('fault', hear);
    try {
      await pointer.sent;
      await peer.session?.settled();
      if (peer.session?.objects.has(numberOf(pointer)) === true) return;
      // What was found wrong is still on its way here.
      await nextMacrotask();
      throw fault ?? new DuetError('bad-transfer');
    } finally {
      session.off('fault', hear);
    }
  }

  /** Keeps a value as an owner does, and resolves when every user can point to it. */
  async publish(
    value: Publishable,
    { tags, description }: HeldWords,
    allowedUsers: readonly string[],
    maxElementBytes?: number,
  ): Promise<PublishedObject> {
    const published = await this.owner.store.add(value, {
      tags,
      description,
      readers: allowedUsers.map((name) => this.#user(name).peer.fingerprint),
      ...(maxElementBytes !== undefined && { maxElementBytes }),
    });
    await Promise.all([...this.#users.values()].map(({ session }) => listed(session, published)));
    return published;
  }

  // ---- bookkeeping -------------------------------------------------------------------------------------------------

  /** Throws `bad-argument` where no log is kept. */
  messages(user: string): readonly LoggedMessage[] {
    if (this.#keepsLog) return messagesIn(this.#user(user).wire.log);
    throw new DuetError('bad-argument', {
      detail: `${this.quotedName} keeps no log of messages.`,
      hint: 'Create the worker with log: true.',
    });
  }

  /** Breaks the connection of one user, as when a network fails. */
  failLink(user: string): void {
    this.#user(user).wire.fail();
  }

  async close(): Promise<void> {
    for (const held of this.#held.values()) held.end('gone', 'went when its worker was closed');
    this.#held.clear();
    for (const { session } of this.#users.values()) session.close();
    await this.owner.close();
  }
}

async function join(owner: OwnerDuet, name: string, record: boolean): Promise<User> {
  const wire = memoryPair({ record });
  const session = await joinLoopback(owner, {
    scientistName: name,
    channels: { owner: wire.a, scientist: wire.b },
  });
  const peer = owner.peers.at(-1);
  if (peer === undefined) throw new DuetError('internal');
  return { session, peer, wire };
}

/** `s12`, or `s12.0` for one output of several, is 12 on the owner's side. */
function numberOf({ id }: Pointer): number {
  return Number.parseInt(id.slice(1), 10);
}

async function listed(session: ScientistSession, { id }: PublishedObject): Promise<void> {
  const isThere = () => session.store.list().some((entry) => entry.id === id);
  while (!isThere()) {
    if (session.status.phase === 'closed') throw new DuetError('closed');
    await new Promise<void>((resolve, reject) => {
      const ended = (reason: DuetError) => reject(reason);
      session.once('closed', ended);
      session.once('store', () => {
        session.off('closed', ended);
        resolve();
      });
    });
  }
}
