/** The messages of duet.proto as plain discriminated unions, as the rest of the code sees them. */

import type { ErrorCode } from './errors';

export const protocolVersion = 1;

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
  return args.flatMap((arg) =>
    arg.kind === 'tensor' ? [arg.tensor] : arg.kind === 'tensors' ? [...arg.tensors] : [],
  );
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
  readonly invite: Uint8Array;
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

export interface Drop {
  readonly kind: 'drop';
  readonly ids: readonly number[];
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
  | Drop;

// ---- owner to scientist ---------------------------------------------------------------------------------------

export interface Welcome {
  readonly kind: 'welcome';
  readonly epoch: number;
  readonly nextId: number;
  /** Catalogue messages that follow before everything published was told. */
  readonly catalogues: number;
  /** The estimated operations that one op may cost. */
  readonly opCost: number;
}

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
}

export interface DataSet {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly fields: readonly Published[];
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

export type Outcome = 'accepted' | 'denied' | 'expired';

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
}

export interface Failed {
  readonly kind: 'failed';
  readonly get: number;
  readonly code: ErrorCode;
}

export interface Fault {
  readonly kind: 'fault';
  /** The id of the message it is about; 0 where that could not be read. */
  readonly about: number;
  readonly code: ErrorCode;
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
  | Fault;
