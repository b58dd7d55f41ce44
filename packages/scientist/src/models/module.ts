/** Models as classes: layers as properties, and a `forward` that is the same on local tensors and on pointers. */

import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { type GetOptions, Pointer } from '../pointer';
import { quoted } from '../words';
import { join, separate } from './joined';
import { localOps, type Ops } from './ops-namespace';
import { freshName, type ModelHost, type ModuleVariable, Parameter, type Value } from './parameter';
import { loadWeights, type NamedWeight, saveWeights, type WeightsPlace } from './weights-file';

/** What a `forward` may return: a value, a list, or an object of them. */
export type ModuleResult =
  | Value
  | readonly Value[]
  | { readonly [name: string]: Value | readonly Value[] };

/** The same with tensors of the local tfjs. */
type LocalResult<R> = R extends Value ? tf.Tensor : { [K in keyof R]: LocalResult<R[K]> };

export type StateDict = Readonly<Record<string, ModuleVariable>>;

export interface LoadOptions {
  /** Default true: throw unless every name and shape fits. Otherwise what fits is loaded, and the report says what did not. */
  readonly strict?: boolean;
}

export interface LoadReport {
  readonly loaded: readonly string[];
  /** In the module, and not in what was loaded. */
  readonly missing: readonly string[];
  /** In what was loaded, and not in the module. */
  readonly unexpected: readonly string[];
  /** In both, with other shapes. */
  readonly mismatched: readonly {
    readonly name: string;
    readonly wanted: readonly number[];
    readonly given: readonly number[];
  }[];
}

export interface LoadFileOptions extends LoadOptions {
  /**
   * `names`: a weight goes where its name is. `order`: the weights of a model of tf.layers, first the trainable ones, go to the
   * module's in their order. Default: by order where no name is known, else by names.
   */
  readonly match?: 'names' | 'order';
}

/** Where a module is, and how it is used. */
interface State {
  readonly host: ModelHost | undefined;
  training: boolean;
}

/** A symbol, so that whoever lists the properties of a module finds its own alone. */
const stateKey = Symbol('state');

/** What a module lists as its own: properties, unless it says otherwise. For this package alone. */
export const membersKey = Symbol('members');

/** How a member is copied into a module somewhere else. */
type Relocate = (member: unknown) => unknown;

/** Puts the relocated members into a copy. For this package alone. */
export const copyMembersKey = Symbol('copyMembers');

/**
 * A model as a class. Its properties that are modules, parameters, or arrays and plain objects of them, are its parts, under
 * their names: `conv1.kernel`, `blocks.0.bias`. A subclass sets them as ordinary properties (`#private` ones are not found, and
 * not sent along) and writes `forward`; it is run by `apply`.
 *
 * A module begins as a local one, on tensors of the local tfjs. `send` makes another one of the same class on the owner's side.
 */
export abstract class Module {
  [stateKey]: State = { host: undefined, training: true };

  /** What the module computes, from values along the batch. Use `this.tf` and the methods of values, and `apply` of parts. */
  abstract forward(...inputs: readonly Value[]): ModuleResult;

  /** The ops of where the module is: `duet.tf`, or the local tfjs. */
  get tf(): Ops {
    return this[stateKey].host?.tf ?? localOps;
  }

  /** Is it in training, so that dropout drops and batch normalization takes the moments of the batch? At first it is. */
  get training(): boolean {
    return this[stateKey].training;
  }

  /**
   * Runs `forward`. A local module takes tensors, which stay the caller's, and gives tensors, which are the caller's; one that was
   * sent takes pointers, or tensors, and gives pointers. Throws `bad-argument` for a pointer into a local module, and what the
   * ops throw.
   */
  apply(...inputs: readonly tf.Tensor[]): LocalResult<ReturnType<this['forward']>>;
  apply(...inputs: readonly Value[]): ReturnType<this['forward']>;
  apply(...inputs: readonly (Value | tf.Tensor)[]): unknown {
    const values = inputs as readonly Value[];
    if (this[stateKey].host !== undefined) return this.forward(...values);
    if (inputs.some((input) => input instanceof Pointer)) {
      throw new DuetError('bad-argument', {
        detail: `${this.constructor.name} is local and was given a pointer.`,
        hint: 'send() the module first.',
      });
    }
    return tf.tidy(() => this.forward(...values) as unknown as tf.TensorContainer);
  }

  // ---- parts ---------------------------------------------------------------------------------------------------

  [membersKey](): Iterable<readonly [name: string, member: unknown]> {
    return Object.entries(this);
  }

  [copyMembersKey](from: this, relocate: Relocate): void {
    for (const [name, member] of Object.entries(from)) {
      Object.defineProperty(this, name, {
        value: relocate(member),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
  }

  /** All weights by their paths, each once, in the order of the properties. */
  namedParameters(): Map<string, Parameter> {
    const named = new Map<string, Parameter>();
    const known = new Set<unknown>();
    walk(this, '', known, (path, member) => {
      if (member instanceof Parameter) named.set(path, member);
    });
    return named;
  }

  /** The variables that are trained, for `optimizer.minimize(f, returnCost, net.parameters())`. They stay the module's. */
  parameters(): ModuleVariable[] {
    return [...this.namedParameters().values()]
      .filter(({ trainable }) => trainable)
      .map(({ variable }) => variable);
  }

  /** Are all its weights here, readable? What was sent is not, until `get` was accepted. */
  get isLocal(): boolean {
    return this[stateKey].host === undefined;
  }

  /** From now on in training, its parts too. Returns the module. */
  train(): this {
    return setTraining(this, true);
  }

  /** From now on not in training, its parts neither. Returns the module. */
  eval(): this {
    return setTraining(this, false);
  }

  // ---- weights -------------------------------------------------------------------------------------------------

  /** All weights by name, as they are now and will become: they stay the module's. */
  stateDict(): StateDict {
    const entries = [...this.namedParameters()].map(([name, { variable }]) => [name, variable]);
    return Object.fromEntries(entries) as StateDict;
  }

  /**
   * Sets weights by name, from tensors, or pointers where the module was sent; they stay the caller's. Says what fits and what does
   * not. Throws `bad-argument` where something does not, unless it is not strict; nothing is changed then.
   */
  loadStateDict(
    stateDict: Readonly<Record<string, Value | tf.Tensor>>,
    { strict = true }: LoadOptions = {},
  ): LoadReport {
    const parameters = this.namedParameters();
    const report = compare(parameters, stateDict);
    if (strict) checkReport(report);
    for (const name of report.loaded) {
      const value = stateDict[name];
      if (value !== undefined) parameters.get(name)?.assign(value);
    }
    return report;
  }

  /**
   * Writes the weights in tfjs's format: `downloads://…`, `indexeddb://…`, or a handler of `tf.io`. Rejects with `not-released`
   * where they are on the owner's side.
   */
  async save(place: WeightsPlace): Promise<tf.io.SaveResult> {
    if (!this.isLocal) {
      throw new DuetError('not-released', {
        detail: 'The weights of this module are on the owner’s side.',
        hint: 'get() the module first, and save what that gives.',
      });
    }
    const weights = [...this.namedParameters()].map(([name, { variable }]) => ({
      name,
      tensor: variable as tf.Tensor,
    }));
    return await saveWeights(place, this.constructor.name, weights);
  }

  /**
   * Reads weights that a module, or a model of tf.layers, was saved with; those of a module that was sent are sent after it. See
   * `loadStateDict` for the report, and for what it throws.
   */
  async load(
    place: WeightsPlace,
    { match, ...options }: LoadFileOptions = {},
  ): Promise<LoadReport> {
    const weights = await loadWeights(place);
    try {
      const known = this.namedParameters();
      const byNames =
        match === undefined ? weights.some(({ name }) => known.has(name)) : match === 'names';
      return this.loadStateDict(byNames ? dictOf(weights) : inOrder(known, weights), options);
    } finally {
      tf.dispose(weights.map(({ tensor }) => tensor));
    }
  }

  // ---- moving --------------------------------------------------------------------------------------------------

  /**
   * The same module on the owner's side, with these weights: a new one, of the same class; this one stays. Throws `bad-argument`
   * where it was sent already.
   */
  send(host: ModelHost): this {
    if (!this.isLocal) {
      throw new DuetError('bad-argument', { detail: 'This module was sent already.' });
    }
    const names = new Map([...this.namedParameters()].map(([name, one]) => [one, name]));
    return relocated(this, host, (parameter) => {
      const { trainable, variable } = parameter;
      const tensor = variable as tf.Tensor;
      const name = freshName(host, `${this.constructor.name}.${names.get(parameter)}`);
      return new Parameter(host.tf.variable(tensor, trainable, name), trainable);
    });
  }

  /**
   * A local module with the weights as they are now on the owner's side, all of one moment and with one request; this one stays.
   * Rejects as `Pointer.get` does.
   */
  async get(options: Omit<GetOptions, 'deleteObj'> = {}): Promise<this> {
    const { host } = this[stateKey];
    if (host === undefined) {
      throw new DuetError('bad-argument', { detail: 'This module is here already.' });
    }
    const parameters = [...this.namedParameters().values()];
    if (parameters.length === 0) return relocated(this, undefined, (parameter) => parameter);
    const joined = join(
      host,
      parameters.map(({ value }) => value),
    );
    const tensor = await joined.get(options).finally(() => joined.dispose());
    const values = separate(tensor, parameters);
    tensor.dispose();
    const variables = new Map(
      parameters.map((parameter, at) => [
        parameter,
        tf.variable(values[at] ?? tf.zeros(parameter.shape), parameter.trainable),
      ]),
    );
    tf.dispose(values);
    return relocated(this, undefined, (parameter) => {
      const variable = variables.get(parameter);
      return variable === undefined ? parameter : new Parameter(variable, parameter.trainable);
    });
  }

  /** Disposes all its weights. */
  dispose(): void {
    for (const parameter of this.namedParameters().values()) parameter.dispose();
  }
}

// Not private methods: a copy of a module is made without its constructor, and would not have them.

function setTraining<M extends Module>(module: M, training: boolean): M {
  walk(module, '', new Set(), (_, member) => {
    if (member instanceof Module) member[stateKey].training = training;
  });
  return module;
}

/** A copy of a module somewhere else. */
function relocated<M extends Module>(
  module: M,
  host: ModelHost | undefined,
  move: (parameter: Parameter) => Parameter,
): M {
  // Parts that are shared stay shared.
  const moved = new Map<unknown, unknown>();
  const relocate = (member: unknown): unknown => {
    if (!moved.has(member)) moved.set(member, relocateNew(member));
    return moved.get(member);
  };
  const relocateNew = (member: unknown): unknown => {
    if (member instanceof Parameter) return move(member);
    if (member instanceof Module) return copyOf(member, host, relocate, moved);
    if (Array.isArray(member)) return member.map(relocate);
    if (!isPlain(member)) return member;
    return Object.fromEntries(
      Object.entries(member).map(([name, value]) => [name, relocate(value)]),
    );
  };
  return relocate(module) as M;
}

function copyOf<M extends Module>(
  from: M,
  host: ModelHost | undefined,
  relocate: Relocate,
  moved: Map<unknown, unknown>,
): M {
  const copy = Object.create(Object.getPrototypeOf(from)) as M;
  Object.defineProperty(copy, stateKey, {
    value: { host, training: from.training } satisfies State,
    writable: true,
  });
  // Known before its parts are, some of which may lead back to it.
  moved.set(from, copy);
  copy[copyMembersKey](from, relocate);
  return copy;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Visits a module, its parts and theirs, each once. */
function walk(
  member: unknown,
  path: string,
  known: Set<unknown>,
  visit: (path: string, member: Module | Parameter) => void,
): void {
  const entries = entriesOf(member);
  const counts = member instanceof Module || member instanceof Parameter;
  if ((entries === undefined && !counts) || known.has(member)) return;
  known.add(member);
  if (counts) visit(path, member);
  for (const [name, part] of entries ?? []) {
    walk(part, path === '' ? name : `${path}.${name}`, known, visit);
  }
}

function entriesOf(member: unknown): Iterable<readonly [string, unknown]> | undefined {
  if (member instanceof Module) return member[membersKey]();
  return Array.isArray(member) || isPlain(member) ? Object.entries(member) : undefined;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

function compare(
  parameters: ReadonlyMap<string, Parameter>,
  stateDict: Readonly<Record<string, Value | tf.Tensor>>,
): LoadReport {
  const given = new Map(Object.entries(stateDict));
  const names = [...parameters.keys()];
  const both = names.filter((name) => given.has(name));
  const forms = both.map((name) => ({
    name,
    wanted: parameters.get(name)?.shape ?? [],
    given: [...(given.get(name)?.shape ?? [])],
  }));
  return {
    loaded: forms.filter((one) => sameShape(one.wanted, one.given)).map(({ name }) => name),
    missing: names.filter((name) => !given.has(name)),
    unexpected: [...given.keys()].filter((name) => !parameters.has(name)),
    mismatched: forms.filter((one) => !sameShape(one.wanted, one.given)),
  };
}

function checkReport({ missing, unexpected, mismatched }: LoadReport): void {
  const list = (names: readonly string[]) => names.map(quoted).join(', ');
  const faults = [
    ...(missing.length > 0 ? [`${list(missing)} missing`] : []),
    ...(unexpected.length > 0 ? [`${list(unexpected)} not known`] : []),
    ...mismatched.map(
      ({ name, wanted, given }) =>
        `${quoted(name)} has shape [${given.join(', ')}], not [${wanted.join(', ')}]`,
    ),
  ];
  if (faults.length === 0) return;
  throw new DuetError('bad-argument', {
    detail: `The weights do not fit: ${faults.join('; ')}.`,
    hint: 'With strict: false, what fits is loaded.',
  });
}

function dictOf(weights: readonly NamedWeight[]): Record<string, tf.Tensor> {
  return Object.fromEntries(weights.map(({ name, tensor }) => [name, tensor]));
}

/** The trainable ones first, as tfjs saves those of a model; what is too much keeps its name. */
function inOrder(
  parameters: ReadonlyMap<string, Parameter>,
  weights: readonly NamedWeight[],
): Record<string, tf.Tensor> {
  const entries = [...parameters];
  const names = [
    ...entries.filter(([, { trainable }]) => trainable),
    ...entries.filter(([, { trainable }]) => !trainable),
  ].map(([name]) => name);
  return Object.fromEntries(weights.map(({ name, tensor }, at) => [names[at] ?? name, tensor]));
}
