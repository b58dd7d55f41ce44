/** The owner's log: what was asked, decided and released, so that a later change of it shows. docs/audit.md has its format. */

import {
  asciiJson,
  type Bytes,
  type Clock,
  DuetError,
  headToSign,
  type Receipt,
  StateEvents,
  toHex,
} from '@duet/protocol';
import type { OwnerStorage } from '../storage';
import { type ChainCaps, type ChainState, Draft, logCaps, type PutLine, readLog } from './draft';
import type { AuditEvent, AuditSink, ReleaseEvent, ReleaseFacts, RequestEvent } from './events';
import { type AuditHead, exportHistory, exportLog } from './export';
import { historyLine, releaseLine } from './history-lines';
import {
  type AuditEntry,
  type AuditQuery,
  type HistorySummary,
  type PastRequest,
  pastRequests,
  readEntries,
  readHeads,
  readHistories,
  toEntry,
} from './reading';
import { Tally } from './tally';

/** The owner's identity key. */
export interface AuditSigner {
  readonly publicKey: Uint8Array;
  /** SHA-256 of the public key, in hex. */
  readonly fingerprint: string;
  sign(data: Bytes): Promise<Bytes>;
}

export interface AuditLogParts {
  readonly storage: OwnerStorage;
  readonly clock: Clock;
  /** Without it no receipts are given, and heads are not signed. */
  readonly signer?: AuditSigner | undefined;
  /** Write the reasons of requests and denials down, too. Default false. */
  readonly reasons?: boolean | undefined;
  /** Wall time in milliseconds. */
  readonly wallMs?: (() => number) | undefined;
  readonly caps?: ChainCaps | undefined;
}

export interface AuditEvents {
  entry: (entry: AuditEntry) => void;
  /** The log could not be written; it is tried again with the next entry. Until then nothing is released. */
  trouble: (error: DuetError) => void;
}

/** The audit as the owner has it before them. */
export interface OwnerAudit {
  /** Does it outlive the page? */
  readonly lasting: boolean;
  /** Entries that were ever written: the number of the newest. */
  readonly length: number;
  /** The newest entry's number, and the hash that stands for everything up to it. Worth keeping somewhere else. */
  readonly head: { readonly n: number; readonly head: string };
  /** Those with one kind or one scientist, in their order: from a number on, or the newest ones. */
  entries(query?: AuditQuery): Promise<readonly AuditEntry[]>;
  /** Signed heads: of every 50th entry, of exports, and of each closing. */
  heads(): Promise<readonly AuditHead[]>;
  /** Scientists who have a history. */
  histories(): Promise<readonly HistorySummary[]>;
  /** What was asked so far, and how it ended: for trying a handler on. The oldest first. */
  requests(): Promise<readonly PastRequest[]>;
  /** The whole log as JSON lines, for `verifyAudit` and the command `verify-audit`. */
  export(): Promise<string>;
  /**
   * One scientist's history as JSON lines. It has the digests of what they were given, which tell small values to whoever
   * guesses them: give it to no one else. Throws `no-object` where there is none.
   */
  exportPeer(fingerprint: string): Promise<string>;
  /** Forgets all entries, histories included; the chains go on from where they are, and say so. */
  wipe(): Promise<void>;
}

interface Noted {
  readonly event: AuditEvent | 'wipe';
  readonly atMs: number;
  readonly release?: {
    readonly facts: ReleaseFacts;
    readonly bytes: Uint8Array | undefined;
  };
  resolve(receipt: Receipt | PromiseLike<Receipt> | undefined): void;
  reject(error: DuetError): void;
}

/** Entries between two signed heads. */
const headEvery = 50;
/** Entries that one write takes; others wait for the next. */
const mostInWrite = 1024;
/** Entries that wait where nothing can be written. Those over it are lost, and counted. */
const mostWaiting = 16_384;
/**
 * A request and its decision are written so long after they were noted, at the latest: by then the release that they led to has
 * come, and takes them along. A write of their own would be in that release's way.
 */
const latestMs = 50;

export class AuditLog extends StateEvents<AuditEvents> implements AuditSink, OwnerAudit {
  readonly #parts: AuditLogParts;
  readonly #tally: Tally;
  readonly #queue: Noted[] = [];
  #lost = 0;
  #state: ChainState | undefined;
  #histories: ReadonlyMap<string, ChainState> = new Map();
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  /** Is what waits to be written without more delay? */
  #isDue = true;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(parts: AuditLogParts) {
    super();
    this.#parts = parts;
    this.#tally = new Tally(parts.clock);
    void this.#flush();
  }

  get lasting(): boolean {
    return this.#parts.storage.lasting;
  }

  get length(): number {
    return this.#state?.n ?? 0;
  }

  get head(): { readonly n: number; readonly head: string } {
    return { n: this.length, head: this.#state ? toHex(this.#state.head) : '' };
  }

  note(event: AuditEvent): void {
    if (this.#closed) return;
    for (const due of this.#tally.take()) this.#push(due);
    if (this.#tally.admit(event)) this.#push(event);
    // A first refusal is due at once.
    for (const due of this.#tally.take()) this.#push(due);
  }

  release(
    event: ReleaseEvent,
    facts: ReleaseFacts,
    bytes: Uint8Array | undefined,
  ): Promise<Receipt | undefined> {
    if (this.#closed) return Promise.reject(new DuetError('closed'));
    return this.#written(event, { facts, bytes });
  }

  /** Writes all that was noted. Nothing is taken any more after it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#pushCounts();
    this.#push({ kind: 'closed' });
    this.#closed = true;
    await this.#flush();
  }

  async entries(query: AuditQuery = {}): Promise<readonly AuditEntry[]> {
    await this.#flush();
    return readEntries(this.#parts.storage, this.#state, query);
  }

  async heads(): Promise<readonly AuditHead[]> {
    await this.#flush();
    return readHeads(this.#parts.storage);
  }

  async histories(): Promise<readonly HistorySummary[]> {
    await this.#flush();
    return readHistories(this.#parts.storage);
  }

  async requests(): Promise<readonly PastRequest[]> {
    await this.#flush();
    return pastRequests(this.#parts.storage);
  }

  async export(): Promise<string> {
    this.#pushCounts();
    await this.#flush();
    const { storage, signer } = this.#parts;
    return exportLog(storage, signer, this.#now());
  }

  async exportPeer(fingerprint: string): Promise<string> {
    await this.#flush();
    const { storage, signer } = this.#parts;
    return exportHistory(storage, signer, fingerprint, this.#now());
  }

  async wipe(): Promise<void> {
    await this.#written('wipe');
  }

  #now(): number {
    return this.#parts.wallMs?.() ?? Date.now();
  }

  #pushCounts(): void {
    for (const due of this.#tally.take(true)) this.#push(due);
  }

  #push(event: AuditEvent): void {
    // Nobody waits for it: what cannot be written now waits for the next write.
    void this.#written(event).catch(() => undefined);
  }

  #written(event: AuditEvent | 'wipe', release?: Noted['release']): Promise<Receipt | undefined> {
    return new Promise((resolve, reject) => {
      const noted = { event, atMs: this.#now(), resolve, reject, ...(release && { release }) };
      this.#queue.push(noted);
      this.#dropOldest();
      if (!leadsToRelease(event) || this.#queue.length >= mostInWrite) void this.#flush();
      else this.#flushLater();
    });
  }

  #flushLater(): void {
    this.#cancelTimer ??= this.#parts.clock.after(latestMs, () => void this.#flush());
  }

  /** Releases are never dropped: whoever waits for one is told that it could not be written. */
  #dropOldest(): void {
    if (this.#queue.length <= mostWaiting) return;
    const oldest = this.#queue.findIndex(({ release }) => release === undefined);
    if (oldest < 0) return;
    this.#queue.splice(oldest, 1);
    this.#lost += 1;
  }

  /** Everything that was noted so far is written, or could not be. */
  #flush(): Promise<void> {
    this.#isDue = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (!this.#isWriting) {
      this.#isWriting = true;
      this.#writing = this.#writeAll();
    }
    return this.#writing;
  }

  /** What is noted while one write is under way goes with the next: the slower the disk, the more at once. */
  async #writeAll(): Promise<void> {
    try {
      await this.#open();
      while (this.#isDue && this.#queue.length > 0) {
        // What is noted from here on waits for the next, unless it does not fit.
        this.#isDue = this.#queue.length > mostInWrite;
        await this.#write(this.#queue.splice(0, mostInWrite));
      }
    } catch (cause) {
      const error = new DuetError('internal', {
        detail: 'The audit could not be written.',
        hint: 'Is the disk full?',
        cause,
      });
      this.#refuseReleases(error);
      this.emit('trouble', error);
    }
    // In the same turn as the last look at the queue, so that nothing is left in it.
    this.#isWriting = false;
  }

  /** The first thing of a page: what the one before has left. */
  async #open(): Promise<void> {
    if (this.#state) return;
    const { storage, signer } = this.#parts;
    const { closed, ...state } = await readLog(storage, signer?.fingerprint ?? '');
    this.#state = state;
    const opened: AuditEvent = { kind: 'opened', gap: !closed };
    const ignore = () => undefined;
    this.#queue.unshift({ event: opened, atMs: this.#now(), resolve: ignore, reject: ignore });
  }

  async #write(batch: readonly Noted[]): Promise<void> {
    const { storage, signer, caps = logCaps } = this.#parts;
    const state = this.#state;
    if (!state) return;
    const draft = new Draft(
      { storage, owner: signer?.fingerprint ?? '', caps },
      state,
      this.#histories,
    );
    const settled: (() => void)[] = [];
    try {
      await this.#putLost(draft);
      for (const noted of batch) {
        const signed = await this.#put(draft, noted);
        settled.push(() => noted.resolve(signed?.receipt));
      }
      await storage.write(draft.allChanges(), batch.some(isAwaited) ? 'now' : 'soon');
    } catch (thrown) {
      // A release that was not written does not leave; all else is tried again.
      this.#queue.unshift(...batch);
      throw thrown;
    }
    this.#lost = 0;
    this.#state = draft.log;
    this.#histories = draft.histories;
    for (const settle of settled) settle();
    if (this.listenerCount('entry') === 0) return;
    for (const line of draft.lines) this.emit('entry', toEntry(line));
  }

  #refuseReleases(error: DuetError): void {
    const waiting = this.#queue.splice(0);
    for (const noted of waiting) {
      if (isAwaited(noted)) noted.reject(error);
      else this.#queue.push(noted);
    }
  }

  async #putLost(draft: Draft): Promise<void> {
    if (this.#lost === 0) return;
    const what = `${this.#lost} entries could not be written.`;
    await draft.put({ kind: 'failure', what }, this.#now());
  }

  async #put(draft: Draft, noted: Noted): Promise<Signed | undefined> {
    const { event, atMs } = noted;
    if (event === 'wipe') {
      await draft.wipe(atMs);
      return undefined;
    }
    let signed: Signed | undefined;
    if (event.kind === 'release') {
      signed = await this.#putRelease(draft, event, noted);
    } else {
      await draft.put(this.#stripped(event), atMs);
      const line = historyLine(event);
      if (line) await draft.putToHistory(line.peer, line.fields, atMs);
    }
    if (draft.log.n % headEvery === 0 || event.kind === 'closed') await this.#signHead(draft, atMs);
    return signed;
  }

  async #putRelease(
    draft: Draft,
    event: ReleaseEvent,
    { release, atMs }: Noted,
  ): Promise<Signed | undefined> {
    const { storage, signer } = this.#parts;
    if (!release) {
      await draft.put(event, atMs);
      return undefined;
    }
    const { facts, bytes } = release;
    const digesting = bytes && storage.keyedDigest(bytes);
    // Failures are told where these are waited for.
    digesting?.catch(() => undefined);
    const put = await draft.putToHistory(facts.peer, releaseLine(facts), atMs);
    const receipt = signer && signedReceipt(signer, put);
    receipt?.catch(() => undefined);
    const place = { n: put.n, head: toHex(put.head) };
    const digest = digesting && toHex(await digesting);
    await draft.put({ ...event, digest, history: place }, atMs);
    return { receipt };
  }

  async #signHead(draft: Draft, atMs: number): Promise<void> {
    const { signer } = this.#parts;
    const { n, head } = draft.log;
    const signature = await signer?.sign(headToSign('log', head));
    if (!signature) return;
    const value: AuditHead = {
      signed: n,
      head: toHex(head),
      at: new Date(atMs).toISOString(),
      signature: toHex(signature),
    };
    draft.changes.push({ table: 'heads', key: n, value });
  }

  /** Reasons are people's own words about other people's data; they are written down only where the owner wants it. */
  #stripped(event: AuditEvent): AuditEvent {
    const short = event.kind === 'request' ? shortened(event) : event;
    if (this.#parts.reasons === true || !('reason' in short)) return short;
    const { reason: _, ...rest } = short;
    return rest;
  }
}

/** What came of a release: its receipt, which is signed while the line is written. */
interface Signed {
  readonly receipt: Promise<Receipt> | undefined;
}

async function signedReceipt(
  signer: AuditSigner,
  { line, previous, head }: PutLine,
): Promise<Receipt> {
  const signature = await signer.sign(headToSign('history', head));
  return { entry: line, previous, signature };
}

function leadsToRelease(event: Noted['event']): boolean {
  return event !== 'wipe' && (event.kind === 'request' || event.kind === 'decision');
}

/** Does somebody wait for it to be written? */
function isAwaited({ release, event }: Noted): boolean {
  return release !== undefined || event === 'wipe';
}

/** The facts of one request, as they are written down, in characters: a program may take thousands of sources, again and again. */
const mostFactsChars = 16_384;

/** As many of the sources and record sets as fit. */
function shortened(event: RequestEvent): RequestEvent {
  const { sources, sets } = event.facts;
  const fits = (facts: RequestEvent['facts']) => asciiJson(facts).length <= mostFactsChars;
  if (fits(event.facts)) return event;
  for (let count = Math.max(sources.length, sets.length); ; count = Math.floor(count / 2)) {
    const some = { sources: sources.slice(0, count), sets: sets.slice(0, count) };
    const facts = { ...event.facts, ...some };
    if (count === 0 || fits(facts)) return { ...event, shortened: true, facts };
  }
}
