/** Gets of pointers: whether to ask, under which request, and what becomes of the pointer. */

import { DuetError, describeError, type ErrorCode, type Value } from '@duet/protocol';
import type { Outbox } from './outbox';
import type { GetOptions } from './pointer';
import type { RequestState, Requests } from './requests';
import type { ReceivedValue, Transfers, Wanted } from './transfers';
import type { ValueState } from './value-state';

export interface GetsParts {
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly transfers: Transfers;
  readonly takeId: () => number;
  /** Tells the owner's side which values went, before it is told anything else. */
  readonly tellDropped: () => void;
  /** The value of a deleting get is here. `byOwner`: the owner's side was told by a `confirm`. */
  readonly taken: (value: ValueState, byOwner: boolean) => void;
  /** The first byte of a released value has left the owner's side. */
  readonly released: (request: RequestState, digits: number | undefined) => void;
}

/** Failures that are what a grant carries: it is spent. */
const paid: ReadonlySet<ErrorCode> = new Set(['op-failed', 'stale-grant']);

export class Gets {
  readonly #parts: GetsParts;

  constructor(parts: GetsParts) {
    this.#parts = parts;
  }

  /** Sends what it takes to get a value, at once, and resolves with it. */
  fetch(value: ValueState, options: GetOptions): Promise<ReceivedValue> {
    if (options.signal?.aborted === true) throw new DuetError('aborted');
    const { outbox, takeId, tellDropped, transfers } = this.#parts;
    const request = this.#requestFor(value, options);
    // What the owner published stays, whatever is asked.
    const takes = value.origin !== 'published' && (options.deleteObj ?? value.origin === 'derived');
    const deleteAfter = takes && value.origin === 'derived';
    const id = takeId();
    tellDropped();
    outbox.send({ kind: 'get', id, ref: value.ref, request: request?.id ?? 0, deleteAfter });
    request?.waiters.add(id);
    const complete = () => {
      // Nothing is left to delete where the pointer was disposed meanwhile.
      const deletes = takes && !value.hasEnded;
      if ((deletes && deleteAfter) || request?.isKept === true) {
        outbox.sendOrBreak({ kind: 'confirm', get: id });
      }
      if (deletes) this.#parts.taken(value, deleteAfter);
    };
    const arriving: Promise<ReceivedValue> = transfers.await(
      id,
      {
        ...this.#wanted(value, request, id),
        begun: (message) => this.#begun(value, request, message, arriving),
        complete,
      },
      options,
    );
    return arriving;
  }

  /** The request that the get waits for, or whose grant it fetches; a new one where asking is wanted and needed. */
  #requestFor(value: ValueState, options: GetOptions): RequestState | undefined {
    const { requests } = this.#parts;
    const asks = options.requestBlock === true;
    // A mistake in what is asked is one also where nobody needs to be asked.
    if (asks) requests.check(options);
    if (value.readable) return undefined;
    const known = value.request;
    if (known?.status === 'accepted' || (asks && known?.status === 'pending')) return known;
    if (asks) return requests.open(value, options, true);
    // Without requestBlock it is now or never.
    if (known?.status === 'revoked') throw known.revocation();
    return undefined;
  }

  #wanted(
    value: ValueState,
    request: RequestState | undefined,
    id: number,
  ): Omit<Wanted, 'begun' | 'complete'> {
    return {
      meta: value.meta,
      what: `pointer ${value.id}`,
      request: request?.id,
      failed: (code) => {
        if (code === 'not-released') value.readable = false;
        // One that was taken back says so until its scientist asks again.
        if (code !== 'revoked') forgetGrant(value, request);
        if (request !== undefined && paid.has(code)) this.#parts.requests.fetched(request);
        return whyFailed(value, request, code);
      },
      // Rounded ones leave once for a request, and are no more readable afterwards than before.
      instead: (code) => (code === 'not-released' ? request?.rounded?.then(copyOf) : undefined),
      abandoned: () => {
        request?.waiters.delete(id);
        if (request?.madeByGet === true && request.waiters.size === 0) {
          this.#parts.requests.withdraw(request, new DuetError('aborted'));
        }
      },
      settled: () => request?.waiters.delete(id),
    };
  }

  #begun(
    value: ValueState,
    request: RequestState | undefined,
    { digits }: Value,
    arriving: Promise<ReceivedValue>,
  ): void {
    // From now on this side may read it, unless it was rounded.
    if (digits === undefined) value.readable = true;
    else if (request !== undefined) request.rounded = arriving;
    forgetGrant(value, request);
    if (request === undefined || !this.#parts.requests.fetched(request)) return;
    this.#parts.released(request, digits);
  }
}

function forgetGrant(value: ValueState, request: RequestState | undefined): void {
  if (request !== undefined && value.request === request) value.request = undefined;
}

function whyFailed(
  value: ValueState,
  request: RequestState | undefined,
  code: ErrorCode,
): DuetError {
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

function copyOf({ bytes, ...rest }: ReceivedValue): ReceivedValue {
  return { ...rest, bytes: bytes.slice() };
}
