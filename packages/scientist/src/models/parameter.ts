/** The weights of a module: variables of the local tfjs, or of a duet. */

import { type DType, DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { Pointer } from '../pointer';
import type { ScientistSession } from '../session';
import type { RemoteVariable } from '../variables';

/** What a duet offers to modules and models. */
export type ModelHost = Pick<ScientistSession, 'tf' | 'loop' | 'tidy' | 'plan' | 'train'>;

/** How often a name was given to a variable of a duet. */
const takenNames = new WeakMap<ModelHost, Map<string, number>>();

/** A name for a variable of a duet, where each has its own: the second `dense/kernel` is `dense/kernel_1`. */
export function freshName(host: ModelHost, name: string): string {
  const names = takenNames.get(host) ?? new Map<string, number>();
  takenNames.set(host, names);
  const before = names.get(name) ?? 0;
  names.set(name, before + 1);
  return before === 0 ? name : freshName(host, `${name}_${before}`);
}

/** What goes through a module: a pointer, or a tensor of the local tfjs. A `forward` does not know which. */
export type Value = Pointer;

/** A variable of a module: a `RemoteVariable` where the module was sent, else a `tf.Variable`, which takes the place of one. */
export type ModuleVariable = RemoteVariable & tf.Variable;

/** A weight. In `forward`, `value` is what to compute with. */
export class Parameter {
  readonly trainable: boolean;
  readonly #variable: RemoteVariable | tf.Variable;

  /** Takes over the variable. Made by `nn.parameter`, and by the layers of `nn`. */
  constructor(variable: RemoteVariable | tf.Variable, trainable: boolean) {
    this.#variable = variable;
    this.trainable = trainable;
  }

  get isLocal(): boolean {
    return !(this.#variable instanceof Pointer);
  }

  get value(): Value {
    return this.#variable as Value;
  }

  get variable(): ModuleVariable {
    return this.#variable as ModuleVariable;
  }

  get shape(): number[] {
    return [...this.#variable.shape];
  }

  get dtype(): DType {
    return this.#variable.dtype as DType;
  }

  /** Sets its value, of the same shape; what is given stays the caller's. Throws `bad-argument` for a pointer where it is local. */
  assign(value: Value | tf.Tensor): void {
    if (this.#variable instanceof Pointer) {
      this.#variable.assign(value);
      return;
    }
    if (value instanceof Pointer) {
      throw new DuetError('bad-argument', {
        detail: 'A local module cannot take the value of a pointer.',
        hint: 'get() the value first, or send() the module.',
      });
    }
    // tfjs's own assign takes over what it is given.
    const variable = this.#variable;
    tf.tidy(() => variable.assign(value.clone()));
  }

  dispose(): void {
    this.#variable.dispose();
  }
}
