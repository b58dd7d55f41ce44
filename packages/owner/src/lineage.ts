/**
 * How a value was computed, from public facts: the calls and where their inputs came from. It is kept for people, who
 * read it in a request.
 */

import { quotedText } from '@duet/protocol';

/** Where a value comes from. */
export type Lineage =
  | { readonly kind: 'published'; readonly name: string }
  /** `name`: the first tag that the scientist gave it. Inert text. */
  | { readonly kind: 'sent'; readonly shape: readonly number[]; readonly name?: string }
  /** A number or a small array that the scientist wrote into a call. */
  | { readonly kind: 'literal' }
  | Call;

export interface Call {
  readonly kind: 'call';
  /** An op of the table, or a plan by its name and short hash. */
  readonly op: string;
  readonly words: string;
  /** How often it was called in a row: the steps of a training run. */
  readonly times: number;
  /** The same for all that one call gave, so that it counts once. */
  readonly of: object;
  readonly plan?: PlanCard;
  /** Of a training run whose last batches are shorter: the plan that these have instead. */
  readonly lastPlan?: PlanCard;
  /** Undefined once it was made too long ago to be remembered. */
  readonly inputs: readonly Lineage[] | undefined;
}

/** What is remembered of a plan for people. */
export interface PlanCard {
  /** SHA-256 of what it computes, in hex. */
  readonly hash: string;
  /** As its scientist calls it. Inert text; show it with `visibleText`. */
  readonly name: string;
  /** Ops that one call runs, and what they cost by estimate. */
  readonly ops: number;
  readonly cost: number;
  /** Does it take gradients? Then what it gives is one, or was trained with some. */
  readonly takesGradients: boolean;
  /** One line a node; undefined once it was dropped too long ago to be remembered. */
  readonly words: readonly string[] | undefined;
}

/** `“step” (plan 1a2b3c4d)`. The name is the scientist's, so it is quoted, and cannot end its own quotes. */
export function nameOfPlan({ name, hash }: Pick<PlanCard, 'name' | 'hash'>): string {
  const short = `plan ${hash.slice(0, 8)}`;
  const quoted = quotedText(name);
  return quoted === quotedText('') ? short : `${quoted} (${short})`;
}

/** Calls of one scientist that are remembered with their inputs, so that no computation can make it grow for ever. */
export const rememberedCalls = 100_000;
/** The inputs of these, all together: a plan may take thousands. */
export const rememberedInputs = 1_000_000;
/** Calls that a description names in their order. */
const named = 3;
/** Calls that have a line each; what was before them is counted. */
const mostLines = 24;
/** Of the scientist's values, those that are named. */
const mostTheirs = 16;
/** Inputs of one call that its line names. */
const mostInputs = 8;

export interface CallWords extends Pick<Call, 'op' | 'words'> {
  readonly times?: number;
  readonly plan?: PlanCard;
  readonly lastPlan?: PlanCard | undefined;
}

interface MadeCall extends Omit<Call, 'inputs' | 'of' | 'plan' | 'lastPlan'> {
  of: object;
  plan?: PlanCard;
  lastPlan?: PlanCard;
  inputs: readonly Lineage[] | undefined;
}

interface Remembered {
  /** What nobody can ask about any more is let go of: of most calls all outputs are dropped soon. */
  readonly made: WeakRef<MadeCall>;
  /** Inputs that no call before it has in the same list. */
  readonly own: number;
}

/** Below so many it is not worth looking for those that are gone. */
const leastSwept = 4096;

/** One scientist's calls. The inputs of the oldest are forgotten. */
export class Lineages {
  #calls: Remembered[] = [];
  #oldest = 0;
  #inputs = 0;
  #sweepAt = leastSwept;
  #lastInputs: readonly Lineage[] | undefined;

  /** `of` is shared by all that one call gave, where it has more than one lineage. */
  call(
    { op, words, times = 1, plan, lastPlan }: CallWords,
    inputs: readonly Lineage[],
    of?: object,
  ): Call {
    const made: MadeCall = { kind: 'call', op, words, times, of: inputs, inputs };
    made.of = of ?? made;
    if (plan) made.plan = plan;
    if (lastPlan) made.lastPlan = lastPlan;
    // What a run gives at different steps has the very same inputs.
    const own = this.#lastInputs === inputs ? 0 : inputs.length;
    this.#lastInputs = inputs;
    this.#calls.push({ made: new WeakRef(made), own });
    this.#inputs += own;
    while (this.#calls.length - this.#oldest > rememberedCalls || this.#inputs > rememberedInputs) {
      this.#forgetOldest();
    }
    if (this.#calls.length >= this.#sweepAt) this.#sweep();
    return made;
  }

  #forgetOldest(): void {
    const oldest = this.#calls[this.#oldest];
    if (!oldest) return;
    const made = oldest.made.deref();
    if (made) made.inputs = undefined;
    this.#inputs -= oldest.own;
    this.#oldest += 1;
  }

  /** Those that are forgotten or gone are let go of at once, not one by one. */
  #sweep(): void {
    this.#calls = this.#calls.slice(this.#oldest).filter(({ made }) => made.deref() !== undefined);
    this.#oldest = 0;
    this.#inputs = this.#calls.reduce((sum, { own }) => sum + own, 0);
    this.#sweepAt = Math.max(leastSwept, this.#calls.length * 2);
  }
}

export interface LineageWords {
  /** The last calls, newest first: `mean([456,30])`. */
  readonly lastCalls: readonly string[];
  /** How often each op stands in it, most frequent first. */
  readonly ops: readonly { readonly op: string; readonly count: number }[];
  /** Every plan in it, by what it computes. */
  readonly plans: readonly PlanCard[];
  /** Names of the published objects at its roots. */
  readonly published: readonly string[];
  /** How many values that the scientist sent take part. */
  readonly sent: number;
  /** How many numbers and small arrays that the scientist wrote into calls. */
  readonly literals: number;
  /** The sent ones, some of them: `“weights” [30,1]`. */
  readonly theirs: readonly string[];
  /**
   * The last calls, newest first, each with what it was called on: `1. mean([456]) of 2`, `2. sub([456], [456]) of patients.ages
   * and the scientist’s “guess” [456]`. The last line counts those before.
   */
  readonly lines: readonly string[];
  /** Were some of the calls made too long ago to be remembered? Then other objects may take part than are named. */
  readonly incomplete: boolean;
  /** One sentence of all that. */
  readonly sentence: string;
}

/** A value's lineage in words. Of the scientist's own words only the names of plans and tags are in it, in quotes. */
export function describeLineage(root: Lineage): LineageWords {
  const counts = new Map<string, number>();
  const published = new Set<string>();
  const lastCalls: string[] = [];
  let incomplete = false;
  const plans = new Map<string, PlanCard>();
  const counted = new Set<object>();
  const listing = new Listing();
  const seen = new Set<Lineage>([root]);
  // A set is walked in the order in which it grows: newest calls first, without recursion.
  for (const node of seen) {
    if (node.kind === 'published') published.add(node.name);
    if (node.kind !== 'call') continue;
    if (!counted.has(node.of)) {
      counted.add(node.of);
      counts.set(node.op, (counts.get(node.op) ?? 0) + node.times);
      if (lastCalls.length < named) lastCalls.push(node.words);
      listing.add(node);
      for (const plan of [node.plan, node.lastPlan]) if (plan) plans.set(plan.hash, plan);
    }
    if (!node.inputs) incomplete = true;
    for (const input of node.inputs ?? []) seen.add(input);
  }
  const sent = [...seen].filter((node) => node.kind === 'sent');
  const ops = [...counts].map(([op, count]) => ({ op, count })).sort((a, b) => b.count - a.count);
  const names = [...published];
  return {
    lastCalls,
    ops,
    plans: [...plans.values()],
    published: names,
    sent: sent.length,
    literals: [...seen].filter((node) => node.kind === 'literal').length,
    theirs: sent.slice(0, mostTheirs).map(sentWords),
    lines: listing.lines(),
    incomplete,
    sentence: sentence(root, ops, names, sent.length, lastCalls, incomplete),
  };
}

function sentWords({ shape, name = '' }: Extract<Lineage, { kind: 'sent' }>): string {
  const words = `[${shape.join(',')}]`;
  return name === '' ? words : `${quotedText(name)} ${words}`;
}

/** Numbered lines of calls, the newest first. */
class Listing {
  readonly #calls: Call[] = [];
  readonly #numbers = new Map<object, number>();
  #before = 0;

  /** In the order of the walk; each call once. */
  add(call: Call): void {
    if (this.#calls.length === mostLines) {
      this.#before += call.times;
      return;
    }
    this.#calls.push(call);
    this.#numbers.set(call.of, this.#calls.length);
  }

  lines(): string[] {
    const lines = this.#calls.map((call, at) => {
      const of = this.#inputWords(call);
      return `${at + 1}. ${call.words}${of === '' ? '' : ` of ${of}`}`;
    });
    if (this.#before > 0) {
      lines.push(
        `and ${this.#before} call${this.#before > 1 ? 's' : ''} before ${this.#before > 1 ? 'these' : 'this'}`,
      );
    }
    return lines;
  }

  #inputWords({ inputs }: Call): string {
    if (inputs === undefined) return 'what is not remembered any more';
    const words = [...new Set(inputs.map((input) => this.#wordsOf(input)))];
    const shown = words.slice(0, mostInputs);
    const more = words.length - shown.length;
    return listOf(more > 0 ? [...shown, `${more} more`] : shown);
  }

  #wordsOf(input: Lineage): string {
    switch (input.kind) {
      case 'published':
        return input.name;
      case 'sent':
        return `the scientist’s ${sentWords(input)}`;
      case 'literal':
        return 'what the scientist wrote into it';
      case 'call': {
        const number = this.#numbers.get(input.of);
        return number === undefined ? `an earlier ${input.op}` : String(number);
      }
      default:
        return input satisfies never;
    }
  }
}

function listOf(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${last}` : last;
}

function sentence(
  root: Lineage,
  ops: readonly { op: string; count: number }[],
  published: readonly string[],
  sent: number,
  lastCalls: readonly string[],
  incomplete: boolean,
): string {
  if (root.kind === 'published') return `The published object ${root.name} itself.`;
  if (root.kind !== 'call') return 'A value that the scientist sent.';
  const total = ops.reduce((sum, { count }) => sum + count, 0);
  const most = ops.slice(0, 4).map(({ op, count }) => repeated(op, count));
  const from = published.length > 0 ? ` on ${published.join(', ')}` : '';
  const withSent = sent > 0 ? `, with ${sent} value${sent > 1 ? 's' : ''} of the scientist’s` : '';
  const steps =
    total === 1 ? '1 call' : `${total} calls (${most.join(', ')}${ops.length > 4 ? ', …' : ''})`;
  const earlier = incomplete ? ', and of earlier ones that are not remembered' : '';
  return `${lastCalls[0] ?? root.words}, the last of ${steps}${from}${withSent}${earlier}.`;
}

/** `step ×200`. */
export function repeated(words: string, count: number): string {
  return count > 1 ? `${words} ×${count}` : words;
}
