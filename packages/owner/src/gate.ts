import type { Engine } from '@duet/ops';
import {
  asDuetError,
  DuetError,
  digestOf,
  type ErrorCode,
  encodeOwnerMessage,
  type Link,
  limits,
  type OwnerMessage,
  sameBytes,
  type TensorValue,
} from '@duet/protocol';
import { mayRead, withReader } from './labels';
import type { Version } from './objects';
import { readSlot } from './read-slot';
import type { Recovery } from './recovery';

interface Payload {
  readonly value: TensorValue;
  readonly digest: Uint8Array;
}

/**
 * One accepted release to one scientist: of exactly these bytes, by their digest. The payload of a grant of a value that
 * failed is its failure.
 */
export interface Grant {
  readonly version: Version;
  readonly recipient: string;
  readonly payload: Payload | 'failure';
  state: 'open' | 'spent' | 'void';
}

/** Told when the first byte of a grant leaves, as the answer to a get. */
export type OnRelease = (grant: Grant, get: number) => void;

/**
 * The one place where values leave. Everything else that the owner's side sends is made from public facts; a value goes
 * through `release`, which wants a grant, or through `answer`, which wants a value that its reader may read.
 */
export class Gate {
  readonly #link: Link;
  readonly #engine: Engine;
  readonly #recovery: Recovery;
  readonly #onRelease: OnRelease;
  readonly #sending = new Set<Promise<void>>();

  constructor(link: Link, engine: Engine, recovery: Recovery, onRelease: OnRelease) {
    this.#link = link;
    this.#engine = engine;
    this.#recovery = recovery;
    this.#onRelease = onRelease;
  }

  /** Messages of public facts. Values cannot be sent by it. */
  tell(message: Exclude<OwnerMessage, { kind: 'value' }>): void {
    this.#send(message);
  }

  #send(message: OwnerMessage): void {
    try {
      this.#link.send(encodeOwnerMessage(message));
    } catch (thrown) {
      // They take so little of what they are told that no more can be kept for them; a gap would be worse than the end.
      this.#link.close(asDuetError(thrown));
    }
  }

  /** The value of a version, for the owner's own use or for a grant; undefined if it failed. */
  async read(version: Version): Promise<TensorValue | undefined> {
    if (version.failed) return undefined;
    return version.bytes ?? readSlot(this.#engine, version);
  }

  /** A copy for the owner's eyes: whatever their page does with it, what is kept and what was accepted stay as they are. */
  async preview(version: Version): Promise<TensorValue | undefined> {
    const value = await this.read(version);
    return value && { meta: value.meta, bytes: value.bytes.slice() };
  }

  /** Freezes the bytes that an accepted request is about. */
  async grant(version: Version): Promise<Grant> {
    const value = await this.read(version);
    const payload = value ? { value, digest: await digestOf(value.bytes) } : 'failure';
    return { version, recipient: this.#link.peer.fingerprint, payload, state: 'open' };
  }

  /**
   * Sends what a grant is about, as the answer to a get. The grant is spent with the first byte, and from then on its
   * recipient may read that version. Resolves when the transfer has begun; false if there was a failure to tell instead.
   */
  async release(grant: Grant, get: number): Promise<boolean> {
    const { version, recipient, payload } = grant;
    if (grant.state !== 'open' || recipient !== this.#link.peer.fingerprint) {
      throw new DuetError('not-released');
    }
    if (payload !== 'failure' && !sameBytes(await digestOf(payload.value.bytes), payload.digest)) {
      throw new DuetError('internal', { detail: 'The bytes of a grant have changed.' });
    }
    // A withdrawal may have come while the digest was taken.
    if (grant.state !== 'open') throw new DuetError('not-released');
    grant.state = 'spent';
    version.label = withReader(version.label, recipient);
    // A failure that was told stays one, and what was accepted is kept.
    if (payload === 'failure') this.#recovery.failed(version);
    else this.#recovery.kept(version, payload.value);
    this.#onRelease(grant, get);
    return this.#deliver(get, payload === 'failure' ? undefined : payload);
  }

  /**
   * Sends a value that the scientist may read already; false if its computation failed, twice. Throws `not-released` for any
   * other.
   */
  async answer(version: Version, get: number): Promise<boolean> {
    if (!mayRead(version.label, this.#link.peer.fingerprint)) throw new DuetError('not-released');
    const value = (await this.read(version)) ?? (await this.#recovery.remake(version));
    return this.#deliver(get, value && { value, digest: await digestOf(value.bytes) });
  }

  /** Resolves when another transfer may begin: who takes nothing is given nothing more. */
  async room(): Promise<void> {
    while (this.#sending.size >= limits.transfers) await Promise.race(this.#sending);
  }

  /** Resolves when no transfer is under way. */
  async drained(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #deliver(get: number, payload: Payload | undefined): Promise<boolean> {
    if (!payload) {
      this.fail(get, 'op-failed');
      return false;
    }
    const { value, digest } = payload;
    this.#send({ kind: 'value', get, meta: value.meta, digest });
    // A transfer that breaks off ends with the link, which tells its own reason.
    const sending = this.#link.sendPayload(get, value.bytes).catch(() => undefined);
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
    return true;
  }

  fail(get: number, code: ErrorCode): void {
    this.tell({ kind: 'failed', get, code });
  }
}
