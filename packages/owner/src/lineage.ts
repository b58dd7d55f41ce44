/**
 * How a value was computed, from public facts: the calls and where their inputs came from. It is kept for people, who
 * read it in a request.
 */
export type Lineage =
  | { readonly kind: 'published'; readonly name: string }
  | { readonly kind: 'sent'; readonly shape: readonly number[] }
  /** A number or a small array that the scientist wrote into a call. */
  | { readonly kind: 'literal' }
  | {
      readonly kind: 'call';
      readonly op: string;
      readonly words: string;
      readonly inputs: readonly Lineage[];
      readonly depth: number;
    };

/** A chain longer than this is cut at its far end, so that a training loop cannot make it grow for ever. */
const deepest = 20_000;
/** Calls that a description looks at. */
const mostCalls = 100_000;
/** Calls that a description names in their order. */
const named = 3;

export function callLineage(op: string, words: string, inputs: readonly Lineage[]): Lineage {
  const depth =
    1 + inputs.reduce((most, input) => Math.max(most, input.kind === 'call' ? input.depth : 0), 0);
  return {
    kind: 'call',
    op,
    words,
    inputs: depth > deepest ? [] : inputs,
    depth: depth > deepest ? 1 : depth,
  };
}

export interface LineageWords {
  /** The last calls, newest first: `mean([456,30])`. */
  readonly lastCalls: readonly string[];
  /** How often each op stands in it, most frequent first. */
  readonly ops: readonly { readonly op: string; readonly count: number }[];
  /** Names of the published objects at its roots. */
  readonly published: readonly string[];
  /** How many values that the scientist sent take part. */
  readonly sent: number;
  /** One sentence of all that. */
  readonly sentence: string;
}

/** A value's lineage in words. The scientist's own words are not in it. */
export function describeLineage(root: Lineage): LineageWords {
  const counts = new Map<string, number>();
  const published = new Set<string>();
  const lastCalls: string[] = [];
  const seen = new Set<Lineage>([root]);
  // A set is walked in the order in which it grows: newest calls first, without recursion.
  for (const node of seen) {
    if (node.kind === 'published') published.add(node.name);
    if (node.kind !== 'call') continue;
    if (seen.size > mostCalls) break;
    counts.set(node.op, (counts.get(node.op) ?? 0) + 1);
    if (lastCalls.length < named) lastCalls.push(node.words);
    for (const input of node.inputs) seen.add(input);
  }
  const sent = [...seen].filter((node) => node.kind === 'sent').length;
  const ops = [...counts].map(([op, count]) => ({ op, count })).sort((a, b) => b.count - a.count);
  const names = [...published];
  return {
    lastCalls,
    ops,
    published: names,
    sent,
    sentence: sentence(root, ops, names, sent, lastCalls),
  };
}

function sentence(
  root: Lineage,
  ops: readonly { op: string; count: number }[],
  published: readonly string[],
  sent: number,
  lastCalls: readonly string[],
): string {
  if (root.kind === 'published') return `The published object ${root.name} itself.`;
  if (root.kind !== 'call') return 'A value that the scientist sent.';
  const total = ops.reduce((sum, { count }) => sum + count, 0);
  const most = ops.slice(0, 4).map(({ op, count }) => (count > 1 ? `${op} ×${count}` : op));
  const from = published.length > 0 ? ` on ${published.join(', ')}` : '';
  const withSent = sent > 0 ? `, with ${sent} value${sent > 1 ? 's' : ''} of the scientist’s` : '';
  const steps =
    total === 1 ? '1 call' : `${total} calls (${most.join(', ')}${ops.length > 4 ? ', …' : ''})`;
  return `${lastCalls[0] ?? root.words}, the last of ${steps}${from}${withSent}.`;
}
