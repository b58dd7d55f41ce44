/**
 * What follows from public facts about a plan: that it fits together, what it gives, what each output depends on, and
 * what a run of it costs. Nothing is run or allocated. Both sides ask the same question before a plan runs.
 */

import {
  type Arg,
  byteLength,
  checkMeta,
  checkTensor,
  DuetError,
  defaultSessionLimits,
  type GradsNode,
  type LoopNode,
  limits,
  mapArg,
  type OpNode,
  type Plan,
  type PlanNode,
  type Register,
  type SessionLimits,
  sameShape,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
  tensorsOf,
} from '@duet/protocol';
import { inferCall, unsupported } from './infer';
import { inNode, showMeta, wrong } from './plan-errors';
import { reachedInputs } from './plan-tape';
import { findOp } from './registry';
import type { OpSpec, TensorFact } from './spec';

export interface PlanFacts {
  readonly outputs: readonly TensorMeta[];
  /** For each output the numbers of the inputs that it depends on: who may read those may read it. */
  readonly dependsOn: readonly ReadonlySet<number>[];
  /** Estimated scalar operations of one run, rounds of loops counted out. */
  readonly cost: number;
  /** Bytes of everything that a run makes: none of it is surely gone before the end. */
  readonly bytes: number;
  /** Ops of the table that a run calls. */
  readonly ops: number;
}

export type PlanLimits = Pick<SessionLimits, 'opCost' | 'planCost' | 'planBytes'>;

/** A gradient costs about two runs more: one for each operand of a product. */
const gradientCost = 3;

/** Steps of following what depends on what, before a plan is given up: a second or so. Deep networks need some 100 000. */
const mostDependences = 10_000_000;

/** Inputs in the different sets that outputs depend on: each is kept as long as the plan. Deep networks have one large set. */
const mostDependencesKept = 1_000_000;

/**
 * Checks a plan op by op, as if each were sent singly, and says what it gives. Throws DuetError `bad-argument` for one that
 * does not fit together, with the node and the reason, `unsupported-op`, `bad-tensor`, `too-large`, `too-costly`, `limit`.
 */
export function inferPlan(plan: Plan, session: PlanLimits = defaultSessionLimits): PlanFacts {
  measure(plan);
  const { outputs, masks, cost, bytes, ops } = new Checker(session).check(plan);
  if (cost > session.planCost) {
    throw new DuetError('too-costly', {
      detail: `The plan takes about ${cost.toPrecision(3)} operations, more than the limit of ${session.planCost.toPrecision(3)}.`,
    });
  }
  if (bytes > session.planBytes) {
    throw new DuetError('too-large', {
      detail: `The plan makes ${bytes} bytes in one run, more than the limit of ${session.planBytes}.`,
    });
  }
  return { outputs, dependsOn: setsOf(masks), cost, bytes, ops };
}

/** What is public about every value of a plan, by register. Throws as `inferPlan`, but for the limits of the session. */
export function valueMetas(plan: Plan): readonly TensorMeta[] {
  measure(plan);
  return new Checker(unlimited).check(plan).values;
}

/** The values of plans that were checked: what they are does not change. */
const checkedValues = new WeakMap<Plan, readonly TensorMeta[]>();

/** As `valueMetas`, of a plan that was checked before, itself or inside another one. */
export function valuesOf(plan: Plan): readonly TensorMeta[] {
  return checkedValues.get(plan) ?? valueMetas(plan);
}

/**
 * Those of these inputs of a plan by which its first output has a gradient that tfjs finds. Throws as `inferPlan`, but for
 * the limits of the session, and `bad-argument` where an op without a gradient is on the way from one of them.
 */
export function tapedInputs(plan: Plan, by: readonly number[]): readonly number[] {
  measure(plan);
  const checker = new Checker(unlimited);
  checker.check(plan);
  return reachedInputs(plan, by, (each) => checker.check(each).values);
}

const unlimited: PlanLimits = {
  opCost: Number.POSITIVE_INFINITY,
  planCost: Number.POSITIVE_INFINITY,
  planBytes: Number.POSITIVE_INFINITY,
};

/** Counts as the wire does, where a plan that stands in two places is there twice. */
function measure(root: Plan): void {
  let nodes = 0;
  let made = 0;
  const visit = (plan: Plan, depth: number): void => {
    if (depth > limits.planDepth) {
      throw new DuetError('limit', {
        detail: `Plans are nested more than ${limits.planDepth} deep.`,
      });
    }
    // One for the plan itself, so that empty ones are bounded too.
    nodes += 1 + plan.nodes.length;
    if (nodes > limits.planNodes) {
      throw new DuetError('limit', { detail: `A plan has more than ${limits.planNodes} nodes.` });
    }
    for (const node of plan.nodes) made += valueCount(plan, node);
    if (made > limits.planMade) {
      throw new DuetError('limit', {
        detail: `The nodes of a plan give ${made} values, more than ${limits.planMade}.`,
        hint: '',
      });
    }
    for (const [what, { length }] of [
      ['inputs', plan.inputs],
      ['constants', plan.constants],
      ['outputs', plan.outputs],
    ] as const) {
      if (length > limits.planValues) {
        throw new DuetError('limit', {
          detail: `A plan has ${length} ${what}, more than ${limits.planValues}.`,
        });
      }
    }
    for (const inner of plan.plans) visit(inner, depth + 1);
  };
  visit(root, 1);
}

/** How many values a node says that it gives. */
export function valueCount(plan: Plan, node: PlanNode): number {
  if (node.kind === 'op') return node.outputs;
  const outputs = plan.plans[node.plan]?.outputs.length ?? 0;
  return outputs + (node.kind === 'grads' ? node.wrt.length : 0);
}

/** The inputs that a value depends on, one bit for each: a plan may have thousands of values with thousands of inputs. */
type Mask = bigint;

/** As PlanFacts, of a plan inside another one too. */
interface Facts extends Omit<PlanFacts, 'dependsOn'> {
  readonly masks: readonly Mask[];
  /** Tensors that a run makes, and those of them that it may hold at once: a loop frees what its rounds made. */
  readonly made: number;
  readonly held: number;
  /** Of all its values, by register. */
  readonly values: readonly TensorMeta[];
}

/** One value of a plan, as far as it is public. */
interface Known {
  readonly meta: TensorMeta;
  readonly literal?: TensorValue;
  readonly mask: Mask;
}

class Checker {
  readonly session: PlanLimits;
  readonly #checked = new Map<Plan, Facts>();
  #dependences = 0;

  constructor(session: PlanLimits) {
    this.session = session;
  }

  /** A plan that several nodes use is checked once. */
  check(plan: Plan): Facts {
    const known = this.#checked.get(plan);
    if (known !== undefined) return known;
    const facts = new PlanCheck(plan, this).run();
    this.#checked.set(plan, facts);
    checkedValues.set(plan, facts.values);
    return facts;
  }

  /** The mask of the arguments that an output of the inner plan depends on, as masks of the outer plan's inputs. */
  through(inner: Mask, args: readonly Known[]): Mask {
    this.#dependences += args.length;
    if (this.#dependences > mostDependences) {
      throw new DuetError('limit', {
        detail:
          'The plan’s plans have too many arguments and outputs to tell what depends on what.',
      });
    }
    return args.reduce(
      (mask, arg, at) => (inner & (1n << BigInt(at)) ? mask | arg.mask : mask),
      0n,
    );
  }
}

class PlanCheck {
  readonly #plan: Plan;
  readonly #checker: Checker;
  readonly #values: Known[];
  #cost = 0;
  #bytes = 0;
  #ops = 0;
  #made = 0;
  #held = 0;
  readonly #used = new Set<number>();

  constructor(plan: Plan, checker: Checker) {
    this.#plan = plan;
    this.#checker = checker;
    this.#values = [
      ...plan.inputs.map((meta, at): Known => ({ meta, mask: 1n << BigInt(at) })),
      ...plan.constants.map((literal): Known => ({ meta: literal.meta, literal, mask: 0n })),
    ];
  }

  run(): Facts {
    const { inputs, constants, plans, nodes } = this.#plan;
    inputs.forEach(checkMeta);
    constants.forEach(checkConstant);
    for (const inner of plans) this.#checker.check(inner);
    nodes.forEach((node, at) => {
      try {
        for (const made of this.#node(node)) {
          this.#bytes += byteLength(made.meta);
          this.#made += 1;
          this.#held += 1;
          this.#values.push(made);
        }
        this.#checkHeld();
      } catch (error) {
        throw inNode(error, this.#plan, at, node);
      }
    });
    // The engine would get it, and the hash would be another's.
    if (this.#used.size < plans.length) throw wrong('A plan has one in it that no node uses.');
    const outputs = this.#plan.outputs.map((register) => this.#value(register));
    if (outputs.length === 0) throw wrong('A plan gives nothing.');
    // It would come out padded to its longest element, whose length may be private.
    if (outputs.some(({ meta }) => meta.dtype === 'string')) {
      throw wrong('A plan cannot give strings.');
    }
    return {
      outputs: outputs.map(({ meta }) => meta),
      masks: outputs.map(({ mask }) => mask),
      values: this.#values.map(({ meta }) => meta),
      // To hand out a value takes something, too: loops of nothing else would cost nothing.
      cost: Math.max(this.#cost, outputs.length),
      bytes: this.#bytes,
      ops: this.#ops,
      made: this.#made + outputs.length,
      held: this.#held + outputs.length,
    };
  }

  /** However small they are, tensors take memory of their own. */
  #checkHeld(): void {
    if (this.#held <= limits.planTensors) return;
    throw new DuetError('too-large', {
      detail: `The plan holds ${this.#held} tensors at once, more than the limit of ${limits.planTensors}.`,
    });
  }

  #value(register: Register): Known {
    const value = this.#values[register];
    if (value === undefined) throw wrong(`There is no value ${register} at this point.`);
    return value;
  }

  #node(node: PlanNode): Known[] {
    switch (node.kind) {
      case 'op':
        return this.#op(node);
      case 'call': {
        const { facts, args } = this.#inner(node.plan, node.args);
        this.#count(facts, 1, facts.held);
        return facts.outputs.map((meta, at) => ({
          meta,
          mask: this.#checker.through(facts.masks[at] ?? 0n, args),
        }));
      }
      case 'loop':
        return this.#loop(node);
      case 'grads':
        return this.#grads(node);
      default:
        return node satisfies never;
    }
  }

  #op({ op, args, outputs, salted }: OpNode): Known[] {
    const spec = findOp(op);
    if (spec === undefined) throw unsupported(op);
    const known = args.map((arg) => mapArg(arg, (register): Known => this.#value(register)));
    const facts = inferCall(
      spec,
      known.map((arg) => mapArg(arg, factOf)),
      this.#checker.session,
    );
    if (facts.outputs.length !== outputs) {
      throw wrong(`It gives ${facts.outputs.length} values, not ${outputs}.`);
    }
    if (salted && !hasSeed(spec, args)) throw wrong('It has no seed that a salt could change.');
    this.#cost += facts.cost;
    this.#ops += 1;
    const mask = union(tensorsOf(known));
    return facts.outputs.map((meta) => ({ meta, mask }));
  }

  #loop({ plan, count, carried, fixed }: LoopNode): Known[] {
    if (!(Number.isInteger(count) && count >= 1 && count <= limits.loopCount)) {
      throw wrong(`A loop has between 1 and ${limits.loopCount} rounds, not ${count}.`);
    }
    const round: Known = { meta: tensorMeta('int32', []), mask: 0n };
    const { facts, args } = this.#inner(plan, [...carried, ...fixed], [round]);
    carried.forEach((_, place) => {
      const [before, after] = [args[place]?.meta, facts.outputs[place]];
      if (before === undefined || after === undefined || !sameMeta(before, after)) {
        throw wrong(
          `What the loop carries at ${place} is ${showMeta(before)} before a round and ${showMeta(after)} after it.`,
        );
      }
    });
    const collected = facts.outputs.length - carried.length;
    this.#count(facts, count, facts.held + count * collected);
    const mask = union(args);
    return facts.outputs.map((meta, place) => {
      if (place < carried.length) return { meta, mask };
      if (meta.shape.length === limits.rank) {
        throw wrong(`What is collected at ${place} has no rank to spare.`);
      }
      const stacked = tensorMeta(meta.dtype, [count, ...meta.shape]);
      checkMeta(stacked);
      return { meta: stacked, mask };
    });
  }

  #grads({ plan, args: registers, wrt, dy }: GradsNode): Known[] {
    const { facts, args } = this.#inner(plan, registers);
    const [y] = facts.outputs;
    if (y?.dtype !== 'float32') {
      throw wrong(`Gradients are of a float32 value, not of ${showMeta(y)}.`);
    }
    const given = dy === undefined ? undefined : this.#value(dy);
    if (given !== undefined && !sameMeta(given.meta, y)) {
      throw wrong(`dy is ${showMeta(given.meta)} where the value is ${showMeta(y)}.`);
    }
    if (wrt.length === 0) throw wrong('No gradient is asked for.');
    const gradients = wrt.map((position, place): TensorMeta => {
      const arg = args[position];
      if (arg === undefined) throw wrong(`There is no argument ${position}.`);
      if (place > 0 && position <= (wrt[place - 1] ?? -1)) {
        throw wrong('The positions of the gradients do not increase.');
      }
      if (arg.meta.dtype !== 'float32') {
        throw wrong(`Argument ${position} is ${arg.meta.dtype}; gradients are by float32 values.`);
      }
      return arg.meta;
    });
    const inner = this.#plan.plans[plan];
    const reached = inner && reachedInputs(inner, wrt, (each) => this.#checker.check(each).values);
    for (const position of wrt) {
      if (reached?.includes(position)) continue;
      throw wrong(`The value does not depend on argument ${position}.`);
    }
    // The tape holds all that is made.
    this.#count(facts, gradientCost, facts.made * gradientCost);
    // One tape: a failure in it fails all.
    const mask = union(given === undefined ? args : [...args, given]);
    return [...facts.outputs, ...gradients].map((meta) => ({ meta, mask }));
  }

  #inner(
    at: number,
    registers: readonly Register[],
    more: readonly Known[] = [],
  ): { facts: Facts; args: readonly Known[] } {
    const plan = this.#plan.plans[at];
    if (plan === undefined) throw wrong(`There is no plan ${at} in it.`);
    this.#used.add(at);
    const args = [...registers.map((register) => this.#value(register)), ...more];
    checkInputs(
      plan,
      args.map(({ meta }) => meta),
    );
    return { facts: this.#checker.check(plan), args };
  }

  #count(facts: Facts, times: number, held: number): void {
    this.#cost += facts.cost * times;
    this.#bytes += facts.bytes * times;
    this.#ops += facts.ops * times;
    this.#made += facts.made * times;
    this.#held += held;
  }
}

function checkConstant(constant: TensorValue): void {
  checkTensor(constant);
  if (constant.bytes.byteLength > limits.literalBytes) {
    throw new DuetError('too-large', {
      detail: `A constant of ${constant.bytes.byteLength} bytes is over the limit of ${limits.literalBytes}.`,
      hint: 'Send it, and give it as an input.',
    });
  }
}

function hasSeed({ params }: OpSpec, args: readonly Arg<unknown>[]): boolean {
  const at = params.findIndex(({ name }) => name === 'seed');
  return args[at]?.kind === 'number';
}

/** Throws `bad-argument` unless these can be the inputs of the plan. */
export function checkInputs(plan: Plan, given: readonly TensorMeta[]): void {
  if (given.length !== plan.inputs.length) {
    throw wrong(`The plan takes ${plan.inputs.length} inputs, not ${given.length}.`);
  }
  plan.inputs.forEach((wanted, at) => {
    const got = given[at];
    if (got === undefined || !sameMeta(wanted, got)) {
      throw wrong(`Input ${at} of the plan is ${showMeta(wanted)}, not ${showMeta(got)}.`);
    }
  });
}

function factOf({ meta, literal }: Known): TensorFact {
  return literal === undefined ? { meta } : { meta, literal };
}

export function sameMeta(a: TensorMeta, b: TensorMeta): boolean {
  return a.dtype === b.dtype && a.elementBytes === b.elementBytes && sameShape(a.shape, b.shape);
}

/** Usually the very mask of one of them. */
function union(values: readonly Known[]): Mask {
  return values.reduce((mask, value) => (value.mask === mask ? mask : mask | value.mask), 0n);
}

/** Equal masks share one set. Throws `limit`. */
function setsOf(masks: readonly Mask[]): ReadonlySet<number>[] {
  const known = new Map<Mask, ReadonlySet<number>>();
  let kept = 0;
  return masks.map((mask) => {
    const shared = known.get(mask);
    if (shared !== undefined) return shared;
    const set = setOf(mask);
    kept += set.size;
    if (kept > mostDependencesKept) {
      throw new DuetError('limit', {
        detail: 'The plan’s outputs depend on its inputs in too many different ways.',
        hint: '',
      });
    }
    known.set(mask, set);
    return set;
  });
}

function setOf(mask: Mask): ReadonlySet<number> {
  const bits = [...mask.toString(2)].reverse();
  return new Set(bits.flatMap((bit, at) => (bit === '1' ? [at] : [])));
}
