/**
 * Ops on tensors alone, as numbers: cloning one array of them costs a page less than cloning the objects of a single op. Per
 * op: its number, how many arguments and outputs it has, and their slots.
 */

import type { OpStep, Step } from '@duet/ops';
import { opName, opNumber } from '@duet/protocol';

export class OpPacker {
  #numbers: number[] = [];
  #count = 0;

  /** How many ops were packed since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /** False for a step that is none of these. */
  add(step: Step): boolean {
    if (step.kind !== 'op') return false;
    const number = opNumber(step.op);
    const { args, outputs } = step;
    if (number === undefined || !args.every(({ kind }) => kind === 'tensor')) return false;
    this.#numbers.push(number, args.length, outputs.length);
    for (const arg of args) if (arg.kind === 'tensor') this.#numbers.push(arg.tensor);
    this.#numbers.push(...outputs);
    this.#count += 1;
    return true;
  }

  take(): Float64Array<ArrayBuffer> {
    const packed = Float64Array.from(this.#numbers);
    this.#numbers = [];
    this.#count = 0;
    return packed;
  }
}

/** The steps that were packed, in their order. */
export function* unpackOps(packed: Float64Array): Generator<OpStep> {
  let at = 0;
  const next = (): number => packed[at++] ?? 0;
  const slots = (count: number): number[] => {
    const from = at;
    at += count;
    return [...packed.subarray(from, at)];
  };
  while (at < packed.length) {
    const op = opName(next()) ?? '';
    const [inputs, outputs] = [next(), next()];
    const args = slots(inputs).map((tensor) => ({ kind: 'tensor', tensor }) as const);
    yield { kind: 'op', op, args, outputs: slots(outputs) };
  }
}
