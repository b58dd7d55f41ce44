import { memoryStorage, type OwnerStorage } from '@duet/owner';
import { warnOfStorage } from './announce';
import { indexedStorage } from './indexed-storage';

export interface StorageOptions {
  /**
   * Where handlers, quotas, what was released of each record axis, the audit, invites, links that may come back, known partners,
   * and what `keep` keeps are. `'browser'`: in this browser, over reloads of the page, which one page at a time can have;
   * `'memory'`: as long as the duet is open. One that you bring stays yours to close. Default: `'browser'` for launchDuet,
   * `'memory'` for a loopback.
   */
  readonly storage?: 'browser' | 'memory' | OwnerStorage;
}

export interface OpenedStorage {
  readonly storage: OwnerStorage;
  /** Lets go of what was opened here. */
  close(): void;
}

/** Throws `in-use` while another page of this origin has the browser's. */
export async function openStorage(
  { storage, logging }: StorageOptions & { readonly logging?: boolean },
  usual: 'browser' | 'memory',
): Promise<OpenedStorage> {
  const wanted = storage ?? usual;
  if (typeof wanted === 'object') return { storage: wanted, close: () => undefined };
  const opened =
    wanted === 'memory'
      ? memoryStorage()
      : await indexedStorage({
          onFallback: (why) => {
            // Outside browsers nobody expects it.
            if (logging !== false && globalThis.document) warnOfStorage(why);
          },
        });
  return { storage: opened, close: () => void opened.close?.() };
}
