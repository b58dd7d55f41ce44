/** The kept requests of one scientist, and the sessions that may collect them. */

import {
  asDuetError,
  byteLength,
  type Clock,
  DuetError,
  type ErrorCode,
  type Kept,
  type KeptItem,
  limits,
  type Request,
  type SessionLimits,
  type TensorMeta,
} from '@duet/protocol';
import type { Gate } from './gate/gate';
import type { Deed } from './gate/life';
import { type KeptKeeper, KeptRequest } from './kept-request';
import type { Keepable, LeftRequest } from './releases';
import type { OwnerRequests } from './requests';

/** A session of a scientist whose requests may be kept. */
export interface Collector {
  readonly gate: Gate;
  inTurn<T>(task: () => T | Promise<T>): Promise<T>;
  /** In the session's turn; what goes wrong ends the link. Not done where the session is over. */
  later(task: () => unknown): void;
  /** What would be kept if the scientist left now. */
  readonly staying: readonly TensorMeta[];
}

export interface KeptBoxParts {
  readonly clock: Clock;
  readonly requests: OwnerRequests;
  readonly limits: SessionLimits;
  /** Something is kept, or is not any more. */
  readonly changed: () => void;
}

/** The longest that a request is kept, in milliseconds; 0: none is. */
export function longestMs({ keepMs, keptRequests, keptBytes }: SessionLimits): number {
  return keptRequests > 0 && keptBytes > 0 ? Math.min(keepMs, limits.timeoutMs) : 0;
}

/** A get of a kept request's. */
interface Collection {
  readonly collector: Collector;
  readonly get: number;
  readonly kept: KeptRequest;
}

/** The kept requests of one scientist, and their sessions that may collect them. */
export class KeptBox {
  readonly #parts: KeptBoxParts;
  readonly #kept = new Map<number, KeptRequest>();
  readonly #timers = new Map<KeptRequest, () => void>();
  /** Those that were not to be kept, and are only until the session ends whose page was reloaded. */
  readonly #bound = new Map<KeptRequest, Collector>();
  readonly #collectors = new Set<Collector>();
  /** Gets under way, by a number of this side's: those of two sessions may have the same. */
  readonly #collections = new Map<number, Collection>();
  /** Values that have left and were not confirmed. */
  readonly #deliveries = new Set<Collection>();
  /** Gets of what is just being delivered to another. */
  #behind: Collection[] = [];
  readonly #keeper: KeptKeeper;
  #turn: Promise<unknown> = Promise.resolve();
  #nextId = 1;
  #nextCollection = 1;

  constructor(parts: KeptBoxParts) {
    this.#parts = parts;
    const collectors = this.#collectors;
    this.#keeper = {
      get isPresent() {
        return collectors.size > 0;
      },
      now: () => parts.clock.now(),
      inTurn: (task) => this.#inTurn(task),
      later: (task) => void this.#inTurn(task).catch(() => undefined),
      do: (kept, deed) => this.#do(kept, deed),
    };
  }

  get count(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return sum([...this.#kept.values()].map(({ bytes }) => bytes));
  }

  /**
   * Throws `bad-argument` where a request asks to be kept longer than was announced, `limit` where it does not fit beside
   * what is kept already and what would be.
   */
  checkRoom({ keepMs = 0 }: Request, meta: TensorMeta): void {
    if (keepMs === 0) return;
    const most = this.#parts.limits;
    if (keepMs > longestMs(most)) throw new DuetError('bad-argument');
    const staying = [...this.#collectors].flatMap((collector) => collector.staying);
    const bytes = sum([...staying, meta].map(byteLength)) + this.bytes;
    const count = this.#open.length + staying.length + 1;
    if (count > this.#mostOpen || bytes > most.keptBytes) throw new DuetError('limit');
  }

  get #open(): readonly KeptRequest[] {
    return [...this.#kept.values()].filter(({ isOpen }) => isOpen);
  }

  /** Those that are decided against are told too, so that all must fit a message. */
  get #mostOpen(): number {
    return Math.min(this.#parts.limits.keptRequests, limits.keptItems / 2);
  }

  // ---- coming and going ---------------------------------------------------------------------------------------------

  /**
   * Of the requests of a page that was reloaded those that are kept, whether they were to be or not: as many as fit beside
   * those that were, the oldest first.
   */
  fitting(asked: readonly Keepable[]): ReadonlySet<number> {
    const { limits: most } = this.#parts;
    const elsewhere = [...this.#collectors].flatMap((collector) => collector.staying);
    const promised = asked.filter(({ stays }) => stays);
    let count = this.#open.length + elsewhere.length + promised.length;
    let bytes =
      this.bytes + sum([...elsewhere, ...promised.map(({ meta }) => meta)].map(byteLength));
    const chosen = new Set(promised.map(({ request }) => request));
    if (longestMs(most) === 0) return chosen;
    for (const { request, meta, stays } of asked) {
      const more = byteLength(meta);
      if (stays || count >= this.#mostOpen || bytes + more > most.keptBytes) continue;
      chosen.add(request);
      count += 1;
      bytes += more;
    }
    return chosen;
  }

  /**
   * A session has ended, and leaves these; or the page of one that goes on was reloaded, and some are only kept while it
   * does. They are told to the other sessions of the same scientist.
   */
  take(left: readonly LeftRequest[], goesOn?: Collector): void {
    const taken = left.map((each) => {
      const keepMs = each.request.keepMs || longestMs(this.#parts.limits);
      const kept = new KeptRequest(this.#nextId++, each, keepMs, this.#keeper, goesOn);
      this.#kept.set(kept.id, kept);
      if (goesOn && each.request.keepMs === 0) this.#bound.set(kept, goesOn);
      this.#timers.set(
        kept,
        this.#parts.clock.after(keepMs, () => this.#end(kept)),
      );
      return kept;
    });
    this.#tell({ items: taken.map(({ item }) => item), gone: [] });
    for (const kept of taken) kept.begin();
    this.#parts.changed();
  }

  /** The owner has sent their scientist away: nothing is kept for them. */
  giveUp(left: readonly LeftRequest[]): void {
    this.take(left);
    for (const kept of [...this.#kept.values()]) this.#drop(kept, 'leave');
  }

  /** A session is over, or begins anew: what was only kept for its reloaded page goes. */
  dropBound(collector: Collector): void {
    for (const [kept, by] of [...this.#bound]) if (by === collector) this.#drop(kept, 'leave');
  }

  /** Resolves when no decision is under way that no session's turn has a place for. */
  async idle(): Promise<void> {
    await this.#turn;
  }

  /** A session begins: what is kept, and from now on what becomes of it. */
  attach(collector: Collector): readonly KeptItem[] {
    this.#collectors.add(collector);
    return [...this.#kept.values()].map(({ item }) => item);
  }

  /** A session has ended: what it was given and has not confirmed can be collected again. */
  detach(collector: Collector): void {
    if (!this.#collectors.delete(collector)) return;
    for (const [number, { kept, ...by }] of this.#collections) {
      if (by.collector !== collector) continue;
      this.#collections.delete(number);
      kept.forgetGet(number);
    }
    this.#behind = this.#behind.filter((each) => each.collector !== collector);
    for (const delivery of [...this.#deliveries]) {
      if (delivery.collector === collector) this.#lost(delivery);
    }
  }

  #lost(delivery: Collection): void {
    const { kept } = delivery;
    this.#deliveries.delete(delivery);
    const isElsewhere = [...this.#deliveries].some((other) => other.kept === kept);
    if (isElsewhere || !this.#isKept(kept)) return;
    this.#reopen(kept);
    this.#goOn(kept);
  }

  /** The same bytes may go to the same scientist again, until they have arrived. */
  #reopen(kept: KeptRequest): void {
    const { request } = kept;
    kept.reopen();
    if (request.grant) {
      this.#parts.requests.grants.open(request.grant, request.name, () => request.revoke());
    }
  }

  #takeBehind(kept: KeptRequest): readonly Collection[] {
    const taken = this.#behind.filter((each) => each.kept === kept);
    this.#behind = this.#behind.filter((each) => each.kept !== kept);
    return taken;
  }

  // ---- what a session says, in its turn -----------------------------------------------------------------------------

  /** Throws `no-request` where there is none of that number. */
  collect(collector: Collector, get: number, id: number): void {
    const kept = this.#kept.get(id);
    if (!kept) throw new DuetError('no-request');
    if (kept.isUnconfirmed) this.#wait({ collector, get, kept });
    else this.#ask(kept, collector, get);
  }

  /** Throws `limit`. */
  #wait(collection: Collection): void {
    if (this.#behind.length >= limits.transfers) throw new DuetError('limit');
    this.#behind.push(collection);
  }

  #ask(kept: KeptRequest, collector: Collector, get: number): void {
    const number = this.#nextCollection++;
    this.#collections.set(number, { collector, get, kept });
    const { id } = kept;
    kept.happens({ kind: 'get', get: number, request: id, version: id, readable: false });
  }

  /** The value has arrived and was checked: it is not kept any more. False where the get is none of these. */
  confirm(collector: Collector, get: number): boolean {
    const delivery = [...this.#deliveries].find(
      (each) => each.collector === collector && each.get === get,
    );
    if (!delivery) return false;
    this.#deliveries.delete(delivery);
    this.#drop(delivery.kept, 'withdraw', collector);
    return true;
  }

  /** Throws `no-request` for a number that was never given; others may just have gone. */
  forget(collector: Collector, id: number): void {
    if (id >= this.#nextId) throw new DuetError('no-request');
    const kept = this.#kept.get(id);
    if (kept) this.#drop(kept, 'withdraw', collector);
  }

  // ---- the end of one -----------------------------------------------------------------------------------------------

  /** Its time has passed. */
  #end(kept: KeptRequest): void {
    kept.happens({ kind: 'expire', request: kept.id });
    this.#keeper.later(() => this.#drop(kept, 'leave'));
  }

  /** It goes. All sessions hear it but the one that knows. */
  #drop(kept: KeptRequest, how: 'leave' | 'withdraw', knows?: Collector): void {
    if (!this.#isKept(kept)) return;
    this.#kept.delete(kept.id);
    this.#timers.get(kept)?.();
    this.#timers.delete(kept);
    this.#bound.delete(kept);
    kept.isUnconfirmed = false;
    kept.happens(how === 'leave' ? { kind: how } : { kind: how, request: kept.id });
    for (const { collector, get } of this.#takeBehind(kept))
      this.#fail(collector, get, 'no-request');
    this.#tell({ items: [], gone: [kept.id] }, knows);
    this.#parts.changed();
  }

  wipe(): void {
    for (const kept of [...this.#kept.values()]) this.#drop(kept, 'leave');
  }

  /** What was decided against is told for a while; not for ever. */
  #forgetOldest(): void {
    const over = [...this.#kept.values()].filter(({ isOpen }) => !isOpen);
    const [oldest] = over;
    if (oldest && over.length > this.#mostOpen) this.#drop(oldest, 'leave');
  }

  #isKept(kept: KeptRequest): boolean {
    return this.#kept.get(kept.id) === kept;
  }

  // ---- what follows from what happens -------------------------------------------------------------------------------

  #do(kept: KeptRequest, deed: Deed<number>): void {
    const { request } = kept;
    switch (deed.kind) {
      case 'ended':
        request.ended(deed.ending);
        // There is no session any more in which its version could be read.
        if (deed.ending === 'accepted') request.detachGrant();
        return;
      case 'tell':
        if (this.#isKept(kept)) this.#tell({ items: [kept.item], gone: [] });
        if (!kept.isOpen) this.#forgetOldest();
        this.#parts.changed();
        return;
      case 'tell-in-turn':
        this.#keeper.later(() => kept.happens({ kind: 'told', request: kept.id }));
        return;
      case 'send':
        this.#send(kept, deed.gets);
        return;
      case 'fail':
        for (const { collector, get } of this.#takeCollections(deed.gets)) {
          // Whoever is gone hears nothing; for the others its time has passed.
          this.#fail(collector, get, deed.code === 'closed' ? 'expired' : deed.code);
        }
        return;
      case 'void':
        if (request.grant) this.#parts.requests.grants.take(request.grant);
        return;
      default:
        // It has no version, and what is refused was refused before.
        return;
    }
  }

  #takeCollections(numbers: readonly number[]): readonly Collection[] {
    return numbers.flatMap((number) => {
      const collection = this.#collections.get(number);
      this.#collections.delete(number);
      return collection ? [collection] : [];
    });
  }

  /** One grant leaves once: through the session that asked first. The others wait for what becomes of that. */
  #send(kept: KeptRequest, numbers: readonly number[]): void {
    const asked = this.#takeCollections(numbers);
    const collector = asked[0]?.collector;
    const [now, later] = [
      asked.filter((each) => each.collector === collector),
      asked.filter((each) => each.collector !== collector),
    ];
    this.#behind.push(...later);
    kept.isUnconfirmed = true;
    if (collector) collector.later(() => this.#release(kept, collector, now));
    else kept.unsent();
  }

  /** In the session's turn. */
  async #release(
    kept: KeptRequest,
    collector: Collector,
    collections: readonly Collection[],
  ): Promise<void> {
    const gets = collections.map(({ get }) => get);
    let left: boolean;
    try {
      const { grant } = kept.request;
      if (!grant || !this.#collectors.has(collector)) throw new DuetError('not-released');
      left = await collector.gate.release(grant, gets, kept.versionIn(collector));
    } catch (thrown) {
      // Nothing has left. What could not be written down may be had later.
      kept.unsent();
      for (const get of gets) this.#fail(collector, get, asDuetError(thrown).code);
      this.#goOn(kept);
      return;
    }
    kept.happens({ kind: 'sent', request: kept.id });
    for (const collection of collections) this.#deliveries.add(collection);
    if (!this.#collectors.has(collector)) for (const each of collections) this.#lost(each);
    // A failure is told, and there is nothing to confirm.
    else if (!left) this.#drop(kept, 'leave');
  }

  #goOn(kept: KeptRequest): void {
    for (const { collector, get } of this.#takeBehind(kept)) this.#ask(kept, collector, get);
  }

  #fail(collector: Collector, get: number, code: ErrorCode): void {
    collector.later(() => {
      if (this.#collectors.has(collector)) collector.gate.fail(get, code);
    });
  }

  #tell(news: Omit<Kept, 'kind'>, knows?: Collector): void {
    if (news.items.length + news.gone.length === 0) return;
    for (const collector of this.#collectors) {
      if (collector === knows) continue;
      collector.later(() => {
        if (this.#collectors.has(collector)) collector.gate.tell({ kind: 'kept', ...news });
      });
    }
  }

  /** Among the decisions and messages of a session that is there, so that what is told has its place among them. */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const [session] = this.#collectors;
    if (session) return session.inTurn(task);
    const done = this.#turn.then(task);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
