/** What a session is told to do, and what it tells. */

import type { DuetError, SessionLimits } from '@duet/protocol';
import type { RequestDecision } from './requests';

export interface SessionOptions {
  /** Tells this session's answers from those of an earlier one on the same link. Default 1. */
  readonly epoch?: number;
  /** What one call may cost is checked here too, before anything is sent. */
  readonly limits?: Partial<SessionLimits>;
  readonly signal?: AbortSignal;
}

export interface DecisionEvent extends RequestDecision {
  /** The request's id and name, and the id of the pointer that it is about. */
  readonly request: number;
  readonly name: string;
  readonly pointer: string;
}

export interface FaultEvent {
  readonly error: DuetError;
  /** The pointer or request that is unusable now; undefined where the owner's side could not read a message. */
  readonly about: string | undefined;
}

export interface SessionStatus {
  readonly phase: 'ready' | 'closed';
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
  decision: (event: DecisionEvent) => void;
  /** The owner's side refused something that this side could not know to be wrong. */
  fault: (event: FaultEvent) => void;
  status: (status: SessionStatus) => void;
  /** Once, with why. */
  closed: (reason: DuetError) => void;
}
