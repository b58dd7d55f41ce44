/** A plan in words, for those who are to let it run: from public facts, and nothing of its own text but names in quotes. */

import {
  type Plan,
  type PlanNode,
  quotedText,
  type Register,
  type TensorMeta,
} from '@duet/protocol';
import { describeCallWith, describeTensor } from './describe';
import { valueCount, valueMetas } from './plan';
import { findOp } from './registry';

/**
 * One line for the plan, one for each input, node and what it gives, with shapes; dtypes other than float32 are named. The
 * lines of a plan inside it are indented below the first node that uses it. Constants show their shape, scalars their value.
 * Throws what `inferPlan` throws for a plan that does not fit together.
 */
export function describePlan(plan: Plan): string[] {
  const listing = new Listing();
  listing.plan(plan, 'plan', '');
  return listing.lines;
}

class Listing {
  readonly lines: string[] = [];
  /** Plans that stand in the listing already, and what they are called there. */
  readonly #shown = new Map<Plan, string>();

  plan(plan: Plan, title: string, indent: string): void {
    const inner = `${indent}  `;
    const words = new ValueWords(plan);
    const name = plan.name === '' ? '' : ` ${quotedText(plan.name)}`;
    this.lines.push(`${indent}${title}${name}`);
    plan.inputs.forEach((meta, at) => {
      this.lines.push(`${inner}input ${at}: ${describeTensor({ meta })}`);
    });
    let next = plan.inputs.length + plan.constants.length;
    for (const node of plan.nodes) {
      const first = next;
      next += valueCount(plan, node);
      const made = Array.from({ length: next - first }, (_, at) => first + at);
      const used = node.kind === 'op' ? undefined : plan.plans[node.plan];
      const known = used && this.#shown.get(used);
      const called = known ?? `plan ${this.#shown.size + 1}`;
      const line = `${words.list(made)} = ${nodeWords(node, words, called)}`;
      this.lines.push(`${inner}${line}: ${words.shapes(made)}`);
      if (used === undefined || known !== undefined) continue;
      this.#shown.set(used, called);
      this.plan(used, called, `${inner}  `);
    }
    this.lines.push(`${inner}gives ${words.list(plan.outputs)}`);
  }
}

function nodeWords(node: PlanNode, words: ValueWords, called: string): string {
  switch (node.kind) {
    case 'op': {
      const spec = findOp(node.op);
      if (spec === undefined) return 'an unknown op';
      const call = describeCallWith(spec, node.args, (register) => words.one(register));
      return node.salted ? `${call} drawn anew in each call` : call;
    }
    case 'call':
      return `${called}(${words.list(node.args)})`;
    case 'loop': {
      const fixed = node.fixed.length === 0 ? '' : ` with ${words.list(node.fixed)}`;
      const carried = node.carried.length === 0 ? '' : ` carrying ${words.list(node.carried)}`;
      return `${node.count} rounds of ${called}${carried}${fixed}`;
    }
    case 'grads': {
      const dy = node.dy === undefined ? '' : ` with dy ${words.one(node.dy)}`;
      return `${called}(${words.list(node.args)}) and gradients by argument ${runs(node.wrt)}${dy}`;
    }
    default:
      return node satisfies never;
  }
}

/** What the values of a plan are called, by register. */
class ValueWords {
  readonly #plan: Plan;
  readonly #metas: readonly TensorMeta[];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#metas = valueMetas(plan);
  }

  one(register: Register): string {
    const { inputs, constants } = this.#plan;
    if (register < inputs.length) return `input ${register}`;
    const literal = constants[register - inputs.length];
    if (literal === undefined) return `value ${register - inputs.length - constants.length}`;
    const words = describeTensor({ meta: literal.meta, literal });
    return literal.meta.shape.length === 0 ? words : `constant ${words}`;
  }

  /** Runs of three and more in short: `value 3 to value 7`. */
  list(registers: readonly Register[]): string {
    return runsOf(registers)
      .flatMap(([first, last]) => {
        const long = last - first > 1 && this.#kind(first) === this.#kind(last);
        if (long) return [`${this.one(first)} to ${this.one(last)}`];
        return Array.from({ length: last - first + 1 }, (_, at) => this.one(first + at));
      })
      .join(', ');
  }

  #kind(register: Register): string {
    const { inputs, constants } = this.#plan;
    if (register < inputs.length) return 'input';
    return register < inputs.length + constants.length ? `constant ${register}` : 'value';
  }

  /** Equal ones that follow each other are counted. */
  shapes(registers: readonly Register[]): string {
    const words = registers.map((register) => {
      const meta = this.#metas[register];
      return meta === undefined ? '' : describeTensor({ meta });
    });
    const counted: { word: string; count: number }[] = [];
    for (const word of words) {
      const last = counted.at(-1);
      if (last?.word === word) last.count += 1;
      else counted.push({ word, count: 1 });
    }
    return counted
      .map(({ word, count }) =>
        count < 3 ? Array(count).fill(word).join(', ') : `${count} times ${word}`,
      )
      .join(', ');
  }
}

function runsOf(numbers: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const each of numbers) {
    const last = found.at(-1);
    if (last !== undefined && each === last[1] + 1) last[1] = each;
    else found.push([each, each]);
  }
  return found;
}

function runs(numbers: readonly number[]): string {
  return runsOf(numbers)
    .map(([first, last]) =>
      last - first > 1 ? `${first} to ${last}` : last > first ? `${first}, ${last}` : `${first}`,
    )
    .join(', ');
}
