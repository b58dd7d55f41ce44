/**
 * How scientists come to an owner over a signaling server: by invites, over links that survive, and again after the owner's
 * page was reloaded.
 */

import {
  type Family,
  hostRepair,
  type Identity,
  knockOn,
  makeInvite,
  type Network,
  type Paired,
  parseInvite,
  type Signaling,
  type Transport,
} from '@duet/link';
import type { Knock, OwnerStorage, Peer } from '@duet/owner';
import { type Clock, limits } from '@duet/protocol';
import { EntranceStore } from './entrance-store';
import { iceTransport, type PathOptions } from './ice-servers';
import { type Door, Invite, type InviteLeft, type InviteOptions } from './invite';
import { InviteDoor } from './invite-door';
import { software } from './software';
import { comingBack, knocking, Visit } from './visit';

/** What the owner's end is to an entrance. */
export interface EntranceHost {
  readonly identity: Identity;
  readonly name: string;
  readonly storage: OwnerStorage;
  readonly clock: Clock;
  /** Someone is at the door, or is expected back. */
  receive(knock: Knock): Peer;
  /** Someone came to an invite's room without having the invite. */
  stranger(invite: Invite): void;
  /** What is kept could not be written or read. */
  failed(error: unknown): void;
}

export interface EntranceParts extends PathOptions {
  /** The signaling server's address. */
  readonly address: string;
  readonly scientistPage: string;
  readonly network: Network;
  /** How long a lost link is kept for someone who was admitted. */
  readonly graceMs: number;
}

/** Families are written again after so long, so that the time when someone was last here is about right. */
const refreshMs = 3600_000;
/** After so long without the owner's page nobody is expected back. */
const longestAbsenceMs = 24 * 3600_000;

export class Entrance {
  readonly #host: EntranceHost;
  readonly #parts: EntranceParts;
  readonly #signaling: Signaling;
  readonly #transport: Transport;
  readonly #store: EntranceStore;
  /** Of those who were admitted, here or away. */
  readonly #admitted = new Set<Visit>();
  #stopRefreshing: () => void = () => undefined;
  #isClosed = false;

  constructor(host: EntranceHost, parts: EntranceParts) {
    this.#host = host;
    this.#parts = parts;
    const { address, network } = parts;
    this.#signaling = network.signaling(address, host.clock);
    this.#transport = iceTransport({ ...parts, signaling: address });
    this.#store = new EntranceStore(host.storage, (error) => host.failed(error));
    this.#refreshLater();
  }

  // ---- invites -------------------------------------------------------------------------------------------------

  /** What was there before a reload: invites that are still open, and everybody who may come back, who is received. */
  async restore(): Promise<readonly Invite[]> {
    const invites = await this.#store.invites();
    for (const family of await this.#store.families(longestAbsenceMs)) this.#expect(family);
    // Those of another server are for a launch that names it.
    return invites
      .filter(({ left }) => parseInvite(left.url).signaling === this.#parts.address)
      .map(({ id, left }) => this.#openInvite(id, left.url, {}, left));
  }

  /**
   * Nobody comes in any more, and what was kept is forgotten, unless told otherwise. Links end with their sessions. Resolves
   * when that is written.
   */
  async close(forget: boolean): Promise<void> {
    this.#isClosed = true;
    this.#stopRefreshing();
    if (!forget) this.#signaling.close();
    await this.#store.close(forget);
  }

  /** Throws `bad-argument`. */
  makeInvite(options: InviteOptions): Invite {
    const { scientistPage, address } = this.#parts;
    const { url } = makeInvite({
      pageUrl: scientistPage,
      signaling: address,
      owner: this.#host.identity.fingerprint,
    });
    // Storage is read in the order of its keys, and the newest invite is to be the newest again.
    const id = `${Date.now().toString(36).padStart(9, '0')}-${crypto.randomUUID()}`;
    return this.#openInvite(id, url, options);
  }

  #openInvite(id: string, url: string, options: InviteOptions, restored?: InviteLeft): Invite {
    const { clock } = this.#host;
    const invite = new Invite({
      id,
      url,
      options,
      restored,
      clock,
      open: (opened) => this.#openDoor(opened, url, restored !== undefined),
    });
    const keep = () => this.#store.keepInvite(id, invite.left);
    keep();
    invite.on('left', keep);
    return invite;
  }

  #openDoor(invite: Invite, url: string, isRestored: boolean): Door {
    /** Those who came by this invite and wait. */
    const waiting = new Set<Peer>();
    const door = new InviteDoor({
      ...this.#common(),
      url,
      isRestored,
      onPairing: (pairing) => void this.#arrive(invite, waiting, pairing),
      onStranger: () => {
        invite.strangerCame();
        this.#host.stranger(invite);
      },
      onStatus: (status) => invite.setSignaling(status),
    });
    return {
      opened: door.opened,
      close: (why) => {
        door.close(why);
        // So many were to come in by it, and they have.
        if (why === 'invite-used') for (const peer of waiting) peer.disconnect();
      },
    };
  }

  /** Someone has shown that they have the invite. */
  async #arrive(invite: Invite, waiting: Set<Peer>, pairing: Promise<Paired>): Promise<void> {
    let paired: Paired;
    try {
      paired = await pairing;
    } catch {
      invite.knockFailed();
      return;
    }
    const visit = this.#visit(paired, undefined, limits.waitingGraceMs);
    const { lasting } = visit;
    const knock = knockOn(lasting.link);
    if (this.#isClosed || invite.isOver) {
      knock.refuse('not-admitted');
      return;
    }
    let peer: Peer | undefined;
    const admit = (): void => {
      knock.admit(paired.peer.name);
      if (peer) waiting.delete(peer);
      lasting.setGrace(this.#parts.graceMs);
      this.#admitted.add(visit);
      visit.keep();
      invite.use();
    };
    peer = this.#host.receive(knocking(lasting, { admit, refuse: knock.refuse }));
    if (peer.status !== 'waiting') return;
    const visitor = peer;
    waiting.add(visitor);
    void lasting.link.closed.then(() => waiting.delete(visitor));
  }

  /** Someone was here before the reload. They are let in again without being asked about; their objects are gone. */
  #expect(family: Family): void {
    const visit = this.#visit(undefined, family, this.#parts.graceMs);
    this.#admitted.add(visit);
    this.#host.receive(comingBack(visit.lasting));
  }

  #visit(paired: Paired | undefined, family: Family | undefined, graceMs: number): Visit {
    const visit = new Visit(paired, {
      repair: hostRepair(this.#common()),
      graceMs,
      clock: this.#host.clock,
      ownFingerprint: this.#host.identity.fingerprint,
      family,
      store: this.#store,
    });
    void visit.lasting.link.closed.then(() => this.#admitted.delete(visit));
    return visit;
  }

  #refreshLater(): void {
    this.#stopRefreshing = this.#host.clock.after(refreshMs, () => {
      for (const visit of this.#admitted) visit.keep();
      this.#refreshLater();
    });
  }

  /** What all pairings of this owner's have alike. */
  #common() {
    const { identity, name, clock } = this.#host;
    const { relay = 'fallback' } = this.#parts;
    const signaling = this.#signaling;
    return {
      identity,
      software,
      name,
      signaling,
      transport: this.#transport,
      relay,
      clock,
    };
  }
}
