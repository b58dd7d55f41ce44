/** What a scientist's browser remembers: how a tab finds its owner again after a reload, and which owners it has met. */

import type { Family, RelayUse } from '@duet/link';

/** An owner whom this browser has met before. */
export interface KnownOwner {
  /** What they called themselves then. Inert text. */
  readonly name: string;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** How often they have admitted this scientist. */
  readonly sessions: number;
}

/** Of a session that a reload of its tab goes on with. Nothing of the invite is in it, and its keys can be used, not read. */
export interface TabSession {
  readonly family: Family;
  /** Until when it may be gone on with, in milliseconds of the wall clock. */
  readonly until: number;
  /** The signaling server's address. */
  readonly signaling: string;
  readonly name: string;
  readonly hideAddress: boolean;
  readonly relay: RelayUse;
  readonly iceHosts: readonly string[];
  readonly known: KnownOwner | undefined;
}

export interface ResumptionStore {
  /** It will be asked soon: what takes time may begin. Never fails. */
  open?(): void;
  /**
   * The session that this tab had before it was loaded anew, which is this tab's alone from now on. Rejects with `in-use` where
   * another tab has it: this one was made from that by duplicating it.
   */
  take(): Promise<TabSession | undefined>;
  /** Stores the session of this tab, or how it stands now. Rejects where nothing can be stored. */
  keep(session: TabSession): Promise<void>;
  /** Nobody goes on with it. */
  forget(familyId: string): Promise<void>;
  owner(fingerprint: string): Promise<KnownOwner | undefined>;
  meet(fingerprint: string, owner: KnownOwner): Promise<void>;
}

/** For as long as the object lives: in tests, whose pages are reloaded by making another end with the same store. */
export function memoryResumption(): ResumptionStore {
  let session: TabSession | undefined;
  const owners = new Map<string, KnownOwner>();
  return {
    async take() {
      if (session && session.until < Date.now()) session = undefined;
      return session;
    },
    async keep(kept) {
      session = kept;
    },
    async forget(familyId) {
      if (session?.family.id === familyId) session = undefined;
    },
    async owner(fingerprint) {
      return owners.get(fingerprint);
    },
    async meet(fingerprint, owner) {
      owners.set(fingerprint, owner);
    },
  };
}
