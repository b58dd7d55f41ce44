/** How handlers outlive a reload of the owner's page, with what they have left. */

import type { HandlerOptions, HandlerState, Spent } from './gate/handlers';
import { checkedOptions } from './handler-options';
import type { OwnerStorage, StorageChange } from './storage';

export interface HandlerCounts {
  readonly accepted: number;
  readonly denied: number;
  /** Requests that it matched and may not release. */
  readonly tooNarrow: number;
}

/** A handler of the list. */
export interface HandlerEntry {
  /** Its id is `h` and this. */
  readonly number: number;
  /** False for a function of before a reload: it is listed, and answers nothing. */
  readonly active: boolean;
  /** On the owner's clock. */
  readonly endsAtMs: number | undefined;
  readonly state: HandlerState;
  readonly counts: HandlerCounts;
}

/** The owner's monotonic clock, and the wall's, which alone goes on while the page is closed. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

interface HandlerRow {
  readonly options: HandlerOptions;
  /** Was it a function, which cannot be kept? */
  readonly wasFunction: boolean;
  readonly quotaLeft: number | undefined;
  readonly lifeMs: number | undefined;
  /** With times as they were before `savedAt`. */
  readonly spent: readonly Spent[];
  readonly counts: HandlerCounts;
  /** On the wall clock. */
  readonly savedAt: number;
}

/** The row that holds the next number, so that none is used twice. */
const nextKey = 0;

export function nextRow(next: number): StorageChange {
  return { table: 'handlers', key: nextKey, value: next };
}

export function goneRow(number: number): StorageChange {
  return { table: 'handlers', key: number, value: undefined };
}

export function handlerRow(entry: HandlerEntry, { nowMs, wallMs }: Moment): StorageChange {
  const { decide, ...options } = entry.state.options;
  const value: HandlerRow = {
    options,
    wasFunction: decide !== undefined || !entry.active,
    quotaLeft: entry.state.quotaLeft,
    lifeMs: entry.endsAtMs === undefined ? undefined : entry.endsAtMs - nowMs,
    spent: entry.state.spent.map((each) => shifted(each, -nowMs)),
    counts: entry.counts,
    savedAt: wallMs,
  };
  return { table: 'handlers', key: entry.number, value };
}

/** What was kept, those left out whose time has come; `unreadable`: numbers of those that were not understood. */
export async function readHandlers(
  storage: OwnerStorage,
  moment: Moment,
): Promise<{
  readonly entries: readonly HandlerEntry[];
  readonly next: number;
  readonly unreadable: readonly number[];
}> {
  const entries: HandlerEntry[] = [];
  const unreadable: number[] = [];
  let next = 1;
  for (const [key, row] of await storage.read('handlers')) {
    const number = Number(key);
    if (number === nextKey) {
      next = Number(row);
      continue;
    }
    try {
      entries.push(entryOf(number, row as HandlerRow, moment));
    } catch {
      unreadable.push(number);
    }
  }
  return { entries, next, unreadable };
}

function entryOf(number: number, row: HandlerRow, { nowMs, wallMs }: Moment): HandlerEntry {
  // A wall clock that was set back gives nothing away: no handler gets older by it, and none younger.
  const elapsedMs = Math.max(0, wallMs - row.savedAt);
  const { options, wasFunction, quotaLeft, lifeMs, spent, counts } = row;
  return {
    number,
    active: !wasFunction,
    endsAtMs: lifeMs === undefined ? undefined : nowMs + lifeMs - elapsedMs,
    state: {
      options: wasFunction ? Object.freeze({ ...options }) : checkedOptions(options),
      quotaLeft,
      spent: spent.map((each) => shifted(each, nowMs - elapsedMs)),
    },
    counts,
  };
}

function shifted(spent: Spent, byMs: number): Spent {
  return { ...spent, fromMs: spent.fromMs + byMs, atMs: spent.atMs + byMs };
}
