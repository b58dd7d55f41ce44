import type { Engine } from '@duet/ops';
import {
  asDuetError,
  byteLength,
  DuetError,
  type ErrorCode,
  elementCount,
  encodeOwnerMessage,
  isDuetError,
  isPiece,
  type Link,
  limits,
  type OwnerMessage,
  pieceOf,
  type Receipt,
  type TensorValue,
  toHex,
} from '@duet/protocol';
import type { AuditSink } from '../audit/events';
import { digestsOfKept } from '../known-digests';
import { mayRead, withReader } from '../labels';
import type { Version } from '../objects';
import { readSlot } from '../read-slot';
import type { Recovery } from '../recovery';
import { Departures } from './departures';
import type { Failure, Grant, Grants, Payload } from './grants';

interface Delivery {
  readonly digits?: number | undefined;
  readonly receipt?: Receipt | undefined;
  /** Is it released by a grant, and not readable anyway? */
  readonly isGranted: boolean;
}

/** Told when the first byte of a grant leaves, as the answer to a get. */
export type OnRelease = (grant: Grant, get: number) => void;

export interface GateParts {
  readonly link: Link;
  readonly engine: Engine;
  readonly recovery: Recovery;
  readonly grants: Grants;
  readonly audit: AuditSink;
  readonly onRelease: OnRelease;
}

/**
 * The one place where values leave. Everything else that the owner's side sends is made from public facts; a value goes
 * through `release`, which wants a grant, or through `answer`, which wants a value that its reader may read.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #link: Link;
  /** Transfers under way, and values that are read for one. */
  readonly #sending = new Set<Promise<void>>();
  readonly #departures = new Departures();
  #remaking = 0;
  /** Ids up to this one are of a page that is gone. */
  #lastOfBefore = 0;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#link = parts.link;
  }

  /** The scientist's page was reloaded: what the one before asked for, under ids up to this one, is not answered any more. */
  forgetBefore(lastId: number): void {
    this.#lastOfBefore = lastId;
  }

  /** Was it asked for by a page that is gone? */
  isOfBefore(id: number): boolean {
    return id > 0 && id <= this.#lastOfBefore;
  }

  /** Messages of public facts. Values cannot be sent by it. */
  tell(message: Exclude<OwnerMessage, { kind: 'value' }>): void {
    this.#departures.take(() => {
      if (!this.isOfBefore(answeredBy(message))) this.#send(message);
    });
  }

  /** Does nothing wait to leave? */
  get isIdle(): boolean {
    return this.#departures.areOver;
  }

  /** Resolves when all that was to leave so far has left, or begun to. */
  idle(): Promise<void> {
    return this.#departures.over();
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
    return version.bytes ?? readSlot(this.#parts.engine, version);
  }

  /** A copy for the owner's eyes: whatever their page does with it, what is kept and what was accepted stay as they are. */
  async preview(version: Version): Promise<TensorValue | undefined> {
    const value = await this.read(version);
    return value && { meta: value.meta, bytes: value.bytes.slice() };
  }

  /**
   * Sends what a grant is about, as the answer to the gets that wait for it. It is written down first: what cannot be
   * written down does not leave, and the grant stays open. It is spent with the first byte, and from then on its recipient
   * may read that version, unless it was rounded. Resolves when the transfer has begun; false if there was a failure to
   * tell instead. `version`: what becomes readable where the grant itself does not say it. Throws `not-released` for a grant that
   * is spent, void, or somebody else's.
   */
  async release(
    grant: Grant,
    gets: readonly number[],
    version: Version | undefined = grant.version,
  ): Promise<boolean> {
    const { grants, onRelease } = this.#parts;
    const { recipient, payload } = grant;
    if (!this.isIdle) await this.idle();
    if (!grants.isOpen(grant) || recipient.fingerprint !== this.#link.peer.fingerprint) {
      throw new DuetError('not-released');
    }
    // Of a larger value the other pieces are compared as they leave.
    if (isValue(payload) && !(await mayLeave(payload, 0))) {
      throw new DuetError('internal', { detail: 'The bytes of a grant have changed.' });
    }
    const receipt = await this.#writeDown(grant);
    // It may have been taken back, its session have ended, or the page that asked have gone, meanwhile.
    if (gets.every((get) => this.isOfBefore(get)) || !grants.take(grant))
      throw new DuetError('not-released');
    this.#settle(grant, version);
    for (const [at, get] of gets.entries()) {
      if (at === 0) onRelease(grant, get);
      // One release has one receipt, however many waited for it.
      this.#deliver(get, payload, {
        digits: grant.digits,
        receipt: at === 0 ? receipt : undefined,
        isGranted: true,
      });
    }
    return isValue(payload);
  }

  #writeDown(grant: Grant): Promise<Receipt | undefined> {
    const { request, number, recipient, meta, payload, digits, by } = grant;
    const failure = isValue(payload) ? undefined : payload;
    const peer = recipient.fingerprint;
    return this.#parts.audit.release(
      {
        kind: 'release',
        peer,
        request,
        number,
        elements: elementCount(meta.shape),
        bytes: byteLength(meta),
        failure,
        digits,
        by,
        digest: undefined,
      },
      {
        peer,
        number,
        outcome: failure ?? 'value',
        digest: isValue(payload) ? toHex(payload.digests.whole) : undefined,
        dtype: meta.dtype,
        shape: meta.shape,
        digits,
      },
      isValue(payload) ? payload.digests.whole : undefined,
    );
  }

  /** What follows from the first byte for the version itself. */
  #settle({ payload, digits, recipient }: Grant, version: Version | undefined): void {
    if (!version) return;
    const { recovery } = this.#parts;
    // A failure that was told stays one, and what was accepted is kept. Rounded, it is not the value that may be read.
    if (!isValue(payload)) recovery.failed(version);
    else if (digits === undefined) recovery.kept(version, payload.value);
    if (digits === undefined) version.label = withReader(version.label, recipient.fingerprint);
  }

  /**
   * Sends a value that the scientist may read already, or that its computation failed, twice: it is read as it is now, and
   * leaves behind all that was to leave before. `left` is called then, with false for a failure. Resolves after that. Throws
   * `not-released` for any other value.
   */
  answer(version: Version, get: number, left: (isValue: boolean) => void): Promise<void> {
    if (!mayRead(version.label, this.#link.peer.fingerprint)) throw new DuetError('not-released');
    const coming = this.#payloadOf(version, this.idle()).catch((): Failure => 'op-failed');
    const answered = this.#departures.takeWhen(coming, (payload) => {
      this.#deliver(get, payload, { isGranted: false });
      left(isValue(payload));
    });
    this.#underWay(answered);
    return answered;
  }

  /** Its id may be dropped meanwhile. `before`: all that leaves before it has left. */
  async #payloadOf(version: Version, before: Promise<void>): Promise<Payload | Failure> {
    const { recovery } = this.#parts;
    recovery.need(version);
    try {
      const value = (await this.read(version)) ?? (await this.#remake(version, before));
      return value ? { value, digests: await digestsOfKept(value.bytes) } : 'op-failed';
    } finally {
      recovery.spare(version);
    }
  }

  /** Alone: of what was handled behind its get, something may be what ends the engine. */
  async #remake(version: Version, before: Promise<void>): Promise<TensorValue | undefined> {
    const { engine, recovery } = this.#parts;
    this.#remaking += 1;
    try {
      await before;
      await engine.settled();
      return await recovery.remake(version);
    } finally {
      this.#remaking -= 1;
    }
  }

  /** Is a value made again? Until it is there, the engine is to be given nothing else. */
  get isRemaking(): boolean {
    return this.#remaking > 0;
  }

  #underWay(sending: Promise<void>): void {
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  /** May another transfer begin? */
  get hasRoom(): boolean {
    return this.#sending.size < limits.transfers;
  }

  /** Resolves when another transfer may begin: who takes nothing is given nothing more. */
  async room(): Promise<void> {
    while (!this.hasRoom) await Promise.race(this.#sending);
  }

  /** Resolves when no transfer is under way. */
  async drained(): Promise<void> {
    await this.idle();
    await Promise.all(this.#sending);
  }

  #deliver(
    get: number,
    payload: Payload | Failure,
    { digits, receipt, isGranted }: Delivery,
  ): void {
    if (this.isOfBefore(get)) return;
    const more = receipt && { receipt };
    if (!isValue(payload)) {
      this.#send({ kind: 'failed', get, code: payload, ...more });
      return;
    }
    const { meta, bytes } = payload.value;
    const digest = payload.digests.whole;
    this.#send({ kind: 'value', get, meta, digest, ...(digits && { digits }), ...more });
    // The first piece was compared before the grant was spent.
    const isChecked = isGranted && bytes.length > limits.digestPieceBytes;
    const check = (_: Uint8Array, index: number) => mayLeave(payload, index);
    const sending = this.#link
      .sendPayload(get, bytes, isChecked ? { mayLeave: check } : {})
      .catch((thrown: unknown) => {
        // What was accepted has changed: nothing more leaves. Otherwise the link has ended, and tells its own reason.
        if (isDuetError(thrown, 'internal')) this.#link.close(thrown);
      });
    this.#underWay(sending);
  }

  fail(get: number, code: ErrorCode): void {
    this.tell({ kind: 'failed', get, code });
  }
}

/** The id of what a message is an answer to; 0 where it is none. */
function answeredBy(message: OwnerMessage): number {
  switch (message.kind) {
    case 'decision':
      return message.request;
    case 'failed':
      return message.get;
    case 'fault':
      return message.about;
    case 'progress':
      return message.run;
    default:
      return 0;
  }
}

/** Is this piece as it was accepted? */
function mayLeave({ value, digests }: Payload, index: number): Promise<boolean> {
  const piece = pieceOf(value.bytes, index);
  return piece.length === 0 ? Promise.resolve(true) : isPiece(digests, index, piece);
}

function isValue(payload: Payload | Failure): payload is Payload {
  return typeof payload !== 'string';
}
