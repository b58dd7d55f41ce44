/** One scientist's link, as the owner's entrance has it, and as it is shown to the owner's side. */

import { type Family, LastingLink, type LastingOptions, type Paired } from '@duet/link';
import type { Knock } from '@duet/owner';
import type { DuetError } from '@duet/protocol';
import type { EntranceStore } from './entrance-store';

export interface VisitParts
  extends Pick<LastingOptions, 'repair' | 'graceMs' | 'clock' | 'ownFingerprint' | 'family'> {
  readonly store: EntranceStore;
}

/** A link that outlives the owner's page from the moment in which its scientist is admitted. */
export class Visit {
  readonly lasting: LastingLink;
  readonly #store: EntranceStore;
  /** Under which it is kept, once it is. */
  #id: string | undefined;

  constructor(paired: Paired | undefined, { store, family, ...options }: VisitParts) {
    this.#store = store;
    this.#id = family?.id;
    this.lasting = new LastingLink(paired, {
      ...options,
      role: 'owner',
      family,
      isStranger: family === undefined,
      onFamily: (changed) => this.#write(changed),
    });
  }

  /** Their scientist was admitted, or was here just now. */
  keep(): void {
    const { family } = this.lasting;
    this.#id = family?.id;
    void this.#write(family);
  }

  #write(family: Family | undefined): Promise<void> | undefined {
    return this.#id === undefined ? undefined : this.#store.keepFamily(this.#id, family);
  }
}

/** Someone new, who waits to be let in. */
export function knocking(
  lasting: LastingLink,
  door: { admit(): void; refuse(code: 'busy' | 'not-admitted'): void },
): Knock {
  return Object.assign(visitorOf(lasting), {
    admit: () => {
      if (lasting.link.reason) throw lasting.link.reason;
      door.admit();
      return lasting.link;
    },
    refuse: ({ code }: DuetError) => door.refuse(code === 'busy' ? 'busy' : 'not-admitted'),
  });
}

/** Someone who was admitted before this page was reloaded. */
export function comingBack(lasting: LastingLink): Knock {
  return Object.assign(visitorOf(lasting), {
    returning: true,
    admit: () => lasting.link,
    refuse: (error: DuetError) => lasting.end(error),
  });
}

function visitorOf(lasting: LastingLink) {
  return {
    identity: lasting.peer,
    assurance: 'invite' as const,
    connection: lasting.link,
    get shortAuth() {
      return lasting.shortAuth;
    },
    closed: lasting.link.closed,
  };
}
