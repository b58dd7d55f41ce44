/** Short ways to write messages and values in tests. */

import {
  type Action,
  type Arg,
  type CallPlan,
  type Define,
  digestOf,
  type Get,
  type Operand,
  type Plan,
  type PlanNode,
  type Put,
  type Ref,
  type Register,
  type Request,
  type TensorMeta,
  type TensorValue,
  type Train,
  tensorMeta,
} from '@duet/protocol';

export const own = (id: number, ...path: number[]): Ref => ({ space: 'own', id, path });
export const published = (id: number): Ref => ({ space: 'published', id, path: [] });

export const operand = (ref: Ref): Operand => ({ kind: 'ref', ref });

export function floats(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): TensorValue {
  return {
    meta: tensorMeta('float32', shape),
    bytes: new Uint8Array(Float32Array.from(values).buffer),
  };
}

export function ints(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): TensorValue {
  return {
    meta: tensorMeta('int32', shape),
    bytes: new Uint8Array(Int32Array.from(values).buffer),
  };
}

export function bools(
  values: readonly number[],
  shape: readonly number[] = [values.length],
): TensorValue {
  return { meta: tensorMeta('bool', shape), bytes: Uint8Array.from(values) };
}

type Word =
  | Ref
  | TensorValue
  | number
  | boolean
  | string
  | readonly number[]
  | readonly Ref[]
  | undefined;

function argument(word: Word): Arg<Operand> {
  if (word === undefined) return { kind: 'absent' };
  if (typeof word === 'number') return { kind: 'number', number: word };
  if (typeof word === 'boolean') return { kind: 'flag', flag: word };
  if (typeof word === 'string') return { kind: 'text', text: word };
  if ('meta' in word) return { kind: 'tensor', tensor: { kind: 'literal', value: word } };
  if ('space' in word) return { kind: 'tensor', tensor: operand(word) };
  const list = word as readonly (number | Ref)[];
  if (list.every((item) => typeof item === 'number')) return { kind: 'numbers', numbers: list };
  return { kind: 'tensors', tensors: (list as readonly Ref[]).map(operand) };
}

export const action = (id: number, op: string, ...args: Word[]): Action => ({
  kind: 'action',
  id,
  op,
  args: args.map(argument),
});

export const get = (
  id: number,
  ref: Ref,
  options: Partial<Pick<Get, 'request' | 'deleteAfter'>> = {},
): Get => ({
  kind: 'get',
  id,
  ref,
  request: 0,
  deleteAfter: false,
  ...options,
});

export const request = (
  id: number,
  ref: Ref,
  options: Partial<Pick<Request, 'name' | 'reason' | 'timeoutMs' | 'keepMs'>> = {},
): Request => ({
  kind: 'request',
  id,
  ref,
  name: '',
  reason: '',
  timeoutMs: 0,
  ...options,
});

/** The announcement of a value, whose bytes go as the payload of the same number. */
export async function put(id: number, { meta, bytes }: TensorValue): Promise<Put> {
  return { kind: 'put', id, meta, tags: [], description: '', digest: await digestOf(bytes) };
}

export const begin = { kind: 'begin', epoch: 1 } as const;

// ---- plans ---------------------------------------------------------------------------------------------------------

const asOperand = (word: Ref | TensorValue): Operand =>
  'space' in word ? operand(word) : { kind: 'literal', value: word };

export const float = (...shape: number[]): TensorMeta => tensorMeta('float32', shape);

type NodeWord = Register | readonly number[] | { readonly number: number } | string | undefined;

/** A node of a plan: a number is a value in it, a list is one of numbers. */
export function node(op: string, ...words: NodeWord[]): PlanNode {
  const args = words.map((word): Arg<Register> => {
    if (word === undefined) return { kind: 'absent' };
    if (typeof word === 'number') return { kind: 'tensor', tensor: word };
    if (typeof word === 'string') return { kind: 'text', text: word };
    if ('number' in word) return { kind: 'number', number: word.number };
    return { kind: 'numbers', numbers: word };
  });
  return { kind: 'op', op, args, outputs: 1, salted: false };
}

export function plan(
  inputs: readonly TensorMeta[],
  nodes: readonly PlanNode[],
  outputs: readonly Register[],
  more: Partial<Plan> = {},
): Plan {
  return { name: '', inputs, constants: [], plans: [], nodes, outputs, ...more };
}

export const define = (id: number, graph: Plan): Define => ({ kind: 'define', id, plan: graph });

export const call = (
  id: number,
  planId: number,
  args: readonly (Ref | TensorValue)[],
  more: Partial<Pick<CallPlan, 'salt' | 'drops' | 'dropParts'>> = {},
): CallPlan => ({
  kind: 'call',
  id,
  plan: planId,
  args: args.map(asOperand),
  salt: 0,
  drops: [],
  dropParts: [],
  ...more,
});

type TrainWords = Partial<Omit<Train, 'kind' | 'id' | 'plan' | TrainOperands>> & {
  readonly [Key in TrainOperands]?: readonly (Ref | TensorValue)[];
};
type TrainOperands = 'state' | 'data' | 'schedule' | 'fixed';

export function train(
  id: number,
  planId: number,
  { state = [], data = [], schedule = [], fixed = [], ...more }: TrainWords,
): Train {
  return {
    kind: 'train',
    id,
    plan: planId,
    lastPlan: 0,
    state: state.map(asOperand),
    data: data.map(asOperand),
    schedule: schedule.map(asOperand),
    fixed: fixed.map(asOperand),
    epochs: 1,
    batchSize: 1,
    shuffle: false,
    seed: 1,
    firstStep: 0,
    reportEvery: 0,
    checkpointEvery: 0,
    progressEvery: 1,
    name: '',
    ...more,
  };
}
