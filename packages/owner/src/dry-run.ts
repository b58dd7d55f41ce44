/** What a handler would have done with the requests of before: nothing is decided, spent or kept by it. */

import { numbersIn, type RequestFacts } from './gate/facts';
import { freshHandler, type HandlerOptions, type Judgement, judge, spend } from './gate/handlers';
import { entered, type Ledgers, whyTooFine } from './gate/ledger';
import { checkedOptions } from './handler-options';

/** A request of before, as the audit kept it. */
export interface PastAsk {
  readonly request: string;
  /** When it came: ISO time, or milliseconds. Only how far two are apart counts. */
  readonly at: string | number;
  readonly facts: RequestFacts;
  /** What became of it. */
  readonly outcome?: string | undefined;
}

export interface DryAnswer {
  readonly request: string;
  readonly would: Judgement['kind'];
  /** Why it would not have been accepted, where there is something to say. */
  readonly why: string | undefined;
  /** What became of it. */
  readonly outcome: string | undefined;
}

export interface DryRun {
  readonly answers: readonly DryAnswer[];
  readonly accepted: number;
  readonly denied: number;
  /** Left to other handlers, or to the owner. */
  readonly passed: number;
  /** Matched, but too narrow. */
  readonly tooNarrow: number;
  /** Matched, with too little left, and left to the owner. */
  readonly asked: number;
  /** What it would have released. */
  readonly elements: number;
  readonly bytes: number;
  readonly quotaLeft: number | undefined;
}

/**
 * Has a handler that is alone answer a log of requests, the oldest first, with its whole quota and as if nothing had been
 * released before. Its `timeoutSecs` does not count. Throws as `addHandler` does.
 */
export function dryRun(options: HandlerOptions, log: readonly PastAsk[]): DryRun {
  let state = freshHandler(checkedOptions(options));
  let ledgers: Ledgers = new Map();
  const answers: DryAnswer[] = [];
  const released: RequestFacts[] = [];
  for (const { request, at, facts, outcome } of log) {
    const { sets } = facts;
    const numbers = numbersIn(facts);
    const atMs = typeof at === 'number' ? at : Date.parse(at);
    const judgement = judge(state, facts, atMs, () => whyTooFine(ledgers, sets, numbers));
    if (judgement.kind === 'accept') {
      state = spend(state, numbers, atMs);
      if (facts.class === 'aggregate') ledgers = entered(ledgers, sets, numbers);
      released.push(facts);
    }
    answers.push({ request, would: judgement.kind, why: whyOf(judgement), outcome });
  }
  const count = (kind: Judgement['kind']) => answers.filter(({ would }) => would === kind).length;
  return {
    answers,
    accepted: count('accept'),
    denied: count('deny'),
    passed: count('pass'),
    tooNarrow: count('too-narrow'),
    asked: count('ask'),
    elements: released.reduce((sum, { elements }) => sum + elements, 0),
    bytes: released.reduce((sum, { bytes }) => sum + bytes, 0),
    quotaLeft: state.quotaLeft,
  };
}

function whyOf(judgement: Judgement): string | undefined {
  switch (judgement.kind) {
    case 'accept':
      return undefined;
    case 'pass':
      return judgement.fault === undefined ? undefined : 'Its function failed.';
    default:
      return judgement.why;
  }
}
