/** What the owner's side writes down: facts for people and for the verifier, never a value. */

import type { ErrorCode, LinkState, Outcome, Receipt } from '@duet/protocol';
import type { RequestFacts } from '../gate/facts';

/** A scientist, by the fingerprint of their identity key. */
interface Of {
  readonly peer: string;
}

interface OfRequest extends Of {
  /** The owner's id of the request: `r7`. */
  readonly request: string;
}

/** `owner`, or the id of a handler. */
type Decider = string;

export type AuditEvent =
  /** The page was opened, with the log of earlier ones or without; `gap`: the one before was not closed in order. */
  | { readonly kind: 'opened'; readonly gap: boolean }
  | { readonly kind: 'closed' }
  /** Entries up to this one, whose head it was, are gone, or are not of the owner's present key: exports begin after it. */
  | { readonly kind: 'cut'; readonly upTo: number; readonly head: string }
  /** So many more came within a minute than are written down one by one. */
  | {
      readonly kind: 'more';
      readonly what: 'peer' | 'request' | 'failure';
      readonly peer?: string | undefined;
      readonly count: number;
    }
  | (Of & {
      readonly kind: 'peer';
      /**
       * `away`: their connection is lost, and they may come back; `back`: they have, or are connected otherwise; `returning`: they
       * were admitted before this page was reloaded, and may come back without being admitted again.
       */
      readonly state:
        | 'knocked'
        | 'joined'
        | 'refused'
        | 'left'
        | 'paused'
        | 'resumed'
        | 'ended'
        | 'away'
        | 'back'
        | 'returning';
      /** What they call themselves. Inert text. */
      readonly name: string;
      /** How they are connected, with `joined` and `back`. */
      readonly path?: LinkState['path'];
      /** Why they have left. */
      readonly code?: ErrorCode | undefined;
    })
  | {
      readonly kind: 'published';
      readonly object: string;
      readonly name: string;
      /** `kept`: written to this browser, sealed; `unkept`: forgotten there; `restored`: read from there after a reload. */
      readonly how:
        | 'added'
        | 'replaced'
        | 'extended'
        | 'removed'
        | 'shown'
        | 'hidden'
        | 'kept'
        | 'unkept'
        | 'restored';
      /** The id of the one that it stands for now. */
      readonly before?: string;
    }
  | (OfRequest & {
      readonly kind: 'request';
      /** The scientist's number of it. */
      readonly number: number;
      readonly facts: RequestFacts;
      /** Its sources and record sets were too many to be written down; some are. */
      readonly shortened?: true | undefined;
      /** The scientist's reason: written down only where the owner wants it. Inert text. */
      readonly reason?: string | undefined;
    })
  /** A handler matched, but may not release so much. */
  | (OfRequest & { readonly kind: 'too-narrow'; readonly handler: string; readonly why: string })
  | (OfRequest & {
      readonly kind: 'decision';
      readonly number: number;
      readonly outcome: Outcome | 'withdrawn' | 'left' | 'turned-away';
      readonly by: Decider | undefined;
      /** What the scientist was told with a denial: written down only where the owner wants it. */
      readonly reason?: string | undefined;
    })
  | (OfRequest & {
      readonly kind: 'release';
      readonly number: number;
      readonly elements: number;
      readonly bytes: number;
      /** What left instead of a value: the failure of its computation, or of its grant. */
      readonly failure: 'op-failed' | 'stale-grant' | undefined;
      /** Significant digits, where it was rounded. */
      readonly digits: number | undefined;
      readonly by: Decider;
      /** Keyed digest of the bytes that left, in hex; undefined for a failure. The log takes it itself. */
      readonly digest: string | undefined;
      /** Where it stands in its recipient's history. The log fills it in. */
      readonly history?: { readonly n: number; readonly head: string };
    })
  | {
      readonly kind: 'handler';
      readonly handler: string;
      readonly what: 'added' | 'removed' | 'ended' | 'used-up';
      /** What it does, in words. */
      readonly words: string;
    }
  /** Something of theirs was refused; so often in a row. */
  | (Of & { readonly kind: 'refused'; readonly code: ErrorCode; readonly count: number })
  | {
      readonly kind: 'invite';
      readonly invite: string;
      readonly what: 'made' | 'used' | 'expired' | 'revoked' | 'restored';
      readonly usesLeft: number;
    }
  /** So many came to an invite's room without having the invite. */
  | { readonly kind: 'strangers'; readonly count: number }
  /** All that was kept of what is published was forgotten, in one go. */
  | { readonly kind: 'wiped'; readonly objects: number }
  /** Something in the owner's tab failed; the text stays here. */
  | { readonly kind: 'failure'; readonly what: string };

/** What is signed of a release, in the history of its recipient. */
export interface ReleaseFacts {
  readonly peer: string;
  /** The scientist's number of the request. */
  readonly number: number;
  readonly outcome: 'value' | 'op-failed' | 'stale-grant';
  /** SHA-256 of the payload as its message gives it, in hex; undefined for a failure. */
  readonly digest: string | undefined;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly digits: number | undefined;
}

export type RequestEvent = Extract<AuditEvent, { readonly kind: 'request' }>;
export type ReleaseEvent = Extract<AuditEvent, { readonly kind: 'release' }>;

/** Where the owner's side writes down what happens. */
export interface AuditSink {
  /** Kept in order; returns at once. */
  note(event: AuditEvent): void;
  /**
   * Writes a release down before its first byte leaves, in the log and in the history of its recipient, and signs the head of
   * that history. Undefined where nothing can be signed. Rejects where it cannot be written; then it must not leave.
   */
  release(
    event: ReleaseEvent,
    facts: ReleaseFacts,
    /** The digest of what leaves, of which the keyed one is taken. */
    digest: Uint8Array | undefined,
  ): Promise<Receipt | undefined>;
}

/** For what is not audited: tests of other things. */
export const noAudit: AuditSink = {
  note: () => undefined,
  release: async () => undefined,
};
