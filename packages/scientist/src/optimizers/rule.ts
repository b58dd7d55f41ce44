/** How an optimizer changes a variable, without its state: a pure function written in ops. */

import type { RemoteTf } from '@duet/ops';
import type { Pointer } from '../pointer';

export type Ops = RemoteTf<Pointer>;

/** What one step has for one variable. */
export interface UpdateInput {
  readonly ops: Ops;
  /** A float32 scalar. */
  readonly learningRate: Pointer;
  readonly value: Pointer;
  readonly gradient: Pointer;
  /** The variable's own state, in the order of `slots`. */
  readonly slots: readonly Pointer[];
  /** The optimizer's own state before this step, in the order of `shared`. */
  readonly shared: readonly Pointer[];
}

export interface Update {
  readonly value: Pointer;
  /** The slots anew. */
  readonly slots: readonly Pointer[];
}

/** State that each variable has for itself, of its shape. */
export interface SlotSpec {
  /** tfjs's name for it, behind the variable's. */
  readonly name: string;
  readonly initial: number;
}

/**
 * The rules follow tfjs-core 4.22 (`optimizers/*.ts`) op by op, in the same order, so that results equal it to the rounding of
 * a float32.
 */
export interface UpdateRule {
  /** As `getClassName()` in tfjs. */
  readonly className: string;
  readonly slots: readonly SlotSpec[];
  /** Scalars of the optimizer itself, as they are after so many steps. */
  shared(iterations: number): readonly number[];
  /** The same scalars after one more step. */
  nextShared(ops: Ops, shared: readonly Pointer[]): readonly Pointer[];
  update(input: UpdateInput): Update;
}

/** The epsilon of tfjs's backends with 32-bit floats. */
export const defaultEpsilon = 1e-7;

/** For rules without scalars of their own. */
export const noShared = {
  shared: (): readonly number[] => [],
  nextShared: (): readonly Pointer[] => [],
};

/** Which slot, as the rule numbers them. */
export function slot(slots: readonly Pointer[], at: number): Pointer {
  const found = slots[at];
  if (found === undefined) throw new Error(`There is no slot ${at}.`);
  return found;
}
