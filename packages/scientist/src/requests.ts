/** Requests to have a value released, from the asking side. */

import {
  type Decision,
  type DType,
  DuetError,
  describeError,
  limits,
  type Outcome,
  type Request,
  visibleText,
} from '@duet/protocol';
import type { Outbox } from './outbox';
import type { ReceivedValue } from './transfers';
import type { ValueState } from './value-state';
import { ownText } from './words';

export interface RequestOptions {
  /** A short name for what is asked; handlers on the owner's side may look at it. Up to 64 characters. */
  readonly name?: string;
  /** Why, for the owner to read. Up to 280 characters. */
  readonly reason?: string;
  /** On the owner's clock. Default: as long as the link lives. */
  readonly timeoutSecs?: number;
  /**
   * How long the owner's side keeps the request, and what is accepted, once this side has left: see `duet.kept`. At most what
   * the owner's side allows (`duet.kept.longestSecs`). Default: it goes with the session.
   */
  readonly keepSecs?: number;
  /** Withdraws the request. */
  readonly signal?: AbortSignal;
}

export type RequestStatus = 'pending' | Outcome | 'withdrawn' | 'failed';

export interface RequestDecision {
  readonly outcome: Outcome;
  /** The owner's words, with invisible characters shown. Inert text: never HTML. */
  readonly reason: string;
}

/** What a request says, ready for the wire. */
type RequestWords = Pick<Request, 'name' | 'reason' | 'timeoutMs' | 'keepMs'>;

/** Throws `bad-argument`. */
function checkRequest(options: RequestOptions, longestKeepMs: number): RequestWords {
  const { timeoutSecs, keepSecs } = options;
  const longest = limits.timeoutMs / 1000;
  if (timeoutSecs !== undefined && !(timeoutSecs > 0 && timeoutSecs <= longest)) {
    throw new DuetError('bad-argument', {
      detail: `timeoutSecs must be over 0 and at most ${longest} seconds; leave it out to wait as long as the link lives.`,
    });
  }
  if (keepSecs !== undefined && !(keepSecs > 0 && keepSecs <= longestKeepMs / 1000)) {
    throw new DuetError('bad-argument', {
      detail:
        longestKeepMs === 0
          ? 'keepSecs: this owner’s side keeps no requests for those who have left.'
          : `keepSecs must be over 0 and at most ${longestKeepMs / 1000} seconds, which is what this owner’s side allows.`,
    });
  }
  return {
    name: ownText(options.name ?? '', limits.nameChars, 'The name'),
    reason: ownText(options.reason ?? '', limits.reasonChars, 'The reason'),
    timeoutMs: timeoutSecs === undefined ? 0 : toMs(timeoutSecs),
    ...(keepSecs !== undefined && { keepMs: toMs(keepSecs) }),
  };
}

function toMs(seconds: number): number {
  return Math.max(1, Math.round(seconds * 1000));
}

export class RequestState {
  readonly id: number;
  readonly value: ValueState;
  readonly name: string;
  readonly reason: string;
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
  /** Does the owner's side keep it when this session ends? Then it waits to hear that the value has arrived. */
  readonly isKept: boolean;
  /** What was released under it, where that was rounded. */
  rounded: Promise<ReceivedValue> | undefined;
  #resolve: (decision: RequestDecision) => void = () => undefined;
  #reject: (error: DuetError) => void = () => undefined;

  constructor(
    id: number,
    value: ValueState,
    words: Pick<RequestWords, 'name' | 'reason' | 'keepMs'>,
    madeByGet: boolean,
  ) {
    this.id = id;
    this.value = value;
    this.name = words.name;
    this.reason = words.reason;
    this.isKept = words.keepMs !== undefined;
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

  /** The owner has taken back what they accepted. It stays with its value, so that a get hears why. */
  revoke(words: string): RequestDecision {
    this.status = 'revoked';
    this.words = visibleText(words);
    return { outcome: 'revoked', reason: this.words };
  }

  fail(status: 'withdrawn' | 'failed', error: DuetError): void {
    if (this.status !== 'pending') return;
    this.status = status;
    this.failure = error;
    this.#letGo();
    this.#reject(error);
  }

  /** What was accepted and not fetched is forgotten on the owner's side. */
  lapse(error: DuetError): void {
    this.status = 'failed';
    this.failure = error;
    this.#letGo();
  }

  #letGo(): void {
    if (this.value.request === this) this.value.request = undefined;
  }

  /** The error for a get that waited for it. */
  denial(): DuetError {
    return refusalOf('denied', this.words);
  }

  /** The error for a get after it was taken back. */
  revocation(): DuetError {
    return refusalOf('revoked', this.words);
  }
}

/** What the owner decided, with their words, as the error of whoever waited for it. */
export function refusalOf(code: Exclude<Outcome, 'accepted'>, words: string): DuetError {
  const { text, hint } = describeError(code);
  const detail = words === '' ? text : `${text} The owner’s words: “${words}”.`;
  const error = new DuetError(code, { detail, hint, from: 'peer' });
  ownerWords.set(error, words);
  return error;
}

const ownerWords = new WeakMap<Error, string>();

/** The owner's words in an error of theirs; inert text, empty where the owner gave none. */
export function ownerWordsOf(error: Error): string {
  return ownerWords.get(error) ?? '';
}

/** One request, as its scientist sees it. */
export class RequestHandle {
  readonly #state: RequestState;
  readonly #withdraw: () => void;

  /** Made by a duet: see `pointer.request` and `duet.requests`. */
  constructor(state: RequestState, withdraw: () => void) {
    this.#state = state;
    this.#withdraw = withdraw;
  }

  get id(): number {
    return this.#state.id;
  }

  get name(): string {
    return this.#state.name;
  }

  get reason(): string {
    return this.#state.reason;
  }

  /** The id of the pointer that it is about. */
  get pointer(): string {
    return this.#state.value.id;
  }

  get shape(): number[] {
    return [...this.#state.value.meta.shape];
  }

  get dtype(): DType {
    return this.#state.value.meta.dtype;
  }

  /** `revoked`: it was accepted, and the owner took that back before the value was fetched. */
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
    this.#withdraw();
  }
}

export interface RequestsParts {
  readonly outbox: Outbox;
  readonly takeId: () => number;
  /** The longest that the owner's side keeps a request for a scientist who has left. */
  readonly longestKeepMs: () => number;
  readonly changed: () => void;
}

/** The requests of a session. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #pending = new Map<number, RequestState>();
  /** Whose value was not fetched yet: the owner may take those back. */
  readonly #accepted = new Map<number, RequestState>();
  /** A decision may cross a withdrawal; it is then no news. */
  readonly #withdrawn = new Set<number>();

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Those without a decision, oldest first. */
  get pending(): readonly RequestState[] {
    return [...this.#pending.values()];
  }

  /** Undefined where none of this id waits. */
  waiting(id: number): RequestState | undefined {
    return this.#pending.get(id);
  }

  /** Throws `bad-argument`. */
  check(options: RequestOptions): RequestWords {
    return checkRequest(options, this.#parts.longestKeepMs());
  }

  /** Sends a request. Throws `bad-argument`, and then nothing was sent. */
  open(value: ValueState, options: RequestOptions, madeByGet: boolean): RequestState {
    const words = this.check(options);
    const { outbox, takeId, changed } = this.#parts;
    const state = new RequestState(takeId(), value, words, madeByGet);
    outbox.send({ kind: 'request', id: state.id, ref: value.ref, ...words });
    this.#pending.set(state.id, state);
    value.request = state;
    changed();
    return state;
  }

  /** The owner's side never heard of this one: there is nothing to decide about a value that is readable already. */
  granted(value: ValueState): RequestState {
    const state = new RequestState(this.#parts.takeId(), value, { name: '', reason: '' }, false);
    state.decide({ outcome: 'accepted', reason: '' });
    return state;
  }

  withdraw(state: RequestState, error = new DuetError('withdrawn')): void {
    if (!this.#pending.delete(state.id)) return;
    this.#withdrawn.add(state.id);
    this.#parts.outbox.sendOrBreak({ kind: 'withdraw', request: state.id });
    state.fail('withdrawn', error);
    this.#parts.changed();
  }

  /** Undefined for a decision that crossed a withdrawal. Throws `bad-reply` where nothing was asked. */
  decided(message: Decision): { state: RequestState; decision: RequestDecision } | undefined {
    if (message.outcome === 'revoked') return this.#revoked(message);
    const state = this.#pending.get(message.request);
    if (state === undefined) {
      if (this.#crossed(message)) return undefined;
      throw new DuetError('bad-reply', { detail: 'A decision on a request that does not wait.' });
    }
    this.#pending.delete(message.request);
    if (message.outcome === 'accepted') this.#accepted.set(state.id, state);
    const decision = state.decide(message);
    this.#parts.changed();
    return { state, decision };
  }

  /** One that was accepted may yet be taken back, before the withdrawal is heard. */
  #crossed({ request, outcome }: Decision): boolean {
    return outcome === 'accepted' ? this.#withdrawn.has(request) : this.#withdrawn.delete(request);
  }

  #revoked(message: Decision): { state: RequestState; decision: RequestDecision } | undefined {
    const { request, reason } = message;
    const state = this.#accepted.get(request);
    if (state === undefined) {
      if (this.#crossed(message)) return undefined;
      throw new DuetError('bad-reply', { detail: 'Nothing is left to take back of a request.' });
    }
    this.#accepted.delete(request);
    return { state, decision: state.revoke(reason) };
  }

  /** What was accepted has left the owner's side. True the first time. */
  fetched(state: RequestState): boolean {
    return this.#accepted.delete(state.id);
  }

  /** The owner's side refused the request itself. False where the id is none of these. */
  refused(id: number, error: DuetError): boolean {
    const state = this.#pending.get(id);
    if (state === undefined) return false;
    this.#pending.delete(id);
    state.fail('failed', error);
    this.#parts.changed();
    return true;
  }

  /** The owner's page was reloaded: it knows of none of them. */
  beginAnew(error: DuetError): void {
    for (const state of this.#accepted.values()) state.lapse(error);
    this.end(error);
    this.#parts.changed();
  }

  /** The link has ended. */
  end(error: DuetError): void {
    for (const state of this.#pending.values()) state.fail('failed', error);
    this.#pending.clear();
    this.#accepted.clear();
    this.#withdrawn.clear();
  }
}
