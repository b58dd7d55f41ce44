/** One request that goes on without the session it was made in. */

import {
  byteLength,
  type KeptItem,
  type Outcome,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import { type Deed, type Happening, LifeTable } from './gate/life';
import type { Version } from './objects';
import type { OwnerRequest, RequestHost } from './owner-request';
import type { LeftRequest } from './releases';

/** What a kept request needs of those who keep it. */
export interface KeptKeeper extends Pick<RequestHost, 'isPresent' | 'inTurn' | 'later'> {
  now(): number;
  /** What follows from what happened. Resolves when it is done, as far as anybody waits for it. */
  do(kept: KeptRequest, deed: Deed<number>): void;
}

export class KeptRequest {
  /** Counted for each scientist. */
  readonly id: number;
  readonly request: OwnerRequest;
  /** On the owner's clock. */
  readonly keptUntil: number;
  readonly #keeper: KeptKeeper;
  readonly #home: object | undefined;
  #life: LifeTable<number>;
  #value: Promise<TensorValue | undefined>;
  #outcome: Outcome | undefined;
  /** Its value is on its way, and nobody has said that it arrived. */
  isUnconfirmed = false;

  /**
   * It is the owner's side of the request from now on, for so long. `begin` has its life go on. `home`: the session in which its
   * version lives, if it goes on.
   */
  constructor(id: number, left: LeftRequest, keepMs: number, keeper: KeptKeeper, home?: object) {
    const { request, value } = left;
    this.id = id;
    this.#home = home;
    this.request = request;
    this.keptUntil = keeper.now() + keepMs;
    this.#keeper = keeper;
    this.#value = value;
    this.#outcome = left.phase === 'granted' ? 'accepted' : undefined;
    this.#life = this.#lifeAt(left);
    request.rehost(this.#host());
  }

  /** Those who asked were not told yet what was decided. */
  begin(): void {
    this.happens({ kind: 'told', request: this.id });
  }

  get meta(): TensorMeta {
    return this.request.meta;
  }

  /** Can its value still be fetched, now or once it is accepted? */
  get isOpen(): boolean {
    return this.#life.asked.size > 0 || this.isUnconfirmed;
  }

  /** That it takes. */
  get bytes(): number {
    return this.isOpen ? byteLength(this.meta) : 0;
  }

  /** As it is told. */
  get item(): KeptItem {
    const { id, meta, request } = this;
    const outcome = this.#outcome;
    const isSaid = outcome === 'denied' || outcome === 'revoked';
    return {
      id,
      meta,
      name: request.name,
      outcome,
      reason: isSaid ? request.denial : '',
      leftMs: Math.max(0, Math.ceil(this.keptUntil - this.#keeper.now())),
    };
  }

  /** What becomes readable in a session when it is collected there. */
  versionIn(session: object): Version | undefined {
    const { version } = this.request;
    return session === this.#home && version.named ? version : undefined;
  }

  happens(happening: Happening<number>): void {
    for (const deed of this.#life.take(happening)) {
      if (deed.kind === 'tell') this.#outcome = deed.outcome;
      // Its value is needed no more.
      if (deed.kind === 'free') this.#value = Promise.resolve(undefined);
      this.#keeper.do(this, deed);
    }
  }

  /** It is not on its way after all. */
  unsent(): void {
    this.isUnconfirmed = false;
    this.happens({ kind: 'unsent', request: this.id });
  }

  /** The one who waited has gone. */
  forgetGet(get: number): void {
    const asked = this.#life.asked.get(this.id);
    if (!asked?.gets.includes(get)) return;
    const gets = asked.gets.filter((other) => other !== get);
    this.#life = new LifeTable({
      asked: new Map([[this.id, { ...asked, gets }]]),
      over: new Map(),
    });
  }

  /** What was sent has not arrived: the same bytes can be fetched once more. */
  reopen(): void {
    this.isUnconfirmed = false;
    this.#life = this.#lifeAt({ phase: 'granted', refusal: undefined });
  }

  #lifeAt({ phase, refusal }: Pick<LeftRequest, 'phase' | 'refusal'>): LifeTable<number> {
    const { id } = this;
    const asked = { request: id, version: id, phase, refusal, gets: [], stays: false };
    return new LifeTable({ asked: new Map([[id, asked]]), over: new Map() });
  }

  #host(): RequestHost {
    const keeper = this.#keeper;
    return {
      keptUntil: this.keptUntil,
      get isPresent() {
        return keeper.isPresent;
      },
      inTurn: (task) => keeper.inTurn(task),
      later: (task) => keeper.later(task),
      // It was read when its session ended; there is no making it again.
      read: () => this.#value,
      happens: (kind) => this.happens({ kind, request: this.id }),
      frozen: async () => this.happens({ kind: 'frozen', request: this.id }),
    };
  }
}
