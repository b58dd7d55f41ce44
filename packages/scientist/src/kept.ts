/** Requests of earlier sessions that the owner's side has kept: leave, come back, and collect. */

import { type Nested, toNested, valueToTensor } from '@duet/engine';
import { sameMeta } from '@duet/ops';
import {
  type Clock,
  type DType,
  DuetError,
  describeError,
  type ErrorCode,
  elementCount,
  type Kept,
  type KeptItem,
  limits,
  type Outcome,
  type TensorMeta,
  type Value,
  visibleText,
} from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import type { Outbox } from './outbox';
import { type RequestDecision, refusalOf } from './requests';
import type { ReceivedValue, TransferOptions, Transfers, Wanted } from './transfers';
import { quoted } from './words';

/** `gone`: fetched, forgotten, or its time has passed. */
export type KeptStatus = 'pending' | Outcome | 'gone';

/** `signal` stops the waiting, and the request stays kept. */
export type CollectOptions = Pick<TransferOptions, 'signal' | 'onProgress'>;

interface KeptState {
  readonly id: number;
  readonly meta: TensorMeta;
  readonly name: string;
  /** What the owner's side has told of it. */
  outcome: Outcome | undefined;
  reason: string;
  until: number;
  /** Why it is not there any more. */
  ended: DuetError | undefined;
  readonly decision: Promise<RequestDecision>;
  readonly decide: (decision: RequestDecision) => void;
  readonly abandon: (error: DuetError) => void;
}

interface KeptHost {
  now(): number;
  fetch(state: KeptState, options: CollectOptions): Promise<ReceivedValue>;
  forget(state: KeptState): void;
}

/** A request of an earlier session, and what has become of it. */
export class KeptRequest {
  readonly #state: KeptState;
  readonly #host: KeptHost;

  /** Made by a duet: see `duet.kept`. */
  constructor(state: KeptState, host: KeptHost) {
    this.#state = state;
    this.#host = host;
  }

  /** Counted by the owner's side: the same in each session. */
  get id(): number {
    return this.#state.id;
  }

  /** As it was asked. Every session under this identity hears it: inert text. */
  get name(): string {
    return this.#state.name;
  }

  get shape(): number[] {
    return [...this.#state.meta.shape];
  }

  get dtype(): DType {
    return this.#state.meta.dtype;
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.#state.meta.shape);
  }

  get status(): KeptStatus {
    const { ended, outcome } = this.#state;
    return ended === undefined ? (outcome ?? 'pending') : 'gone';
  }

  /** The owner's words, with invisible characters shown. Inert text: never HTML. */
  get reason(): string {
    return this.#state.reason;
  }

  /** Until the owner's side lets go of it, whatever was decided. */
  get secondsLeft(): number {
    if (this.#state.ended !== undefined) return 0;
    return Math.max(0, Math.ceil((this.#state.until - this.#host.now()) / 1000));
  }

  /**
   * Resolves with what was decided, at once where it was before. Rejects with `no-request` where it is gone first, or the
   * reason the link ended. It may be left alone.
   */
  get decision(): Promise<RequestDecision> {
    return this.#state.decision;
  }

  /**
   * The value as a tensor, which the caller disposes; waits for the decision where there is none. Once the value has arrived
   * whole, the owner's side lets go of it. Rejects with `denied`, `expired`, `revoked`, `aborted`, `op-failed`, `stale-grant`,
   * `no-request` where it is gone, or the reason the link ended.
   */
  async get(options: CollectOptions = {}): Promise<tf.Tensor> {
    return valueToTensor(await this.#host.fetch(this.#state, options), { share: true });
  }

  /** As `get`, as a number (or boolean, or text) for rank 0, else nested arrays; complex elements are [real, imaginary]. */
  async getValue(options: CollectOptions = {}): Promise<Nested> {
    return toNested(await this.#host.fetch(this.#state, options));
  }

  /** Has the owner's side let go of it; one that waits is withdrawn. Does nothing the second time. */
  forget(): void {
    this.#host.forget(this.#state);
  }
}

/** One row of `table()`. */
export interface KeptRow {
  readonly id: number;
  readonly name: string;
  readonly shape: string;
  readonly dtype: DType;
  readonly status: KeptStatus;
  readonly reason: string;
  readonly secondsLeft: number;
}

export interface KeptParts {
  readonly outbox: Outbox;
  readonly transfers: Transfers;
  readonly takeId: () => number;
  readonly checkOpen: () => void;
  readonly clock: Clock;
  /** The longest that the owner's side keeps one. */
  readonly longestMs: () => number;
  /** Something is told of it that was not known. */
  readonly decided: (request: KeptRequest, decision: RequestDecision) => void;
  /** The first byte of its value has left the owner's side. */
  readonly released: (request: KeptRequest, message: Value) => void;
  /** It came, or went, or something else of it is new. */
  readonly changed: (request: KeptRequest) => void;
}

/** Iterates over the kept requests of earlier sessions, oldest first. The owner's side tells of them; nothing is polled. */
export class KeptRequests {
  readonly #parts: KeptParts;
  readonly #kept = new Map<number, { readonly state: KeptState; readonly request: KeptRequest }>();
  /** Let go of here: what the owner's side says of them meanwhile is no news. */
  readonly #letGo = new Set<number>();
  readonly #host: KeptHost;
  #lastId = 0;
  #isToldAnew = false;

  /** Made by a duet. */
  constructor(parts: KeptParts) {
    this.#parts = parts;
    this.#host = {
      now: () => parts.clock.now(),
      fetch: (state, options) => this.#fetch(state, options),
      forget: (state) => this.#forget(state),
    };
  }

  /** The longest that the owner's side keeps a request for one who has left; 0: not at all. */
  get longestSecs(): number {
    return this.#parts.longestMs() / 1000;
  }

  get length(): number {
    return this.#kept.size;
  }

  list(): readonly KeptRequest[] {
    return [...this.#kept.values()].map(({ request }) => request);
  }

  [Symbol.iterator](): IterableIterator<KeptRequest> {
    return this.list()[Symbol.iterator]();
  }

  /** By position; negative from the end. Throws `no-request`. */
  at(index: number): KeptRequest {
    return this.list().at(index) ?? nothing(`${this.length} requests are kept.`);
  }

  /** By id, or by the name of the newest that has it. Throws `no-request`. */
  get(key: number | string): KeptRequest {
    const found =
      typeof key === 'number'
        ? this.#kept.get(key)?.request
        : this.list().findLast(({ name }) => name === key);
    return found ?? nothing(`No kept request goes by ${quoted(String(key))}.`);
  }

  /** Rows for `console.table`. */
  table(): KeptRow[] {
    return this.list().map((request) => ({
      id: request.id,
      name: visibleText(request.name),
      shape: `[${request.shape.join(', ')}]`,
      dtype: request.dtype,
      status: request.status,
      reason: request.reason,
      secondsLeft: request.secondsLeft,
    }));
  }

  // ---- what the owner's side says ------------------------------------------------------------------------------

  /** Throws `bad-reply` where it contradicts what was told before, or is more than the protocol allows. */
  update({ items, gone }: Kept): void {
    if (this.#isToldAnew) this.#compare(items);
    for (const item of items) if (!this.#letGo.has(item.id)) this.#tell(item);
    if (this.#kept.size > limits.keptItems) wrong(`Over ${limits.keptItems} requests are kept.`);
    for (const id of gone) {
      if (this.#letGo.delete(id)) continue;
      const known = this.#kept.get(id) ?? wrong(`There is no kept request ${id} to go.`);
      this.#end(known.state, new DuetError('no-request', { detail: whyGone, hint: '' }));
      this.#parts.changed(known.request);
    }
  }

  /** The owner's page was reloaded: the next message says what is kept there. Without one nothing is. */
  beginAnew(): void {
    this.#isToldAnew = true;
    this.#letGo.clear();
    if (this.#parts.longestMs() === 0) this.update({ kind: 'kept', items: [], gone: [] });
  }

  /** Numbers of before a reload may be given anew. What is not the same any more is gone. */
  #compare(items: readonly KeptItem[]): void {
    this.#isToldAnew = false;
    const told = new Map(items.map((item) => [item.id, item]));
    for (const { state, request } of [...this.#kept.values()]) {
      const item = told.get(state.id);
      if (item !== undefined && isSame(state, item)) continue;
      this.#end(state, new DuetError('no-request', { detail: whyGone, hint: '' }));
      this.#parts.changed(request);
    }
    this.#lastId = 0;
  }

  #tell(item: KeptItem): void {
    if (item.leftMs > this.#parts.longestMs()) wrong('A request is kept longer than announced.');
    const known = this.#kept.get(item.id);
    if (known === undefined && item.id <= this.#lastId) {
      wrong(`The owner’s side gave kept request ${item.id} another meaning.`);
    }
    const { state, request } = known ?? this.#begin(item);
    checkSame(state, item);
    state.until = this.#parts.clock.now() + item.leftMs;
    const isNew = item.outcome !== state.outcome;
    state.outcome = item.outcome;
    state.reason = visibleText(item.reason);
    if (isNew && item.outcome !== undefined) {
      const decision = { outcome: item.outcome, reason: state.reason };
      state.decide(decision);
      this.#parts.decided(request, decision);
    }
    this.#parts.changed(request);
  }

  #begin({ id, meta, name }: KeptItem): { state: KeptState; request: KeptRequest } {
    const { promise: decision, resolve: decide, reject: abandon } = deferred<RequestDecision>();
    const state: KeptState = {
      id,
      meta,
      name,
      outcome: undefined,
      reason: '',
      until: 0,
      ended: undefined,
      decision,
      decide,
      abandon,
    };
    const kept = { state, request: new KeptRequest(state, this.#host) };
    this.#lastId = id;
    this.#kept.set(id, kept);
    return kept;
  }

  // ---- what this side does -------------------------------------------------------------------------------------

  async #fetch(state: KeptState, { signal, onProgress }: CollectOptions): Promise<ReceivedValue> {
    const { checkOpen, outbox, takeId, transfers } = this.#parts;
    checkOpen();
    if (state.ended !== undefined) throw state.ended;
    if (signal?.aborted === true) throw new DuetError('aborted');
    const id = takeId();
    outbox.send({ kind: 'collect', id, kept: state.id });
    return transfers.await(id, this.#wanted(state), { signal, onProgress });
  }

  #wanted(state: KeptState): Wanted {
    return {
      meta: state.meta,
      what: `kept request ${state.id}`,
      request: undefined,
      begun: (message) => {
        const known = this.#kept.get(state.id);
        if (known !== undefined) this.#parts.released(known.request, message);
      },
      complete: (id) => {
        this.#parts.outbox.sendOrBreak({ kind: 'confirm', get: id });
        this.#letGoOf(state, `The value of kept request ${state.id} was fetched.`);
      },
      failed: (code) => whyFailed(state, code),
      abandoned: () => undefined,
      settled: () => undefined,
    };
  }

  #forget(state: KeptState): void {
    if (state.ended !== undefined) return;
    this.#parts.checkOpen();
    this.#parts.outbox.send({ kind: 'forget', kept: state.id });
    this.#letGoOf(state, `Kept request ${state.id} was forgotten.`);
  }

  #letGoOf(state: KeptState, why: string): void {
    const known = this.#kept.get(state.id);
    // Two gets of one value: the first has let go of it.
    if (known === undefined) return;
    this.#letGo.add(state.id);
    this.#end(state, new DuetError('no-request', { detail: why, hint: '' }));
    this.#parts.changed(known.request);
  }

  #end(state: KeptState, why: DuetError): void {
    this.#kept.delete(state.id);
    state.ended = why;
    // Does nothing where it was decided.
    state.abandon(why);
  }

  /** The link has ended. The owner's side still has them, for another session. */
  end(error: DuetError): void {
    for (const { state } of this.#kept.values()) state.abandon(error);
  }
}

const whyGone =
  'This request is not kept any more: its time has passed, or another session has fetched or forgotten it.';

/** Ways in which what was told of a request may go on. */
const next: Readonly<Record<Outcome | 'pending', readonly (Outcome | undefined)[]>> = {
  pending: [undefined, 'accepted', 'denied', 'expired', 'revoked'],
  accepted: ['accepted', 'revoked'],
  denied: ['denied'],
  expired: ['expired'],
  revoked: ['revoked'],
};

function isSame(state: KeptState, { meta, name, outcome }: KeptItem): boolean {
  const goesOn = next[state.outcome ?? 'pending'].includes(outcome);
  return sameMeta(state.meta, meta) && state.name === name && goesOn;
}

/** Throws `bad-reply` unless the item may be said of the same request. */
function checkSame(state: KeptState, { id, meta, name, outcome }: KeptItem): void {
  if (!sameMeta(state.meta, meta) || state.name !== name) {
    wrong(`The owner’s side gave kept request ${id} another meaning.`);
  }
  if (!next[state.outcome ?? 'pending'].includes(outcome)) {
    wrong(`Kept request ${id} was decided otherwise before.`);
  }
}

function whyFailed(state: KeptState, code: ErrorCode): DuetError {
  if (code === 'denied' || code === 'expired' || code === 'revoked') {
    return refusalOf(code, state.reason);
  }
  if (state.ended !== undefined) return state.ended;
  const { text } = describeError(code);
  return new DuetError(code, { detail: `Kept request ${state.id}: ${text}`, from: 'peer' });
}

function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: DuetError) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: DuetError) => void = () => undefined;
  const promise = new Promise<T>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  // Nobody has to listen.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function wrong(detail: string): never {
  throw new DuetError('bad-reply', { detail });
}

function nothing(detail: string): never {
  throw new DuetError('no-request', { detail, hint: '' });
}
