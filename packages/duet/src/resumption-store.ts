/** What a scientist's browser remembers, in a database of this browser and in the session storage of the tab. */

import { DuetError } from '@duet/protocol';
import { type IDBPDatabase, openDB } from 'idb';
import type { KnownOwner, ResumptionStore, TabSession } from './resumption';

const databaseName = 'duet-scientist';
const version = 1;
/** In the tab's session storage: the id of its session's family. */
const tabKey = 'duet-session';
/** A tab that is reloaded has its lock until it is gone, which is soon. */
const lockWaitMs = 2000;

/**
 * The browser's own. Where it has no database, or lets the page use none, nothing is remembered: a reload then ends the
 * session, and every owner is met for the first time.
 */
export function browserResumption(): ResumptionStore {
  return new BrowserResumption();
}

class BrowserResumption implements ResumptionStore {
  #opening: Promise<IDBPDatabase> | undefined;
  /** Families that are this tab's, with what gives each back. */
  readonly #held = new Map<string, () => void>();

  open(): void {
    this.#open().catch(() => undefined);
    // A page's first look waits for the browser.
    readTab();
  }

  async take(): Promise<TabSession | undefined> {
    const id = readTab();
    if (id === undefined) {
      await this.#sweep().catch(() => undefined);
      return undefined;
    }
    if (!this.#held.has(id) && !(await this.#hold(id, lockWaitMs))) throw new DuetError('in-use');
    try {
      const database = await this.#open();
      const session: TabSession | undefined = await database.get('sessions', id);
      if (session !== undefined && session.until >= Date.now()) return session;
    } catch {
      // Then there is nothing to go on with.
    }
    await this.forget(id);
    await this.#sweep().catch(() => undefined);
    return undefined;
  }

  async keep(session: TabSession): Promise<void> {
    const { id } = session.family;
    const database = await this.#open();
    await database.put('sessions', session, id);
    if (!this.#held.has(id)) await this.#hold(id, lockWaitMs);
    // Last: what the tab names is there, and this tab's.
    writeTab(id);
  }

  async forget(familyId: string): Promise<void> {
    if (readTab() === familyId) writeTab(undefined);
    try {
      const database = await this.#open();
      await database.delete('sessions', familyId);
    } catch {
      // Nothing was stored then.
    }
    this.#held.get(familyId)?.();
    this.#held.delete(familyId);
  }

  async owner(fingerprint: string): Promise<KnownOwner | undefined> {
    try {
      const database = await this.#open();
      return await database.get('owners', fingerprint);
    } catch {
      return undefined;
    }
  }

  async meet(fingerprint: string, owner: KnownOwner): Promise<void> {
    const database = await this.#open();
    await database.put('owners', owner, fingerprint);
  }

  #open(): Promise<IDBPDatabase> {
    if (this.#opening === undefined) {
      const opening = this.#openDatabase();
      this.#opening = opening;
      // What could not be opened when the page was loaded may be open by the time that somebody joins.
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async #openDatabase(): Promise<IDBPDatabase> {
    return openDB(databaseName, version, {
      upgrade(made) {
        made.createObjectStore('sessions');
        made.createObjectStore('owners');
      },
      // A later version of the page wants to change it.
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        this.#opening = undefined;
      },
      // The browser has closed it, as when its data is cleared.
      terminated: () => {
        this.#opening = undefined;
      },
    });
  }

  /** False where another tab has it. Without locks there is nobody to ask. */
  async #hold(id: string, waitMs: number): Promise<boolean> {
    const { locks } = globalThis.navigator ?? {};
    if (!locks) return true;
    const release = await new Promise<(() => void) | undefined>((resolve) => {
      const signal = AbortSignal.timeout(waitMs);
      locks
        .request(
          `${databaseName}:${id}`,
          { signal },
          () => new Promise<void>((free) => resolve(free)),
        )
        .catch(() => resolve(undefined));
    });
    if (release) this.#held.set(id, release);
    return release !== undefined;
  }

  /** Sessions of tabs that were closed. */
  async #sweep(): Promise<void> {
    const database = await this.#open();
    const transaction = database.transaction('sessions', 'readwrite');
    const [ids, sessions] = await Promise.all([
      transaction.store.getAllKeys(),
      transaction.store.getAll(),
    ]);
    const over = ids.filter((_, at) => !((sessions[at] as TabSession).until >= Date.now()));
    await Promise.all([...over.map((id) => transaction.store.delete(id)), transaction.done]);
  }
}

/** Pages that may not store anything throw at the mere mention. */
function readTab(): string | undefined {
  try {
    return globalThis.sessionStorage?.getItem(tabKey) ?? undefined;
  } catch {
    return undefined;
  }
}

function writeTab(id: string | undefined): void {
  try {
    if (id === undefined) globalThis.sessionStorage?.removeItem(tabKey);
    else globalThis.sessionStorage?.setItem(tabKey, id);
  } catch {
    // Then a reload ends the session.
  }
}
