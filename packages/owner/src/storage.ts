/**
 * What the owner's side keeps over a reload of its page: handlers with their quotas, what was ever released of each record
 * axis, the audit, invites, links that may come back, known partners, and what the owner chose to keep of what is published.
 * Values are what structured cloning takes, CryptoKeys among it; values of tensors are sealed.
 */

export type StorageTable = (typeof storageTables)[number];

/** `objects` and `chunks` are what is kept of what is published; `families` the keys of links that may come back. */
export const storageTables = [
  'handlers',
  'ledger',
  'audit',
  'chains',
  'heads',
  'invites',
  'families',
  'partners',
  'objects',
  'chunks',
] as const;

export interface StorageChange {
  readonly table: StorageTable;
  readonly key: string | number;
  /** Undefined: it goes. */
  readonly value: unknown;
}

/** Keys in their order, both ends included: numbers first, then texts. */
export interface KeyRange {
  readonly from?: string | number | undefined;
  readonly to?: string | number | undefined;
}

export interface OwnerStorage {
  /** Does it outlive the page? */
  readonly lasting: boolean;
  /** Everything in a table, or in a range of it, by its keys in their order. */
  read(
    table: StorageTable,
    range?: KeyRange,
  ): Promise<readonly (readonly [key: string | number, value: unknown])[]>;
  /**
   * All of these, or none, in the order in which `write` was called. Rejects where they could not be written. `soon` resolves
   * before the disk has them: a loss of power may cost them. Default `now`.
   */
  write(changes: readonly StorageChange[], when?: 'now' | 'soon'): Promise<void>;
  /** HMAC-SHA-256 under a key that is made once, is kept here and cannot be read: so that digests tell no small value. */
  keyedDigest(data: Uint8Array): Promise<Uint8Array>;
  /**
   * AES-256-GCM under another such key, so that what is kept is of no use without this database. `bound`: what it belongs to,
   * which opening it takes again. Default: empty.
   */
  seal(plain: Uint8Array, bound?: string): Promise<Uint8Array>;
  /** What was sealed. Rejects where it was changed, or belongs to something else. */
  open(sealed: Uint8Array, bound?: string): Promise<Uint8Array>;
  /** Forgets everything, the keys included. */
  wipe(): Promise<void>;
  /** Lets another page have it. */
  close?(): Promise<void>;
}
