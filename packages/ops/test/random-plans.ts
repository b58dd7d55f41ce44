/** Random plans that fit together, made of random calls of the table. */

import {
  type Arg,
  type DType,
  isDuetError,
  mapArg,
  type Plan,
  type PlanNode,
  type Register,
  sameShape,
  type TensorMeta,
  tensorMeta,
} from '@duet/protocol';
import fc from 'fast-check';
import { allowedOps, type OpSpec, type TensorFact } from '../src';
import { valueMetas } from '../src/plan';
import { findEntry } from '../src/registry';
import { callOf } from './calls';

/** Draws; every choice in it can be repeated from one number. */
class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, not with, `end`. */
  below(end: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * end);
  }

  one<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)];
  }
}

export interface RandomPlanOptions {
  /** Nodes, those of inner plans not counted. */
  readonly nodes?: number;
  /** Plans inside plans. */
  readonly depth?: number;
  /** Ops to draw from. */
  readonly ops?: readonly OpSpec[];
}

/** Random plans; every one passes `inferPlan`. */
export function randomPlan(options: RandomPlanOptions = {}): fc.Arbitrary<Plan> {
  const { nodes = 8, depth = 2, ops = allowedOps } = options;
  const calls = fc
    .constantFrom(...ops)
    .chain((spec) =>
      callOf(spec, findEntry(spec.name)?.policy.complex ?? false).map((args) => ({ spec, args })),
    );
  const many = fc.array(calls, { minLength: nodes * 4, maxLength: nodes * 4 });
  return fc.tuple(many, fc.integer({ min: 0, max: 2 ** 32 - 1 })).map(([drawn, seed]) => {
    const draw = new Draw(seed);
    const rest = [...drawn];
    return grow(rest, draw, depth, nodes);
  });
}

interface Call {
  readonly spec: OpSpec;
  readonly args: readonly Arg<TensorFact>[];
}

function grow(calls: Call[], draw: Draw, depth: number, nodes: number): Plan {
  const first: readonly DType[] = ['float32', 'float32', 'int32', 'bool'];
  let plan: Plan = {
    name: '',
    inputs: first.map((dtype, at) => tensorMeta(dtype, at === 0 ? [2, 3] : [3])),
    constants: [],
    plans: [],
    nodes: [],
    outputs: [0],
  };
  for (let tries = 0; plan.nodes.length < nodes && tries < 4 * nodes; tries++) {
    const kind = depth > 0 ? draw.below(8) : 7;
    const grown =
      kind === 0
        ? withCall(plan, grow(calls, draw, depth - 1, 3), draw)
        : kind === 1
          ? withLoop(plan, grow(calls, draw, depth - 1, 2), draw)
          : withOp(plan, calls.pop(), draw);
    if (grown !== undefined && fits(grown)) plan = grown;
  }
  const given = valueMetas(plan).flatMap(({ dtype }, at) => (dtype === 'string' ? [] : [at]));
  return {
    ...plan,
    outputs: Array.from({ length: 1 + draw.below(6) }, () => draw.one(given) ?? 0),
  };
}

function fits(plan: Plan): boolean {
  try {
    return valueMetas(plan).every(({ shape }) => shape.reduce((a, b) => a * b, 1) < 5000);
  } catch (error) {
    if (isDuetError(error)) return false;
    throw error;
  }
}

/** More inputs come before the nodes: what names a later value moves up. */
function withInputs(plan: Plan, more: readonly TensorMeta[]): Plan {
  const from = plan.inputs.length;
  const move = (register: Register) => (register < from ? register : register + more.length);
  const nodes = plan.nodes.map((node): PlanNode => {
    switch (node.kind) {
      case 'op':
        return { ...node, args: node.args.map((arg) => mapArg(arg, move)) };
      case 'call':
        return { ...node, args: node.args.map(move) };
      case 'loop':
        return { ...node, carried: node.carried.map(move), fixed: node.fixed.map(move) };
      case 'grads':
        return {
          ...node,
          args: node.args.map(move),
          dy: node.dy === undefined ? undefined : move(node.dy),
        };
      default:
        return node satisfies never;
    }
  });
  return { ...plan, inputs: [...plan.inputs, ...more], nodes };
}

/** Values with these metas, of the plan where it has such ones, else new inputs. */
function supply(
  plan: Plan,
  wanted: readonly TensorMeta[],
  draw: Draw,
): { plan: Plan; registers: Register[] } {
  let grown = plan;
  const registers: Register[] = [];
  for (const meta of wanted) {
    const metas = valueMetas(grown);
    const fitting = metas.flatMap((each, at) =>
      each.dtype === meta.dtype && sameShape(each.shape, meta.shape) ? [at] : [],
    );
    const found = draw.one(fitting);
    if (found !== undefined) {
      registers.push(found);
      continue;
    }
    const at = grown.inputs.length;
    grown = withInputs(grown, [meta]);
    registers.forEach((register, place) => {
      if (register >= at) registers[place] = register + 1;
    });
    registers.push(at);
  }
  return { plan: grown, registers };
}

function withOp(plan: Plan, call: Call | undefined, draw: Draw): Plan | undefined {
  if (call === undefined) return undefined;
  const { spec, args } = call;
  const count = valueMetas(plan).length;
  const near = args.map((arg) => mapArg(arg, () => draw.below(count)));
  const connected = opNode(plan, spec, near);
  // Mostly what is there already does not fit.
  if (connected !== undefined) return connected;
  const wanted = args.flatMap((arg) =>
    arg.kind === 'tensor'
      ? [arg.tensor.meta]
      : arg.kind === 'tensors'
        ? arg.tensors.map(({ meta }) => meta)
        : [],
  );
  const supplied = supply(plan, wanted, draw);
  let at = 0;
  return opNode(
    supplied.plan,
    spec,
    args.map((arg) => mapArg(arg, () => supplied.registers[at++] ?? 0)),
  );
}

function opNode(plan: Plan, spec: OpSpec, args: readonly Arg<Register>[]): Plan | undefined {
  // How many values it gives is what the error says otherwise.
  for (let outputs = 1; outputs <= 4; outputs++) {
    const node: PlanNode = { kind: 'op', op: spec.name, args, outputs, salted: false };
    const grown = { ...plan, nodes: [...plan.nodes, node] };
    if (fits(grown)) return grown;
  }
  return undefined;
}

function withCall(plan: Plan, inner: Plan, draw: Draw): Plan {
  const { plan: grown, registers } = supply(plan, inner.inputs, draw);
  const node: PlanNode = { kind: 'call', plan: grown.plans.length, args: registers };
  return { ...grown, plans: [...grown.plans, inner], nodes: [...grown.nodes, node] };
}

/** Carries whatever has the same form after a round as before it. */
function withLoop(plan: Plan, body: Plan, draw: Draw): Plan {
  const metas = valueMetas(body);
  const strings = body.inputs.findIndex(({ dtype }) => dtype === 'string');
  const carried = draw.below((strings === -1 ? body.inputs.length : strings) + 1);
  const state = body.inputs.slice(0, carried).map((meta, at) => {
    const fitting = metas.flatMap((each, register) =>
      each.dtype === meta.dtype && sameShape(each.shape, meta.shape) ? [register] : [],
    );
    return draw.one(fitting) ?? at;
  });
  const collected = body.outputs.filter((register) => (metas[register]?.shape.length ?? 6) < 6);
  const withRound = withInputs(body, [tensorMeta('int32', [])]);
  const move = (register: Register) => (register < body.inputs.length ? register : register + 1);
  const outputs = [...state, ...collected].map(move);
  const inner = { ...withRound, outputs: outputs.length === 0 ? [0] : outputs };
  const { plan: grown, registers } = supply(plan, body.inputs, draw);
  const node: PlanNode = {
    kind: 'loop',
    plan: grown.plans.length,
    count: 1 + draw.below(4),
    carried: registers.slice(0, carried),
    fixed: registers.slice(carried),
  };
  return { ...grown, plans: [...grown.plans, inner], nodes: [...grown.nodes, node] };
}
