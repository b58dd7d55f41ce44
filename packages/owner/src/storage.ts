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

export interface OwnerStorage {
  /** Does it outlive the page? */
  readonly lasting: boolean;
  /** Everything in a table, by its keys in their order. */
  read(table: StorageTable): Promise<readonly (readonly [key: string | number, value: unknown])[]>;
  /** All of these, or none, in the order in which `write` was called. */
  write(changes: readonly StorageChange[]): Promise<void>;
  /** HMAC-SHA-256 under a key that is made once, is kept here and cannot be read: so that digests tell no small value. */
  keyedDigest(data: Uint8Array): Promise<Uint8Array>;
  /** Forgets everything. */
  wipe(): Promise<void>;
}
