import {
  asDuetError,
  DuetError,
  type ErrorCode,
  type Get,
  limits,
  type PeerIdentity,
  type Request,
} from '@duet/protocol';
import type { Gate, Grant } from './gate';
import { mayRead } from './labels';
import type { ObjectTable, Version } from './objects';
import type { OwnerRequest, OwnerRequests, RequestContext } from './requests';

export interface ReleasesParts extends Pick<RequestContext, 'gate' | 'inTurn' | 'later'> {
  readonly gate: Gate;
  readonly objects: ObjectTable;
  readonly requests: OwnerRequests;
  readonly peer: PeerIdentity;
  /** Requests of this scientist's that may wait for a person. */
  readonly mostWaiting: number;
}

/** A request as its scientist's session remembers it, until its grant is spent. */
interface Asked {
  readonly request: OwnerRequest;
  /** Gets that wait for the decision. */
  readonly waiting: Get[];
  grant: Grant | undefined;
}

/**
 * What one scientist asks for and is given: requests, the gets that wait for them, grants until they are spent, and values
 * until they are confirmed. All of it happens in the session's turn.
 */
export class Releases {
  readonly #parts: ReleasesParts;
  readonly #asked = new Map<number, Asked>();
  readonly #deliveries = new Map<number, Get>();
  /** Versions that a request waits for, or whose refusal was not told yet; each is held. */
  readonly #waitingFor = new Set<Version>();

  constructor(parts: ReleasesParts) {
    this.#parts = parts;
  }

  /** Values of deleting gets that were not confirmed yet. */
  get deliveries(): number {
    return this.#deliveries.size;
  }

  /** Takes a request for a version. Throws `duplicate-request`, `rate`. */
  async request(message: Request, version: Version): Promise<void> {
    if (mayRead(version.label, this.#parts.peer.fingerprint)) {
      // Nothing is left to decide.
      this.#parts.gate.tell({
        kind: 'decision',
        request: message.id,
        outcome: 'accepted',
        reason: '',
      });
      return;
    }
    if (this.#waitingFor.has(version) || this.#openGrant(version)) {
      throw new DuetError('duplicate-request');
    }
    const request = this.#parts.requests.make(message, this.#parts.peer, version, {
      gate: this.#parts.gate,
      inTurn: (task) => this.#parts.inTurn(task),
      later: (task) => this.#parts.later(task),
      granted: (grant) => this.#granted(message.id, grant),
      ended: () => this.#requestEnded(message.id),
      tellRefusal: (outcome, reason) => this.#tellRefusal(message.id, outcome, reason),
    });
    this.#parts.objects.hold(version);
    this.#waitingFor.add(version);
    this.#forgetOldRequests();
    this.#asked.set(message.id, { request, waiting: [], grant: undefined });
    await this.#parts.requests.submit(request, this.#parts.mostWaiting);
  }

  /** Accepted: the gets that waited for it are answered; without one the grant stays open until it is fetched. */
  async #granted(number: number, grant: Grant): Promise<void> {
    const asked = this.#asked.get(number) ?? missing();
    this.#waitingFor.delete(grant.version);
    asked.grant = grant;
    for (const get of asked.waiting.splice(0)) {
      try {
        await this.#deliver(get, grant.version, asked);
      } catch (thrown) {
        this.#parts.gate.fail(get.id, asDuetError(thrown).code);
      }
    }
    this.voidUnnamed();
  }

  /** Nothing is told of a request that its scientist has withdrawn, or forgotten by beginning anew, meanwhile. */
  #tellRefusal(number: number, outcome: 'denied' | 'expired', reason: string): void {
    if (!this.#asked.has(number)) return;
    this.#parts.gate.tell({ kind: 'decision', request: number, outcome, reason });
    this.#requestEnded(number);
  }

  /** Denied, expired or given up: what waited for it is told the same. Once, whoever comes first. */
  #requestEnded(number: number): void {
    const asked = this.#asked.get(number);
    if (!asked || asked.grant || !this.#waitingFor.delete(asked.request.version)) return;
    this.#parts.objects.release(asked.request.version);
    for (const get of asked.waiting.splice(0)) this.#parts.gate.fail(get.id, whyNot(asked.request));
  }

  /** Answers a get, or has it wait for its request's decision. Throws what it fails with. */
  async get(get: Get, version: Version): Promise<void> {
    const asked = get.request === 0 ? this.#openGrant(version) : this.#asked.get(get.request);
    if (mayRead(version.label, this.#parts.peer.fingerprint) || asked?.grant?.state === 'open') {
      return this.#deliver(get, version, asked);
    }
    if (!asked) throw new DuetError(get.request === 0 ? 'not-released' : 'no-request');
    if (asked.request.version !== version) throw new DuetError('bad-argument');
    if (asked.request.status !== 'pending') throw new DuetError(whyNot(asked.request));
    if (asked.waiting.length >= limits.transfers) throw new DuetError('limit');
    asked.waiting.push(get);
  }

  /** An accepted request for this version that was not fetched yet. */
  #openGrant(version: Version): Asked | undefined {
    return [...this.#asked.values()].find(
      ({ grant }) => grant?.state === 'open' && grant.version === version,
    );
  }

  async #deliver(get: Get, version: Version, asked: Asked | undefined): Promise<void> {
    const grant = asked?.grant;
    const open = asked && grant?.state === 'open' && grant.version === version;
    const left = open
      ? await this.#parts.gate.release(grant, get.id)
      : await this.#parts.gate.answer(version, get.id);
    if (open) {
      this.#parts.objects.release(version);
      // Its value may be read from now on. Kept, it would keep the bytes alive.
      this.#asked.delete(asked.request.number);
    }
    if (!left || !get.deleteAfter || version.origin === 'published') return;
    // One that is never confirmed deletes nothing; the list of them stays short.
    if (this.#deliveries.size >= limits.dropIds)
      this.#deliveries.delete(firstOf(this.#deliveries.keys()));
    this.#deliveries.set(get.id, get);
  }

  /** The scientist has the value and has checked it. Only now may a deleting get delete. */
  confirm(number: number): void {
    const get = this.#deliveries.get(number);
    if (!get) throw new DuetError('no-object');
    this.#deliveries.delete(number);
    this.#parts.objects.dropOne(get.ref);
    this.voidUnnamed();
  }

  withdraw(number: number): void {
    if (!this.#asked.has(number)) throw new DuetError('no-request');
    this.#giveUp(number, 'withdrawn');
  }

  #giveUp(number: number, how: 'withdrawn' | 'left'): void {
    const asked = this.#asked.get(number) ?? missing();
    asked.request.giveUp(how);
    // It may have been refused already, and the refusal wait for its turn.
    this.#requestEnded(number);
    this.#voidGrant(asked);
    this.#asked.delete(number);
  }

  /** An accept that nobody fetched is worth nothing once its request is withdrawn. */
  #voidGrant({ grant }: Asked): void {
    if (grant?.state !== 'open') return;
    grant.state = 'void';
    this.#parts.objects.release(grant.version);
  }

  /** In turn: a grant whose version no id names any more can never be fetched. */
  voidUnnamed(): void {
    for (const [number, asked] of this.#asked) {
      if (asked.grant?.version.named !== false) continue;
      this.#voidGrant(asked);
      this.#asked.delete(number);
    }
  }

  /** Ended requests are remembered so that a late get hears why; not for ever. */
  #forgetOldRequests(): void {
    if (this.#asked.size < limits.dropIds) return;
    for (const [number, { request, grant }] of this.#asked) {
      if (request.status !== 'pending' && grant?.state !== 'open') this.#asked.delete(number);
    }
  }

  /** Its id was dropped, or one output of it: a deleting get has nothing more to delete. */
  forgetDeliveries(id: number, [output]: readonly number[] = []): void {
    for (const [number, { ref }] of this.#deliveries) {
      if (ref.id !== id || (output !== undefined && ref.path[0] !== output)) continue;
      this.#deliveries.delete(number);
    }
  }

  /** All requests end, all grants are void. */
  clear(how: 'withdrawn' | 'left'): void {
    for (const number of [...this.#asked.keys()]) this.#giveUp(number, how);
    this.#deliveries.clear();
  }
}

/** The code that tells a get why the request it waited for was not accepted. */
function whyNot({ status }: OwnerRequest): ErrorCode {
  if (status === 'denied' || status === 'expired' || status === 'withdrawn') return status;
  return 'not-released';
}

function firstOf(numbers: Iterable<number>): number {
  for (const number of numbers) return number;
  return 0;
}

function missing(): never {
  throw new DuetError('internal');
}
