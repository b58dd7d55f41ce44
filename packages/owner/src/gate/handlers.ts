/** Automatic answers to requests, as pure functions of public facts: whom a handler answers, how far it goes, what it has left. */

import type { InfoClass } from '@duet/ops';
import { numbersIn, type RequestFacts } from './facts';

/** How far an accepting handler goes; each goes as far as those before it, too. */
export type ReleaseScope = 'aggregates' | 'metrics' | 'records';

/** `pass`: leaves it to the handlers after it, or to the owner. */
export type Answer = 'accept' | 'deny' | 'pass';

export type DecideFunction = (request: RequestFacts) => Answer;

export interface HandlerWindow {
  readonly seconds: number;
  /** Requests that it may accept in any time so long. */
  readonly requests?: number | undefined;
  /** Elements that it may release in any time so long. */
  readonly elements?: number | undefined;
}

/** docs/handlers.md says of each what it gives away. Either `action` or `decide` must be there. */
export interface HandlerOptions {
  readonly action?: 'accept' | 'deny' | undefined;
  /** Answers by public facts, which it cannot change. Whatever it throws, or gives but an `Answer`, passes. */
  readonly decide?: DecideFunction | undefined;
  /** Only requests of exactly this name. The scientist writes names, so a name only ever narrows. */
  readonly name?: string | undefined;
  /** Only requests of this scientist, by the fingerprint of their identity key. */
  readonly peer?: string | undefined;
  /** Only values whose every published source has all these tags of the owner's. Matches nothing that has no source. */
  readonly tags?: readonly string[] | undefined;
  /** Only values that a call or a run of this plan gave, by its hash. */
  readonly plan?: string | undefined;
  /** How long it lives, on the owner's clock. Default: until it is removed. */
  readonly timeoutSecs?: number | undefined;
  /** Default: `metrics` where an `elementQuota` is given, else `aggregates`. */
  readonly release?: ReleaseScope | undefined;
  /** Elements that it may release in all. A request that does not fit in what is left spends nothing. */
  readonly elementQuota?: number | undefined;
  readonly within?: HandlerWindow | undefined;
  /** What becomes of a request that does not fit: it is denied (the default), or left to the owner. */
  readonly whenUsedUp?: 'deny' | 'ask' | undefined;
  /** Significant digits of what it releases. Default: 4 for metrics, `exact` for anything else. */
  readonly digits?: number | 'exact' | undefined;
  /** Show the value on the owner's side, also when it is denied. */
  readonly printLocal?: boolean | undefined;
  /** Keep the value in the owner's local log, also when it is denied. */
  readonly logLocal?: boolean | undefined;
}

/** Metrics leave with so many digits, unless told otherwise: enough for a curve, and some twelve bits less to hide a record in. */
export const metricDigits = 4;

/** What was accepted at about one time. */
export interface Spent {
  /** Of the first and the last of it, on the owner's clock. */
  readonly fromMs: number;
  readonly atMs: number;
  readonly requests: number;
  readonly elements: number;
}

/** A handler with what it has left. */
export interface HandlerState {
  readonly options: HandlerOptions;
  readonly quotaLeft: number | undefined;
  /** What still counts for its window, oldest first. */
  readonly spent: readonly Spent[];
}

export type Judgement =
  /** It has nothing to say to this request. `fault`: its function went wrong. */
  | { readonly kind: 'pass'; readonly fault?: unknown }
  /** It matches, but may not release this by itself. */
  | { readonly kind: 'too-narrow'; readonly why: string }
  /** It matches, has too little left, and leaves it to the owner. */
  | { readonly kind: 'ask'; readonly why: string }
  | { readonly kind: 'deny'; readonly why?: string }
  | { readonly kind: 'accept'; readonly digits: number | undefined };

export function freshHandler(options: HandlerOptions): HandlerState {
  return { options, quotaLeft: options.elementQuota, spent: [] };
}

/** What a handler says to a request. `tooFine` says why an aggregate may not be released beside what was; else undefined. */
export function judge(
  state: HandlerState,
  facts: RequestFacts,
  nowMs: number,
  tooFine: () => string | undefined,
): Judgement {
  const { options } = state;
  if (!matches(options, facts)) return { kind: 'pass' };
  const answer = options.action ?? askFunction(options.decide, facts);
  if (typeof answer === 'object') return { kind: 'pass', fault: answer.fault };
  if (answer === 'pass') return { kind: 'pass' };
  if (answer === 'deny') return { kind: 'deny' };
  const narrow = whyGone(facts) ?? whyTooNarrow(scopeOf(options), facts.class, tooFine);
  if (narrow !== undefined) return { kind: 'too-narrow', why: narrow };
  const used = whyUsedUp(state, numbersIn(facts), nowMs);
  if (used === undefined) return { kind: 'accept', digits: digitsOf(options, facts.class) };
  return { kind: options.whenUsedUp ?? 'deny', why: used };
}

/** What is left after it has accepted so many elements. */
export function spend(state: HandlerState, elements: number, nowMs: number): HandlerState {
  const { options, quotaLeft } = state;
  return {
    options,
    quotaLeft: quotaLeft === undefined ? undefined : quotaLeft - elements,
    spent: options.within ? spendWithin(options.within, state.spent, elements, nowMs) : [],
  };
}

export function scopeOf({ release, elementQuota }: HandlerOptions): ReleaseScope {
  return release ?? (elementQuota === undefined ? 'aggregates' : 'metrics');
}

/** Left in its window: undefined where that is not bounded. */
export function leftWithin(
  { options: { within }, spent }: HandlerState,
  nowMs: number,
): { readonly requests: number | undefined; readonly elements: number | undefined } {
  if (!within) return { requests: undefined, elements: undefined };
  const live = stillSpent(within, spent, nowMs);
  const left = (key: 'requests' | 'elements') => {
    const most = within[key];
    return most === undefined ? undefined : live.reduce((sum, each) => sum - each[key], most);
  };
  return { requests: left('requests'), elements: left('elements') };
}

function matches({ name, peer, tags = [], plan }: HandlerOptions, facts: RequestFacts): boolean {
  if (name !== undefined && name !== facts.name) return false;
  if (peer !== undefined && peer !== facts.peer) return false;
  if (plan !== undefined && plan !== facts.plan) return false;
  if (tags.length === 0) return true;
  const { sources } = facts;
  return sources.length > 0 && sources.every((of) => tags.every((tag) => of.tags.includes(tag)));
}

function askFunction(
  decide: DecideFunction | undefined,
  facts: RequestFacts,
): Answer | { readonly fault: unknown } {
  try {
    const answer: unknown = decide?.(deepFrozen(structuredClone(facts)));
    if (answer === 'accept' || answer === 'deny' || answer === 'pass') return answer;
    return { fault: new TypeError('decide must return "accept", "deny" or "pass", at once.') };
  } catch (thrown) {
    return { fault: thrown };
  }
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) deepFrozen(each);
    Object.freeze(value);
  }
  return value;
}

const reach: Readonly<Record<ReleaseScope, readonly InfoClass[]>> = {
  aggregates: ['public', 'aggregate'],
  metrics: ['public', 'aggregate', 'metric'],
  records: ['public', 'aggregate', 'metric', 'record'],
};

function whyTooNarrow(
  scope: ReleaseScope,
  of: InfoClass,
  tooFine: () => string | undefined,
): string | undefined {
  if (!reach[scope].includes(of)) return `It releases ${scope}, and this is of class ${of}.`;
  // Who may release records may release any sum of some.
  return of === 'aggregate' && scope !== 'records' ? tooFine() : undefined;
}

/** What the owner has taken back they did not mean to go on giving away. */
function whyGone({ sources }: RequestFacts): string | undefined {
  const gone = sources.filter((source) => source.gone).map(({ id }) => id);
  return gone.length === 0
    ? undefined
    : `You took back what it is computed from: ${gone.join(', ')}.`;
}

function whyUsedUp(state: HandlerState, elements: number, nowMs: number): string | undefined {
  const { quotaLeft } = state;
  if (quotaLeft !== undefined && elements > quotaLeft) {
    return `Its quota has ${quotaLeft} elements left.`;
  }
  const left = leftWithin(state, nowMs);
  if (left.requests !== undefined && left.requests < 1) return 'Its window takes no more requests.';
  if (left.elements !== undefined && elements > left.elements) {
    return `Its window has ${left.elements} elements left.`;
  }
  return undefined;
}

function digitsOf({ digits }: HandlerOptions, of: InfoClass): number | undefined {
  if (digits === 'exact') return undefined;
  return digits ?? (of === 'metric' ? metricDigits : undefined);
}

/** Parts of a window that are kept apart: what they hold leaves it together, when the last of it does. */
const windowParts = 64;

function stillSpent(
  { seconds }: HandlerWindow,
  spent: readonly Spent[],
  nowMs: number,
): readonly Spent[] {
  return spent.filter(({ atMs }) => nowMs - atMs < seconds * 1000);
}

function spendWithin(
  within: HandlerWindow,
  spent: readonly Spent[],
  elements: number,
  nowMs: number,
): readonly Spent[] {
  const live = stillSpent(within, spent, nowMs);
  const last = live.at(-1);
  if (!last || nowMs - last.fromMs >= (within.seconds * 1000) / windowParts) {
    return [...live, { fromMs: nowMs, atMs: nowMs, requests: 1, elements }];
  }
  const { fromMs } = last;
  return [
    ...live.slice(0, -1),
    { fromMs, atMs: nowMs, requests: last.requests + 1, elements: last.elements + elements },
  ];
}
