/** What an entrance keeps over a reload of the owner's page: invites that are open, and the families of those who were admitted. */

import type { Family } from '@duet/link';
import type { OwnerStorage, StorageTable } from '@duet/owner';
import type { InviteLeft } from './invite';

interface KeptInvite {
  readonly id: string;
  readonly left: InviteLeft;
}

/** An invite as it is written: the link, which has the secret, sealed under the storage's own key. */
interface SealedInvite {
  readonly url: Uint8Array;
  readonly usesLeft: number;
  readonly expiresAt: number;
}

const utf8 = new TextEncoder();

export class EntranceStore {
  readonly #storage: OwnerStorage;
  readonly #failed: (error: unknown) => void;
  /** One after the other, so that what is told last is what stands. */
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** `failed` hears what could not be written. */
  constructor(storage: OwnerStorage, failed: (error: unknown) => void) {
    this.#storage = storage;
    this.#failed = failed;
  }

  /** Undefined: it has ended. */
  keepInvite(id: string, left: InviteLeft | undefined): void {
    void this.#write('invites', id, async () => {
      if (!left) return undefined;
      const { usesLeft, expiresAt } = left;
      const url = await this.#storage.seal(utf8.encode(left.url), boundTo(id));
      return { url, usesLeft, expiresAt } satisfies SealedInvite;
    });
  }

  /** Undefined: it has ended. Resolves when that is written, or could not be. */
  keepFamily(id: string, family: Family | undefined): Promise<void> {
    return this.#write('families', id, async () => family);
  }

  /** Invites that are still open. Others are forgotten. */
  async invites(): Promise<readonly KeptInvite[]> {
    const kept: KeptInvite[] = [];
    for (const [key, value] of await this.#storage.read('invites')) {
      const id = String(key);
      const left = await this.#unseal(id, value);
      if (left && left.usesLeft > 0 && left.expiresAt > Date.now()) kept.push({ id, left });
      else this.keepInvite(id, undefined);
    }
    return kept;
  }

  /** Families whose scientist may still come back, each with when they were to be here at the latest. */
  async families(longestAbsenceMs: number): Promise<readonly Family[]> {
    const kept: Family[] = [];
    for (const [key, value] of await this.#storage.read('families')) {
      const family = value as Family;
      if (family.until + longestAbsenceMs > Date.now()) kept.push(family);
      else void this.keepFamily(String(key), undefined);
    }
    return kept;
  }

  /** Writes nothing more; forgets everything where it is to. Resolves when that is written. */
  async close(forget: boolean): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    if (!forget) return;
    try {
      for (const table of ['invites', 'families'] as const) {
        const rows = await this.#storage.read(table);
        await this.#storage.write(rows.map(([key]) => ({ table, key, value: undefined })));
      }
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  async #unseal(id: string, value: unknown): Promise<InviteLeft | undefined> {
    const { url, usesLeft, expiresAt } = value as SealedInvite;
    try {
      const opened = await this.#storage.open(url, boundTo(id));
      return { url: new TextDecoder().decode(opened), usesLeft, expiresAt };
    } catch {
      // Sealed under a key that is gone.
      return undefined;
    }
  }

  #write(table: StorageTable, key: string, value: () => Promise<unknown>): Promise<void> {
    if (this.#isClosed) return this.#turn;
    this.#turn = this.#turn.then(async () => {
      try {
        await this.#storage.write([{ table, key, value: await value() }]);
      } catch (thrown) {
        this.#failed(thrown);
      }
    });
    return this.#turn;
  }
}

/** So that one invite's link cannot be put in another's place. */
const boundTo = (id: string) => `invite|${id}`;
