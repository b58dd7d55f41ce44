import {
  byteLength,
  checkText,
  DuetError,
  digestsOf,
  elementCount,
  limits,
  type PeerIdentity,
  type PieceDigests,
  type Request,
  sameBytes,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import type { RequestFacts } from './gate/facts';
import type { Grant, Payload } from './gate/grants';
import type { Ending, RequestHappening } from './gate/life';
import { canRound, rounded } from './gate/rounding';
import { digestsOfKept } from './known-digests';
import { describeLineage, type LineageWords } from './lineage';
import type { Version } from './objects';
import type { Warning } from './warnings';

/** `left`: the scientist went away before it was decided. */
export type RequestStatus = 'pending' | Ending;

/**
 * How a scientist has proved who they are. `invite`: that they hold the invite, and the identity key of their fingerprint.
 * `known`: the same, and the owner has admitted that key before. `key`: the key alone, on a channel that the owner's page has
 * opened itself.
 */
export type Assurance = 'invite' | 'key' | 'known';

/** What was found of the bytes: `failed`: there are none. `stale`: those that were shown cannot be had any more. */
export type Found = 'ready' | 'failed' | 'stale';

/**
 * Whoever sees to a request: the session of the scientist who asks, and once they have left what keeps it for them. It runs
 * gate/life.ts for it.
 */
export interface RequestHost {
  /** Is its scientist joined? */
  readonly isPresent: boolean;
  /** On the owner's clock, for one that is kept for those who have left. */
  readonly keptUntil?: number;
  /** Runs a task in the host's order of messages and decisions. */
  inTurn<T>(task: () => T | Promise<T>): Promise<T>;
  /** The same where nobody waits for it. */
  later(task: () => unknown): void;
  /** Its value; undefined if there is none. `again`: what the engine has is not the right one. */
  read(again: boolean): Promise<TensorValue | undefined>;
  /** To its life; what that brings about is done before this returns. Not `frozen`. */
  happens(happening: RequestHappening): void;
  /** `frozen` to its life. Resolves when the gets that waited are answered. */
  frozen(): Promise<void>;
}

/** What the list of requests does for each of them. */
export interface RequestList {
  now(): number;
  factsOf(request: OwnerRequest): RequestFacts;
  warningsOf(request: OwnerRequest): readonly Warning[];
  startClock(request: OwnerRequest): void;
  stopClock(request: OwnerRequest): void;
  /** Its life has come to this. */
  ended(request: OwnerRequest, ending: Ending): void;
  /** The owner accepts by hand: it counts for what handlers may still release. Resolves when that is written down. */
  countAccepted(request: OwnerRequest): Promise<void>;
  makeGrant(parts: Omit<Grant, 'id'>): Grant;
  openGrant(grant: Grant, request: OwnerRequest): void;
  /** Its session is gone. */
  detachGrant(grant: Grant): Grant;
}

export interface RequestParts {
  readonly id: string;
  readonly message: Request;
  readonly peer: PeerIdentity;
  readonly assurance: Assurance;
  readonly version: Version;
  readonly expiresAt: number | undefined;
  readonly host: RequestHost;
}

export interface AcceptOptions {
  /** Also where the value that was shown cannot be had any more: the scientist is told that. Default false. */
  readonly evenStale?: boolean | undefined;
}

interface AcceptBy {
  readonly digits?: number | undefined;
  readonly evenStale: boolean;
  /** Is what a handler spends written down? */
  readonly written?: Promise<boolean> | undefined;
}

/** One scientist's wish to have one version released, as the owner sees it. */
export class OwnerRequest {
  /** `r1`, `r2`, … in the order of arrival. */
  readonly id: string;
  /** The number that the scientist gave it. */
  readonly number: number;
  readonly peer: PeerIdentity;
  readonly assurance: Assurance;
  /** The scientist's words. Inert text; show it with `visibleText`. */
  readonly name: string;
  readonly reason: string;
  /** What it is about: `p3` of the owner's, or `s12`, `s12.0` of the scientist's. */
  readonly object: string;
  readonly meta: TensorMeta;
  readonly elements: number;
  readonly bytes: number;
  /** On the owner's clock; undefined if it waits as long as the link lives, or it is kept. */
  readonly expiresAt: number | undefined;
  /** How long it is kept once its scientist has left, in milliseconds; 0: it goes with them. */
  readonly keepMs: number;
  readonly version: Version;
  readonly #list: RequestList;
  #host: RequestHost;
  #status: RequestStatus = 'pending';
  #decidedBy: string | undefined;
  #words = '';
  #lineage: LineageWords | undefined;
  #grant: Grant | undefined;
  #shown: Uint8Array | 'failed' | undefined;
  #found: Found | undefined;

  constructor(list: RequestList, parts: RequestParts) {
    const { id, message, peer, assurance, version, expiresAt, host } = parts;
    const { space, id: objectId, path } = message.ref;
    this.id = id;
    this.number = message.id;
    this.peer = peer;
    this.assurance = assurance;
    this.name = message.name;
    this.reason = message.reason;
    this.object = [`${space === 'own' ? 's' : 'p'}${objectId}`, ...path].join('.');
    this.meta = version.meta;
    this.elements = elementCount(version.meta.shape);
    this.bytes = byteLength(version.meta);
    this.expiresAt = expiresAt;
    this.keepMs = message.keepMs ?? 0;
    this.version = version;
    this.#list = list;
    this.#host = host;
  }

  get status(): RequestStatus {
    return this.#status;
  }

  /** Is the scientist joined who asks? Otherwise it is kept for them. */
  get isPresent(): boolean {
    return this.#host.isPresent;
  }

  /** Until it expires, or is not kept any longer, on the owner's clock; undefined if it waits as long as the link lives. */
  get secondsLeft(): number | undefined {
    const { keptUntil = Number.POSITIVE_INFINITY } = this.#host;
    const end = Math.min(this.expiresAt ?? Number.POSITIVE_INFINITY, keptUntil);
    if (end === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, Math.ceil((end - this.#list.now()) / 1000));
  }

  /** A handler's id, `owner`, or undefined where nobody decided. */
  get decidedBy(): string | undefined {
    return this.#decidedBy;
  }

  /** What the scientist was told with a denial or a revocation. */
  get denial(): string {
    return this.#words;
  }

  /** What is known of the value from public facts, as it is now: what handlers match on, and the audit keeps. */
  get facts(): RequestFacts {
    return this.#list.factsOf(this);
  }

  /** How the value was formed, and `why` it is of no better class. */
  get class(): RequestFacts['class'] {
    return this.facts.class;
  }

  get why(): string {
    return this.facts.why;
  }

  /** The published objects that the value comes from, as they are now. */
  get sources(): RequestFacts['sources'] {
    return this.facts.sources;
  }

  /** How the value was computed, in words. */
  get lineage(): LineageWords {
    // It may be long, and a card asks for it every second.
    this.#lineage ??= describeLineage(this.version.lineage);
    return this.#lineage;
  }

  /** What to think of before accepting, the gravest first. */
  get warnings(): readonly Warning[] {
    return this.#list.warningsOf(this);
  }

  /** What was found of its bytes so far; undefined until `show`, `preview` or `accept` looked for them. */
  get found(): Found | undefined {
    return this.#found;
  }

  /** Its grant, while that can be fetched. */
  get grant(): Grant | undefined {
    return this.#grant;
  }

  /**
   * Releases the value to the one who asks: of the bytes that were shown, if they were, and else of those that are there.
   * Resolves when the grant is made; its bytes leave as they are fetched. Where its computation failed, that is what is
   * told. Throws `stale-grant` if the bytes that were shown cannot be had any more, and nothing is decided, unless told to
   * accept that too; `no-request` if it was decided, expired or withdrawn before, also while this was under way.
   */
  accept({ evenStale = false }: AcceptOptions = {}): Promise<void> {
    if (this.#status !== 'pending') return Promise.reject(this.#notPending());
    this.#list.stopClock(this);
    return this.#host.inTurn(async () => {
      await this.acceptBy('owner', { evenStale });
    });
  }

  /** Throws `no-request` if it is not pending, `bad-text` on a reason over 280 characters. */
  deny(reason = ''): void {
    checkText(reason, limits.reasonChars, 'The reason');
    if (this.#status !== 'pending') throw this.#notPending();
    this.#words = reason;
    this.#decidedBy = 'owner';
    this.#host.happens('deny');
    // It is just changing hands.
    if (this.status === 'pending') throw this.#notPending();
  }

  /**
   * Takes back what was accepted and has not left. The scientist is told. Throws `no-request` if there is nothing to take
   * back any more, `bad-text` on a reason over 280 characters.
   */
  revoke(reason = ''): void {
    checkText(reason, limits.reasonChars, 'The reason');
    const words = this.#words;
    if (this.#status === 'accepted') {
      this.#words = reason;
      this.#host.happens('revoke');
      // What is being sent, or was, is not revoked by it.
      if (this.status === 'revoked') return;
      this.#words = words;
    }
    throw new DuetError('no-request', {
      detail: `Request ${this.id} is ${this.status}, and nothing of it can be taken back.`,
      hint: '',
    });
  }

  /**
   * Looks for the bytes that it is about, and takes their digest the first time: from then on an accept is of these bytes.
   * Throws `no-request` if it is not pending.
   */
  async show(): Promise<Found> {
    return (await this.#look()).found;
  }

  /** Like `show`, with a copy of the value for the owner's eyes; undefined where it is not `ready`. */
  async preview(): Promise<TensorValue | undefined> {
    const { value } = await this.#look();
    return value && { meta: value.meta, bytes: value.bytes.slice() };
  }

  // ---- for the list and the host ------------------------------------------------------------------------------------

  /** Another sees to it from now on. */
  rehost(host: RequestHost): void {
    this.#host = host;
  }

  /** Its session is gone, and whatever of it still sends the grant cannot. */
  detachGrant(): Grant | undefined {
    if (this.#grant) this.#grant = this.#list.detachGrant(this.#grant);
    return this.#grant;
  }

  /** A copy of the value for a handler that shows it; nothing follows from it. Undefined if the computation failed. */
  async peek(): Promise<TensorValue | undefined> {
    const value = await this.#host.read(false);
    return value && { meta: value.meta, bytes: value.bytes.slice() };
  }

  /** Has new handlers answer it, in turn. */
  offerAgain(offer: () => Promise<unknown>): void {
    this.#host.later(offer);
  }

  /**
   * In turn: of a handler, or of `accept`. False where what the handler spends could not be written down: then nothing is
   * decided.
   */
  async acceptBy(by: string, { digits, evenStale, written }: AcceptBy): Promise<boolean> {
    if (this.#status !== 'pending') throw this.#notPending();
    this.#host.happens('accept');
    let grant: Grant;
    try {
      // The value is read while that is written.
      const [made, isWritten] = await Promise.all([
        this.#freeze(by, digits, evenStale),
        written ?? true,
      ]);
      grant = made;
      if (!isWritten) return this.#reopen();
      if (by === 'owner') await this.#list.countAccepted(this);
    } catch (thrown) {
      this.#reopen();
      throw thrown;
    }
    // It may be withdrawn while the bytes are read; then nothing was accepted.
    if (this.#status !== 'pending') throw this.#notPending();
    this.#grant = grant;
    this.#decidedBy = by;
    await this.#host.frozen();
    return true;
  }

  #reopen(): false {
    this.#host.happens('reopen');
    if (this.#status === 'pending') this.#list.startClock(this);
    return false;
  }

  /** In turn, by a handler. */
  denyBy(handler: string): void {
    this.#decidedBy = handler;
    this.#host.happens('deny');
  }

  /** The clock's decision. */
  expire(): void {
    this.#host.happens('expire');
  }

  /** Told by its life. */
  ended(ending: Ending): void {
    this.#list.stopClock(this);
    this.#status = ending;
    if (ending === 'accepted' && this.#grant) this.#list.openGrant(this.#grant, this);
    this.#list.ended(this, ending);
  }

  /** Looks at the bytes, and says whether they are those that were shown. */
  async #look(): Promise<{ found: Found; value?: TensorValue; digests?: PieceDigests }> {
    if (this.#status !== 'pending') throw this.#notPending();
    if (this.#shown === 'failed') return { found: 'failed' };
    let seen = await this.#read(false);
    this.#shown ??= seen?.digests.whole ?? 'failed';
    // They may be gone with an engine, and be made once more.
    if (!isShown(this.#shown, seen) && this.#shown !== 'failed') seen = await this.#read(true);
    this.#found =
      this.#shown === 'failed' ? 'failed' : isShown(this.#shown, seen) ? 'ready' : 'stale';
    return this.#found === 'ready' && seen ? { found: 'ready', ...seen } : { found: this.#found };
  }

  async #read(again: boolean): Promise<Payload | undefined> {
    const host = this.#host;
    const value = await host.read(again);
    // Its session has ended over it: whoever sees to it now has the bytes.
    if (this.#host !== host) return this.#read(again);
    return value && { value, digests: await digestsOfKept(value.bytes) };
  }

  /** What is accepted, with the digest that says so. Throws `stale-grant`. */
  async #freeze(by: string, digits: number | undefined, evenStale: boolean): Promise<Grant> {
    const { found, value, digests } = await this.#look();
    if (found === 'stale' && !evenStale) {
      throw new DuetError('stale-grant', {
        detail: `The value that request ${this.id} showed cannot be had any more.`,
        hint: 'Deny it, or accept({ evenStale: true }), which tells the scientist so.',
      });
    }
    const asRounded = digits !== undefined && canRound(this.version);
    const exact = value && digests && { value, digests };
    const payload = exact && asRounded ? await roundedPayload(exact, digits) : exact;
    return this.#list.makeGrant({
      request: this.id,
      number: this.number,
      recipient: this.peer,
      version: this.version,
      meta: this.meta,
      payload: payload ?? (found === 'stale' ? 'stale-grant' : 'op-failed'),
      digits: asRounded ? digits : undefined,
      by,
    });
  }

  #notPending(): DuetError {
    return new DuetError('no-request', {
      detail: `Request ${this.id} is ${this.#status}.`,
      hint: '',
    });
  }
}

/** Are these the bytes that were shown? */
function isShown(shown: Uint8Array | 'failed', seen: Payload | undefined): boolean {
  return shown !== 'failed' && seen !== undefined && sameBytes(shown, seen.digests.whole);
}

async function roundedPayload({ value }: Payload, digits: number): Promise<Payload> {
  const fewer = rounded(value, digits);
  return { value: fewer, digests: await digestsOf(fewer.bytes) };
}
