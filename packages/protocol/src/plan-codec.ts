/** Plans to the wire and back. What a plan means, and whether it fits together, is for the ops to say. */

import { duet } from './generated/duet';
import { limits } from './limits';
import type { Arg, Plan, PlanNode, Register } from './messages';
import {
  bad,
  headerFromWire,
  headerToWire,
  lean,
  list,
  literalFromWire,
  literalToWire,
  need,
  plainArgFromWire,
  plainArgToWire,
  text,
  type Wire,
} from './wire';

// ---- encoding --------------------------------------------------------------------------------------------------

export function planToWire(plan: Plan): duet.Plan.$Properties {
  return {
    ...lean({ name: plan.name, outputs: [...plan.outputs] }),
    inputs: plan.inputs.map(headerToWire),
    constants: plan.constants.map(literalToWire),
    plans: plan.plans.map(planToWire),
    nodes: plan.nodes.map(nodeToWire),
  };
}

function nodeToWire(node: PlanNode): duet.Node.$Properties {
  switch (node.kind) {
    case 'op': {
      const { op, args, outputs, salted } = node;
      return { op: { ...lean({ op, outputs, salted }), args: args.map(argToWire) } };
    }
    case 'call':
      return { call: lean({ plan: node.plan, args: [...node.args] }) };
    case 'loop': {
      const { plan, count, carried, fixed } = node;
      return { loop: lean({ plan, count, carried: [...carried], fixed: [...fixed] }) };
    }
    case 'grads': {
      const { plan, args, wrt, dy } = node;
      return {
        grads: {
          ...lean({ plan, args: [...args], wrt: [...wrt] }),
          ...(dy !== undefined && { dy: { items: [dy] } }),
        },
      };
    }
    default:
      return node satisfies never;
  }
}

function argToWire(arg: Arg<Register>): duet.PlanArg.$Properties {
  if (arg.kind === 'tensor') return { value: arg.tensor };
  if (arg.kind === 'tensors') return { values: { items: [...arg.tensors] } };
  return plainArgToWire(arg);
}

/** The canonical encoding of a plan by itself: what its hash is taken of. */
export function encodePlan(plan: Plan): Uint8Array {
  const encoded = duet.Plan.encode(planToWire(plan)).finish();
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

// ---- decoding --------------------------------------------------------------------------------------------------

/** Checks forms and limits only. Throws DuetError `bad-message`, `bad-tensor`, `bad-text`, `too-large`. */
export function planFromWire(wire: duet.Plan.$Properties, depth = 1): Plan {
  if (depth > limits.planDepth) bad('A plan has plans inside plans beyond the limit.');
  return {
    name: text(wire.name, limits.nameChars, 'A name'),
    inputs: list(wire.inputs, limits.planValues, 'The inputs', headerFromWire),
    constants: list(wire.constants, limits.planValues, 'The constants', literalFromWire),
    plans: list(wire.plans, limits.planValues, 'The plans', (inner) =>
      planFromWire(inner, depth + 1),
    ),
    nodes: list(wire.nodes, limits.planNodes, 'The nodes', nodeFromWire),
    outputs: registers(wire.outputs, 'The outputs'),
  };
}

function registers(wire: Wire<readonly number[]>, what: string): Register[] {
  return list(wire, limits.planValues, what, (register) => register);
}

function nodeFromWire(wire: duet.Node.$Properties): PlanNode {
  if (wire.op != null) {
    return {
      kind: 'op',
      op: text(wire.op.op, limits.opChars, 'The name of an op'),
      args: list(wire.op.args, limits.args, 'The arguments', argFromWire),
      outputs: wire.op.outputs ?? 0,
      salted: wire.op.salted ?? false,
    };
  }
  if (wire.call != null) {
    const { plan, args } = wire.call;
    return { kind: 'call', plan: plan ?? 0, args: registers(args, 'The arguments') };
  }
  if (wire.loop != null) {
    const { plan, count, carried, fixed } = wire.loop;
    return {
      kind: 'loop',
      plan: plan ?? 0,
      count: count ?? 0,
      carried: registers(carried, 'The carried values'),
      fixed: registers(fixed, 'The fixed values'),
    };
  }
  const { plan, args, wrt, dy } = need(wire.grads, 'A node');
  return {
    kind: 'grads',
    plan: plan ?? 0,
    args: registers(args, 'The arguments'),
    wrt: registers(wrt, 'The positions'),
    dy: dy == null ? undefined : need(dy.items?.[0], 'A value'),
  };
}

function argFromWire(wire: duet.PlanArg.$Properties): Arg<Register> {
  if (wire.absent != null) return { kind: 'absent' };
  if (wire.value != null) return { kind: 'tensor', tensor: wire.value };
  if (wire.values != null) {
    const tensors = list(wire.values.items, limits.operands, 'A list of tensors', (one) => one);
    return { kind: 'tensors', tensors };
  }
  return plainArgFromWire(wire);
}
