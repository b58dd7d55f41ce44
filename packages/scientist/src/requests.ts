/** Requests to have a value released, from the asking side. */

import {
  type Decision,
  DuetError,
  describeError,
  limits,
  type Outcome,
  visibleText,
} from '@duet/protocol';
import type { Outbox } from './outbox';
import type { ValueState } from './value-state';
import { ownText } from './words';

export interface RequestOptions {
  /** A short name for what is asked; handlers on the owner's side may look at it. Up to 64 characters. */
  readonly name?: string;
  /** Why, for the owner to read. Up to 280 characters. */
  readonly reason?: string;
  /** On the owner's clock. Default: as long as the link lives. */
  readonly timeoutSecs?: number;
  /** Withdraws the request. */
  readonly signal?: AbortSignal;
}

export type RequestStatus = 'pending' | Outcome | 'withdrawn' | 'failed';

export interface RequestDecision {
  readonly outcome: Outcome;
  /** The owner's words, with invisible characters shown. Inert text: never HTML. */
  readonly reason: string;
}

/** What a request says, checked and ready for the wire. Throws `bad-argument`. */
export function checkRequest(options: RequestOptions): {
  name: string;
  reason: string;
  timeoutMs: number;
} {
  const { timeoutSecs } = options;
  const longest = limits.timeoutMs / 1000;
  if (timeoutSecs !== undefined && !(timeoutSecs > 0 && timeoutSecs <= longest)) {
    throw new DuetError('bad-argument', {
      detail: `timeoutSecs must be over 0 and at most ${longest} seconds; leave it out to wait as long as the link lives.`,
    });
  }
  return {
    name: ownText(options.name ?? '', limits.nameChars, 'The name'),
    reason: ownText(options.reason ?? '', limits.reasonChars, 'The reason'),
    timeoutMs: timeoutSecs === undefined ? 0 : Math.max(1, Math.round(timeoutSecs * 1000)),
  };
}

export class RequestState {
  readonly id: number;
  readonly value: ValueState;
  readonly name: string;
  /** Resolves with the owner's decision, or the clock's; rejects where there will be none. */
  readonly decision: Promise<RequestDecision>;
  status: RequestStatus = 'pending';
  /** Why there will be no decision. */
  failure: DuetError | undefined;
  /** The owner's words with a denial. */
  words = '';
  /** Gets that wait for it. A request that was made by a get alone is withdrawn with the last of them. */
  readonly waiters = new Set<number>();
  readonly madeByGet: boolean;
  #resolve: (decision: RequestDecision) => void = () => undefined;
  #reject: (error: DuetError) => void = () => undefined;

  constructor(id: number, value: ValueState, name: string, madeByGet: boolean) {
    this.id = id;
    this.value = value;
    this.name = name;
    this.madeByGet = madeByGet;
    this.decision = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody has to listen.
    this.decision.catch(() => undefined);
  }

  decide({ outcome, reason }: Pick<Decision, 'outcome' | 'reason'>): RequestDecision {
    this.status = outcome;
    this.words = visibleText(reason);
    // An accepted one stays with its value until it is fetched.
    if (outcome !== 'accepted') this.#letGo();
    const decision = { outcome, reason: this.words };
    this.#resolve(decision);
    return decision;
  }

  fail(status: 'withdrawn' | 'failed', error: DuetError): void {
    if (this.status !== 'pending') return;
    this.status = status;
    this.failure = error;
    this.#letGo();
    this.#reject(error);
  }

  #letGo(): void {
    if (this.value.request === this) this.value.request = undefined;
  }

  /** The error for a get that waited for it. */
  denial(): DuetError {
    const { text, hint } = describeError('denied');
    const detail = this.words === '' ? text : `${text} The owner’s words: “${this.words}”.`;
    const error = new DuetError('denied', { detail, hint, from: 'peer' });
    ownerWords.set(error, this.words);
    return error;
  }
}

const ownerWords = new WeakMap<Error, string>();

/** The owner's words in a `denied` error; inert text, empty where the owner gave none. */
export function ownerWordsOf(error: Error): string {
  return ownerWords.get(error) ?? '';
}

/** A request that was made without waiting for it. */
export class RequestHandle {
  readonly #state: RequestState;
  readonly #withdraw: (state: RequestState) => void;

  constructor(state: RequestState, withdraw: (state: RequestState) => void) {
    this.#state = state;
    this.#withdraw = withdraw;
  }

  get id(): number {
    return this.#state.id;
  }

  get status(): RequestStatus {
    return this.#state.status;
  }

  /**
   * Resolves with `accepted`, `denied` or `expired`; after `accepted`, `get()` of the pointer fetches the value. Rejects with
   * `withdrawn`, `aborted`, what the owner's side found wrong, or the reason the link ended. It may be left alone.
   */
  get decision(): Promise<RequestDecision> {
    return this.#state.decision;
  }

  /** Takes the request back; an accept that crosses it is void. Does nothing once it is decided. */
  withdraw(): void {
    this.#withdraw(this.#state);
  }
}

/** The requests of a session that wait for a decision. */
export class Requests {
  readonly #outbox: Outbox;
  readonly #takeId: () => number;
  readonly #changed: () => void;
  readonly #pending = new Map<number, RequestState>();
  /** A decision may cross a withdrawal; it is then no news. */
  readonly #withdrawn = new Set<number>();

  constructor(outbox: Outbox, takeId: () => number, changed: () => void) {
    this.#outbox = outbox;
    this.#takeId = takeId;
    this.#changed = changed;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Sends a request. Throws `bad-argument`, and then nothing was sent. */
  open(value: ValueState, options: RequestOptions, madeByGet: boolean): RequestState {
    const words = checkRequest(options);
    const state = new RequestState(this.#takeId(), value, words.name, madeByGet);
    this.#outbox.send({ kind: 'request', id: state.id, ref: value.ref, ...words });
    this.#pending.set(state.id, state);
    value.request = state;
    this.#changed();
    return state;
  }

  /** The owner's side never heard of this one: there is nothing to decide about a value that is readable already. */
  granted(value: ValueState): RequestState {
    const state = new RequestState(this.#takeId(), value, '', false);
    state.decide({ outcome: 'accepted', reason: '' });
    return state;
  }

  withdraw(state: RequestState, error = new DuetError('withdrawn')): void {
    if (!this.#pending.delete(state.id)) return;
    this.#withdrawn.add(state.id);
    this.#outbox.sendOrBreak({ kind: 'withdraw', request: state.id });
    state.fail('withdrawn', error);
    this.#changed();
  }

  /** Undefined for a decision that crossed a withdrawal. Throws `bad-reply` where nothing was asked. */
  decided(decision: Decision): { state: RequestState; decision: RequestDecision } | undefined {
    const state = this.#pending.get(decision.request);
    if (state === undefined) {
      if (this.#withdrawn.delete(decision.request)) return undefined;
      throw new DuetError('bad-reply', { detail: 'A decision on a request that does not wait.' });
    }
    this.#pending.delete(decision.request);
    const made = state.decide(decision);
    this.#changed();
    return { state, decision: made };
  }

  /** The owner's side refused the request itself. False where the id is none of these. */
  refused(id: number, error: DuetError): boolean {
    const state = this.#pending.get(id);
    if (state === undefined) return false;
    this.#pending.delete(id);
    state.fail('failed', error);
    this.#changed();
    return true;
  }

  /** The link has ended. */
  end(error: DuetError): void {
    for (const state of this.#pending.values()) state.fail('failed', error);
    this.#pending.clear();
    this.#withdrawn.clear();
  }
}
