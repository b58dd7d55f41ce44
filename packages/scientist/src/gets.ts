/** Values on their way here: what was asked for, what arrives, and whether the two fit. */

import {
  asDuetError,
  byteLength,
  checkTensor,
  DuetError,
  describeError,
  digestOf,
  type ErrorCode,
  type Failed,
  type Link,
  sameBytes,
  sameShape,
  type TensorMeta,
  type TensorValue,
  type Value,
} from '@duet/protocol';
import type { Outbox } from './outbox';
import type { GetOptions } from './pointer';
import { checkRequest, type RequestState, type Requests } from './requests';
import type { ValueState } from './value-state';

interface PendingGet {
  readonly id: number;
  readonly value: ValueState;
  /** The value goes once it is here. */
  readonly takes: boolean;
  /** The owner's side deletes it by itself when it hears `confirm`; a sent value is dropped instead. */
  readonly deleteAfter: boolean;
  readonly request: RequestState | undefined;
  readonly onProgress: ((receivedBytes: number, totalBytes: number) => void) | undefined;
  readonly resolve: (value: TensorValue) => void;
  readonly reject: (error: DuetError) => void;
  /** Stops the transfer where nobody waits for it any more. */
  readonly abort: AbortController;
  /** Nobody waits any more, but the owner's side will still answer. */
  abandoned: boolean;
  receiving: boolean;
}

export interface GetsParts {
  readonly link: Link;
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly takeId: () => number;
  /** The value of a deleting get is here. `byOwner`: the owner's side was told by a `confirm`. */
  readonly taken: (value: ValueState, byOwner: boolean) => void;
  /** The owner's side does not keep to the protocol. */
  readonly broken: (error: DuetError) => void;
  readonly changed: () => void;
}

function sameMeta(a: TensorMeta, b: TensorMeta): boolean {
  return a.dtype === b.dtype && a.elementBytes === b.elementBytes && sameShape(a.shape, b.shape);
}

export class Gets {
  readonly #parts: GetsParts;
  readonly #pending = new Map<number, PendingGet>();

  constructor(parts: GetsParts) {
    this.#parts = parts;
  }

  /** Gets that someone waits for. */
  get size(): number {
    return [...this.#pending.values()].filter(({ abandoned }) => !abandoned).length;
  }

  /** Sends what it takes to get a value, at once, and resolves with it. */
  fetch(value: ValueState, options: GetOptions): Promise<TensorValue> {
    const { signal } = options;
    if (signal?.aborted === true) throw new DuetError('aborted');
    const { outbox, takeId } = this.#parts;
    const request = this.#requestFor(value, options);
    // What the owner published stays, whatever is asked.
    const takes = value.origin !== 'published' && (options.deleteObj ?? value.origin === 'derived');
    const deleteAfter = takes && value.origin === 'derived';
    const id = takeId();
    outbox.send({ kind: 'get', id, ref: value.ref, request: request?.id ?? 0, deleteAfter });
    return new Promise<TensorValue>((resolve, reject) => {
      const onAbort = () => this.#abort(id);
      const settled = () => signal?.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        id,
        value,
        takes,
        deleteAfter,
        request,
        onProgress: options.onProgress,
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
      });
      request?.waiters.add(id);
      signal?.addEventListener('abort', onAbort);
      this.#parts.changed();
    });
  }

  /** The request that the get waits for, or whose grant it fetches; a new one where asking is wanted and needed. */
  #requestFor(value: ValueState, options: GetOptions): RequestState | undefined {
    // A mistake in what is asked is one also where nobody needs to be asked.
    if (options.requestBlock === true) checkRequest(options);
    if (value.readable) return undefined;
    const known = value.request;
    if (options.requestBlock === true)
      return known ?? this.#parts.requests.open(value, options, true);
    // Without requestBlock it is now or never.
    return known?.status === 'accepted' ? known : undefined;
  }

  #abort(id: number): void {
    const get = this.#pending.get(id);
    if (get === undefined || get.abandoned) return;
    get.abandoned = true;
    const { request } = get;
    request?.waiters.delete(id);
    if (request?.madeByGet === true && request.waiters.size === 0) {
      this.#parts.requests.withdraw(request, new DuetError('aborted'));
    }
    get.abort.abort();
    get.reject(new DuetError('aborted'));
    this.#parts.changed();
  }

  failed({ get: id, code }: Failed): void {
    const get = this.#pending.get(id);
    if (get === undefined || get.receiving) {
      throw new DuetError('bad-reply', { detail: 'A failure of a get that does not wait.' });
    }
    this.#settle(get);
    this.#forgetGrant(get);
    if (code === 'not-released') get.value.readable = false;
    get.reject(this.#whyFailed(get, code));
  }

  /** The owner's side refused the get itself. False where the id is none of these. */
  refused(id: number, error: DuetError): boolean {
    const get = this.#pending.get(id);
    if (get === undefined || get.receiving) return false;
    this.#settle(get);
    get.reject(error);
    return true;
  }

  #whyFailed(get: PendingGet, code: ErrorCode): DuetError {
    const { request, value } = get;
    if (code === 'denied' && request !== undefined) return request.denial();
    // The request, or the value, was refused before: that is the real reason.
    if (request?.failure !== undefined) return request.failure;
    const ended = value.whyEnded();
    if (ended !== undefined && ended.code !== 'disposed') return ended;
    const { text } = describeError(code);
    return new DuetError(code, {
      detail: `Pointer ${value.id} (${value.madeBy}): ${text}`,
      from: 'peer',
    });
  }

  /** Takes the payload that follows. Throws `bad-reply` where the value is not what was asked for. */
  arrived(message: Value): void {
    const get = this.#pending.get(message.get);
    if (get === undefined || get.receiving) {
      throw new DuetError('bad-reply', { detail: 'A value that nobody asked for.' });
    }
    const { value } = get;
    if (!sameMeta(message.meta, value.meta)) {
      throw new DuetError('bad-reply', {
        detail: `The owner’s side sent ${message.meta.dtype} [${message.meta.shape.join(', ')}] for pointer ${value.id}, which is ${value.meta.dtype} [${value.meta.shape.join(', ')}].`,
      });
    }
    // Its first byte has left: from now on this side may read it.
    value.readable = true;
    this.#forgetGrant(get);
    get.receiving = true;
    this.#receive(get, message).then(
      (arrived) => get.resolve(arrived),
      (error: unknown) => {
        const why = asDuetError(error);
        get.reject(why);
        if (why.code === 'bad-reply') this.#parts.broken(why);
      },
    );
  }

  async #receive(get: PendingGet, { meta, digest }: Value): Promise<TensorValue> {
    const { link, outbox, taken } = this.#parts;
    const total = byteLength(meta);
    const { onProgress, abort } = get;
    try {
      const bytes = await link.receivePayload(get.id, total, {
        signal: abort.signal,
        ...(onProgress && { onProgress: (received: number) => onProgress(received, total) }),
      });
      const arrived = await checked({ meta, bytes }, digest);
      if (get.abandoned) throw new DuetError('aborted');
      // Nothing is left to delete where the pointer was disposed meanwhile.
      if (get.takes && !get.value.hasEnded) {
        // Before the promise resolves, so that what the caller does next comes after it.
        if (get.deleteAfter) outbox.sendOrBreak({ kind: 'confirm', get: get.id });
        taken(get.value, get.deleteAfter);
      }
      return arrived;
    } finally {
      this.#settle(get);
    }
  }

  #settle(get: PendingGet): void {
    this.#pending.delete(get.id);
    get.request?.waiters.delete(get.id);
    this.#parts.changed();
  }

  #forgetGrant({ value, request }: PendingGet): void {
    if (request !== undefined && value.request === request) value.request = undefined;
  }

  /** The link has ended. */
  end(error: DuetError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const get of pending) {
      get.abort.abort();
      get.reject(error);
    }
  }
}

/** Throws `bad-reply` unless the bytes are canonical and the announced ones. */
async function checked(value: TensorValue, digest: Uint8Array): Promise<TensorValue> {
  try {
    checkTensor(value);
  } catch (cause) {
    throw new DuetError('bad-reply', {
      detail: 'The bytes of a value do not fit its header.',
      cause,
    });
  }
  if (!sameBytes(await digestOf(value.bytes), digest)) {
    throw new DuetError('bad-reply', {
      detail: 'The bytes of a value are not the announced ones.',
    });
  }
  return value;
}
