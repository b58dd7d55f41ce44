/**
 * What the owner's side keeps over a reload of its page: handlers with their quotas, what was ever released of each record
 * axis, and the audit. Values are plain data that structured cloning takes; never values of tensors.
 */

export type StorageTable = 'handlers' | 'ledger' | 'audit' | 'chains' | 'heads';

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
  /** Forgets everything, the key included. */
  wipe(): Promise<void>;
  /** Lets another page have it. */
  close?(): Promise<void>;
}
