/** Classes through a plan: op by op, as if each were sent singly. */

import {
  type Arg,
  type GradsNode,
  type LoopNode,
  mapArg,
  type OpNode,
  type Plan,
  type Register,
  type TensorMeta,
  tensorsOf,
} from '@duet/protocol';
import { valueCount, valuesOf } from '../plan';
import { findOp } from '../registry';
import { classifyCall } from './classify';
import type { Info, Series } from './info';
import { publicInfo, recordInfo, sentInfo } from './infos';
import { joinInfos, stackedInfo } from './joins';
import { idOf, keyOf } from './keys';
import type { Known } from './known';

/** Nodes of plans that are followed for one call, those of a plan as often as it is called with something else. */
const mostNodes = 65_536;
/** What is looked at of a node as one step: its operands, and the record sets that they are about. */
const factsInStep = 16;
/** What a plan gave is remembered for so many inputs and outputs of it, the oldest forgotten: about as many words of memory. */
const mostRemembered = 8192;
/** Rounds after which what a loop carries is taken for records. */
const mostRounds = 3;

interface Remembered {
  last: { readonly inputs: readonly Info[]; readonly outputs: readonly Info[] } | undefined;
  readonly byKey: Map<string, readonly Info[]>;
}

const remembered = new WeakMap<Plan, Remembered>();

/** What a plan that was checked gives, where it is called with such inputs. Bounded in time; throws nothing. */
export function classifyPlan(plan: Plan, inputs: readonly Info[]): readonly Info[] {
  return new Walk().outputs(plan, inputs);
}

class Walk {
  #left = mostNodes;

  outputs(plan: Plan, inputs: readonly Info[]): readonly Info[] {
    let known = remembered.get(plan);
    if (known === undefined) {
      known = { last: undefined, byKey: new Map() };
      remembered.set(plan, known);
    }
    const { last, byKey } = known;
    if (last?.inputs.every((info, at) => info === inputs[at])) return last.outputs;
    const key = inputs.map(idOf).join();
    const outputs = byKey.get(key) ?? this.#run(plan, inputs);
    byKey.delete(key);
    byKey.set(key, outputs);
    const [oldest] = byKey.keys();
    const each = 1 + inputs.length + outputs.length;
    if (byKey.size * each > mostRemembered && oldest !== undefined) byKey.delete(oldest);
    known.last = { inputs, outputs };
    return outputs;
  }

  /** Is there time left to look at a node's operands, and at what they are about? */
  #affords(operands: readonly Info[]): boolean {
    const facts = operands.reduce((sum, { sets }) => sum + 1 + sets.length, 0);
    this.#left -= Math.floor(facts / factsInStep);
    return this.#left >= 0;
  }

  #run(plan: Plan, inputs: readonly Info[]): readonly Info[] {
    this.#left -= 1 + plan.nodes.length;
    if (this.#left < 0) return plan.outputs.map(() => unfollowed(inputs));
    const metas = valuesOf(plan);
    const values: Known[] = [
      ...inputs.map((info, at) => knownOf(metas[at], info)),
      ...plan.constants.map((literal) => ({ meta: literal.meta, literal, info: sentInfo })),
    ];
    for (const node of plan.nodes) {
      const first = values.length;
      const made = metas.slice(first, first + valueCount(plan, node));
      const operands = registersOf(node).map((register) => valueAt(values, register).info);
      const infos = this.#affords(operands)
        ? this.#node(plan, node, values, made)
        : made.map(() => unfollowed(operands));
      made.forEach((meta, at) => {
        values.push(knownOf(meta, infos[at]));
      });
    }
    return plan.outputs.map((register) => valueAt(values, register).info);
  }

  #node(
    plan: Plan,
    node: Plan['nodes'][number],
    values: readonly Known[],
    made: readonly TensorMeta[],
  ): readonly Info[] {
    if (node.kind === 'op') return opInfos(node, values, made);
    const inner = plan.plans[node.plan];
    if (inner === undefined) return [];
    const at = (register: Register) => valueAt(values, register).info;
    switch (node.kind) {
      case 'call':
        return this.outputs(inner, node.args.map(at));
      case 'loop':
        return this.#loop(inner, node, at);
      case 'grads':
        return this.#grads(inner, node, at);
      default:
        return node satisfies never;
    }
  }

  #loop(body: Plan, { count, carried, fixed }: LoopNode, at: (register: Register) => Info): Info[] {
    const round = publicInfo(false, {
      series: { from: 0, to: count - 1, step: 0 } satisfies Series,
    });
    const rest = [...fixed.map(at), round];
    const outputs = settled(carried.map(at), (state) => this.outputs(body, [...state, ...rest]));
    const made = outputs.map((info, place) => (place < carried.length ? info : stackedInfo(info)));
    return together(made, [...carried.map(at), ...rest]);
  }

  #grads(inner: Plan, { args, wrt, dy }: GradsNode, at: (register: Register) => Info): Info[] {
    const inputs = args.map(at);
    const all = dy === undefined ? inputs : [...inputs, at(dy)];
    const isPublic = all.every((info) => info.class === 'public');
    const gradient = isPublic ? sentInfo : recordInfo('it is a gradient by private records');
    return [...together(this.outputs(inner, inputs), all), ...wrt.map(() => gradient)];
  }
}

/**
 * What steps give that carry something from one to the next, whichever step it is: what is carried, and what else comes out
 * of one. `step` takes and gives what is carried first.
 */
export function settled(
  begin: readonly Info[],
  step: (carried: readonly Info[]) => readonly Info[],
): readonly Info[] {
  let before = begin;
  for (let round = 0; round < mostRounds; round += 1) {
    const outputs = step(before);
    const after = before.map((info, place) => joinInfos(info, outputs[place] ?? info));
    if (after.every((info, place) => keyOf(info) === keyOf(before[place] ?? info))) return outputs;
    before = after;
  }
  const worst = before.map(() => recordInfo('it is carried from step to step'));
  return step(worst);
}

/** They are made in one go, and fail in one go: what is private to one of them is to all. */
export function together(made: readonly Info[], inputs: readonly Info[]): Info[] {
  const isPublic = inputs.every((info) => info.class === 'public');
  return made.map((info) =>
    info.class === 'public' && !isPublic
      ? recordInfo('it is made together with private records')
      : info,
  );
}

function knownOf(meta: TensorMeta | undefined, info: Info | undefined): Known {
  if (meta === undefined || info === undefined) throw new Error('A plan that was not checked.');
  return { meta, info };
}

function valueAt(values: readonly Known[], register: Register): Known {
  const value = values[register];
  if (value === undefined) throw new Error('A plan that was not checked.');
  return value;
}

function registersOf(node: Plan['nodes'][number]): readonly Register[] {
  switch (node.kind) {
    case 'op':
      return tensorsOf(node.args);
    case 'call':
      return node.args;
    case 'loop':
      return [...node.carried, ...node.fixed];
    case 'grads':
      return node.dy === undefined ? node.args : [...node.args, node.dy];
    default:
      return node satisfies never;
  }
}

function opInfos(
  { op, args }: OpNode,
  values: readonly Known[],
  made: readonly TensorMeta[],
): readonly Info[] {
  const spec = findOp(op);
  if (spec === undefined) return made.map(() => unfollowed(values.map(({ info }) => info)));
  const known: Arg<Known>[] = args.map((arg) =>
    mapArg(arg, (register) => valueAt(values, register)),
  );
  return classifyCall(spec, known, made);
}

/** There may be something of the scientist's in it. */
function unfollowed(inputs: readonly Info[]): Info {
  return inputs.every((info) => info.class === 'public')
    ? sentInfo
    : recordInfo('the plan is too long to be followed');
}
