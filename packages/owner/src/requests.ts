import {
  asDuetError,
  type Clock,
  DuetError,
  limits,
  type PeerIdentity,
  type Request,
  StateEvents,
  visibleText,
} from '@duet/protocol';
import type { AuditSink } from './audit/events';
import type { Automatic, Handler, TooNarrow, Verdict } from './automatic';
import { type DryRun, dryRun, type PastAsk } from './dry-run';
import type { RequestFacts } from './gate/facts';
import { Grants } from './gate/grants';
import type { HandlerOptions } from './gate/handlers';
import type { Ending } from './gate/life';
import { requestFacts } from './gate/request-facts';
import { LocalLog, type LocalLogEntry } from './local-log';
import type { Version } from './objects';
import {
  type Assurance,
  OwnerRequest,
  type RequestHost,
  type RequestList,
  type RequestStatus,
} from './owner-request';
import type { OwnerStore } from './store';
import { type Warning, type WarningFacts, warningsOf } from './warnings';

export interface RequestEvents {
  /** A request waits for the owner. */
  waiting: (request: OwnerRequest) => void;
  /** A request was decided, by the owner, a handler or the clock, or has ended otherwise; again when it is revoked. */
  decided: (request: OwnerRequest) => void;
  /** A handler with `printLocal` shows a value on the owner's side. */
  printed: (entry: LocalLogEntry) => void;
  /** A handler with `logLocal` has kept a value in `log`. */
  logged: (entry: LocalLogEntry) => void;
  /** Handlers were added or removed, have ended, or have less left. */
  handlers: () => void;
  /** A handler matched that may not release so much; the owner can add one that may. */
  narrow: (request: string, by: TooNarrow) => void;
  /** A `decide` function went wrong, or handlers could not be kept or read. */
  failed: (error: unknown) => void;
}

export interface RequestRow {
  readonly id: string;
  readonly from: string;
  /** Is its scientist joined? Otherwise it is kept for them. */
  readonly present: boolean;
  readonly name: string;
  readonly reason: string;
  /** What it is about: `p3` of the owner's, `s12` of the scientist's. */
  readonly object: string;
  readonly shape: string;
  readonly dtype: string;
  readonly elements: number;
  readonly bytes: number;
  readonly class: string;
  readonly sources: string;
  /** The owner's tags of the sources. */
  readonly tags: string;
  /** Of the source that has the fewest. */
  readonly records: number | undefined;
  readonly computed: string;
  readonly warnings: number;
  readonly secondsLeft: number | undefined;
}

/** A request that is over: facts alone. */
export interface PastRequestRow {
  readonly id: string;
  readonly peer: PeerIdentity;
  readonly name: string;
  readonly reason: string;
  readonly facts: RequestFacts;
  readonly status: Exclude<RequestStatus, 'pending'>;
  readonly decidedBy: string | undefined;
  /** What the scientist was told with a denial or a revocation. */
  readonly denial: string;
}

export interface RequestsParts {
  readonly clock: Clock;
  readonly store: OwnerStore;
  readonly automatic: Automatic;
  readonly audit: AuditSink;
}

/** The requests that wait for the owner, and the handlers that keep others from waiting. */
export class OwnerRequests extends StateEvents<RequestEvents> {
  /** What was accepted and has not left. */
  readonly grants = new Grants();
  readonly #parts: RequestsParts;
  readonly #list: RequestList;
  readonly #pending = new Map<string, OwnerRequest>();
  /** How many of them each scientist has. */
  readonly #waiting = new Map<string, number>();
  readonly #timers = new Map<OwnerRequest, () => void>();
  readonly #history = new Map<string, PastRequestRow>();
  readonly #log = new LocalLog();
  /** Metrics that were accepted, by scientist. */
  readonly #metrics = new Map<string, number>();
  #next = 1;

  constructor(parts: RequestsParts) {
    super();
    this.#parts = parts;
    this.#list = {
      now: () => parts.clock.now(),
      factsOf: (request) => this.#factsOf(request),
      warningsOf: (request) => this.#warningsOf(request),
      startClock: (request) => this.#startClock(request),
      stopClock: (request) => this.#stopClock(request),
      ended: (request, ending) => this.#ended(request, ending),
      countAccepted: (request) => parts.automatic.accepted(request.facts),
      makeGrant: (grant) => this.grants.make(grant),
      openGrant: (grant, request) => this.grants.open(grant, request.name, () => request.revoke()),
      detachGrant: (grant) => this.grants.detach(grant),
    };
    parts.automatic
      .on('changed', () => this.emit('handlers'))
      .on('narrow', (request, by) => this.emit('narrow', request, by))
      .on('failed', (error) => this.emit('failed', error));
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
    // The oldest is found at once, however many wait.
    const request = index === 0 ? this.#pending.values().next().value : this.list().at(index);
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
    return this.list().map(rowOf);
  }

  /** Those that are over, newest last; the oldest are forgotten. The audit has them all. */
  get history(): readonly PastRequestRow[] {
    return [...this.#history.values()];
  }

  /** Answers requests from now on, those included that are waiting. Throws `bad-argument`. Returns the handler's id. */
  addHandler(options: HandlerOptions): string {
    const id = this.#parts.automatic.add(options);
    for (const request of this.list()) request.offerAgain(() => this.#offer(request));
    return id;
  }

  /** Live handlers, in the order in which they are tried. */
  get handlers(): readonly Handler[] {
    return this.#parts.automatic.list();
  }

  /** By id or position. Throws `no-object`. */
  removeHandler(key: string | number): void {
    this.#parts.automatic.remove(key);
  }

  clearHandlers(): void {
    this.#parts.automatic.clear();
  }

  /** What a handler would have done with requests of before, such as those of the audit. Throws as `addHandler`. */
  dryRun(options: HandlerOptions, log: readonly PastAsk[]): DryRun {
    return dryRun(options, log);
  }

  /** What handlers with `logLocal` kept, the newest entries of it. It never leaves this tab and is wiped by `wipe`. */
  get log(): readonly LocalLogEntry[] {
    return this.#log.list();
  }

  /** Forgets local logs and the history. */
  wipe(): void {
    this.#log.wipe();
    this.#history.clear();
  }

  // ---- for the sessions ---------------------------------------------------------------------------------------------

  /** A request as it arrives; `submit` has it answered or waiting. */
  make(
    message: Request,
    { peer, assurance }: { readonly peer: PeerIdentity; readonly assurance: Assurance },
    version: Version,
    host: RequestHost,
  ): OwnerRequest {
    const { timeoutMs } = message;
    const request = new OwnerRequest(this.#list, {
      id: `r${this.#next++}`,
      message,
      peer,
      assurance,
      version,
      expiresAt: timeoutMs === 0 ? undefined : this.#parts.clock.now() + timeoutMs,
      host,
    });
    const { id, number, facts, reason } = request;
    this.#parts.audit.note({
      kind: 'request',
      peer: peer.fingerprint,
      request: id,
      number,
      facts,
      reason,
    });
    return request;
  }

  /**
   * In turn: a handler answers it before this resolves, or it waits for the owner. False where too many of this
   * scientist's wait already; those that handlers answer are not counted.
   */
  async submit(request: OwnerRequest, mostWaiting: number): Promise<boolean> {
    if (await this.#offer(request)) return true;
    // The scientist may have left while the handlers were asked.
    if (request.status !== 'pending') return true;
    const { fingerprint } = request.peer;
    const waiting = this.#waiting.get(fingerprint) ?? 0;
    if (waiting >= mostWaiting) return false;
    this.#pending.set(request.id, request);
    this.#waiting.set(fingerprint, waiting + 1);
    this.#startClock(request);
    this.emit('waiting', request);
    return true;
  }

  // ---- for the requests ---------------------------------------------------------------------------------------------

  #factsOf({ version, name, peer }: OwnerRequest): RequestFacts {
    return requestFacts(version, { name }, peer, this.#parts.store);
  }

  #warningsOf(request: OwnerRequest): readonly Warning[] {
    const { automatic, store } = this.#parts;
    const { facts, version, lineage, found, peer } = request;
    return warningsOf({
      facts,
      isPublished: version.origin === 'published',
      isTrained: lineage.plans.some(({ takesGradients }) => takesGradients),
      isIncomplete: lineage.incomplete,
      found,
      tooNarrow: automatic.tooNarrow(facts),
      near: automatic.near(facts),
      metrics: this.#metrics.get(peer.fingerprint) ?? 0,
      changed: this.#changesIn(version),
      minRecords: fewestOf(version, store),
    });
  }

  #changesIn({ label }: Version): WarningFacts['changed'] {
    const { store } = this.#parts;
    return [...label.sources].flatMap((number): WarningFacts['changed'] => {
      const axis = store.find(number)?.fact.axis;
      if (!store.find(number)) return [{ name: `p${number}`, how: 'gone' }];
      const before = axis && store.predecessorOf(axis);
      return before ? [{ name: store.sourceFacts(number).name, how: before.how }] : [];
    });
  }

  #startClock(request: OwnerRequest): void {
    const { expiresAt } = request;
    if (expiresAt === undefined || !this.#pending.has(request.id)) return;
    const { clock } = this.#parts;
    const left = Math.max(0, expiresAt - clock.now());
    this.#timers.set(
      request,
      clock.after(left, () => request.expire()),
    );
  }

  #stopClock(request: OwnerRequest): void {
    this.#timers.get(request)?.();
    this.#timers.delete(request);
  }

  #ended(request: OwnerRequest, ending: Ending): void {
    const { id, number, peer, name, reason, facts, decidedBy, denial } = request;
    this.#parts.audit.note({
      kind: 'decision',
      peer: peer.fingerprint,
      request: id,
      number,
      outcome: ending,
      by: decidedBy,
      reason: denial,
    });
    if (ending === 'accepted' && facts.class === 'metric') {
      this.#metrics.set(peer.fingerprint, (this.#metrics.get(peer.fingerprint) ?? 0) + 1);
    }
    const waited = this.#pending.delete(id);
    if (waited) this.#countGone(peer);
    // One that was turned away at once was never the owner's to decide.
    if (!waited && decidedBy === undefined) return;
    this.#remember({ id, peer, name, reason, facts, status: ending, decidedBy, denial });
    this.emit('decided', request);
  }

  #countGone({ fingerprint }: PeerIdentity): void {
    const left = (this.#waiting.get(fingerprint) ?? 1) - 1;
    if (left === 0) this.#waiting.delete(fingerprint);
    else this.#waiting.set(fingerprint, left);
  }

  #remember(row: PastRequestRow): void {
    this.#history.set(row.id, row);
    for (const oldest of this.#history.keys()) {
      if (this.#history.size <= limits.requestHistory) return;
      this.#history.delete(oldest);
    }
  }

  /** In turn: lets the handlers answer; true if one did. */
  async #offer(request: OwnerRequest): Promise<boolean> {
    if (request.status !== 'pending') return true;
    const verdict = await this.#parts.automatic.decide(request.id, request.facts);
    if (!verdict) return false;
    // The owner, or the end of the link, may have been faster.
    if (request.status !== 'pending') return true;
    const { handler, accept, digits, written } = verdict;
    this.#show(request, verdict);
    if (!accept) {
      request.denyBy(handler);
      return true;
    }
    this.#stopClock(request);
    try {
      // What was shown to the owner and is gone since is told as such: nobody is there to ask again.
      return await request.acceptBy(handler, { digits, evenStale: true, written });
    } catch (thrown) {
      // A withdrawal that comes first is no error of the handler's.
      if (asDuetError(thrown).code !== 'no-request') throw thrown;
      return true;
    }
  }

  /** Reads the value for the owner's side. The answer to the scientist does not wait for it. */
  #show(request: OwnerRequest, { handler, accept, printLocal, logLocal, written }: Verdict): void {
    if (!printLocal && !logLocal) return;
    const { id, name, reason } = request;
    const outcome = accept ? 'accepted' : 'denied';
    void Promise.all([request.peek(), written ?? true]).then(([value, isWritten]) => {
      if (!isWritten) return;
      const entry: LocalLogEntry = { request: id, handler, name, reason, outcome, value };
      if (logLocal) {
        this.#log.keep(entry);
        this.emit('logged', entry);
      }
      if (printLocal) this.emit('printed', entry);
    });
  }
}

/** The fewest records that an aggregate of its sources may be about: the strictest of them. */
function fewestOf({ label }: Version, store: OwnerStore): number {
  const each = [...label.sources].map((number) => store.find(number)?.fact.axis?.minRecords ?? 0);
  return Math.max(0, ...each);
}

function rowOf(request: OwnerRequest): RequestRow {
  const { facts, peer, meta } = request;
  const records = facts.sources.flatMap((source) => source.records ?? []);
  return {
    id: request.id,
    from: visibleText(peer.name) || peer.fingerprint.slice(0, 8),
    present: request.isPresent,
    name: visibleText(request.name),
    reason: visibleText(request.reason),
    object: request.object,
    shape: `[${meta.shape.join(', ')}]`,
    dtype: meta.dtype,
    elements: request.elements,
    bytes: request.bytes,
    class: facts.class,
    sources: facts.sources.map(({ name }) => name).join(', '),
    tags: [...new Set(facts.sources.flatMap(({ tags }) => tags))].join(', '),
    records: records.length > 0 ? Math.min(...records) : undefined,
    computed: request.lineage.sentence,
    warnings: request.warnings.length,
    secondsLeft: request.secondsLeft,
  };
}
