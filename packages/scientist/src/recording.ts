/** One function being recorded: what it takes, what it does, and the plan that this makes. */

import type { CallFacts, OpSpec } from '@duet/ops';
import {
  type Arg,
  DuetError,
  limits,
  mapArg,
  type Plan,
  type PlanNode,
  type TensorMeta,
  type TensorValue,
  tensorMeta,
  tensorsOf,
} from '@duet/protocol';
import { type Given, keyOf } from './given';
import { stateOf } from './pointer';
import { ValueState } from './value-state';
import type { RemoteVariable } from './variables';

/** A value of a recording, by number, in the order in which they came up. Registers of the plan are given at its end. */
export type Place = number;

/** A value that is only there while its function is recorded. */
export class Symbolic extends ValueState {
  readonly recording: Recording;
  readonly place: Place;

  constructor(recording: Recording, place: Place, meta: TensorMeta, madeBy: string) {
    super({
      ref: { space: 'own', id: 0, path: [] },
      id: `r${place}`,
      meta,
      origin: 'derived',
      madeBy,
      readable: false,
    });
    this.recording = recording;
    this.place = place;
  }

  override checkUsable(): void {
    if (!this.recording.isOpen) {
      throw new DuetError('bad-argument', {
        detail: `This pointer (${this.madeBy}) stands for a value inside a plan, whose recording has ended.`,
        hint: 'Return it from the recorded function: a call of the plan then gives a pointer.',
      });
    }
    super.checkUsable();
  }
}

type Node =
  | {
      readonly kind: 'op';
      readonly op: string;
      readonly args: readonly Arg<Place>[];
      readonly salted: boolean;
    }
  | { readonly kind: 'call'; readonly plan: Plan; readonly args: readonly Place[] }
  | {
      readonly kind: 'loop';
      readonly plan: Plan;
      readonly count: number;
      readonly carried: readonly Place[];
      readonly fixed: readonly Place[];
    }
  | {
      readonly kind: 'grads';
      readonly plan: Plan;
      readonly args: readonly Place[];
      readonly wrt: readonly number[];
      readonly dy: Place | undefined;
    };

/** A node of another kind than an op, as its maker gives it. */
export type Composite = Exclude<Node, { kind: 'op' }>;

interface Recorded {
  readonly node: Node;
  /** The place of its first value. */
  readonly first: Place;
  readonly outputs: number;
}

type Value =
  | { readonly kind: 'input'; readonly meta: TensorMeta }
  | { readonly kind: 'constant'; readonly meta: TensorMeta; readonly literal: TensorValue }
  | { readonly kind: 'made'; readonly meta: TensorMeta; readonly by: number };

/** A further input, and what it stands for. `declared`: it is one that the function takes. */
export interface Capture {
  readonly given: Given;
  readonly place: Place;
  readonly declared: boolean;
}

/** What a run of the recorded function does on this side. `times`: rounds of the loops around it. */
export type Effect = (times: number) => void;

interface Shared {
  /** Of all constants, in the recordings inside too: a plan travels in one message. */
  constantBytes: number;
  /** Ops without a seed of their own. */
  salted: number;
  /** Tensors of the local tfjs are inputs however small they are: the plan is for now, and the next one has others. */
  readonly tensorsAreInputs: boolean;
}

/** Constants of one plan together. What does not fit is sent by itself and captured. */
const constantBytesPerPlan = limits.messageBytes / 4;

export class Recording {
  readonly parent: Recording | undefined;
  readonly effects: Effect[] = [];
  readonly #shared: Shared;
  readonly #values: Value[] = [];
  readonly #nodes: Recorded[] = [];
  readonly #constants = new Map<string, Place>();
  readonly #captures = new Map<object, Capture>();
  readonly #inputs: Place[] = [];
  readonly #assigned = new Map<RemoteVariable, Symbolic>();
  #open = true;

  constructor(parent: Recording | undefined, tensorsAreInputs: boolean) {
    this.parent = parent;
    this.#shared =
      parent === undefined ? { constantBytes: 0, salted: 0, tensorsAreInputs } : parent.#shared;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  close(): void {
    this.#open = false;
  }

  /** Is it this one, or one around it? */
  isWithin(other: Recording): boolean {
    for (let at: Recording | undefined = this; at !== undefined; at = at.parent) {
      if (at === other) return true;
    }
    return false;
  }

  // ---- values --------------------------------------------------------------------------------------------------

  #value(value: Value): Place {
    this.#values.push(value);
    return this.#values.length - 1;
  }

  metaAt(place: Place): TensorMeta {
    const value = this.#values[place];
    if (value === undefined) throw new DuetError('internal');
    return value.meta;
  }

  factAt(place: Place): { meta: TensorMeta; literal?: TensorValue } {
    const value = this.#values[place];
    return value?.kind === 'constant'
      ? { meta: value.meta, literal: value.literal }
      : { meta: this.metaAt(place) };
  }

  symbolic(place: Place, madeBy: string): Symbolic {
    return new Symbolic(this, place, this.metaAt(place), madeBy);
  }

  /** A declared input. Where it stands for something that the function may also reach by another way, that is `alias`. */
  input(meta: TensorMeta, alias?: Given): Place {
    const place = this.#value({ kind: 'input', meta });
    this.#inputs.push(place);
    if (alias !== undefined) {
      this.#captures.set(keyOf(alias), { given: alias, place, declared: true });
    }
    return place;
  }

  /** The place of an argument; it may become a further input. Throws `bad-argument` for what another recording made. */
  place(given: Given): Place {
    switch (given.kind) {
      case 'pointer': {
        const { value } = given;
        if (!(value instanceof Symbolic)) return this.capture(given);
        if (value.recording === this) return value.place;
        if (this.isWithin(value.recording)) return this.capture(given);
        throw new DuetError('bad-argument', {
          detail: `The value ${value.id} (${value.madeBy}) belongs to another recording.`,
        });
      }
      case 'variable':
        return this.#assigned.get(given.variable)?.place ?? this.capture(given);
      case 'local':
        return this.#captures.get(given.key)?.place ?? this.#local(given);
      case 'live':
        return this.capture(given);
      default:
        return given satisfies never;
    }
  }

  /** A further input, once for each thing that it stands for. */
  capture(given: Given): Place {
    const key = keyOf(given);
    const known = this.#captures.get(key);
    if (known !== undefined) return known.place;
    const place = this.#value({ kind: 'input', meta: metaOfGiven(given) });
    this.#captures.set(key, { given, place, declared: false });
    return place;
  }

  #local(given: Extract<Given, { kind: 'local' }>): Place {
    const isTensor = given.key !== given.value;
    if (isTensor && this.#shared.tensorsAreInputs) return this.capture(given);
    return this.#constant(given.value) ?? this.capture(given);
  }

  #constant(literal: TensorValue): Place | undefined {
    const { meta, bytes } = literal;
    if (bytes.length > limits.literalBytes) return undefined;
    const key = `${meta.dtype} ${meta.elementBytes} ${meta.shape.join()} ${String.fromCharCode(...bytes)}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    if (this.#shared.constantBytes + bytes.length > constantBytesPerPlan) return undefined;
    this.#shared.constantBytes += bytes.length;
    const place = this.#value({ kind: 'constant', meta, literal });
    this.#constants.set(key, place);
    return place;
  }

  /** A seed for an op that was given none: the same each time that the function is recorded. */
  nextSeed(): number {
    this.#shared.salted += 1;
    return this.#shared.salted;
  }

  // ---- nodes ---------------------------------------------------------------------------------------------------

  op(spec: OpSpec, args: readonly Arg<Place>[], facts: CallFacts, salted: boolean): Symbolic[] {
    return this.#add({ kind: 'op', op: spec.name, args, salted }, facts.outputs, spec.name);
  }

  composite(node: Composite, outputs: readonly TensorMeta[], madeBy: string): Symbolic[] {
    return this.#add(node, outputs, madeBy);
  }

  #add(node: Node, outputs: readonly TensorMeta[], madeBy: string): Symbolic[] {
    if (this.#nodes.length >= limits.planNodes) {
      throw new DuetError('limit', {
        detail: `A plan has more than ${limits.planNodes} nodes.`,
        hint: 'What repeats can be a loop, or a plan of its own.',
      });
    }
    const by = this.#nodes.length;
    const first = this.#values.length;
    for (const meta of outputs) this.#value({ kind: 'made', meta, by });
    this.#nodes.push({ node, first, outputs: outputs.length });
    return outputs.map((_, at) => this.symbolic(first + at, madeBy));
  }

  // ---- variables -----------------------------------------------------------------------------------------------

  /** From here on the variable reads as this value; a call of the plan makes it the variable's version. */
  assign(variable: RemoteVariable, value: Symbolic): void {
    this.#assigned.set(variable, value);
  }

  /** In the order of their first assignment. */
  get assigned(): ReadonlyMap<RemoteVariable, Symbolic> {
    return this.#assigned;
  }

  /** The variables that it reads, in order. */
  get variables(): readonly RemoteVariable[] {
    return [...this.#captures.values()].flatMap(({ given }) =>
      given.kind === 'variable' ? [given.variable] : [],
    );
  }

  // ---- the plan ------------------------------------------------------------------------------------------------

  /** Values that these depend on, themselves included. */
  reach(outputs: readonly Place[]): ReadonlySet<Place> {
    const reached = new Set<Place>();
    const waiting = [...outputs];
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      if (reached.has(place)) continue;
      reached.add(place);
      const value = this.#values[place];
      const node = value?.kind === 'made' ? this.#nodes[value.by]?.node : undefined;
      if (node !== undefined) waiting.push(...placesOf(node));
    }
    return reached;
  }

  /** What was captured and is needed for these, in the order in which it came up. */
  capturesFor(outputs: readonly Place[]): readonly Capture[] {
    const reached = this.reach(outputs);
    return [...this.#captures.values()].filter(
      ({ place, declared }) => !declared && reached.has(place),
    );
  }

  /** The declared ones. */
  get inputs(): readonly Place[] {
    return this.#inputs;
  }

  /** The plan that gives these values, of what they need alone. `inputs` says in which order it takes what. */
  toPlan(name: string, inputs: readonly Place[], outputs: readonly Place[]): Plan {
    const reached = this.reach(outputs);
    const registers = new Map<Place, number>();
    for (const place of inputs) registers.set(place, registers.size);
    let next = inputs.length;
    const constants: TensorValue[] = [];
    this.#values.forEach((value, place) => {
      if (value.kind !== 'constant' || !reached.has(place)) return;
      constants.push(value.literal);
      registers.set(place, next++);
    });
    const plans: Plan[] = [];
    const nodes: PlanNode[] = [];
    for (const recorded of this.#nodes) {
      const { first, outputs: count } = recorded;
      const places = Array.from({ length: count }, (_, at) => first + at);
      if (!places.some((place) => reached.has(place))) continue;
      nodes.push(toNode(recorded, registers, plans));
      for (const place of places) registers.set(place, next++);
    }
    return {
      name,
      inputs: inputs.map((place) => this.metaAt(place)),
      constants,
      plans,
      nodes,
      outputs: outputs.map((place) => registerOf(registers, place)),
    };
  }
}

function metaOfGiven(given: Given): TensorMeta {
  switch (given.kind) {
    case 'variable':
      return stateOf(given.variable).value.meta;
    case 'live':
      return given.meta;
    case 'pointer':
    case 'local':
      return given.value.meta;
    default:
      return given satisfies never;
  }
}

/** A live number is one float32. */
export const liveMeta = tensorMeta('float32', []);

function placesOf(node: Node): Place[] {
  switch (node.kind) {
    case 'op':
      return tensorsOf(node.args);
    case 'call':
      return [...node.args];
    case 'loop':
      return [...node.carried, ...node.fixed];
    case 'grads':
      return node.dy === undefined ? [...node.args] : [...node.args, node.dy];
    default:
      return node satisfies never;
  }
}

function registerOf(registers: ReadonlyMap<Place, number>, place: Place): number {
  const register = registers.get(place);
  if (register === undefined) throw new DuetError('internal');
  return register;
}

function toNode(
  { node, outputs }: Recorded,
  registers: ReadonlyMap<Place, number>,
  plans: Plan[],
): PlanNode {
  const register = (place: Place) => registerOf(registers, place);
  switch (node.kind) {
    case 'op':
      return {
        kind: 'op',
        op: node.op,
        args: node.args.map((arg) => mapArg(arg, register)),
        outputs,
        salted: node.salted,
      };
    case 'call':
      return { kind: 'call', plan: numberOf(plans, node.plan), args: node.args.map(register) };
    case 'loop':
      return {
        kind: 'loop',
        plan: numberOf(plans, node.plan),
        count: node.count,
        carried: node.carried.map(register),
        fixed: node.fixed.map(register),
      };
    case 'grads':
      return {
        kind: 'grads',
        plan: numberOf(plans, node.plan),
        args: node.args.map(register),
        wrt: node.wrt,
        dy: node.dy === undefined ? undefined : register(node.dy),
      };
    default:
      return node satisfies never;
  }
}

/** A plan that is used several times is in the list once. */
function numberOf(plans: Plan[], plan: Plan): number {
  const known = plans.indexOf(plan);
  if (known >= 0) return known;
  plans.push(plan);
  return plans.length - 1;
}
