/**
 * What tfjs's autodiff makes of a plan, from public facts alone. tfjs records every op on a tape and goes back over those
 * that lie between an argument and the value: each must have a gradient by whatever it took that comes from an argument,
 * also where the way leads through whole numbers or truth values.
 */

import {
  DuetError,
  type LoopNode,
  mapArg,
  type OpNode,
  type Plan,
  type PlanNode,
  type TensorMeta,
  tensorMeta,
} from '@duet/protocol';
import { gradientLimit } from './gradient-limits';
import { hasGradient, hasSecondGradient } from './gradients';
import { inNode, wrong } from './plan-errors';
import { findOp } from './registry';

/** One flag for each of a list of values. */
type Flags = readonly boolean[];

/** The metas of all values of a plan that was checked, by register. */
export type MetasOf = (plan: Plan) => readonly TensorMeta[];

/** Values looked at before a plan is given up: a second or two. Real training steps need some thousands. */
const mostWork = 5_000_000;

/**
 * Those of these inputs that the way back from the first output of the plan leads to. Throws `bad-argument` where tfjs could
 * not go it, with the op that is in the way; `limit` for a plan whose loops are too entangled to tell.
 */
export function reachedInputs(
  plan: Plan,
  by: readonly number[],
  metasOf: MetasOf,
): readonly number[] {
  const from = plan.inputs.map((_, at) => by.includes(at));
  const to = plan.outputs.map((_, at) => at === 0);
  const reached = new Tape(metasOf).back(plan, from, to, false);
  return by.filter((position) => reached[position] === true);
}

class Tape {
  readonly #metasOf: MetasOf;
  readonly #forth = new Map<Plan, Map<string, Flags>>();
  readonly #back = new Map<Plan, Map<string, Flags>>();
  #work = 0;

  constructor(metasOf: MetasOf) {
    this.#metasOf = metasOf;
  }

  /** Which values of the plan come from an argument, where these of its inputs do. */
  forth(plan: Plan, from: Flags): Flags {
    return memo(this.#forth, plan, keyOf(from), () => {
      const values = [...from, ...plan.constants.map(() => false)];
      for (const node of plan.nodes) {
        const made = this.#nodeForth(plan, node, values);
        this.#count(made.length);
        values.push(...made);
      }
      return values;
    });
  }

  #outputsFrom(plan: Plan, from: Flags): Flags {
    const values = this.forth(plan, from);
    return plan.outputs.map((register) => values[register] === true);
  }

  #nodeForth(plan: Plan, node: PlanNode, values: Flags): Flags {
    const pick = (registers: readonly number[]) => registers.map((at) => values[at] === true);
    switch (node.kind) {
      case 'op': {
        const any = tensorArgs(node).some(([, register]) => values[register] === true);
        return Array.from({ length: node.outputs }, () => any);
      }
      case 'call':
        return this.#outputsFrom(planAt(plan, node), pick(node.args));
      case 'loop': {
        const inner = planAt(plan, node);
        const { states, outputs } = this.#rounds(inner, node, pick(node.carried), pick(node.fixed));
        const collected = inner.outputs
          .slice(node.carried.length)
          .map((_, at) => outputs.some((each) => each[node.carried.length + at] === true));
        return [...(states.at(-1) ?? []), ...collected];
      }
      case 'grads': {
        const given = pick(node.args);
        const any = given.includes(true) || (node.dy !== undefined && values[node.dy] === true);
        return [...this.#outputsFrom(planAt(plan, node), given), ...node.wrt.map(() => any)];
      }
      default:
        return node satisfies never;
    }
  }

  /** What is carried before each round and after the last, and what the different rounds give. */
  #rounds(
    inner: Plan,
    node: LoopNode,
    carried: Flags,
    fixed: Flags,
  ): { states: readonly Flags[]; outputs: readonly Flags[] } {
    const states = [carried];
    const outputs = new Set<Flags>();
    const after = new Map<string, Flags>();
    let state = carried;
    for (let round = 0; round < node.count; round++) {
      this.#count(carried.length + fixed.length + 1);
      const key = keyOf(state);
      let given = after.get(key);
      if (given === undefined) {
        given = this.#outputsFrom(inner, [...state, ...fixed, false]);
        after.set(key, given);
        outputs.add(given);
      }
      const next = given.slice(0, carried.length);
      // From here on every round is like this one.
      if (keyOf(next) === key) break;
      state = next;
      states.push(state);
    }
    return { states, outputs: [...outputs] };
  }

  /**
   * Which of a plan's inputs the way back leads to, from these of its outputs. `again`: what is done on the way back is
   * itself gone back over.
   */
  back(plan: Plan, from: Flags, to: Flags, again: boolean): Flags {
    return memo(this.#back, plan, `${keyOf(from)},${keyOf(to)},${again}`, () => {
      const values = this.forth(plan, from);
      const reached: boolean[] = values.map(() => false);
      plan.outputs.forEach((register, at) => {
        if (to[at] === true) reached[register] = true;
      });
      let end = values.length;
      for (let at = plan.nodes.length - 1; at >= 0; at--) {
        const node = plan.nodes[at];
        if (node === undefined) continue;
        const start = end - made(plan, node);
        const wanted = reached.slice(start, end);
        end = start;
        this.#count(wanted.length);
        if (!wanted.includes(true)) continue;
        try {
          this.#nodeBack(plan, node, values, wanted, again, (register) => {
            reached[register] = true;
          });
        } catch (error) {
          throw inNode(error, plan, at, node);
        }
      }
      return reached.slice(0, plan.inputs.length);
    });
  }

  #nodeBack(
    plan: Plan,
    node: PlanNode,
    values: Flags,
    wanted: Flags,
    again: boolean,
    reach: (register: number) => void,
  ): void {
    const pick = (registers: readonly number[]) => registers.map((at) => values[at] === true);
    const reachAll = (registers: readonly number[], flags: Flags) => {
      registers.forEach((register, at) => {
        if (flags[at] === true) reach(register);
      });
    };
    switch (node.kind) {
      case 'op':
        for (const [param, register] of tensorArgs(node)) {
          if (values[register] === true) this.#needGradient(plan, node, param, again);
          reach(register);
        }
        return;
      case 'call':
        reachAll(node.args, this.back(planAt(plan, node), pick(node.args), wanted, again));
        return;
      case 'loop':
        this.#loopBack(planAt(plan, node), node, pick, wanted, again, reachAll);
        return;
      case 'grads': {
        const inner = planAt(plan, node);
        const given = pick(node.args);
        const outputs = inner.outputs.length;
        reachAll(node.args, this.back(inner, given, wanted.slice(0, outputs), again));
        if (!wanted.slice(outputs).includes(true)) return;
        // The gradient comes by the way back from the first output, which is now gone over itself.
        const sources = given.map((flag, at) => flag || node.wrt.includes(at));
        const first = inner.outputs.map((_, at) => at === 0);
        reachAll(node.args, this.back(inner, sources, first, true));
        if (node.dy !== undefined) reach(node.dy);
        return;
      }
      default:
        node satisfies never;
    }
  }

  #needGradient(plan: Plan, { op, args }: OpNode, param: string, again: boolean): void {
    if (!hasGradient(op, param)) throw wrong(`Op ${op} has no gradient by its argument ${param}.`);
    if (again && !hasSecondGradient(op, param)) {
      throw wrong(`The gradient of op ${op} by its argument ${param} has no gradient itself.`);
    }
    const spec = findOp(op);
    const metas = this.#metasOf(plan);
    const facts = args.map((arg) =>
      mapArg(arg, (register) => ({ meta: metas[register] ?? tensorMeta('float32', []) })),
    );
    const limit = spec && gradientLimit(spec, param, facts);
    if (limit !== undefined) throw wrong(`Op ${op} has ${limit}.`);
  }

  #loopBack(
    inner: Plan,
    node: LoopNode,
    pick: (registers: readonly number[]) => Flags,
    wanted: Flags,
    again: boolean,
    reachAll: (registers: readonly number[], flags: Flags) => void,
  ): void {
    const width = node.carried.length;
    const fixed = pick(node.fixed);
    const { states } = this.#rounds(inner, node, pick(node.carried), fixed);
    const collected = wanted.slice(width);
    let to = wanted.slice(0, width);
    for (let round = node.count - 1; round >= 0; round--) {
      this.#count(wanted.length + fixed.length + 1);
      const state = states[Math.min(round, states.length - 1)] ?? [];
      const from = [...state, ...fixed, false];
      const reached = this.back(inner, from, [...to, ...collected], again);
      reachAll(node.fixed, reached.slice(width));
      const before = reached.slice(0, width);
      // While the rounds before are alike, nothing changes any more.
      if (round >= states.length && keyOf(before) === keyOf(to)) round = states.length;
      to = before;
    }
    reachAll(node.carried, to);
  }

  #count(work: number): void {
    this.#work += work;
    if (this.#work > mostWork) {
      throw new DuetError('limit', {
        detail: 'The gradients of this plan lead through too many rounds of loops.',
        hint: '',
      });
    }
  }
}

/** The tensors of a call with the parameters that take them. */
function tensorArgs({ op, args }: OpNode): (readonly [param: string, register: number])[] {
  const params = findOp(op)?.params ?? [];
  return args.flatMap((arg, at) => {
    const name = params[at]?.name ?? '';
    if (arg.kind === 'tensor') return [[name, arg.tensor] as const];
    return arg.kind === 'tensors' ? arg.tensors.map((register) => [name, register] as const) : [];
  });
}

function planAt({ plans }: Plan, node: { readonly plan: number }): Plan {
  const inner = plans[node.plan];
  if (inner === undefined) throw wrong(`There is no plan ${node.plan} in it.`);
  return inner;
}

function made(plan: Plan, node: PlanNode): number {
  if (node.kind === 'op') return node.outputs;
  return planAt(plan, node).outputs.length + (node.kind === 'grads' ? node.wrt.length : 0);
}

function keyOf(flags: Flags): string {
  return flags.map((flag) => (flag ? '1' : '0')).join('');
}

function memo(
  all: Map<Plan, Map<string, Flags>>,
  plan: Plan,
  key: string,
  make: () => Flags,
): Flags {
  let known = all.get(plan);
  if (known === undefined) {
    known = new Map();
    all.set(plan, known);
  }
  let flags = known.get(key);
  if (flags === undefined) {
    flags = make();
    known.set(key, flags);
  }
  return flags;
}
