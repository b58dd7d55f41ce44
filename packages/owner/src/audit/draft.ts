/** One write of the audit in the making: lines are put to the ends of their chains, and nothing holds before it is written. */

import {
  asciiJson,
  type Bytes,
  emptyHistoryHead,
  emptyLogHead,
  fromHex,
  headAfter,
  limits,
  parseChainLine,
  toHex,
} from '@duet/protocol';
import type { OwnerStorage, StorageChange } from '../storage';
import type { AuditEvent } from './events';

/** Where a chain stands. */
export interface ChainState {
  /** Lines that were ever put to it. */
  readonly n: number;
  /** Of the newest one, or of the empty chain. */
  readonly head: Bytes;
  /** The oldest one that is still there. */
  readonly first: number;
  /** The first one of this owner's key: what stands before it was another's to sign. */
  readonly since: number;
}

/** The same as it is stored. */
interface StoredChain extends Omit<ChainState, 'head'> {
  /** In hex. */
  readonly head: string;
  readonly owner: string;
}

interface StoredLog extends StoredChain {
  readonly closed: boolean;
}

/** How long chains may get, and how much goes at once where one would get longer. */
export interface ChainCaps {
  readonly entries: number;
  readonly segment: number;
}

export const logCaps: ChainCaps = {
  entries: limits.auditEntries,
  segment: limits.auditSegment,
};

export const logKey = 'now';

export function historyKey(peer: string, n: number): string {
  return `${peer} ${String(n).padStart(16, '0')}`;
}

export async function readLog(
  storage: OwnerStorage,
  owner: string,
): Promise<ChainState & { readonly closed: boolean }> {
  const [found] = await storage.read('heads', { from: logKey, to: logKey });
  const stored = found?.[1] as StoredLog | undefined;
  const state = readState(stored, owner) ?? emptyChain(await emptyLogHead(owner));
  return { ...state, closed: stored?.closed ?? true };
}

export async function readHistory(
  storage: OwnerStorage,
  owner: string,
  peer: string,
): Promise<ChainState> {
  const [found] = await storage.read('chains', { from: peer, to: peer });
  const stored = found?.[1] as StoredChain | undefined;
  return readState(stored, owner) ?? emptyChain(await emptyHistoryHead(owner, peer));
}

function emptyChain(head: Bytes): ChainState {
  return { n: 0, head, first: 1, since: 1 };
}

function readState(stored: StoredChain | undefined, owner: string): ChainState | undefined {
  const head = fromHex(stored?.head ?? '', 32);
  if (!stored || !head) return undefined;
  const { n, first, since } = stored;
  return { n, head, first, since: stored.owner === owner ? since : n + 1 };
}

function toStored({ n, head, first, since }: ChainState, owner: string): StoredChain {
  return { n, head: toHex(head), first, since, owner };
}

/** After what is not there any more, or is another key's: the chain is to say so before anything else. */
function isAnew({ n, since }: Pick<ChainState, 'n' | 'since'>): boolean {
  return n > 0 && since === n + 1;
}

/** A line that was put to a chain, and the head with it. */
export interface PutLine {
  readonly n: number;
  readonly line: string;
  readonly previous: Bytes;
  readonly head: Bytes;
}

export interface DraftParts {
  readonly storage: OwnerStorage;
  /** The owner's fingerprint; empty where nothing is signed. */
  readonly owner: string;
  readonly caps: ChainCaps;
}

export class Draft {
  readonly changes: StorageChange[] = [];
  /** Lines of the log, as they were put. */
  readonly lines: string[] = [];
  readonly #parts: DraftParts;
  #log: ChainState;
  #isClosed = false;
  readonly #histories: Map<string, ChainState>;

  constructor(parts: DraftParts, log: ChainState, histories: ReadonlyMap<string, ChainState>) {
    this.#parts = parts;
    this.#log = log;
    this.#histories = new Map(histories);
  }

  get log(): ChainState {
    return this.#log;
  }

  get histories(): ReadonlyMap<string, ChainState> {
    return this.#histories;
  }

  /** To the end of the log. */
  async put(event: AuditEvent, atMs: number): Promise<void> {
    if (isAnew(this.#log)) await this.#beginLogAnew(atMs);
    await this.#cutLog(atMs);
    await this.#putToLog(event, atMs);
  }

  #beginLogAnew(atMs: number): Promise<void> {
    const { n, head } = this.#log;
    return this.#putToLog(cutLine(n, head), atMs);
  }

  async #putToLog(event: AuditEvent, atMs: number): Promise<void> {
    const put = await nextLine(this.#log, new Date(atMs).toISOString(), event);
    this.changes.push({ table: 'audit', key: put.n, value: put.line });
    this.lines.push(put.line);
    this.#log = { ...this.#log, n: put.n, head: put.head };
    this.#isClosed = event.kind === 'closed';
  }

  /** To the end of a scientist's history. */
  async putToHistory(peer: string, fields: object, atMs: number): Promise<PutLine> {
    const { n, head, since } = await this.#history(peer);
    if (isAnew({ n, since })) await this.#putHistoryLine(peer, cutLine(n, head), atMs);
    else await this.#cutHistory(peer, atMs);
    return this.#putHistoryLine(peer, fields, atMs);
  }

  async #putHistoryLine(peer: string, fields: object, atMs: number): Promise<PutLine> {
    const history = await this.#history(peer);
    const put = await nextLine(history, toSeconds(atMs), fields);
    this.changes.push({ table: 'chains', key: historyKey(peer, put.n), value: put.line });
    this.#histories.set(peer, { ...history, n: put.n, head: put.head });
    return put;
  }

  async #cutHistory(peer: string, atMs: number): Promise<void> {
    const history = await this.#history(peer);
    const next = nextFirst(history, this.#parts.caps);
    if (next === undefined) return;
    const key = historyKey(peer, next);
    const [found] = await this.#parts.storage.read('chains', { from: key, to: key });
    const head = previousOf(found?.[1]);
    // Not written yet: the next one cuts.
    if (head === undefined) return;
    for (let n = history.first; n < next; n += 1) this.#remove('chains', historyKey(peer, n));
    this.#histories.set(peer, { ...history, first: next });
    await this.#putHistoryLine(peer, { kind: 'cut', upTo: next - 1, head }, atMs);
  }

  /** Removes every line that was written. The chains go on where they are. */
  async wipe(atMs: number): Promise<void> {
    const { storage } = this.#parts;
    for (const table of ['audit', 'heads'] as const) {
      for (const [key] of await storage.read(table)) if (key !== logKey) this.#remove(table, key);
    }
    const kept = await storage.read('chains');
    for (const [key] of kept) {
      if (!isHistory(key)) this.#remove('chains', key);
    }
    for (const peer of kept.map(([key]) => key).filter(isHistory)) {
      const { n, head } = await this.#history(peer);
      this.#histories.set(peer, { n, head, first: n + 1, since: n + 1 });
      await this.#putHistoryLine(peer, cutLine(n, head), atMs);
    }
    const { n, head } = this.#log;
    this.#log = { n, head, first: n + 1, since: n + 1 };
    await this.#beginLogAnew(atMs);
  }

  /** With where the chains stand, for the next page that goes on with them. */
  allChanges(): readonly StorageChange[] {
    const { owner } = this.#parts;
    const states = [...this.#histories].map(([peer, state]) => ({
      table: 'chains' as const,
      key: peer,
      value: toStored(state, owner),
    }));
    const stored: StoredLog = { ...toStored(this.#log, owner), closed: this.#isClosed };
    return [...this.changes, ...states, { table: 'heads', key: logKey, value: stored }];
  }

  async #cutLog(atMs: number): Promise<void> {
    const next = nextFirst(this.#log, this.#parts.caps);
    if (next === undefined) return;
    const { storage } = this.#parts;
    const [found] = await storage.read('audit', { from: next, to: next });
    const head = previousOf(found?.[1]);
    if (head === undefined) return;
    for (let n = this.#log.first; n < next; n += 1) this.#remove('audit', n);
    for (const [key] of await storage.read('heads', { to: next - 1 })) this.#remove('heads', key);
    this.#log = { ...this.#log, first: next };
    await this.#putToLog({ kind: 'cut', upTo: next - 1, head }, atMs);
  }

  #remove(table: StorageChange['table'], key: string | number): void {
    this.changes.push({ table, key, value: undefined });
  }

  async #history(peer: string): Promise<ChainState> {
    const { storage, owner } = this.#parts;
    const state = this.#histories.get(peer) ?? (await readHistory(storage, owner, peer));
    this.#histories.set(peer, state);
    return state;
  }
}

/** Of a full chain: what will be its oldest line. */
function nextFirst({ n, first }: ChainState, { entries, segment }: ChainCaps): number | undefined {
  return n - first + 1 >= entries ? first + segment : undefined;
}

function cutLine(upTo: number, head: Bytes): Extract<AuditEvent, { readonly kind: 'cut' }> {
  return { kind: 'cut', upTo, head: toHex(head) };
}

function previousOf(line: unknown): string | undefined {
  return typeof line === 'string' ? parseChainLine(line)?.prev : undefined;
}

/** The key of a history as a whole, not that of a line. */
function isHistory(key: string | number): key is string {
  return typeof key === 'string' && !key.includes(' ');
}

/** A scientist is told no finer times than needed. */
function toSeconds(atMs: number): string {
  return new Date(Math.floor(atMs / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

async function nextLine({ n, head }: ChainState, at: string, fields: object): Promise<PutLine> {
  const line = asciiJson({ n: n + 1, at, prev: toHex(head), ...fields });
  return { n: n + 1, line, previous: head, head: await headAfter(head, line) };
}
