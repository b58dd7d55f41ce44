/** tfjs's optimizers on variables of the owner's side: one message a step. */

import { DuetError } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import type { LiveNumber } from '../given';
import {
  byVariables,
  checkFunction,
  checkVariables,
  type NamedGradients,
  named,
} from '../gradients';
import type { Planner } from '../planner';
import { Pointer } from '../pointer';
import type { RemoteVariable } from '../variables';
import { type ClipOptions, checkClip, clipGradients } from './clipping';
import type { Ops, UpdateRule } from './rule';

/** A gradient or weight with its name. */
export interface NamedPointer {
  readonly name: string;
  readonly tensor: Pointer;
}

export interface NamedWeight {
  readonly name: string;
  readonly tensor: Pointer | tf.Tensor;
}

/** What a duet gives its optimizers. */
export interface OptimizerHost {
  readonly planner: Planner;
  readonly ops: () => Ops;
  /** A variable that is in no list of names: state. */
  readonly makeState: (shape: readonly number[], value: number, name: string) => RemoteVariable;
  /** Throws `bad-argument` for a name that no variable has. */
  readonly variable: (name: string) => RemoteVariable;
}

/**
 * An optimizer of tfjs's. Its state is on the owner's side, made at the first step, and labelled like all that is computed
 * there. `minimize` and `applyGradients` are one message each; inside a plan, a loop or a training step they are a part of it.
 */
export class RemoteOptimizer {
  readonly #host: OptimizerHost;
  readonly #rule: UpdateRule;
  readonly #rate: LiveNumber;
  readonly #config: Readonly<Record<string, unknown>>;
  /** By variable, in the order of their first step. */
  readonly #slots = new Map<RemoteVariable, readonly RemoteVariable[]>();
  #shared: readonly RemoteVariable[] | undefined;
  #learningRate: number;
  #iterations = 0;
  #clip: ClipOptions = {};

  /** Made by `duet.tf.train`. */
  constructor(
    host: OptimizerHost,
    rule: UpdateRule,
    learningRate: number,
    config: Readonly<Record<string, unknown>>,
  ) {
    this.#host = host;
    this.#rule = rule;
    this.#learningRate = checkRate(learningRate);
    this.#config = config;
    this.#rate = { name: 'learning rate', current: () => this.#learningRate };
  }

  /** A plan that has a step of this optimizer looks it up at each call. */
  get learningRate(): number {
    return this.#learningRate;
  }

  set learningRate(learningRate: number) {
    this.#learningRate = checkRate(learningRate);
  }

  setLearningRate(learningRate: number): void {
    this.learningRate = learningRate;
  }

  /** What a plan takes for the learning rate; for training runs that have a schedule of their own. */
  get rate(): LiveNumber {
    return this.#rate;
  }

  /** Steps that were asked for. */
  get iterations(): number {
    return this.#iterations;
  }

  getClassName(): string {
    return this.#rule.className;
  }

  getConfig(): { readonly [key: string]: unknown } {
    return { learningRate: this.#learningRate, ...this.#config };
  }

  /** Keeps gradients within bounds from now on, before they are applied. Gives the optimizer. Throws `bad-argument`. */
  clip(options: ClipOptions): this {
    checkClip(options);
    this.#clip = { ...options };
    return this;
  }

  /**
   * One step against the gradient of `f`, a scalar, by the trainable variables that it reads, or those of `varList`. With
   * `returnCost` it gives the value of `f` before the step, which is the caller's to dispose. Throws at once what cannot work, as
   * tfjs does.
   */
  minimize(
    f: () => Pointer,
    returnCost = false,
    varList?: readonly RemoteVariable[],
  ): Pointer | null {
    checkFunction('minimize', f);
    checkVariables('minimize', varList);
    const cost = this.#host.planner.asOne(`minimize (${this.#rule.className})`, () => {
      const { value, grads } = byVariables(this.#host.planner, 'minimize', f, varList);
      this.#apply(grads);
      return returnCost ? value : undefined;
    });
    return cost ?? null;
  }

  /** The value of `f` and its gradients, by the names of the variables. */
  computeGradients(
    f: () => Pointer,
    varList?: readonly RemoteVariable[],
  ): { value: Pointer; grads: NamedGradients } {
    checkFunction('computeGradients', f);
    checkVariables('computeGradients', varList);
    const { planner } = this.#host;
    return planner.asOne('computeGradients', () => {
      const { value, grads } = byVariables(planner, 'computeGradients', f, varList);
      return { value, grads: named(grads, varList) };
    });
  }

  /** One step with gradients that are there already, by the names of the variables. They stay the caller's. */
  applyGradients(
    gradients:
      | NamedGradients
      | readonly { readonly name: string; readonly tensor: Pointer | null }[],
  ): void {
    const entries = Array.isArray(gradients)
      ? (gradients as readonly { name: string; tensor: Pointer | null }[]).map(
          ({ name, tensor }) => [name, tensor] as const,
        )
      : Object.entries(gradients as NamedGradients);
    const found = new Map<RemoteVariable, Pointer>();
    for (const [name, gradient] of entries) {
      if (gradient !== null && gradient !== undefined) {
        found.set(this.#host.variable(name), gradient);
      }
    }
    this.#host.planner.asOne(`applyGradients (${this.#rule.className})`, () => {
      this.#apply(found);
      return undefined;
    });
  }

  /** Inside a recording. */
  #apply(gradients: ReadonlyMap<RemoteVariable, Pointer>): void {
    const { planner } = this.#host;
    const ops = this.#host.ops();
    for (const [variable, gradient] of gradients) checkGradient(variable, gradient);
    const learningRate = planner.live(this.#rate);
    const clipped = clipGradients(ops, [...gradients.values()], this.#clip);
    const shared = this.#sharedState();
    const variables = [...gradients.keys()];
    const updates = variables.map((variable, at) => {
      const gradient = clipped[at];
      if (gradient === undefined) throw new DuetError('internal');
      const slots = this.#slotsOf(variable);
      const input = { ops, learningRate, value: variable, gradient, slots, shared };
      return { variable, slots, update: this.#rule.update(input) };
    });
    const next = this.#rule.nextShared(ops, shared);
    for (const { variable, slots, update } of updates) {
      slots.forEach((slot, at) => {
        const value = update.slots[at];
        if (value !== undefined) slot.assign(value);
      });
      variable.assign(update.value);
    }
    shared.forEach((state, at) => {
      const value = next[at];
      if (value !== undefined) state.assign(value);
    });
    planner.current.effects.push((times) => {
      this.#iterations += times;
    });
  }

  /** State is made outside of the recording: the plan takes it as it is. */
  #slotsOf(variable: RemoteVariable): readonly RemoteVariable[] {
    const known = this.#slots.get(variable);
    if (known !== undefined) return known;
    const { planner, makeState } = this.#host;
    const made = planner.tracer.outside(() =>
      this.#rule.slots.map(({ name, initial }) =>
        makeState(variable.shape, initial, `${variable.name}/${name}`),
      ),
    );
    this.#slots.set(variable, made);
    return made;
  }

  #sharedState(): readonly RemoteVariable[] {
    const { planner, makeState } = this.#host;
    this.#shared ??= planner.tracer.outside(() =>
      this.#rule
        .shared(this.#iterations)
        .map((value, at) => makeState([], value, `${this.#rule.className}/${at}`)),
    );
    return this.#shared;
  }

  /**
   * The state: the number of steps, then each kind of slot, variable by variable, as in tfjs. The pointers are the state's own
   * variables, but for the first, which is the caller's to dispose.
   */
  async getWeights(): Promise<NamedPointer[]> {
    const { planner } = this.#host;
    const steps = planner.recorder.call('fill', [[], this.#iterations, 'int32']) as Pointer;
    const slots = this.#rule.slots.flatMap(({ name }, at) =>
      [...this.#slots].flatMap(([variable, state]) => {
        const tensor = state[at];
        return tensor === undefined ? [] : [{ name: `${variable.name}/${name}`, tensor }];
      }),
    );
    return [{ name: 'iter', tensor: steps }, ...slots];
  }

  /**
   * Takes up the state of another optimizer of the same kind, by names. Values stay the caller's. Rejects with `bad-argument`
   * where a name is no variable's slot or a shape differs, and as `get` where the number of steps cannot be read.
   */
  async setWeights(weights: readonly NamedWeight[]): Promise<void> {
    const [iter, ...others] = weights;
    if (iter === undefined) {
      throw new DuetError('bad-argument', { detail: 'The first weight is the number of steps.' });
    }
    this.#iterations = Number(
      iter.tensor instanceof Pointer
        ? await iter.tensor.getValue({ deleteObj: false })
        : (await iter.tensor.data())[0],
    );
    const state = this.#sharedState();
    this.#rule.shared(this.#iterations).forEach((value, at) => {
      state[at]?.assign(value);
    });
    for (const { name, tensor } of others) this.#slotNamed(name).assign(tensor);
  }

  #slotNamed(name: string): RemoteVariable {
    const cut = name.lastIndexOf('/');
    const at = this.#rule.slots.findIndex((slot) => slot.name === name.slice(cut + 1));
    const found = at < 0 ? undefined : this.#slotsOf(this.#host.variable(name.slice(0, cut)))[at];
    if (found !== undefined) return found;
    throw new DuetError('bad-argument', {
      detail: `${this.#rule.className} has no state of the name “${name}”.`,
    });
  }

  /** Lets go of the state. The variables stay. */
  dispose(): void {
    for (const slots of this.#slots.values()) for (const slot of slots) slot.dispose();
    for (const state of this.#shared ?? []) state.dispose();
    this.#slots.clear();
    this.#shared = undefined;
  }
}

function checkGradient(variable: RemoteVariable, gradient: Pointer): void {
  if (gradient.shape.join() === variable.shape.join()) return;
  throw new DuetError('bad-argument', {
    detail: `The gradient for ${variable.name} has shape [${gradient.shape.join(', ')}]; the variable has [${variable.shape.join(', ')}].`,
  });
}

function checkRate(learningRate: number): number {
  if (typeof learningRate === 'number' && Number.isFinite(learningRate)) return learningRate;
  throw new DuetError('bad-argument', { detail: 'The learning rate must be a number.' });
}
