/** What a session is told to do, and what it tells. */

import type { Clock, DuetError, LinkState, SessionLimits, TensorMeta } from '@duet/protocol';
import type { KeptRequest } from './kept';
import type { RequestDecision } from './requests';

export interface SessionOptions {
  /** Tells this session's answers from those of an earlier one on the same link. Default 1. */
  readonly epoch?: number;
  /** What an earlier session left on the owner's side stays, and is in `store.mine()`. Default false: it is dropped there. */
  readonly keep?: boolean;
  /** What one call may cost is checked here too, before anything is sent. */
  readonly limits?: Partial<SessionLimits>;
  /** By which kept requests count their seconds. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

export interface DecisionEvent extends RequestDecision {
  /** The request's id and name. */
  readonly request: number;
  readonly name: string;
  /** The id of the pointer that it is about; undefined for one of an earlier session. */
  readonly pointer: string | undefined;
  /** The request, where it is one of an earlier session. */
  readonly kept: KeptRequest | undefined;
}

/** A value that the owner, or a handler, released is on its way here. */
export interface ReceivedEvent {
  /** The id and name of the request, and the id of the pointer. */
  readonly request: number;
  readonly name: string;
  readonly pointer: string | undefined;
  readonly kept: KeptRequest | undefined;
  readonly meta: TensorMeta;
  /** Significant digits that the owner's side rounded it to; undefined where it is exact. */
  readonly digits: number | undefined;
}

export interface FaultEvent {
  readonly error: DuetError;
  /** The pointer or request that is unusable now; undefined where the owner's side could not read a message. */
  readonly about: string | undefined;
}

export interface SessionStatus {
  /**
   * `reconnecting`: the connection is lost and sought again, or the owner's page was reloaded and has not told everything yet.
   * Calls and gets go on meanwhile, and take longer.
   */
  readonly phase: 'ready' | 'reconnecting' | 'closed';
  /** How frames travel: straight, by a TURN server, sealed through the signaling server. Absent where that is not known. */
  readonly path?: NonNullable<LinkState['path']>;
  /** While the connection is lost: until when it is sought. */
  readonly awayUntil?: Date;
  /** Ids of ours on the owner's side. */
  readonly objects: number;
  /** Requests without a decision. */
  readonly waiting: number;
  /** Gets without a value. */
  readonly getting: number;
}

export interface SessionEvents {
  /** The owner published something, said something new of it, or took it back. */
  store: () => void;
  /** Decided, or taken back. */
  decision: (event: DecisionEvent) => void;
  /** The first byte of a released value has left the owner's side. */
  release: (event: ReceivedEvent) => void;
  /** A request of an earlier session was told, decided, prolonged, or is gone. */
  kept: (request: KeptRequest) => void;
  /** The owner's side refused something that this side could not know to be wrong. */
  fault: (event: FaultEvent) => void;
  status: (status: SessionStatus) => void;
  /**
   * The owner's page was reloaded, and has told what it still has. So many values and objects are gone: calls on their pointers
   * throw `gone`, and gets and requests that waited have rejected with it.
   */
  renewed: (event: { readonly gone: number }) => void;
  /** Once, with why. */
  closed: (reason: DuetError) => void;
}
