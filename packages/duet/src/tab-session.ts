/** What is stored of a scientist's session while it lasts. */

import type { Family, LastingLink } from '@duet/link';
import type { Clock, PeerIdentity } from '@duet/protocol';
import type { KnownOwner, ResumptionStore, TabSession } from './resumption';

/** An owner has admitted this scientist. */
export async function meet(
  resumption: ResumptionStore,
  { fingerprint, name }: PeerIdentity,
  known: KnownOwner | undefined,
): Promise<void> {
  const now = new Date();
  const { firstSeen = now, sessions = 0 } = known ?? {};
  try {
    await resumption.meet(fingerprint, { name, firstSeen, lastSeen: now, sessions: sessions + 1 });
  } catch {
    // Then they are met for the first time again.
  }
}

/** So often is it written down that the tab is still there, or four times within a shorter grace. */
const refreshMs = 60_000;

/** What is stored of the session of this tab. */
export class Tab {
  readonly #resumption: ResumptionStore;
  #words: Omit<TabSession, 'family' | 'until'> | undefined;
  #familyId: string | undefined;

  constructor(resumption: ResumptionStore) {
    this.#resumption = resumption;
  }

  /** The owner has admitted this scientist; before that there is nothing to go on with. */
  begin(words: Omit<TabSession, 'family' | 'until'>): void {
    this.#words = words;
  }

  /** As LastingLink's `onFamily`. */
  async stands(family: Family | undefined): Promise<void> {
    if (family === undefined) {
      if (this.#familyId !== undefined) await this.#resumption.forget(this.#familyId);
    } else if (this.#words !== undefined) {
      this.#familyId = family.id;
      await this.#resumption.keep({ ...this.#words, family, until: family.until });
    }
  }

  /** A connection that nothing happens to is not told of, and must not seem to be over. */
  refresh(lasting: LastingLink, clock: Clock, graceMs: number): void {
    const everyMs = Math.min(refreshMs, graceMs / 4);
    if (everyMs === 0) return;
    let stop = (): void => undefined;
    const later = (): void => {
      stop = clock.after(everyMs, () => {
        const { family } = lasting;
        if (family === undefined) return;
        this.stands(family).catch(() => undefined);
        later();
      });
    };
    later();
    void lasting.link.closed.then(() => stop());
  }
}
