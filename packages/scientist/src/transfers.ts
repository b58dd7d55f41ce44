/** Values on their way here: what was asked for, what arrives, and whether the two fit. */

import { sameMeta } from '@duet/ops';
import {
  asDuetError,
  byteLength,
  checkTensor,
  DuetError,
  type ErrorCode,
  type Failed,
  isDuetError,
  type Link,
  PieceHasher,
  type Receipt,
  sameBytes,
  type TensorMeta,
  type TensorValue,
  type Value,
} from '@duet/protocol';
import { type OnProgress, telling } from './progress';
import type { Receipts, Told } from './receipts';

/** A value as it arrived. */
export interface ReceivedValue extends TensorValue {
  /** Significant digits that the owner's side rounded it to; absent where it is exact. */
  readonly digits?: number | undefined;
}

export interface TransferOptions {
  /** Nobody waits any more; what still comes is discarded. */
  readonly signal?: AbortSignal | undefined;
  /** Called as the bytes arrive. */
  readonly onProgress?: OnProgress | undefined;
}

/** What is asked for under one id of this side's, and what becomes of it. */
export interface Wanted {
  readonly meta: TensorMeta;
  /** For errors: `pointer s3`. */
  readonly what: string;
  /** The number of this session's request whose grant it fetches, where there is one. */
  readonly request: number | undefined;
  /** The first byte has left the owner's side; the rest follows. */
  begun(message: Value): void;
  /** It is here, whole and checked. Called before the promise resolves, so that what the caller does next comes after it. */
  complete(id: number): void;
  /** The error that the caller gets for what the owner's side says. */
  failed(code: ErrorCode): DuetError;
  /** The same value where it comes by another transfer; undefined: the failure is one. */
  instead?(code: ErrorCode): Promise<ReceivedValue> | undefined;
  /** The caller does not wait any more. */
  abandoned(): void;
  /** It is over, in whichever way. */
  settled(): void;
}

interface Transfer {
  readonly id: number;
  readonly wanted: Wanted;
  readonly onProgress: TransferOptions['onProgress'];
  readonly resolve: (value: ReceivedValue) => void;
  readonly reject: (error: DuetError) => void;
  /** Stops the payload where nobody waits for it any more. */
  readonly abort: AbortController;
  /** Nobody waits any more, but the owner's side will still answer. */
  abandoned: boolean;
  receiving: boolean;
  /** Its payload broke off. */
  isCut: boolean;
  /** The owner's page was reloaded: nothing can be said of it any more, but it may be here already. */
  orphaned: DuetError | undefined;
}

export interface TransfersParts {
  readonly link: Link;
  readonly receipts: Receipts;
  /** The owner's side does not keep to the protocol. */
  readonly broken: (error: DuetError) => void;
  readonly changed: () => void;
}

export class Transfers {
  readonly #parts: TransfersParts;
  readonly #pending = new Map<number, Transfer>();

  constructor(parts: TransfersParts) {
    this.#parts = parts;
  }

  /** Those that someone waits for. */
  get size(): number {
    return [...this.#pending.values()].filter(({ abandoned }) => !abandoned).length;
  }

  /** Waits for the answer to a message of this id, which was sent just now. Rejects with what `wanted` makes of a failure, or `aborted`. */
  await(
    id: number,
    wanted: Wanted,
    { signal, onProgress }: TransferOptions,
  ): Promise<ReceivedValue> {
    return new Promise<ReceivedValue>((resolve, reject) => {
      const onAbort = () => this.#abort(id);
      const settled = () => signal?.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        id,
        wanted,
        onProgress,
        resolve: (arrived) => {
          settled();
          resolve(arrived);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        abort: new AbortController(),
        abandoned: false,
        receiving: false,
        isCut: false,
        orphaned: undefined,
      });
      signal?.addEventListener('abort', onAbort);
      this.#parts.changed();
    });
  }

  #abort(id: number): void {
    const transfer = this.#pending.get(id);
    if (transfer === undefined || transfer.abandoned) return;
    transfer.abandoned = true;
    transfer.wanted.abandoned();
    transfer.abort.abort();
    transfer.reject(new DuetError('aborted'));
    this.#parts.changed();
  }

  failed({ get: id, code, receipt }: Failed): void {
    const transfer = this.#pending.get(id);
    if (transfer === undefined || transfer.receiving) {
      throw new DuetError('bad-reply', { detail: 'A failure of a get that does not wait.' });
    }
    this.#settle(transfer);
    const { wanted } = transfer;
    if (receipt !== undefined) {
      const { meta, request } = wanted;
      const outcome = code === 'stale-grant' ? code : 'op-failed';
      const told = { request, outcome, meta, digest: undefined, digits: undefined } as const;
      this.#checkReceipt(receipt, told);
    }
    const fail = () => transfer.reject(wanted.failed(code));
    const instead = wanted.instead?.(code);
    if (instead === undefined) fail();
    else instead.then(transfer.resolve, fail);
  }

  /** The owner's side refused the message itself. False where the id is none of these. */
  refused(id: number, error: DuetError): boolean {
    const transfer = this.#pending.get(id);
    if (transfer === undefined || transfer.receiving) return false;
    this.#settle(transfer);
    transfer.reject(error);
    return true;
  }

  /** Takes the payload that follows. Throws `bad-reply` where the value is not what was asked for. */
  arrived(message: Value): void {
    const transfer = this.#pending.get(message.get);
    if (transfer === undefined || transfer.receiving) {
      throw new DuetError('bad-reply', { detail: 'A value that nobody asked for.' });
    }
    const { wanted } = transfer;
    if (!sameMeta(message.meta, wanted.meta)) {
      throw new DuetError('bad-reply', {
        detail: `The owner’s side sent ${headerOf(message.meta)} for ${wanted.what}, which is ${headerOf(wanted.meta)}.`,
      });
    }
    wanted.begun(message);
    transfer.receiving = true;
    const { meta, digest, digits, receipt } = message;
    const { request } = wanted;
    const checked = this.#checkReceipt(receipt, {
      request,
      outcome: 'value',
      meta,
      digest,
      digits,
    });
    this.#receive(transfer, message, checked).then(
      (arrived) => transfer.resolve(arrived),
      (error: unknown) => {
        const why = asDuetError(error);
        // The link has ended, or the owner's page was reloaded: one of the two is told in a moment.
        if (this.#pending.has(transfer.id)) return;
        transfer.reject(why);
        if (why.code === 'bad-reply') this.#parts.broken(why);
      },
    );
  }

  /** Also where nobody waits any more: an owner whose receipts are wrong does not keep to the protocol. */
  #checkReceipt(receipt: Receipt | undefined, told: Told): Promise<void> {
    const taken = this.#parts.receipts.take(receipt, told);
    taken.catch((thrown: unknown) => this.#parts.broken(asDuetError(thrown)));
    return taken;
  }

  async #receive(
    transfer: Transfer,
    { meta, digest, digits }: Value,
    receipt: Promise<void>,
  ): Promise<ReceivedValue> {
    const total = byteLength(meta);
    const { onProgress, abort, id, wanted } = transfer;
    // Pieces are hashed while the next ones come.
    const hasher = new PieceHasher();
    try {
      const bytes = await this.#parts.link.receivePayload(id, total, {
        signal: abort.signal,
        onPiece: (piece) => hasher.add(piece),
        ...(onProgress && { onProgress: telling(onProgress, total) }),
      });
      const arrived = await checked({ meta, bytes }, hasher, digest);
      await receipt;
      if (transfer.abandoned) throw new DuetError('aborted');
      if (transfer.orphaned === undefined) wanted.complete(id);
      this.#settle(transfer);
      return digits === undefined ? arrived : { ...arrived, digits };
    } catch (error) {
      transfer.isCut = isDuetError(error, 'link-lost');
      if (!transfer.isCut || transfer.orphaned !== undefined) this.#settle(transfer);
      throw transfer.isCut ? (transfer.orphaned ?? error) : error;
    }
  }

  #settle({ id, wanted }: Transfer): void {
    this.#pending.delete(id);
    wanted.settled();
    this.#parts.changed();
  }

  /** The owner's page was reloaded. What has not come by now will not. */
  beginAnew(error: DuetError): void {
    for (const transfer of [...this.#pending.values()]) {
      transfer.orphaned = error;
      if (transfer.receiving && !transfer.isCut) continue;
      this.#settle(transfer);
      transfer.reject(error);
    }
  }

  /** The link has ended. */
  end(error: DuetError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const transfer of pending) {
      transfer.abort.abort();
      transfer.reject(error);
    }
  }
}

function headerOf({ dtype, shape }: TensorMeta): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** Throws `bad-reply` unless the bytes are canonical and the announced ones. */
async function checked(
  value: TensorValue,
  hasher: PieceHasher,
  digest: Uint8Array,
): Promise<TensorValue> {
  try {
    checkTensor(value);
  } catch (cause) {
    throw new DuetError('bad-reply', {
      detail: 'The bytes of a value do not fit its header.',
      cause,
    });
  }
  const { whole } = await hasher.finish(value.bytes);
  if (!sameBytes(whole, digest)) {
    throw new DuetError('bad-reply', {
      detail: 'The bytes of a value are not the announced ones.',
    });
  }
  return value;
}
