/** Accepted releases that were not spent yet. */

import {
  type PeerIdentity,
  type PieceDigests,
  StateEvents,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import type { Version } from '../objects';

export interface Payload {
  readonly value: TensorValue;
  /** Of these bytes: each piece of them is compared before it leaves. */
  readonly digests: PieceDigests;
}

/** What is told instead of a value: its computation failed, or the bytes that the owner saw cannot be had any more. */
export type Failure = 'op-failed' | 'stale-grant';

/** One accepted release to one scientist, of exactly these bytes. */
export interface Grant {
  /** `g1`, `g2`, … */
  readonly id: string;
  /** The owner's id of the request. */
  readonly request: string;
  /** The scientist's number of it. */
  readonly number: number;
  readonly recipient: PeerIdentity;
  /** What becomes readable with it; undefined once the session is gone in which it was made. */
  readonly version: Version | undefined;
  readonly meta: TensorMeta;
  readonly payload: Payload | Failure;
  /** Significant digits that its values were rounded to. */
  readonly digits: number | undefined;
  /** `owner`, or the id of a handler. */
  readonly by: string;
}

/** A grant as the owner sees it. */
export interface OpenGrant extends Omit<Grant, 'version' | 'payload' | 'number'> {
  /** The scientist's name for it. Inert text. */
  readonly name: string;
  /** Set where a failure will be told instead of a value. */
  readonly failure: Failure | undefined;
  /** Takes it back. Throws `no-request` if it is spent, being sent or void. */
  revoke(): void;
}

interface Entry {
  readonly grant: Grant;
  readonly shown: OpenGrant;
}

export interface GrantEvents {
  changed: () => void;
}

/** Every grant that is not spent, of all scientists. What is not in here cannot leave. */
export class Grants extends StateEvents<GrantEvents> {
  readonly #open = new Map<string, Entry>();
  #next = 1;

  get length(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): IterableIterator<OpenGrant> {
    return this.list()[Symbol.iterator]();
  }

  /** In the order in which they were made. */
  list(): readonly OpenGrant[] {
    return [...this.#open.values()].map(({ shown }) => shown);
  }

  make(parts: Omit<Grant, 'id'>): Grant {
    return Object.freeze({ ...parts, id: `g${this.#next++}` });
  }

  /** From now on it can be spent, once. */
  open(grant: Grant, name: string, revoke: () => void): void {
    const { version: _, payload, number: __, ...rest } = grant;
    const failure = typeof payload === 'string' ? payload : undefined;
    this.#open.set(grant.id, { grant, shown: Object.freeze({ ...rest, name, failure, revoke }) });
    this.emit('changed');
  }

  isOpen(grant: Grant): boolean {
    return this.#open.get(grant.id)?.grant === grant;
  }

  /** Spends it, or takes it back: true once. */
  take(grant: Grant): boolean {
    if (!this.isOpen(grant)) return false;
    this.#open.delete(grant.id);
    this.emit('changed');
    return true;
  }

  /** The same grant without its version, for when its session is gone: whatever still sends the old one cannot. */
  detach(grant: Grant): Grant {
    const entry = this.#open.get(grant.id);
    const detached = Object.freeze({ ...grant, version: undefined });
    if (entry) this.#open.set(grant.id, { ...entry, grant: detached });
    return detached;
  }
}
