/** Writes plans for tests, without counting registers by hand. */

import type { Arg, DType, Plan, PlanNode, Register, TensorMeta, TensorValue } from '@duet/protocol';
import { tensorMeta } from '@duet/protocol';

type Given = Register | Arg<Register>;

export const float = (...shape: number[]): TensorMeta => tensorMeta('float32', shape);
export const meta = (dtype: DType, ...shape: number[]): TensorMeta => tensorMeta(dtype, shape);

export const number = (value: number): Arg<Register> => ({ kind: 'number', number: value });
export const numbers = (...values: number[]): Arg<Register> => ({
  kind: 'numbers',
  numbers: values,
});
export const text = (value: string): Arg<Register> => ({ kind: 'text', text: value });
export const flag = (value: boolean): Arg<Register> => ({ kind: 'flag', flag: value });
export const list = (...tensors: Register[]): Arg<Register> => ({ kind: 'tensors', tensors });
export const absent: Arg<Register> = { kind: 'absent' };

export class PlanBuilder {
  readonly #inputs: readonly TensorMeta[];
  readonly #constants: readonly TensorValue[];
  readonly #plans: Plan[] = [];
  readonly #nodes: PlanNode[] = [];
  #next: Register;

  constructor(inputs: readonly TensorMeta[], constants: readonly TensorValue[] = []) {
    this.#inputs = inputs;
    this.#constants = constants;
    this.#next = inputs.length + constants.length;
  }

  constant(at: number): Register {
    return this.#inputs.length + at;
  }

  #give(node: PlanNode, count: number): Register[] {
    this.#nodes.push(node);
    return Array.from({ length: count }, () => this.#next++);
  }

  #plan(plan: Plan): number {
    const known = this.#plans.indexOf(plan);
    return known === -1 ? this.#plans.push(plan) - 1 : known;
  }

  /** An op of several outputs. A number stands for a tensor, by its register. */
  ops(outputs: number, op: string, args: readonly Given[], salted = false): Register[] {
    const bound = args.map(
      (arg): Arg<Register> => (typeof arg === 'number' ? { kind: 'tensor', tensor: arg } : arg),
    );
    return this.#give({ kind: 'op', op, args: bound, outputs, salted }, outputs);
  }

  op(op: string, ...args: Given[]): Register {
    return this.ops(1, op, args)[0] ?? 0;
  }

  /** The seed of the op is mixed with the salt of the call. */
  salted(op: string, ...args: Given[]): Register {
    return this.ops(1, op, args, true)[0] ?? 0;
  }

  call(plan: Plan, ...args: Register[]): Register[] {
    return this.#give({ kind: 'call', plan: this.#plan(plan), args }, plan.outputs.length);
  }

  loop(plan: Plan, count: number, carried: Register[], fixed: Register[] = []): Register[] {
    const node: PlanNode = { kind: 'loop', plan: this.#plan(plan), count, carried, fixed };
    return this.#give(node, plan.outputs.length);
  }

  grads(plan: Plan, args: Register[], wrt: number[], dy?: Register): Register[] {
    const node: PlanNode = { kind: 'grads', plan: this.#plan(plan), args, wrt, dy };
    return this.#give(node, plan.outputs.length + wrt.length);
  }

  build(...outputs: Register[]): Plan {
    return {
      name: '',
      inputs: this.#inputs,
      constants: this.#constants,
      plans: this.#plans,
      nodes: this.#nodes,
      outputs,
    };
  }
}
