/** The messages of duet.proto as plain discriminated unions, as the rest of the code sees them. */

import type { ErrorCode } from './errors';

export const protocolVersion = 5;

export type DType = 'float32' | 'int32' | 'bool' | 'string' | 'complex64';

export const dtypes: readonly DType[] = ['float32', 'int32', 'bool', 'string', 'complex64'];

/** What is public about any tensor. */
export interface TensorMeta {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Strings only: the size in bytes that every element is padded to. 0 for all other dtypes. */
  readonly elementBytes: number;
}

/** A tensor as bytes: little-endian, row-major; the layout is in tensor.ts. Whoever holds one must not change it. */
export interface TensorValue {
  readonly meta: TensorMeta;
  readonly bytes: Uint8Array;
}

/** `own`: made by the scientist. `published`: by the owner. */
export interface Ref {
  readonly space: 'own' | 'published';
  readonly id: number;
  /** Into the outputs of an op that returns several; empty for the object itself. */
  readonly path: readonly number[];
}

/** A tensor argument on the wire. */
export type Operand =
  | { readonly kind: 'ref'; readonly ref: Ref }
  | { readonly kind: 'literal'; readonly value: TensorValue };

/**
 * One argument of an op. `T` is what stands for a tensor: an Operand on the wire, an object in the owner's store, a
 * tfjs tensor in the engine.
 */
export type Arg<T> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'tensor'; readonly tensor: T }
  | { readonly kind: 'tensors'; readonly tensors: readonly T[] }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'flag'; readonly flag: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'numbers'; readonly numbers: readonly number[] };

/** The same argument with every tensor replaced. */
export function mapArg<A, B>(arg: Arg<A>, each: (tensor: A) => B): Arg<B> {
  if (arg.kind === 'tensor') return { kind: 'tensor', tensor: each(arg.tensor) };
  if (arg.kind === 'tensors') return { kind: 'tensors', tensors: arg.tensors.map(each) };
  return arg;
}

/** The tensors of a call, in order. */
export function tensorsOf<T>(args: readonly Arg<T>[]): T[] {
  const tensors: T[] = [];
  for (const arg of args) {
    if (arg.kind === 'tensor') tensors.push(arg.tensor);
    else if (arg.kind === 'tensors') tensors.push(...arg.tensors);
  }
  return tensors;
}

// ---- plans -----------------------------------------------------------------------------------------------------

/** A value inside a plan, by number: inputs first, then constants, then what the nodes give, in order. */
export type Register = number;

/** One op of the table. */
export interface OpNode {
  readonly kind: 'op';
  readonly op: string;
  readonly args: readonly Arg<Register>[];
  /** How many values it gives. */
  readonly outputs: number;
  /** Its seed is mixed with the salt of the call, so that no two calls draw alike. */
  readonly salted: boolean;
}

/** Another plan, run in its place. Gives what that gives. */
export interface CallNode {
  readonly kind: 'call';
  /** Into `plans`. */
  readonly plan: number;
  readonly args: readonly Register[];
}

/**
 * A plan run `count` times. It takes the carried values, the fixed ones and the number of the round (an int32 scalar), and
 * gives the carried values anew, then what is collected. The node gives the last carried values, then each collected one,
 * stacked along a new first axis of length `count`.
 */
export interface LoopNode {
  readonly kind: 'loop';
  readonly plan: number;
  readonly count: number;
  readonly carried: readonly Register[];
  readonly fixed: readonly Register[];
}

/**
 * A plan and its gradients: gives what the plan gives, then, for each entry of `wrt`, the gradient of the plan's first
 * output (with `dy` as its own gradient; where absent, ones) with respect to that argument.
 */
export interface GradsNode {
  readonly kind: 'grads';
  readonly plan: number;
  readonly args: readonly Register[];
  /** Positions in `args`, increasing. */
  readonly wrt: readonly number[];
  readonly dy: Register | undefined;
}

export type PlanNode = OpNode | CallNode | LoopNode | GradsNode;

/** A recorded graph: plain data, that one side records and the other one checks and runs. */
export interface Plan {
  /** What the scientist calls it. Inert text. */
  readonly name: string;
  readonly inputs: readonly TensorMeta[];
  /** Each within `limits.literalBytes`. */
  readonly constants: readonly TensorValue[];
  readonly plans: readonly Plan[];
  readonly nodes: readonly PlanNode[];
  readonly outputs: readonly Register[];
}

// ---- handshake ------------------------------------------------------------------------------------------------

export interface Hello {
  readonly kind: 'hello';
  readonly version: number;
  readonly software: string;
  readonly identity: Uint8Array;
  readonly nonce: Uint8Array;
  readonly name: string;
}

export interface Proof {
  readonly kind: 'proof';
  readonly signature: Uint8Array;
}

export interface Admitted {
  readonly kind: 'admitted';
  readonly name: string;
}

export interface Refused {
  readonly kind: 'refused';
  readonly code: ErrorCode;
}

// ---- scientist to owner ---------------------------------------------------------------------------------------

export interface Begin {
  readonly kind: 'begin';
  readonly epoch: number;
  /** What an earlier session of theirs left stays, and is told by `mine`. Default false: it is dropped. */
  readonly keep?: boolean | undefined;
}

export interface Put {
  readonly kind: 'put';
  readonly id: number;
  readonly meta: TensorMeta;
  readonly tags: readonly string[];
  readonly description: string;
  readonly digest: Uint8Array;
}

export interface Action {
  readonly kind: 'action';
  readonly id: number;
  readonly op: string;
  readonly args: readonly Arg<Operand>[];
}

export interface Request {
  readonly kind: 'request';
  readonly id: number;
  readonly ref: Ref;
  readonly name: string;
  readonly reason: string;
  /** 0: as long as the link lives. */
  readonly timeoutMs: number;
  /** How long it is kept once its scientist has left; where absent, it goes with them. */
  readonly keepMs?: number | undefined;
}

/** Has the value of a kept request sent, as the get of this id; waits for its decision where there is none yet. */
export interface Collect {
  readonly kind: 'collect';
  readonly id: number;
  readonly kept: number;
}

/** Lets go of a kept request. */
export interface Forget {
  readonly kind: 'forget';
  readonly kept: number;
}

export interface Get {
  readonly kind: 'get';
  readonly id: number;
  readonly ref: Ref;
  /** Wait for the decision on this request; 0: now or never. */
  readonly request: number;
  readonly deleteAfter: boolean;
}

export interface Confirm {
  readonly kind: 'confirm';
  readonly get: number;
}

export interface Withdraw {
  readonly kind: 'withdraw';
  readonly request: number;
}

/** One output of an op or a plan that gives several. */
export interface Part {
  readonly id: number;
  readonly output: number;
}

export interface Drop {
  readonly kind: 'drop';
  readonly ids: readonly number[];
  /** Single outputs, whose siblings stay. */
  readonly parts: readonly Part[];
}

export interface Define {
  readonly kind: 'define';
  readonly id: number;
  readonly plan: Plan;
}

/** Runs a plan once, as one action; its outputs are `id + path` like an op's. */
export interface CallPlan {
  readonly kind: 'call';
  readonly id: number;
  /** The id of a Define. */
  readonly plan: number;
  readonly args: readonly Operand[];
  /** 0: seeds are used as they are. */
  readonly salt: number;
  /** Ids that are released once the call is recorded: a step's old state goes with the message that makes the new one. */
  readonly drops: readonly number[];
  /** The same for single outputs. */
  readonly dropParts: readonly Part[];
}

/**
 * Runs a plan over the batches of tensors with a common first axis. The plan takes the state, one batch of each data
 * tensor, one row of each schedule and the fixed values, and gives the state anew, then the reports. What it makes and under
 * which ids is in `runLayout` of the ops.
 */
export interface Train {
  readonly kind: 'train';
  readonly id: number;
  /** Ids of Defines; `lastPlan` is for the shorter last batch of an epoch, 0 leaves that batch out. */
  readonly plan: number;
  readonly lastPlan: number;
  readonly state: readonly Operand[];
  readonly data: readonly Operand[];
  /** One row for each step of the whole run: a learning rate that changes. */
  readonly schedule: readonly Operand[];
  readonly fixed: readonly Operand[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  /** Of the permutations, and of the salts of the steps. */
  readonly seed: number;
  /** Where an earlier run was left. */
  readonly firstStep: number;
  /** Steps; 0: once an epoch. */
  readonly reportEvery: number;
  /** Steps; 0: never. */
  readonly checkpointEvery: number;
  readonly progressEvery: number;
  readonly name: string;
}

export interface Cancel {
  readonly kind: 'cancel';
  readonly run: number;
}

export type ScientistMessage =
  | Hello
  | Proof
  | Begin
  | Put
  | Action
  | Request
  | Get
  | Confirm
  | Withdraw
  | Drop
  | Define
  | CallPlan
  | Train
  | Cancel
  | Collect
  | Forget;

// ---- owner to scientist ---------------------------------------------------------------------------------------

export interface Welcome {
  readonly kind: 'welcome';
  readonly epoch: number;
  readonly nextId: number;
  /** Catalogue messages that follow before everything published was told. */
  readonly catalogues: number;
  /** The estimated operations that one op may cost. */
  readonly opCost: number;
  /** The same for one call of a plan, and for one training run. */
  readonly planCost: number;
  readonly runCost: number;
  /** Of the engine that runs this session. */
  readonly backend: BackendName;
  /** Ops that may be called and that this backend cannot run. */
  readonly lacking: readonly string[];
  /** The longest that requests are kept for a scientist who has left; 0: not at all. */
  readonly keepMs: number;
  /** Mine messages that follow, where an earlier session was kept. */
  readonly mine: number;
}

export type BackendName = 'cpu' | 'wasm' | 'webgl' | 'webgpu';

export const backendNames: readonly BackendName[] = ['cpu', 'wasm', 'webgl', 'webgpu'];

export interface Published {
  readonly id: number;
  readonly meta: TensorMeta;
  readonly tags: readonly string[];
  readonly description: string;
  /** Names of the last axis's entries; empty where the owner gave none. */
  readonly columns: readonly string[];
  readonly public: boolean;
  /** Its name in its data set; empty outside one. */
  readonly field: string;
  /** Made-up values with the shape and dtype of the object of that number; 0: it is an object itself. */
  readonly mockOf: number;
  /** The axis along which one entry is one record. */
  readonly recordAxis: number;
  /** The fewest records that an automatic aggregate of it may be about; 0 where there are no records. */
  readonly minRecords: number;
}

/** Records that aggregates and metrics may be about where the data set has a unit. */
export interface Split {
  readonly name: string;
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  /** Persons among them. */
  readonly units: number;
}

export interface DataSet {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly fields: readonly Published[];
  /** The field or column whose equal values are one person; empty: a record is one. */
  readonly unit: string;
  /** How many persons there are; 0: as many as records. */
  readonly units: number;
  readonly splits: readonly Split[];
}

export interface Catalogue {
  readonly kind: 'catalogue';
  readonly objects: readonly Published[];
  readonly dataSets: readonly DataSet[];
}

export interface Gone {
  readonly kind: 'gone';
  readonly published: readonly number[];
  readonly own: readonly number[];
}

/** `revoked`: accepted, and taken back before anything of it was sent. */
export type Outcome = 'accepted' | 'denied' | 'expired' | 'revoked';

export interface Decision {
  readonly kind: 'decision';
  readonly request: number;
  readonly outcome: Outcome;
  readonly reason: string;
}

export interface Value {
  readonly kind: 'value';
  readonly get: number;
  readonly meta: TensorMeta;
  readonly digest: Uint8Array;
  /** Significant digits that the values were rounded to; absent where they are exact. */
  readonly digits?: number | undefined;
  /** Of the grant that it spends. */
  readonly receipt?: Receipt | undefined;
}

/** The owner's word on a release: the newest entry of the history that the owner's side keeps of this scientist. */
export interface Receipt {
  /** One line of JSON. */
  readonly entry: string;
  /** The head of the history before it, 32 bytes. */
  readonly previous: Uint8Array;
  /** Of the head with it, by the owner's identity key; 64 bytes. */
  readonly signature: Uint8Array;
}

export interface KeptItem {
  /** Counted by the owner's side, for each scientist. */
  readonly id: number;
  readonly meta: TensorMeta;
  readonly name: string;
  /** Undefined while it waits. */
  readonly outcome: Outcome | undefined;
  readonly reason: string;
  readonly leftMs: number;
}

/** Requests of an earlier session that were kept, as they are now. */
export interface Kept {
  readonly kind: 'kept';
  readonly items: readonly KeptItem[];
  /** Whose life has ended. */
  readonly gone: readonly number[];
}

export interface MineItem {
  readonly id: number;
  readonly path: readonly number[];
  readonly meta: TensorMeta;
  readonly tags: readonly string[];
  readonly description: string;
  /** What made it, in the words of lineage; empty where it was sent. */
  readonly op: string;
  /** Can it be had without a request? */
  readonly readable: boolean;
}

/** What the owner's side holds of this scientist's from before a reload. Whatever of it is missing is gone. */
export interface Mine {
  readonly kind: 'mine';
  readonly items: readonly MineItem[];
}

export interface Failed {
  readonly kind: 'failed';
  readonly get: number;
  readonly code: ErrorCode;
  /** Of the grant that it spends. */
  readonly receipt?: Receipt | undefined;
}

export interface Fault {
  readonly kind: 'fault';
  /** The id of the message it is about; 0 where that could not be read. */
  readonly about: number;
  readonly code: ErrorCode;
}

export type RunState = 'running' | 'finished' | 'cancelled' | 'stopped';

/** Of a training run, after fixed counts of steps and at its end. */
export interface Progress {
  readonly kind: 'progress';
  readonly run: number;
  /** Steps that are done, those before the first one included. */
  readonly step: number;
  /** `cancelled`: by the scientist, `stopped`: by the owner. */
  readonly state: RunState;
}

export type OwnerMessage =
  | Hello
  | Proof
  | Admitted
  | Refused
  | Welcome
  | Catalogue
  | Gone
  | Decision
  | Value
  | Failed
  | Fault
  | Progress
  | Kept
  | Mine;
