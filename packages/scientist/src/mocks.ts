/** The same program on made-up values: what a pointer would hold if the owner's data were their mocks. */

import {
  type Nested,
  nextMacrotask,
  runOpLocally,
  runPlanLocally,
  tensorToValue,
  toNested,
  valueToTensor,
} from '@duet/engine';
import {
  type Arg,
  DuetError,
  mapArg,
  type Plan,
  type TensorValue,
  tensorsOf,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { Given } from './given';
import { stateOf } from './pointer';
import type { ValueState } from './value-state';

/** A chain of calls is remembered so far, so that a loop that never ends does not fill the memory. */
const mostDepth = 10_000;
/** Calls between two turns of the page. */
const callsPerTurn = 64;

/** Where the mock of a value comes from. */
type Origin =
  | { readonly kind: 'mock'; readonly of: ValueState }
  | { readonly kind: 'value'; readonly value: TensorValue }
  | { readonly kind: 'output'; readonly call: Call; readonly at: number };

interface Call {
  readonly run: (inputs: readonly tf.Tensor[]) => tf.Tensor[];
  readonly inputs: readonly Origin[];
  /** Calls on the longest way to a source. */
  readonly depth: number;
  /** Does a mock take part? Else there is nothing made up about it. */
  readonly mocked: boolean;
}

/** A pointer's value on the owner's mocks. It is computed here, on the local tfjs, when it is asked for. */
export class Mock {
  readonly #origin: Origin;
  readonly #fetch: (state: ValueState) => Promise<TensorValue>;

  /** See `pointer.mock`. */
  constructor(origin: Origin, fetch: (state: ValueState) => Promise<TensorValue>) {
    this.#origin = origin;
    this.#fetch = fetch;
  }

  /** A tensor, which the caller disposes. Rejects with `op-failed` where an op fails on these values, or why a mock cannot be fetched. */
  async get(): Promise<tf.Tensor> {
    return valueToTensor(await evaluate(this.#origin, this.#fetch));
  }

  /** As get, as a number (or boolean, or text) for rank 0, else nested arrays. */
  async getValue(): Promise<Nested> {
    return toNested(await evaluate(this.#origin, this.#fetch));
  }
}

/** What is known of how values came to be. Nothing is kept before the owner has published a mock. */
export class Mocks {
  readonly #fetch: (state: ValueState) => Promise<TensorValue>;
  readonly #origins = new WeakMap<ValueState, Origin>();
  readonly #fetched = new WeakMap<ValueState, Promise<TensorValue>>();
  #anyThere = false;

  constructor(fetch: (state: ValueState) => Promise<TensorValue>) {
    this.#fetch = fetch;
  }

  /** The mock of a value; undefined where none of the owner's takes part, or that is not known any more. */
  of(state: ValueState): Mock | undefined {
    const origin = this.#origins.get(state);
    if (origin === undefined || !isMocked(origin)) return undefined;
    return new Mock(origin, (mock) => this.#once(mock));
  }

  /** The owner has published made-up values for an object. */
  published(object: ValueState, mock: ValueState): void {
    this.#anyThere = true;
    this.#origins.set(object, { kind: 'mock', of: mock });
  }

  /** The scientist's own value. */
  sent(state: ValueState, value: TensorValue): void {
    if (this.#anyThere) this.#origins.set(state, { kind: 'value', value });
  }

  /** An op was called. */
  op(name: string, args: readonly Arg<Given>[], states: readonly ValueState[]): void {
    this.#called(tensorsOf(args), states, (inputs) => {
      let next = 0;
      const given = args.map((arg) => mapArg(arg, () => needed(inputs[next++])));
      return runOpLocally(name, given);
    });
  }

  /** A plan was called. */
  plan(plan: Plan, args: readonly Given[], salt: number, states: readonly ValueState[]): void {
    this.#called(args, states, (inputs) => runPlanLocally(plan, inputs, salt));
  }

  #called(args: readonly Given[], states: readonly ValueState[], run: Call['run']): void {
    if (!this.#anyThere) return;
    const inputs: Origin[] = [];
    for (const given of args) {
      const origin = this.#originOf(given);
      if (origin === undefined) return;
      inputs.push(origin);
    }
    const depth = 1 + inputs.reduce((most, input) => Math.max(most, depthOf(input)), 0);
    if (depth > mostDepth) return;
    const call: Call = { run, inputs, depth, mocked: inputs.some(isMocked) };
    states.forEach((state, at) => {
      this.#origins.set(state, { kind: 'output', call, at });
    });
  }

  #originOf(given: Given): Origin | undefined {
    switch (given.kind) {
      case 'pointer':
        return this.#origins.get(given.value);
      case 'variable':
        return this.#origins.get(stateOf(given.variable).value);
      case 'local':
        return { kind: 'value', value: given.value };
      case 'live': {
        const bytes = new Uint8Array(Float32Array.of(given.live.current()).buffer);
        return { kind: 'value', value: { meta: given.meta, bytes } };
      }
      default:
        return given satisfies never;
    }
  }

  #once(mock: ValueState): Promise<TensorValue> {
    const known = this.#fetched.get(mock);
    if (known !== undefined) return known;
    const fetching = this.#fetch(mock);
    this.#fetched.set(mock, fetching);
    // The next one who asks tries again.
    fetching.catch(() => this.#fetched.delete(mock));
    return fetching;
  }
}

function isMocked(origin: Origin): boolean {
  return origin.kind === 'mock' || (origin.kind === 'output' && origin.call.mocked);
}

function depthOf(origin: Origin): number {
  return origin.kind === 'output' ? origin.call.depth : 0;
}

function needed(tensor: tf.Tensor | undefined): tf.Tensor {
  if (tensor === undefined) throw new DuetError('internal');
  return tensor;
}

/** The calls that lead to a value, each after those that it needs. Chains are long: no recursion. */
function inOrder(origin: Origin): Call[] {
  const order: Call[] = [];
  const entered = new Set<Call>();
  const left = new Set<Call>();
  const stack = origin.kind === 'output' ? [origin.call] : [];
  for (let call = stack.at(-1); call !== undefined; call = stack.at(-1)) {
    if (entered.has(call)) {
      stack.pop();
      if (!left.has(call)) order.push(call);
      left.add(call);
      continue;
    }
    entered.add(call);
    for (const input of call.inputs) {
      if (input.kind === 'output' && !entered.has(input.call)) stack.push(input.call);
    }
  }
  return order;
}

async function evaluate(
  origin: Origin,
  fetchMock: (state: ValueState) => Promise<TensorValue>,
): Promise<TensorValue> {
  const values = new Map<Call, TensorValue[]>();
  const resolve = async (from: Origin): Promise<TensorValue> => {
    if (from.kind === 'value') return from.value;
    if (from.kind === 'mock') return await fetchMock(from.of);
    const value = values.get(from.call)?.[from.at];
    if (value === undefined) throw new DuetError('internal');
    return value;
  };
  const calls = inOrder(origin);
  const uses = usesOf(calls);
  for (const [done, call] of calls.entries()) {
    const inputs: TensorValue[] = [];
    for (const input of call.inputs) inputs.push(await resolve(input));
    values.set(call, runOn(call, inputs));
    for (const input of call.inputs) {
      if (input.kind !== 'output') continue;
      const left = (uses.get(input.call) ?? 0) - 1;
      uses.set(input.call, left);
      if (left === 0) values.delete(input.call);
    }
    if (done % callsPerTurn === callsPerTurn - 1) await nextMacrotask();
  }
  return await resolve(origin);
}

/** How often the outputs of each call go into others. */
function usesOf(calls: readonly Call[]): Map<Call, number> {
  const uses = new Map<Call, number>();
  for (const { inputs } of calls) {
    for (const input of inputs) {
      if (input.kind === 'output') uses.set(input.call, (uses.get(input.call) ?? 0) + 1);
    }
  }
  return uses;
}

function runOn(call: Call, inputs: readonly TensorValue[]): TensorValue[] {
  const made: TensorValue[] = [];
  tf.tidy(() => {
    try {
      for (const tensor of call.run(inputs.map((value) => valueToTensor(value)))) {
        made.push(tensorToValue(tensor));
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new DuetError('op-failed', { detail: `On the mocks: ${why}`, cause: error });
    }
  });
  return made;
}
