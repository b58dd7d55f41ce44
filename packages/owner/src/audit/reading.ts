/** The log as it is read again: for the owner's pages, and for trying handlers on what was asked before. */

import type { Outcome } from '@duet/protocol';
import type { RequestFacts } from '../gate/facts';
import type { OwnerStorage } from '../storage';
import type { ChainState } from './draft';
import type { AuditEvent } from './events';
import type { AuditHead } from './export';

/** One line of the log. */
export type AuditEntry = AuditEvent & {
  /** Counted from 1, over all pages that the log has seen. */
  readonly n: number;
  /** ISO time. */
  readonly at: string;
  /** The head before it, in hex. */
  readonly prev: string;
};

export interface AuditQuery {
  /** The first number looked at. Without it the newest ones are given. */
  readonly from?: number | undefined;
  /** Default 100. */
  readonly limit?: number | undefined;
  readonly kind?: AuditEvent['kind'] | undefined;
  /** A scientist's fingerprint. */
  readonly peer?: string | undefined;
}

const usualLimit = 100;
/** Lines that are read at once. */
const pageLines = 1000;

/** Our own line: it was checked when it was made. */
export function toEntry(line: unknown): AuditEntry {
  return JSON.parse(String(line));
}

export async function readEntries(
  storage: OwnerStorage,
  state: ChainState | undefined,
  { from, limit = usualLimit, kind, peer }: AuditQuery,
): Promise<readonly AuditEntry[]> {
  if (!state) return [];
  const isAsked = (entry: AuditEntry): boolean =>
    (kind === undefined || entry.kind === kind) &&
    (peer === undefined || ('peer' in entry && entry.peer === peer));
  const found: AuditEntry[] = [];
  const isBackwards = from === undefined;
  let next = isBackwards ? state.n : Math.max(from, state.first);
  while (found.length < limit && next >= state.first && next <= state.n) {
    const [low, high] = isBackwards ? [next - pageLines + 1, next] : [next, next + pageLines - 1];
    const page = await readLines(storage, low, high);
    const asked = page.map(toEntry).filter(isAsked);
    if (isBackwards) found.unshift(...asked);
    else found.push(...asked);
    next = isBackwards ? low - 1 : high + 1;
  }
  return isBackwards ? found.slice(-limit) : found.slice(0, limit);
}

async function readLines(
  storage: OwnerStorage,
  from: number,
  to: number,
): Promise<readonly unknown[]> {
  return (await storage.read('audit', { from, to })).map(([, line]) => line);
}

export async function readHeads(storage: OwnerStorage): Promise<readonly AuditHead[]> {
  const found = await storage.read('heads');
  return found.flatMap(([key, value]) => (typeof key === 'number' ? [value as AuditHead] : []));
}

export interface HistorySummary {
  /** The scientist's fingerprint. */
  readonly peer: string;
  readonly n: number;
  readonly head: string;
}

export async function readHistories(storage: OwnerStorage): Promise<readonly HistorySummary[]> {
  return (await storage.read('chains')).flatMap(([key, value]) => {
    if (typeof key !== 'string' || key.includes(' ')) return [];
    const { n, head } = value as HistorySummary;
    return [{ peer: key, n, head }];
  });
}

/** A request of some time ago. */
export interface PastRequest {
  readonly request: string;
  /** ISO time. */
  readonly at: string;
  readonly facts: RequestFacts;
  /** Undefined where it still waits, or the page ended before. */
  readonly outcome: Outcome | 'withdrawn' | 'left' | 'turned-away' | undefined;
  /** `owner`, or a handler. */
  readonly by: string | undefined;
}

export async function pastRequests(storage: OwnerStorage): Promise<readonly PastRequest[]> {
  const all: PastRequest[] = [];
  /** Where each stands in the list: ids are told apart within one page only. */
  const open = new Map<string, number>();
  for (const [, line] of await storage.read('audit')) {
    const entry = toEntry(line);
    if (entry.kind === 'opened') open.clear();
    // Without all of its sources nobody can say what a handler would have done.
    if (entry.kind === 'request' && !entry.shortened) {
      const { request, at, facts } = entry;
      open.set(request, all.length);
      all.push({ request, at, facts, outcome: undefined, by: undefined });
    }
    if (entry.kind !== 'decision') continue;
    const index = open.get(entry.request) ?? -1;
    const asked = all[index];
    if (asked) all[index] = { ...asked, outcome: entry.outcome, by: entry.by };
  }
  return all;
}
