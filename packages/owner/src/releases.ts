import {
  asDuetError,
  DuetError,
  type ErrorCode,
  type Get,
  type Handled,
  limits,
  type PeerIdentity,
  type Request,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import type { Gate } from './gate/gate';
import type { Grant } from './gate/grants';
import { type Asked, type Deed, type Happening, LifeTable, type Refusal } from './gate/life';
import { mayRead } from './labels';
import type { ObjectTable, Version } from './objects';
import type { Assurance, OwnerRequest, RequestHost } from './owner-request';
import type { Recovery } from './recovery';
import type { OwnerRequests } from './requests';

export interface ReleasesParts extends Pick<RequestHost, 'inTurn' | 'later'> {
  readonly gate: Gate;
  readonly objects: ObjectTable;
  readonly recovery: Recovery;
  readonly requests: OwnerRequests;
  readonly peer: PeerIdentity;
  readonly assurance: Assurance;
  /** Requests of this scientist's that may wait for a person. */
  readonly mostWaiting: number;
  /** A get was refused for a mistake in it. */
  readonly refused: (code: ErrorCode) => void;
}

/** What a get may hear that is no mistake of its own. */
const decided: ReadonlySet<ErrorCode> = new Set([
  'denied',
  'expired',
  'revoked',
  'withdrawn',
  'op-failed',
  'stale-grant',
  'closed',
]);

/** A value that a deleting get has asked for. */
interface Delivery {
  readonly get: Get;
  /** `coming`: it is being read. A failure is not to be confirmed. */
  state: 'coming' | 'left' | 'failed';
}

/** A value that has left, of a request that is to be kept. */
interface Sent {
  readonly request: OwnerRequest;
  hasArrived: boolean;
}

/** A request that outlives the session it was made in, as that hands it over. */
export interface LeftRequest {
  /** Its owner's side: `rehost` it before anything else happens to it. */
  readonly request: OwnerRequest;
  /** Where its life stands, for the next `LifeTable`; no get waits for it. */
  readonly phase: Asked<unknown>['phase'];
  /** Set where it was decided against and nobody was told. */
  readonly refusal: Refusal | undefined;
  /** Set where it was accepted and not fetched; it has no version any more. */
  readonly grant: Grant | undefined;
  /** Its value, read before the engine closes; undefined where the computation failed. Never rejects. */
  readonly value: Promise<TensorValue | undefined>;
}

/** A request that could be kept. */
export interface Keepable {
  readonly request: number;
  readonly meta: TensorMeta;
  /** Was it to be kept anyway? */
  readonly stays: boolean;
}

/**
 * What one scientist asks for and is given: requests, the gets that wait for them, grants until they are spent, and values
 * until they are confirmed. What becomes of them is decided in gate/life.ts; this does what follows, in the session's turn.
 */
export class Releases {
  readonly #parts: ReleasesParts;
  readonly #life = new LifeTable<Version>();
  readonly #requests = new Map<number, OwnerRequest>();
  /** Gets that wait. */
  readonly #gets = new Map<number, Get>();
  readonly #deliveries = new Map<number, Delivery>();
  /** Gets whose values belong to requests that are to be kept, until they are confirmed. */
  readonly #unconfirmed = new Map<number, Sent>();

  constructor(parts: ReleasesParts) {
    this.#parts = parts;
  }

  /** Values of deleting gets that were not confirmed yet. */
  get deliveries(): number {
    return this.#deliveries.size;
  }

  /** What would be handed over if the scientist left now. */
  get staying(): readonly TensorMeta[] {
    const waiting = [...this.#life.asked.values()].flatMap(({ stays, version }) =>
      stays ? [version.meta] : [],
    );
    return [...waiting, ...this.#lost().map(({ request }) => request.meta)];
  }

  /** Takes a request for a version. Throws `duplicate-request`, `rate`. */
  async request(message: Request, version: Version): Promise<void> {
    const { requests, peer, assurance, mostWaiting } = this.#parts;
    const { id } = message;
    const readable = mayRead(version.label, peer.fingerprint);
    const stays = (message.keepMs ?? 0) > 0;
    await this.#happens({ kind: 'ask', request: id, version, readable, stays });
    if (readable) return;
    const request = requests.make(message, { peer, assurance }, version, this.#hostOf(id, version));
    this.#requests.set(id, request);
    if (await requests.submit(request, mostWaiting)) return;
    await this.#happens({ kind: 'turn-away', request: id });
    throw new DuetError('rate');
  }

  /** Answers a get, or has it wait for its request's decision. Throws what it fails with. */
  get(get: Get, version: Version): Handled {
    const { id, request } = get;
    const readable = mayRead(version.label, this.#parts.peer.fingerprint);
    const deeds = this.#life.take({ kind: 'get', get: id, request, version, readable });
    if (deeds[0]?.kind === 'answer') return { over: this.#answer(version, get) };
    this.#gets.set(id, get);
    return this.#doAll(deeds);
  }

  /** Throws `no-request`. */
  async withdraw(number: number): Promise<void> {
    await this.#happens({ kind: 'withdraw', request: number });
  }

  /** In turn: a grant whose version no id names any more can never be fetched. */
  voidUnnamed(): void {
    for (const { version } of this.#life.granted) {
      if (!version.named) void this.#happens({ kind: 'unnamed', version });
    }
  }

  /** In turn: the scientist begins anew. What holds for `leave` holds for what they leave here. */
  beginAnew(): readonly LeftRequest[] {
    return this.#handOverAll({ kind: 'begin' });
  }

  /**
   * The link has ended. Requests end, but for those that their scientist wants kept: these are handed over, and what they
   * are about is read before the engine may close.
   */
  leave(): readonly LeftRequest[] {
    return this.#handOverAll({ kind: 'leave' });
  }

  /**
   * In turn: the scientist's page was reloaded. Requests that are not over are handed over, whether they were to be kept or
   * not, as far as `choose` finds room for them; the others end.
   */
  renew(choose: (asked: readonly Keepable[]) => ReadonlySet<number>): readonly LeftRequest[] {
    const again = this.#lost().map(({ request: { number, meta } }) => ({
      request: number,
      meta,
      stays: true,
    }));
    const open = [...this.#life.asked.values()].map(({ request, version, stays }) => ({
      request,
      meta: version.meta,
      stays,
    }));
    return this.#handOverAll({ kind: 'renew', staying: choose([...again, ...open]) });
  }

  #handOverAll(
    happening: Extract<Happening<Version>, { kind: 'begin' | 'leave' | 'renew' }>,
  ): readonly LeftRequest[] {
    const left = this.#life.take(happening).flatMap((deed) => {
      if (deed.kind === 'keep') return [this.#handOver(deed.asked)];
      void this.#do(deed);
      return [];
    });
    const again = this.#lost().map((sent) => this.#handOverAgain(sent));
    this.#unconfirmed.clear();
    this.#deliveries.clear();
    this.#gets.clear();
    return [...left, ...again];
  }

  /** What has left, is to be kept, and has not arrived as far as anybody has said. */
  #lost(): readonly Sent[] {
    return [...new Set(this.#unconfirmed.values())].filter(({ hasArrived }) => !hasArrived);
  }

  /** The same bytes may go to the same scientist again, until they have arrived. */
  #handOverAgain({ request }: Sent): LeftRequest {
    const grant = request.detachGrant() ?? missing();
    this.#reopen(request, grant);
    const { payload } = grant;
    const value = Promise.resolve(typeof payload === 'string' ? undefined : payload.value);
    return { request, phase: 'granted', refusal: undefined, grant, value };
  }

  #reopen(request: OwnerRequest, grant: Grant): void {
    this.#parts.requests.grants.open(grant, request.name, () => request.revoke());
  }

  #handOver({ request: number, version, phase, refusal }: Asked<Version>): LeftRequest {
    const { gate, objects, recovery, requests } = this.#parts;
    const request = this.#requests.get(number) ?? missing();
    this.#requests.delete(number);
    const grant = request.detachGrant();
    // The link may have ended just as it was being sent.
    if (grant && phase === 'granted' && !requests.grants.isOpen(grant))
      this.#reopen(request, grant);
    // A session that goes on may have to make it again: once it is kept, there is nothing to make it from.
    const value = gate
      .read(version)
      .then((read) => read ?? recovery.remake(version))
      .finally(() => objects.release(version));
    return { request, phase, refusal, grant, value };
  }

  // ---- what follows from what happens -------------------------------------------------------------------------------

  #hostOf(number: number, version: Version): RequestHost {
    const { gate, recovery, inTurn, later } = this.#parts;
    return {
      isPresent: true,
      inTurn,
      later,
      read: (again) => (again ? recovery.remake(version) : gate.read(version)),
      happens: (kind) => void this.#happens({ kind, request: number }),
      frozen: () => this.#frozen(number),
    };
  }

  async #frozen(number: number): Promise<void> {
    await this.#happens({ kind: 'frozen', request: number });
    this.voidUnnamed();
  }

  /** All that is at once is done before this returns; it resolves when values are on their way. Throws what is refused. */
  async #happens(happening: Happening<Version>): Promise<void> {
    await this.#doAll(this.#life.take(happening));
  }

  async #doAll(deeds: readonly Deed<Version>[]): Promise<void> {
    for (const deed of deeds) {
      const done = this.#do(deed);
      if (done) await done;
    }
  }

  #do(deed: Deed<Version>): Promise<void> | undefined {
    const { objects, requests, later } = this.#parts;
    switch (deed.kind) {
      case 'hold':
        objects.hold(deed.version);
        return;
      case 'free':
        objects.release(deed.version);
        this.#requests.delete(deed.request);
        return;
      case 'ended':
        this.#requests.get(deed.request)?.ended(deed.ending);
        return;
      case 'tell':
        this.#tell(deed.request, deed.outcome);
        return;
      case 'tell-in-turn':
        later(() => this.#happens({ kind: 'told', request: deed.request }));
        return;
      case 'send':
        return this.#send(deed.request, deed.gets);
      case 'fail':
        for (const get of deed.gets) this.#fail(get, deed.code);
        return;
      case 'void': {
        const grant = this.#requests.get(deed.request)?.grant;
        if (grant) requests.grants.take(grant);
        return;
      }
      // Those two are seen to where they come up.
      case 'keep':
      case 'answer':
        return;
      case 'refuse':
        throw new DuetError(deed.code);
      default:
        deed satisfies never;
        return;
    }
  }

  #tell(number: number, outcome: 'accepted' | Refusal): void {
    const told = outcome === 'denied' || outcome === 'revoked';
    const reason = told ? (this.#requests.get(number)?.denial ?? '') : '';
    this.#parts.gate.tell({ kind: 'decision', request: number, outcome, reason });
  }

  async #send(number: number, gets: readonly number[]): Promise<void> {
    const request = this.#requests.get(number) ?? missing();
    try {
      const { gate } = this.#parts;
      const left = await gate.release(request.grant ?? missing(), gets);
      await this.#happens({ kind: 'sent', request: number });
      if (left && request.keepMs > 0) {
        const sent = { request, hasArrived: false };
        for (const get of gets) this.#unconfirmed.set(get, sent);
      }
      for (const get of gets) this.#delivered(get, request.version, left);
    } catch (thrown) {
      // Nothing has left. What could not be written down may be had later.
      await this.#happens({ kind: 'unsent', request: number });
      for (const get of gets) this.#fail(get, asDuetError(thrown).code);
    }
  }

  /** What a get is about is known in its order: so how many are remembered does not depend on how long reading takes. */
  #answer(version: Version, get: Get): Promise<void> {
    const delivery = this.#remember(get, version, 'coming');
    return this.#parts.gate.answer(version, get.id, (isValue) => {
      if (delivery) delivery.state = isValue ? 'left' : 'failed';
    });
  }

  #fail(get: number, code: ErrorCode): void {
    this.#gets.delete(get);
    this.#parts.gate.fail(get, code);
    if (!decided.has(code)) this.#parts.refused(code);
  }

  /** A value is on its way, if there is one. */
  #delivered(number: number, version: Version, left: boolean): void {
    const get = this.#gets.get(number);
    this.#gets.delete(number);
    if (left && get) this.#remember(get, version, 'left');
  }

  #remember(get: Get, { origin }: Version, state: Delivery['state']): Delivery | undefined {
    if (!get.deleteAfter || origin === 'published') return undefined;
    // One that is never confirmed deletes nothing; the list of them stays short.
    if (this.#deliveries.size >= limits.dropIds)
      this.#deliveries.delete(firstOf(this.#deliveries.keys()));
    const delivery = { get, state };
    this.#deliveries.set(get.id, delivery);
    return delivery;
  }

  /** Is it a deleting get whose value is still being read? */
  isComing(number: number): boolean {
    return this.#deliveries.get(number)?.state === 'coming';
  }

  /** The scientist has the value and has checked it. Only now may a deleting get delete, and a kept request be forgotten. */
  confirm(number: number): void {
    const sent = this.#unconfirmed.get(number);
    const delivery = this.#deliveries.get(number);
    const get = delivery?.state === 'left' ? delivery.get : undefined;
    if (!get && !sent) throw new DuetError('no-object');
    if (sent) sent.hasArrived = true;
    this.#unconfirmed.delete(number);
    if (!get) return;
    this.#deliveries.delete(number);
    this.#parts.objects.dropOne(get.ref);
    this.voidUnnamed();
  }

  /** Its id was dropped, or one output of it: a deleting get has nothing more to delete. */
  forgetDeliveries(id: number, [output]: readonly number[] = []): void {
    for (const { get } of this.#deliveries.values()) {
      const { ref } = get;
      if (ref.id !== id || (output !== undefined && ref.path[0] !== output)) continue;
      this.#deliveries.delete(get.id);
    }
  }
}

function firstOf(numbers: Iterable<number>): number {
  for (const number of numbers) return number;
  return 0;
}

function missing(): never {
  throw new DuetError('internal');
}
