/** What a page keeps of each room that it is in. */

import type { HostListener, RoomListener } from './signaling';

export interface Membership {
  readonly id: string;
  readonly listener: RoomListener;
  /** Undefined in a room that another page hosts. */
  readonly hosting: Hosting | undefined;
  /** Has its caller the room already? What comes before then waits. */
  isHeld: boolean;
  early: (() => void)[];
}

export interface Hosting {
  readonly listener: HostListener;
  isOpen: boolean;
  hasGuest: boolean;
  /** The server's number of the guest; undefined where it gives none. */
  guest: number | undefined;
  /** Tries to open it again since it was last open that found it taken. */
  reopens: number;
  stopTimer: () => void;
}

export function newMembership(
  id: string,
  listener: RoomListener,
  hosting: Hosting | undefined,
): Membership {
  return { id, listener, hosting, isHeld: true, early: [] };
}

export function newHosting(listener: HostListener): Hosting {
  return {
    listener,
    isOpen: false,
    hasGuest: false,
    guest: undefined,
    reopens: 0,
    stopTimer: () => {},
  };
}

/** Tells the room's listener, or keeps it until the room is handed over. */
export function tell(member: Membership, call: () => void): void {
  if (member.isHeld) member.early.push(call);
  else call();
}

/** The room is handed over: what came meanwhile is told. */
export function release(member: Membership): void {
  member.isHeld = false;
  for (const call of member.early.splice(0)) call();
}
