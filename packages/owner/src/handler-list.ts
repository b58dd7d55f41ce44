import { type Clock, DuetError, StateEvents } from '@duet/protocol';
import type { AuditSink } from './audit/events';
import { freshHandler, type HandlerOptions, leftWithin, spend } from './gate/handlers';
import { checkedOptions } from './handler-options';
import {
  goneRow,
  type HandlerCounts,
  type HandlerEntry,
  handlerRow,
  type Moment,
  nextRow,
  readHandlers,
} from './handler-store';
import { handlerWords } from './handler-words';
import type { OwnerStorage, StorageChange } from './storage';

/** A handler as the owner sees it: its options, and what it has left. */
export interface Handler extends HandlerOptions, HandlerCounts {
  /** `h1`, `h2`, …; never used twice, not after a reload either. */
  readonly id: string;
  /** As they were given. */
  readonly options: HandlerOptions;
  /** False for a function of before a reload: it answers nothing any more. */
  readonly active: boolean;
  /** Elements that it may still release; undefined without a quota. */
  readonly quotaLeft: number | undefined;
  /** What its window still takes now; undefined where that has no bound. */
  readonly requestsLeft: number | undefined;
  readonly elementsLeft: number | undefined;
  /** Seconds that it still lives; undefined without an end. */
  readonly secondsLeft: number | undefined;
  /** What it may give away, in words. */
  readonly words: string;
}

interface HandlerListEvents {
  /** Handlers were added or removed, have ended, or have less left. */
  changed: () => void;
  /**
   * Something must be kept, when what is being decided has been decided: as it is then, since it may have spent something
   * meanwhile. `soon`: it need not outlive a crash.
   */
  keep: (changes: () => readonly StorageChange[], when: 'now' | 'soon') => void;
}

interface HandlerListParts {
  readonly clock: Clock;
  readonly audit: AuditSink;
  readonly wallMs: () => number;
}

/** The handlers that the owner has added, in their order. */
export class HandlerList extends StateEvents<HandlerListEvents> {
  readonly #parts: HandlerListParts;
  #entries: readonly HandlerEntry[] = [];
  #next = 1;

  constructor(parts: HandlerListParts) {
    super();
    this.#parts = parts;
  }

  /** Those alive. */
  get entries(): readonly HandlerEntry[] {
    const nowMs = this.#parts.clock.now();
    const ended = this.#entries.filter(({ endsAtMs }) => (endsAtMs ?? nowMs + 1) <= nowMs);
    if (ended.length > 0) this.#drop(ended, 'ended');
    return this.#entries;
  }

  /** Returns its id. Throws `bad-argument` or `bad-text` on a handler that could release more than its owner has said. */
  add(options: HandlerOptions): string {
    const checked = checkedOptions(options);
    const { timeoutSecs } = checked;
    const { nowMs } = this.#moment();
    const entry: HandlerEntry = {
      number: this.#next++,
      active: true,
      endsAtMs: timeoutSecs === undefined ? undefined : nowMs + timeoutSecs * 1000,
      state: freshHandler(checked),
      counts: { accepted: 0, denied: 0, tooNarrow: 0 },
    };
    this.#entries = [...this.#entries, entry];
    this.#note(entry, 'added');
    this.emit('keep', () => [nextRow(this.#next), ...this.#rowsOf(entry.number)], 'now');
    this.emit('changed');
    return handlerId(entry);
  }

  /** By id, or by position; negative from the end. Throws `no-object` if there is none. */
  remove(key: string | number): void {
    const { entries } = this;
    const entry =
      typeof key === 'number' ? entries.at(key) : entries.find((each) => handlerId(each) === key);
    if (!entry) {
      throw new DuetError('no-object', { detail: `There is no handler ${key}.`, hint: '' });
    }
    this.#drop([entry], 'removed');
  }

  clear(): void {
    this.#drop(this.entries, 'removed');
  }

  list(): readonly Handler[] {
    return this.entries.map((entry) => {
      const { state, endsAtMs, active, counts } = entry;
      const { nowMs } = this.#moment();
      const { requests, elements } = leftWithin(state, nowMs);
      return {
        ...state.options,
        ...counts,
        id: handlerId(entry),
        options: state.options,
        active,
        quotaLeft: state.quotaLeft,
        requestsLeft: requests,
        elementsLeft: elements,
        secondsLeft: endsAtMs === undefined ? undefined : Math.ceil((endsAtMs - nowMs) / 1000),
        words: handlerWords(state.options),
      };
    });
  }

  /** Counts a request, and what it spends. Returns the handler as it is then. */
  count(entry: HandlerEntry, what: keyof HandlerCounts, elements?: number): HandlerEntry {
    const { nowMs } = this.#moment();
    const counted: HandlerEntry = {
      ...entry,
      counts: { ...entry.counts, [what]: entry.counts[what] + 1 },
      state: elements === undefined ? entry.state : spend(entry.state, elements, nowMs),
    };
    this.#entries = this.#entries.map((each) => (each === entry ? counted : each));
    if (counted.state.quotaLeft === 0 && entry.state.quotaLeft !== 0)
      this.#note(counted, 'used-up');
    // What is spent is written down before anything leaves, by who asked for it to be counted.
    if (elements === undefined) this.emit('keep', () => this.#rowsOf(entry.number), 'soon');
    this.emit('changed');
    return counted;
  }

  #rowsOf(number: number): readonly StorageChange[] {
    return this.#entries.filter((entry) => entry.number === number).map((entry) => this.row(entry));
  }

  /** What is kept of it. */
  row(entry: HandlerEntry): StorageChange {
    return handlerRow(entry, this.#moment());
  }

  /** Reads what was kept. Returns the ids of handlers that were not understood. */
  async load(storage: OwnerStorage): Promise<readonly string[]> {
    const { entries, next, unreadable } = await readHandlers(storage, this.#moment());
    this.#entries = entries;
    this.#next = next;
    this.emit('changed');
    return unreadable.map((number) => handlerId({ number }));
  }

  /** Ends without forgetting. Returns what must be kept. */
  end(): readonly StorageChange[] {
    const rows = this.entries.map((entry) => this.row(entry));
    this.#entries = [];
    return rows;
  }

  #drop(gone: readonly HandlerEntry[], what: 'removed' | 'ended'): void {
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry));
    for (const entry of gone) this.#note(entry, what);
    this.emit('keep', () => gone.map(({ number }) => goneRow(number)), 'now');
    this.emit('changed');
  }

  #note(entry: HandlerEntry, what: 'added' | 'removed' | 'ended' | 'used-up'): void {
    const words = handlerWords(entry.state.options);
    this.#parts.audit.note({ kind: 'handler', handler: handlerId(entry), what, words });
  }

  #moment(): Moment {
    return { nowMs: this.#parts.clock.now(), wallMs: this.#parts.wallMs() };
  }
}

export function handlerId({ number }: Pick<HandlerEntry, 'number'>): string {
  return `h${number}`;
}
