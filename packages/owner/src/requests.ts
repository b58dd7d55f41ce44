import {
  asDuetError,
  byteLength,
  type Clock,
  checkText,
  DuetError,
  elementCount,
  limits,
  type Outcome,
  type PeerIdentity,
  type Request,
  type TensorMeta,
  type TensorValue,
  visibleText,
} from '@duet/protocol';
import { StateEvents } from './events';
import type { Gate, Grant } from './gate';
import { type Handler, HandlerList, type HandlerOptions } from './handlers';
import { describeLineage, type LineageWords } from './lineage';
import type { Version } from './objects';
import { nameOf, type OwnerStore, tagsOf } from './store';

/** `left`: the scientist went away before it was decided. */
export type RequestStatus = 'pending' | Outcome | 'withdrawn' | 'left';

export interface RequestSource {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  /** Length of the record axis; undefined for a scalar. */
  readonly records: number | undefined;
}

export interface RequestEvents {
  /** A request waits for the owner. */
  waiting: (request: OwnerRequest) => void;
  /** A request was decided, by the owner, a handler or the clock, or has ended otherwise. */
  decided: (request: OwnerRequest) => void;
  /** A handler with `printLocal` shows a value on the owner's side. */
  printed: (entry: LocalLogEntry) => void;
  /** A handler with `logLocal` has kept a value in `log`. */
  logged: (entry: LocalLogEntry) => void;
}

/** A value that a handler kept for the owner, and only for the owner. */
export interface LocalLogEntry {
  readonly request: string;
  readonly handler: string;
  readonly name: string;
  readonly reason: string;
  readonly outcome: Outcome;
  /** Undefined where the computation had failed. */
  readonly value: TensorValue | undefined;
}

/** What the session of the scientist who asks lends to a request. */
export interface RequestContext {
  readonly gate: Gate;
  /** Runs a task in the session's order of messages and decisions. */
  inTurn<T>(task: () => T | Promise<T>): Promise<T>;
  /** The same where nobody waits for it; what goes wrong ends the link. */
  later(task: () => unknown): void;
  /** It was given up, and no longer needs its version. */
  ended(): void;
  /** In the session's turn: tells what was decided, and lets go of the version. */
  tellRefusal(outcome: 'denied' | 'expired', reason: string): void;
  /** A grant can be fetched, and is by the gets that wait. */
  granted(grant: Grant): Promise<void>;
}

interface RequestParts {
  readonly id: string;
  readonly message: Request;
  readonly peer: PeerIdentity;
  readonly version: Version;
  readonly expiresAt: number | undefined;
  readonly context: RequestContext;
}

/** One scientist's wish to have one version released, as the owner sees it. */
export class OwnerRequest {
  /** `r1`, `r2`, … in the order of arrival. */
  readonly id: string;
  /** The number that the scientist gave it. */
  readonly number: number;
  readonly peer: PeerIdentity;
  /** The scientist's words. Inert text; show it with `visibleText`. */
  readonly name: string;
  readonly reason: string;
  readonly meta: TensorMeta;
  readonly elements: number;
  readonly bytes: number;
  /** On the owner's clock; undefined if it waits as long as the link lives. */
  readonly expiresAt: number | undefined;
  readonly version: Version;
  readonly #context: RequestContext;
  readonly #list: OwnerRequests;
  #status: RequestStatus = 'pending';
  #decidedBy: string | undefined;
  #denial = '';

  constructor(
    list: OwnerRequests,
    { id, message, peer, version, expiresAt, context }: RequestParts,
  ) {
    this.id = id;
    this.number = message.id;
    this.peer = peer;
    this.name = message.name;
    this.reason = message.reason;
    this.meta = version.meta;
    this.elements = elementCount(version.meta.shape);
    this.bytes = byteLength(version.meta);
    this.expiresAt = expiresAt;
    this.version = version;
    this.#list = list;
    this.#context = context;
  }

  get status(): RequestStatus {
    return this.#status;
  }

  /** Until it expires, on the owner's clock; undefined if it waits as long as the link lives. */
  get secondsLeft(): number | undefined {
    if (this.expiresAt === undefined) return undefined;
    return Math.max(0, Math.ceil((this.expiresAt - this.#list.now()) / 1000));
  }

  /** A handler's id, `owner`, or undefined where nobody decided. */
  get decidedBy(): string | undefined {
    return this.#decidedBy;
  }

  /** What the scientist was told with a denial. */
  get denial(): string {
    return this.#denial;
  }

  /** The published objects that the value comes from, as they are now. */
  get sources(): readonly RequestSource[] {
    return this.#list.sourcesOf(this.version);
  }

  /** How the value was computed, in words. */
  get lineage(): LineageWords {
    return describeLineage(this.version.lineage);
  }

  /**
   * Releases the value to the one who asks. Resolves when the grant is made; its bytes leave as they are fetched.
   * Throws `no-request` if it was decided, expired or withdrawn before, also while this was under way.
   */
  accept(): Promise<void> {
    if (this.#status !== 'pending') return Promise.reject(this.#notPending());
    this.#list.stopClock(this);
    return this.#context.inTurn(() => this.acceptBy('owner'));
  }

  /** Throws `no-request` if it is not pending, `bad-text` on a reason over 280 characters. */
  deny(reason = ''): void {
    checkText(reason, limits.reasonChars, 'The reason');
    if (this.#status !== 'pending') throw this.#notPending();
    this.#denial = reason;
    this.#end('denied', 'owner');
    this.#context.later(() => this.#context.tellRefusal('denied', reason));
  }

  /** A copy of the value, for the owner's eyes; undefined if its computation failed. */
  preview(): Promise<TensorValue | undefined> {
    if (this.#status !== 'pending') return Promise.reject(this.#notPending());
    return this.#context.gate.preview(this.version);
  }

  /** Has new handlers answer it, in the session's turn. */
  offerAgain(offer: () => Promise<unknown>): void {
    this.#context.later(offer);
  }

  /** In the session's turn: of a handler, or of `accept`. */
  async acceptBy(by: string): Promise<void> {
    const { gate } = this.#context;
    // It may be withdrawn while the bytes are read; then nothing was accepted.
    const grant = this.#status === 'pending' ? await gate.grant(this.version) : undefined;
    if (!grant || this.#status !== 'pending') throw this.#notPending();
    this.#end('accepted', by);
    gate.tell({ kind: 'decision', request: this.number, outcome: 'accepted', reason: '' });
    await this.#context.granted(grant);
  }

  /** In the session's turn, by a handler. */
  denyBy(handler: string): void {
    this.#end('denied', handler);
    this.#context.tellRefusal('denied', '');
  }

  /** The clock's decision. */
  expire(): void {
    if (this.#status !== 'pending') return;
    this.#end('expired', undefined);
    this.#context.later(() => this.#context.tellRefusal('expired', ''));
  }

  /** The scientist's word, or their absence. Nothing is sent but to the gets that waited for it. */
  giveUp(how: 'withdrawn' | 'left'): void {
    if (this.#status !== 'pending') return;
    this.#end(how, undefined);
    this.#context.ended();
  }

  #end(status: RequestStatus, by: string | undefined): void {
    this.#list.stopClock(this);
    this.#status = status;
    this.#decidedBy = by;
    this.#list.tellDecided(this);
  }

  #notPending(): DuetError {
    return new DuetError('no-request', {
      detail: `Request ${this.id} is ${this.#status}.`,
      hint: '',
    });
  }
}

export interface RequestRow {
  readonly id: string;
  readonly from: string;
  readonly name: string;
  readonly reason: string;
  readonly shape: string;
  readonly dtype: string;
  readonly elements: number;
  readonly bytes: number;
  readonly sources: string;
  readonly computed: string;
}

/** The requests that wait for the owner, and the handlers that keep others from waiting. */
export class OwnerRequests extends StateEvents<RequestEvents> {
  readonly #clock: Clock;
  readonly #store: OwnerStore;
  readonly #handlers: HandlerList;
  readonly #pending = new Map<string, OwnerRequest>();
  readonly #timers = new Map<OwnerRequest, () => void>();
  readonly #log: LocalLogEntry[] = [];
  #logBytes = 0;
  #next = 1;

  constructor(clock: Clock, store: OwnerStore) {
    super();
    this.#clock = clock;
    this.#store = store;
    this.#handlers = new HandlerList(clock);
  }

  get length(): number {
    return this.#pending.size;
  }

  [Symbol.iterator](): IterableIterator<OwnerRequest> {
    return this.#pending.values();
  }

  list(): readonly OwnerRequest[] {
    return [...this.#pending.values()];
  }

  /** By position, oldest first; negative from the end. Throws `no-request`. */
  at(index: number): OwnerRequest {
    const request = this.list().at(index);
    if (!request)
      throw new DuetError('no-request', {
        detail: `${this.length} requests are waiting.`,
        hint: '',
      });
    return request;
  }

  /** By id. Throws `no-request`. */
  get(id: string): OwnerRequest {
    const request = this.#pending.get(id);
    if (!request)
      throw new DuetError('no-request', { detail: `No request ${id} is waiting.`, hint: '' });
    return request;
  }

  /** One row a request, for `console.table`. */
  table(): readonly RequestRow[] {
    return this.list().map((request) => ({
      id: request.id,
      from: visibleText(request.peer.name) || request.peer.fingerprint.slice(0, 8),
      name: visibleText(request.name),
      reason: visibleText(request.reason),
      shape: `[${request.meta.shape.join(', ')}]`,
      dtype: request.meta.dtype,
      elements: request.elements,
      bytes: request.bytes,
      sources: request.sources.map(({ name }) => name).join(', '),
      computed: request.lineage.sentence,
    }));
  }

  /** Answers requests from now on, those included that are waiting. Throws `bad-argument`. Returns the handler's id. */
  addHandler(options: HandlerOptions): string {
    const id = this.#handlers.add(options);
    for (const request of this.list()) request.offerAgain(() => this.#offer(request));
    return id;
  }

  /** Live handlers, in the order in which they are tried. */
  get handlers(): readonly Handler[] {
    return this.#handlers.list();
  }

  removeHandler(id: string): void {
    this.#handlers.remove(id);
  }

  clearHandlers(): void {
    this.#handlers.clear();
  }

  /** What handlers with `logLocal` kept, the newest entries of it. It never leaves this tab and is wiped by `wipe`. */
  get log(): readonly LocalLogEntry[] {
    return [...this.#log];
  }

  wipe(): void {
    this.#log.length = 0;
    this.#logBytes = 0;
    this.#handlers.clear();
  }

  /** A request as it arrives; `submit` has it answered or waiting. */
  make(
    message: Request,
    peer: PeerIdentity,
    version: Version,
    context: RequestContext,
  ): OwnerRequest {
    return new OwnerRequest(this, {
      id: `r${this.#next++}`,
      message,
      peer,
      version,
      expiresAt: message.timeoutMs === 0 ? undefined : this.#clock.now() + message.timeoutMs,
      context,
    });
  }

  /**
   * A handler answers it before this resolves, or it waits for the owner. Throws `rate` where too many of this
   * scientist's wait already.
   */
  async submit(request: OwnerRequest, mostWaiting: number): Promise<void> {
    if (await this.#offer(request)) return;
    // The scientist may have left while the handlers were asked.
    if (request.status !== 'pending') return;
    const waiting = this.list().filter(
      ({ peer }) => peer.fingerprint === request.peer.fingerprint,
    ).length;
    if (waiting >= mostWaiting) {
      request.giveUp('withdrawn');
      throw new DuetError('rate');
    }
    this.#pending.set(request.id, request);
    if (request.expiresAt !== undefined) {
      const left = request.expiresAt - this.#clock.now();
      this.#timers.set(
        request,
        this.#clock.after(Math.max(0, left), () => request.expire()),
      );
    }
    this.emit('waiting', request);
  }

  now(): number {
    return this.#clock.now();
  }

  sourcesOf(version: Version): RequestSource[] {
    return [...version.label.sources].flatMap((number) => {
      const object = this.#store.find(number);
      // Taken back meanwhile: its tags speak for nothing any more, so no handler with tags may match.
      if (!object)
        return [
          { id: `p${number}`, name: `p${number} (taken back)`, tags: [], records: undefined },
        ];
      return [
        {
          id: object.id,
          name: nameOf(object),
          tags: [...tagsOf(object)],
          records: object.value.meta.shape[0],
        },
      ];
    });
  }

  stopClock(request: OwnerRequest): void {
    this.#timers.get(request)?.();
    this.#timers.delete(request);
  }

  tellDecided(request: OwnerRequest): void {
    const waited = this.#pending.delete(request.id);
    // One that was turned away at once was never the owner's to decide.
    if (waited || request.decidedBy !== undefined) this.emit('decided', request);
  }

  /** Lets the handlers answer; true if one did. */
  async #offer(request: OwnerRequest): Promise<boolean> {
    if (request.status !== 'pending') return true;
    const decision = this.#handlers.decide({
      name: request.name,
      elements: request.elements,
      sourceTags: request.sources.map(({ tags }) => new Set(tags)),
    });
    if (!decision) return false;
    const { handler, id, accept } = decision;
    if (handler.printLocal || handler.logLocal) this.#show(request, id, accept, handler);
    if (accept) {
      // A withdrawal that comes first is no error of the handler's.
      await request.acceptBy(id).catch((thrown: unknown) => {
        if (asDuetError(thrown).code !== 'no-request') throw thrown;
      });
    } else {
      request.denyBy(id);
    }
    return true;
  }

  /** The newest entries stay, within limits: a scientist could fill it by asking. */
  #keep(entry: LocalLogEntry): void {
    this.#log.push(entry);
    this.#logBytes += sizeOf(entry);
    while (this.#log.length > limits.localLogEntries || this.#logBytes > limits.localLogBytes) {
      const oldest = this.#log.shift();
      if (!oldest) return;
      this.#logBytes -= sizeOf(oldest);
    }
  }

  /** Reads the value for the owner's side. The answer to the scientist does not wait for it. */
  #show(
    request: OwnerRequest,
    handler: string,
    accept: boolean,
    { printLocal, logLocal }: HandlerOptions,
  ): void {
    const { id, name, reason } = request;
    void request.preview().then((value) => {
      const entry: LocalLogEntry = {
        request: id,
        handler,
        name,
        reason,
        outcome: accept ? 'accepted' : 'denied',
        value,
      };
      if (logLocal) {
        this.#keep(entry);
        this.emit('logged', entry);
      }
      if (printLocal) this.emit('printed', entry);
    });
  }
}

function sizeOf({ value }: LocalLogEntry): number {
  return value?.bytes.length ?? 0;
}
