/** Several owners in one page: workers for tutorials, tests and simulations. */

import type { Plain } from '@duet/engine';
import type { RemoteTf } from '@duet/ops';
import { DuetError } from '@duet/protocol';
import { createRemoteTf, type ScientistSession } from '@duet/scientist';
import type * as tf from '@tensorflow/tfjs';
import type { OwnerDuet } from '../owner-duet';
import { Handle } from './handle';
import type { Held, HeldTensor } from './held';
import { Holder, type HolderOptions } from './holder';
import type { LoggedMessage } from './message-log';
import { callOp, VirtualPointer } from './pointer';
import { publishTensor, sendTensor, type VirtualSendOptions } from './sending';

/** Browsers that do not know explicit resource management yet get the symbol that compiled code falls back to. */
const asyncDisposeSymbol: typeof Symbol.asyncDispose = (Symbol.asyncDispose ??
  Symbol.for('Symbol.asyncDispose')) as typeof Symbol.asyncDispose;

export interface VirtualWorkerOptions extends HolderOptions {
  /** Who may join from this page; the first is the one that `create` gives the worker for. Default: `me` alone. */
  readonly users?: readonly string[];
}

/** For a value that the worker keeps as an owner does. */
export interface PrivateSendOptions
  extends Omit<VirtualSendOptions, 'keepObject' | 'requiresGrad'> {
  readonly private: true;
  /** They may read it without a request; all others need one. Default: nobody. */
  readonly allowedUsers?: readonly string[];
}

/** One row an object, for `console.table`. */
export interface VirtualObjectRow {
  readonly id: string;
  readonly kind: 'tensor' | 'pointer';
  readonly tags: string;
  readonly description: string;
  readonly shape: string;
  readonly dtype: string;
  /** `private`: kept as an owner does, and read on request. */
  readonly access: 'private' | 'user';
  /** For a pointer: the worker and the id that it points to. */
  readonly to: string;
}

/**
 * A worker, as one user of the page sees it: an owner's end with a scientist's session joined to it, over a channel in
 * memory. What is sent to it may be read by its sender, unless it is marked private: that needs a request and an accept,
 * as between real owners.
 */
export class VirtualWorker implements AsyncDisposable {
  readonly user: string;
  /** Ops that run on this worker: for making new values there; those on pointers find their worker by themselves. */
  readonly tf: RemoteTf<VirtualPointer>;
  /** For this folder alone. */
  readonly holder: Holder;

  private constructor(holder: Holder, user: string) {
    this.holder = holder;
    this.user = user;
    const site = { holder, user, route: [] };
    this.tf = createRemoteTf<VirtualPointer, object>((op, args) => callOp(op, args, site), {});
  }

  /**
   * Opens a worker; close it when done. Rejects with `bad-argument` for an empty name, or for users who are none or named
   * twice.
   */
  static async create({
    name,
    users = ['me'],
    ...options
  }: { readonly name: string } & VirtualWorkerOptions): Promise<VirtualWorker> {
    const [first] = users;
    if (name === '') throw new DuetError('bad-argument', { detail: 'A worker needs a name.' });
    if (first === undefined || users.includes('') || new Set(users).size < users.length) {
      throw new DuetError('bad-argument', {
        detail: 'users must be at least one name, all different, none empty.',
      });
    }
    const holder = await Holder.open(name, users, options);
    for (const user of users) holder.addView(new VirtualWorker(holder, user));
    return holder.view(first);
  }

  get name(): string {
    return this.holder.name;
  }

  /** The owner's end: requests, handlers, the store of private values. */
  get owner(): OwnerDuet {
    return this.holder.owner;
  }

  /** The session that is joined to it. */
  get scientist(): ScientistSession {
    return this.holder.session(this.user);
  }

  /** This worker, as another user sees it. Throws `bad-argument` for somebody who is no user of it. */
  as(user: string): VirtualWorker {
    return this.holder.view(user);
  }

  /**
   * Sends a copy of a value; the pointer can be used at once. A tensor stays the caller's. With `private` the worker keeps it
   * as an owner does, and the pointer comes as a promise, when the worker has published it. Throws (or rejects with)
   * `bad-argument`, `id-taken`, `too-large`, or why the worker has ended.
   */
  send<T>(
    pointer: VirtualPointer<T>,
    options?: VirtualSendOptions & { readonly private?: false },
  ): VirtualPointer<VirtualPointer<T>>;
  send(
    value: tf.Tensor | Plain,
    options?: VirtualSendOptions & { readonly private?: false },
  ): VirtualPointer;
  send(value: tf.Tensor | Plain, options: PrivateSendOptions): Promise<VirtualPointer>;
  send(
    value: tf.Tensor | Plain | VirtualPointer<unknown>,
    options: PrivateSendOptions | (VirtualSendOptions & { readonly private?: false }) = {},
  ): VirtualPointer<unknown> | Promise<VirtualPointer> {
    const { holder, user } = this;
    if (value instanceof VirtualPointer) {
      if (options.private !== true) return value.send(this, options);
      throw new DuetError('bad-argument', { detail: 'send: a pointer is no private value.' });
    }
    if (options.private === true) return this.#sendPrivate(value, options);
    const held = sendTensor(holder, user, value, options);
    return new VirtualPointer(Handle.to(held, user, options.keepObject !== true));
  }

  async #sendPrivate(
    value: tf.Tensor | Plain,
    options: PrivateSendOptions,
  ): Promise<VirtualPointer> {
    const { holder, user } = this;
    const held = await publishTensor(holder, user, value, options, options.allowedUsers ?? []);
    return new VirtualPointer(Handle.to(held, user, false));
  }

  // ---- what it holds -------------------------------------------------------------------------------------------------

  /** What this user can name: their own, and what the worker keeps. */
  #visible(): readonly Held[] {
    return this.holder.held.filter(
      (held) => held.user === this.user || (held.kind === 'tensor' && held.published !== undefined),
    );
  }

  /**
   * Pointers to the objects that have all of these tags, or to the one with this id; in the order of arrival. They do not
   * own what they point to.
   */
  search<T = tf.Tensor>(query: string | readonly string[]): VirtualPointer<T>[] {
    const tags = typeof query === 'string' ? [query] : query;
    return this.#visible()
      .filter(
        ({ id, words }) =>
          (tags.length === 1 && id === tags[0]) || tags.every((tag) => words.tags.includes(tag)),
      )
      .map((held) => new VirtualPointer(Handle.to(held, this.user, false)));
  }

  /** All objects of the worker, of all users. */
  listObjects(): readonly VirtualObjectRow[] {
    return this.holder.held.map(rowOf);
  }

  countObjects(): number {
    return this.holder.held.length;
  }

  /** Drops all objects of the worker, of all users; pointers to them then throw `gone`. */
  clearObjects(): void {
    for (const held of this.holder.held) this.holder.drop(held, 'gone', 'was cleared');
  }

  // ---- what it was told ----------------------------------------------------------------------------------------------

  /** What went between this user's session and the worker. Throws `bad-argument` where the worker keeps no log. */
  messages(): readonly LoggedMessage[] {
    return this.holder.messages(this.user);
  }

  /** How many messages of a kind there were, as `action`, `put`, `get` or `drop`; without a kind, of all. Throws as `messages`. */
  countMessages(kind?: string): number {
    return this.messages().filter((message) => kind === undefined || message.kind === kind).length;
  }

  // ---- the end -------------------------------------------------------------------------------------------------------

  /** Breaks this user's connection, as a failing network does. What they had there is freed; there is no way back. */
  breakLink(): void {
    this.holder.failLink(this.user);
  }

  /** Ends the worker for all users. Resolves when everything that it held is freed. */
  close(): Promise<void> {
    return this.holder.close();
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.close();
  }

  toString(): string {
    return `VirtualWorker ${this.name}: ${this.countObjects()} objects`;
  }
}

/** Opens workers with these names and the same options. If one cannot be opened, none is. */
export async function virtualWorkers<const Names extends readonly string[]>(
  names: Names,
  options: VirtualWorkerOptions = {},
): Promise<{ -readonly [At in keyof Names]: VirtualWorker }> {
  const opened: VirtualWorker[] = [];
  try {
    for (const name of names) opened.push(await VirtualWorker.create({ name, ...options }));
  } catch (thrown) {
    await Promise.all(opened.map((worker) => worker.close()));
    throw thrown;
  }
  return opened as { -readonly [At in keyof Names]: VirtualWorker };
}

/** Undefined where a pointer points to what is not there any more. */
function endOf(held: Held): HeldTensor | undefined {
  let at = held;
  while (at.kind === 'pointer') at = at.to;
  return at.hasEnded ? undefined : at;
}

function rowOf(held: Held): VirtualObjectRow {
  const { id, kind, words } = held;
  const end = endOf(held);
  return {
    id,
    kind,
    tags: words.tags.join(', '),
    description: words.description,
    shape: end === undefined ? '' : `[${end.pointer.shape.join(', ')}]`,
    dtype: end?.pointer.dtype ?? '',
    access: held.kind === 'tensor' && held.published !== undefined ? 'private' : 'user',
    to: held.kind === 'pointer' ? `${held.to.holder.name}/${held.to.id}` : '',
  };
}
