import { asDuetError, type Clock, DuetError, StateEvents } from '@duet/protocol';
import type { AuditSink } from './audit/events';
import { numbersIn, type RequestFacts } from './gate/facts';
import { type HandlerOptions, type Judgement, judge } from './gate/handlers';
import { entered, type NearRelease, nearReleases, whyTooFine } from './gate/ledger';
import { type Handler, HandlerList, handlerId } from './handler-list';
import type { HandlerEntry } from './handler-store';
import { LedgerStore, type TrackedStore, trackedAxis } from './ledger-store';
import type { OwnerStorage, StorageChange } from './storage';

export type { Handler } from './handler-list';

/** What a handler answered. */
export interface Verdict {
  /** Its id. */
  readonly handler: string;
  readonly accept: boolean;
  /** Significant digits to which what is released is rounded; undefined: not at all. */
  readonly digits: number | undefined;
  readonly printLocal: boolean;
  readonly logLocal: boolean;
  /** Of an accept: is what it spends written down? Nothing may be told before; false leaves the request to the owner. */
  readonly written?: Promise<boolean> | undefined;
}

/** A handler that matches a request and may not release it by itself. */
export interface TooNarrow {
  readonly handler: string;
  readonly why: string;
}

export interface AutomaticEvents {
  /** Handlers were added or removed, have ended, or have less left. */
  changed: () => void;
  /** One matched that may not release so much; the owner can widen it. */
  narrow: (request: string, by: TooNarrow) => void;
  /** A function of the owner's went wrong, or something could not be kept. */
  failed: (error: unknown) => void;
}

export interface AutomaticParts {
  readonly clock: Clock;
  readonly storage: OwnerStorage;
  readonly audit: AuditSink;
  /** Whose records the ledgers are about. */
  readonly store: TrackedStore;
  /** Default: Date.now. */
  readonly wallMs?: (() => number) | undefined;
}

/** The automatic answers: handlers in the order in which they were added, and the ledgers that hold them back. */
export class Automatic extends StateEvents<AutomaticEvents> {
  /** What was kept of before has been read. Until then `add` throws, where the storage outlives the page. */
  readonly ready: Promise<void>;
  readonly #audit: AuditSink;
  readonly #clock: Clock;
  readonly #storage: OwnerStorage;
  readonly #handlers: HandlerList;
  readonly #ledgers: LedgerStore;
  #loaded: boolean;
  /** One decision after the other, so that none is made by what another is just spending. */
  #turn: Promise<unknown>;
  /** What accepts have spent is being written. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor({ clock, storage, audit, store, wallMs = Date.now }: AutomaticParts) {
    super();
    this.#clock = clock;
    this.#audit = audit;
    this.#storage = storage;
    this.#handlers = new HandlerList({ clock, audit, wallMs });
    this.#handlers.on('changed', () => this.emit('changed'));
    this.#handlers.on('keep', (changes, when) => this.#keepLater(changes, when));
    this.#ledgers = new LedgerStore(storage);
    this.#loaded = !storage.lasting;
    this.ready = this.#loaded ? Promise.resolve() : this.#load();
    this.#turn = this.ready.catch(() => undefined);
    store.on('added', (item) => {
      const tracked = trackedAxis(item, store);
      if (!tracked) return;
      this.#later('What was released of something published is not known.', async () => {
        // What cannot be read must not be written over.
        if (this.#loaded) await this.#ledgers.track(tracked);
      });
    });
  }

  /** Returns its id. Throws `bad-argument` or `bad-text` on a handler that could release more than its owner has said. */
  add(options: HandlerOptions): string {
    if (this.#loaded) return this.#handlers.add(options);
    throw new DuetError('bad-argument', {
      detail: 'The handlers of before have not been read.',
      hint: 'Wait for it, as launchDuet does.',
    });
  }

  /** By id, or by position in `list()`. Throws `no-object` if there is none. */
  remove(key: string | number): void {
    this.#handlers.remove(key);
  }

  clear(): void {
    this.#handlers.clear();
  }

  /** Those alive, in the order in which they are tried. */
  list(): readonly Handler[] {
    return this.#handlers.list();
  }

  /**
   * The answer of the first handler that has one. What it spends is spent when this resolves, and stays spent if nothing is
   * released in the end; `written` tells when it is written down, so that the value can be read meanwhile. Undefined leaves the
   * request to the owner.
   */
  decide(request: string, facts: RequestFacts): Promise<Verdict | undefined> {
    return this.#inTurn(async () => {
      for (const entry of this.#handlers.entries) {
        const judgement = this.#judge(entry, facts);
        switch (judgement.kind) {
          case 'pass':
            if (judgement.fault !== undefined) {
              this.#failed(`The function of handler ${handlerId(entry)} failed.`, judgement.fault);
            }
            break;
          case 'too-narrow':
            this.#tellNarrow(request, entry, facts, judgement.why);
            break;
          case 'ask':
            this.#tellNarrow(request, entry, facts, judgement.why);
            return undefined;
          case 'deny':
            return verdict(this.#handlers.count(entry, 'denied'), false);
          case 'accept':
            return this.#accept(entry, judgement.digits, facts);
        }
      }
      return undefined;
    });
  }

  /** Why handlers that match may not release it, for the owner's card. */
  tooNarrow(facts: RequestFacts): readonly TooNarrow[] {
    return this.#handlers.entries.flatMap((entry) => {
      const judgement = this.#judge(entry, facts);
      if (judgement.kind !== 'too-narrow' && judgement.kind !== 'ask') return [];
      return [{ handler: handlerId(entry), why: judgement.why }];
    });
  }

  /**
   * The owner accepts it themselves: an aggregate counts like any other. Resolves when that is written down; throws
   * `internal` if it cannot be.
   */
  accepted(facts: RequestFacts): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#loaded && facts.class === 'aggregate') {
        throw new DuetError('internal', { detail: 'What was released before could not be read.' });
      }
      await this.#write(this.#enter(facts));
    });
  }

  /** Earlier aggregates of nearly the same records, for the owner's card. */
  near(facts: RequestFacts): readonly NearRelease[] {
    const sets = facts.class === 'aggregate' ? this.#ledgers.place(facts.sets) : undefined;
    return sets ? nearReleases(this.#ledgers.ledgers, sets) : [];
  }

  /** Ends without forgetting: what is kept is there again after the next launch. */
  async close(): Promise<void> {
    const rows = this.#handlers.end();
    this.#keepLater(() => rows);
    await this.#turn;
    await this.#writing;
  }

  async #load(): Promise<void> {
    try {
      await this.#ledgers.load();
      const lost = await this.#handlers.load(this.#storage);
      this.#loaded = true;
      if (lost.length > 0) this.#failed(`These handlers cannot be read: ${lost.join(', ')}.`);
    } catch (thrown) {
      this.#failed('The handlers of before cannot be read.', thrown);
      throw asDuetError(thrown);
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #judge(entry: HandlerEntry, facts: RequestFacts): Judgement {
    if (!entry.active) return { kind: 'pass' };
    return judge(entry.state, facts, this.#clock.now(), () => {
      const sets = this.#ledgers.place(facts.sets);
      if (!sets) return 'What was released of this data before is not known.';
      return whyTooFine(this.#ledgers.ledgers, sets, numbersIn(facts));
    });
  }

  #accept(entry: HandlerEntry, digits: number | undefined, facts: RequestFacts): Verdict {
    const spent = this.#handlers.count(entry, 'accepted', numbersIn(facts));
    // Where it cannot be, the request is left to the owner, whose accept must be written down as well.
    const written = this.#write([this.#handlers.row(spent), ...this.#enter(facts)]).then(
      () => true,
      () => false,
    );
    this.#writing = written;
    return { ...verdict(spent, true, digits), written };
  }

  /** Counts a release in the ledgers; returns what must be written before it. */
  #enter(facts: RequestFacts): readonly StorageChange[] {
    const sets = facts.class === 'aggregate' ? this.#ledgers.place(facts.sets) : undefined;
    if (!sets) return [];
    return this.#ledgers.keep(entered(this.#ledgers.ledgers, sets, numbersIn(facts)), sets);
  }

  #tellNarrow(request: string, entry: HandlerEntry, { peer }: RequestFacts, why: string): void {
    const handler = handlerId(entry);
    this.#handlers.count(entry, 'tooNarrow');
    this.#audit.note({ kind: 'too-narrow', peer, request, handler, why });
    this.emit('narrow', request, { handler, why });
  }

  async #write(changes: readonly StorageChange[]): Promise<void> {
    if (changes.length === 0) return;
    try {
      await this.#storage.write(changes);
    } catch (thrown) {
      this.#failed('What was accepted could not be written down.', thrown);
      throw new DuetError('internal', { detail: 'What was accepted could not be written down.' });
    }
  }

  #keepLater(changes: () => readonly StorageChange[], when: 'now' | 'soon' = 'now'): void {
    this.#later('A handler could not be kept.', async () => {
      const rows = changes();
      if (rows.length > 0) await this.#storage.write(rows, when);
    });
  }

  #later(failure: string, task: () => Promise<void>): void {
    void this.#inTurn(task).catch((thrown: unknown) => this.#failed(failure, thrown));
  }

  #failed(what: string, error: unknown = new DuetError('internal', { detail: what })): void {
    this.#audit.note({ kind: 'failure', what });
    this.emit('failed', error);
  }
}

function verdict(entry: HandlerEntry, accept: boolean, digits?: number): Verdict {
  const { printLocal = false, logLocal = false } = entry.state.options;
  return { handler: handlerId(entry), accept, digits, printLocal, logLocal };
}
