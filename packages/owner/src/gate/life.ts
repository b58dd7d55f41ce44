/**
 * The life of one scientist's requests and grants, as a function without a memory: what is known and what happens give what
 * changes and what is to be done. Nothing else changes it. test/life.test.ts goes through all that can happen to two
 * objects and two requests.
 */

import { type ErrorCode, limits } from '@duet/protocol';

/**
 * `pending`: waits for a decision. `accepting`: accepted, while its bytes are read. `granted`: can be fetched. `leaving`: is
 * being sent, and cannot be taken back. `refused`: decided against, which will be told in its turn.
 */
export type Phase = 'pending' | 'accepting' | 'granted' | 'leaving' | 'refused';

export type Refusal = 'denied' | 'expired' | 'revoked';

/** What becomes of a request for the owner: `left`: its scientist went away before it was decided; `turned-away`: too many waited. */
export type Ending = 'accepted' | Refusal | 'withdrawn' | 'left' | 'turned-away';

/** A request that is not over. `V` stands for the version that it is about, and is only compared. */
export interface Asked<V> {
  readonly request: number;
  readonly version: V;
  readonly phase: Phase;
  /** Set where it is refused. */
  readonly refusal: Refusal | undefined;
  /** Gets that wait for it. */
  readonly gets: readonly number[];
  /** Does it stay when its scientist leaves? */
  readonly stays: boolean;
}

export interface Life<V> {
  readonly asked: ReadonlyMap<number, Asked<V>>;
  /** What a late get hears of a request that is over. */
  readonly over: ReadonlyMap<number, ErrorCode>;
  /** The one about a version: while it is not over, there is no other. */
  about(version: V): Asked<V> | undefined;
}

/** What happens. Those with `gets` or versions, and `told`, `sent` and `unsent`, come in the session's turn. */
export type Happening<V> =
  | {
      readonly kind: 'ask';
      readonly request: number;
      readonly version: V;
      /** May the one who asks read it already? */
      readonly readable: boolean;
      readonly stays: boolean;
    }
  | {
      readonly kind: 'get';
      readonly get: number;
      /** 0: none is named. */
      readonly request: number;
      readonly version: V;
      readonly readable: boolean;
    }
  /** The last id of a version is gone. */
  | { readonly kind: 'unnamed'; readonly version: V }
  /** The scientist begins anew, or their link has ended. */
  | { readonly kind: 'begin' | 'leave' }
  /** The scientist's page was reloaded: these stay, whatever was said of them. */
  | { readonly kind: 'renew'; readonly staying: ReadonlySet<number> }
  | { readonly kind: RequestHappening; readonly request: number };

/**
 * `turn-away`: too many wait already. `accept`: the bytes are to be read; then `frozen`: there is a grant, or `reopen`: nothing
 * was decided. `told`: it is its turn to hear of a refusal. `sent`: the first byte has left; `unsent`: none could.
 */
export type RequestHappening =
  | 'withdraw'
  | 'turn-away'
  | 'accept'
  | 'frozen'
  | 'reopen'
  | 'deny'
  | 'expire'
  | 'revoke'
  | 'told'
  | 'sent'
  | 'unsent';

/** What is to be done, in this order. */
export type Deed<V> =
  /** From now on the request needs its version; from now on not any more, and it is over. */
  | { readonly kind: 'hold' | 'free'; readonly request: number; readonly version: V }
  /** The owner hears what became of it. */
  | { readonly kind: 'ended'; readonly request: number; readonly ending: Ending }
  /** The scientist hears it. */
  | { readonly kind: 'tell'; readonly request: number; readonly outcome: 'accepted' | Refusal }
  /** `told` is to happen in turn. */
  | { readonly kind: 'tell-in-turn'; readonly request: number }
  /** The payload of its grant answers these gets; `sent` or `unsent` is to happen. */
  | { readonly kind: 'send'; readonly request: number; readonly gets: readonly number[] }
  /** A value that may be read answers a get. */
  | { readonly kind: 'answer'; readonly version: V; readonly get: number }
  | { readonly kind: 'fail'; readonly gets: readonly number[]; readonly code: ErrorCode }
  /** Its grant is worth nothing any more. */
  | { readonly kind: 'void'; readonly request: number }
  /** It goes on without its scientist: its value is read, then the version is not needed any more. */
  | { readonly kind: 'keep'; readonly asked: Asked<V> }
  /** What the scientist said is refused. */
  | { readonly kind: 'refuse'; readonly code: ErrorCode };

export interface Step<V> {
  /** Requests as they are now; undefined: over. */
  readonly changes: readonly (readonly [request: number, asked: Asked<V> | undefined])[];
  readonly over: readonly (readonly [request: number, code: ErrorCode])[];
  readonly deeds: readonly Deed<V>[];
}

const nothing = { changes: [], over: [], deeds: [] } as const;

export function step<V>(life: Life<V>, happening: Happening<V>): Step<V> {
  switch (happening.kind) {
    case 'ask':
      return ask(life, happening);
    case 'get':
      return get(life, happening);
    case 'unnamed': {
      const asked = life.about(happening.version);
      return asked?.phase === 'granted' ? voided(asked) : nothing;
    }
    case 'begin':
      return all(life, (asked) =>
        asked.stays ? kept(asked, 'withdrawn') : left(asked, 'withdrawn'),
      );
    case 'leave':
      return all(life, (asked) => (asked.stays ? kept(asked, 'closed') : left(asked, 'left')));
    case 'renew':
      return all(life, (asked) =>
        happening.staying.has(asked.request) ? kept(asked, 'closed') : left(asked, 'left'),
      );
    default: {
      const asked = life.asked.get(happening.request);
      if (asked) return one(asked, happening.kind);
      const isNews = happening.kind === 'withdraw' && !life.over.has(happening.request);
      return isNews ? refuse('no-request') : nothing;
    }
  }
}

function ask<V>(
  life: Life<V>,
  { request, version, readable, stays }: Extract<Happening<V>, { kind: 'ask' }>,
): Step<V> {
  // Nothing is left to decide.
  if (readable) return only({ kind: 'tell', request, outcome: 'accepted' });
  if (life.about(version)) return refuse('duplicate-request');
  return {
    ...only({ kind: 'hold', request, version }),
    changes: [
      [request, { request, version, phase: 'pending', refusal: undefined, gets: [], stays }],
    ],
  };
}

function get<V>(
  life: Life<V>,
  { get: id, request, version, readable }: Extract<Happening<V>, { kind: 'get' }>,
): Step<V> {
  const { asked, over } = life;
  const named = request === 0 ? grantOf(life, version) : asked.get(request);
  if (named?.phase === 'granted' && named.version === version) return send(named, [id]);
  if (readable) return only({ kind: 'answer', version, get: id });
  if (!named)
    return fail([id], over.get(request) ?? (request === 0 ? 'not-released' : 'no-request'));
  if (named.version !== version) return fail([id], 'bad-argument');
  if (named.gets.length >= limits.transfers) return fail([id], 'limit');
  return become({ ...named, gets: [...named.gets, id] });
}

/** A get need not name the request whose grant it fetches. */
function grantOf<V>(life: Life<V>, version: V): Asked<V> | undefined {
  const asked = life.about(version);
  return asked?.phase === 'granted' ? asked : undefined;
}

function one<V>(asked: Asked<V>, kind: RequestHappening): Step<V> {
  const { request, phase, gets } = asked;
  const isOpen = phase === 'pending' || phase === 'accepting';
  switch (kind) {
    case 'withdraw':
      if (phase === 'granted') return voided(asked);
      return phase === 'leaving' ? nothing : left(asked, 'withdrawn');
    case 'turn-away':
      return isOpen ? left(asked, 'turned-away') : nothing;
    case 'accept':
      return phase === 'pending' ? become({ ...asked, phase: 'accepting' }) : nothing;
    case 'reopen':
      return phase === 'accepting' ? become({ ...asked, phase: 'pending' }) : nothing;
    case 'frozen': {
      if (phase !== 'accepting') return nothing;
      const granted = { ...asked, phase: 'granted', gets: [] } as const;
      return joined(
        become(
          granted,
          { kind: 'ended', request, ending: 'accepted' },
          { kind: 'tell', request, outcome: 'accepted' },
        ),
        gets.length > 0 ? send(granted, gets) : nothing,
      );
    }
    case 'deny':
      return isOpen ? refused(asked, 'denied') : nothing;
    case 'expire':
      return phase === 'pending' ? refused(asked, 'expired') : nothing;
    case 'revoke':
      if (phase !== 'granted') return nothing;
      return joined(only({ kind: 'void', request }), refused(asked, 'revoked'));
    case 'told': {
      const { refusal } = asked;
      if (phase !== 'refused' || !refusal) return nothing;
      return ended(asked, refusal, refusal, { kind: 'tell', request, outcome: refusal });
    }
    case 'sent':
      return phase === 'leaving' ? ended(asked, 'not-released', 'not-released') : nothing;
    case 'unsent':
      if (phase !== 'leaving') return nothing;
      return joined(become({ ...asked, phase: 'granted', gets: [] }), fail(gets, 'op-failed'));
    default:
      kind satisfies never;
      return nothing;
  }
}

/** It is being sent from here on; whoever comes meanwhile waits for what becomes of it. */
function send<V>(asked: Asked<V>, gets: readonly number[]): Step<V> {
  const { request } = asked;
  return become({ ...asked, phase: 'leaving', gets: [] }, { kind: 'send', request, gets });
}

function refused<V>(asked: Asked<V>, refusal: Refusal): Step<V> {
  const { request } = asked;
  return become(
    { ...asked, phase: 'refused', refusal },
    { kind: 'ended', request, ending: refusal },
    { kind: 'tell-in-turn', request },
  );
}

/** Its scientist gives it up, whatever became of it. */
const heardBy = { withdrawn: 'withdrawn', left: 'closed', 'turned-away': 'rate' } as const;

function left<V>(asked: Asked<V>, how: keyof typeof heardBy): Step<V> {
  const { request, phase, refusal } = asked;
  if (phase === 'granted' || phase === 'leaving') return voided(asked);
  const first: Deed<V>[] = refusal ? [] : [{ kind: 'ended', request, ending: how }];
  // One that was refused may have been so before its scientist gave it up: they hear that.
  return ended(asked, refusal ?? heardBy[how], undefined, ...first);
}

function voided<V>(asked: Asked<V>): Step<V> {
  return ended(asked, 'not-released', undefined, { kind: 'void', request: asked.request });
}

/** It goes on elsewhere, without those who wait. What was being sent has not arrived, so it is to be had again. */
function kept<V>(asked: Asked<V>, code: ErrorCode): Step<V> {
  const phase = asked.phase === 'leaving' ? 'granted' : asked.phase;
  return {
    ...nothing,
    changes: [[asked.request, undefined]],
    deeds: [
      { kind: 'keep', asked: { ...asked, phase, gets: [] } },
      ...fail<V>(asked.gets, code).deeds,
    ],
  };
}

/** It is over: its version goes, the gets that waited hear `code`, and late ones `late`. */
function ended<V>(
  { request, version, gets }: Asked<V>,
  code: ErrorCode,
  late: ErrorCode | undefined,
  ...first: readonly Deed<V>[]
): Step<V> {
  return {
    changes: [[request, undefined]],
    over: late ? [[request, late]] : [],
    deeds: [...first, { kind: 'free', request, version }, ...fail<V>(gets, code).deeds],
  };
}

function become<V>(asked: Asked<V>, ...deeds: readonly Deed<V>[]): Step<V> {
  return { changes: [[asked.request, asked]], over: [], deeds };
}

function only<V>(deed: Deed<V>): Step<V> {
  return { ...nothing, deeds: [deed] };
}

function fail<V>(gets: readonly number[], code: ErrorCode): Step<V> {
  return gets.length > 0 ? only({ kind: 'fail', gets, code }) : nothing;
}

function refuse<V>(code: ErrorCode): Step<V> {
  return only({ kind: 'refuse', code });
}

function all<V>({ asked }: Life<V>, each: (asked: Asked<V>) => Step<V>): Step<V> {
  return joined(...[...asked.values()].map(each));
}

function joined<V>(...steps: readonly Step<V>[]): Step<V> {
  return {
    changes: steps.flatMap(({ changes }) => changes),
    over: steps.flatMap(({ over }) => over),
    deeds: steps.flatMap(({ deeds }) => deeds),
  };
}

function noLife<V>(): Pick<Life<V>, 'asked' | 'over'> {
  return { asked: new Map(), over: new Map() };
}

/** A life as it goes on. */
export class LifeTable<V> implements Life<V> {
  readonly asked: Map<number, Asked<V>>;
  readonly over: Map<number, ErrorCode>;
  readonly #byVersion = new Map<V, number>();
  /** Those that can be fetched. */
  readonly #granted = new Set<number>();

  constructor({ asked, over }: Pick<Life<V>, 'asked' | 'over'> = noLife<V>()) {
    this.asked = new Map();
    this.over = new Map(over);
    for (const each of asked.values()) this.#set(each);
  }

  about(version: V): Asked<V> | undefined {
    return this.asked.get(this.#byVersion.get(version) ?? Number.NaN);
  }

  /** Those that can be fetched. */
  get granted(): readonly Asked<V>[] {
    return [...this.#granted].flatMap((request) => this.asked.get(request) ?? []);
  }

  #set(asked: Asked<V>): void {
    const { request, version, phase } = asked;
    this.asked.set(request, asked);
    this.#byVersion.set(version, request);
    if (phase === 'granted') this.#granted.add(request);
    else this.#granted.delete(request);
  }

  #delete(request: number): void {
    const asked = this.asked.get(request);
    if (!asked) return;
    this.asked.delete(request);
    this.#byVersion.delete(asked.version);
    this.#granted.delete(request);
  }

  /** Makes what happened so, and gives what is to be done. */
  take(happening: Happening<V>): readonly Deed<V>[] {
    const { changes, over, deeds } = step(this, happening);
    for (const [request, asked] of changes) {
      if (asked) this.#set(asked);
      else this.#delete(request);
    }
    for (const [request, code] of over) this.over.set(request, code);
    for (const oldest of this.over.keys()) {
      if (this.over.size <= limits.dropIds) break;
      this.over.delete(oldest);
    }
    return deeds;
  }
}
