/** The types of a virtual pointer's methods, from those of a session's pointer. */

import type { AxisIndex, AxisIndices, InPlaceMethods, Pointer } from '@duet/scientist';
import type { VirtualPointer } from './pointer';

/** What one gets of a pointer to a pointer. */
export type Inner<T> = T extends VirtualPointer<unknown> ? T : never;

/** A pointer that `get_` has brought one step nearer. */
export type Nearer<T, Self> = T extends VirtualPointer<infer U> ? VirtualPointer<U> : Self;

/** What a virtual pointer has of its own, or has no place on one. */
type OwnName =
  | 'at'
  | 'copy'
  | 'dispose'
  | 'get'
  | 'getCopy'
  | 'getValue'
  | 'item'
  | 'move'
  | 'remoteGet'
  | 'remoteSend'
  | 'request'
  | 'send'
  | 'slice'
  | 'toJSON'
  | 'toString'
  | 'tryGet'
  | 'valueOf'
  | `${string}_`
  | typeof Symbol.dispose
  | typeof Symbol.toPrimitive;

type MethodName = {
  [K in keyof Pointer]: Pointer[K] extends (...args: never[]) => unknown ? K : never;
}[keyof Pointer];

/** An argument of a session's pointer; a pointer on a virtual worker may be of any kind. */
type VirtualArg<A> = A extends Pointer
  ? VirtualPointer<unknown>
  : A extends readonly (infer E)[]
    ? [Extract<E, Pointer>] extends [never]
      ? A
      : { [I in keyof A]: VirtualArg<A[I]> }
    : A;

/** A result of a session's pointer: of the kind of the pointer it was called on. */
type VirtualResult<R, T> = R extends Pointer
  ? VirtualPointer<T>
  : R extends IterableIterator<infer Item>
    ? IterableIterator<VirtualResult<Item, T>>
    : R extends object
      ? { [K in keyof R]: VirtualResult<R[K], T> }
      : R;

/** The methods of a session's pointer that run on the worker: the ops, and indexing. */
type ForwardedMethods<T> = {
  [Name in Exclude<MethodName, OwnName>]: Pointer[Name] extends (...args: infer A) => infer R
    ? (...args: { [I in keyof A]: VirtualArg<A[I]> }) => VirtualResult<R, T>
    : never;
};

export interface VirtualPointerMethods<T>
  extends ForwardedMethods<T>,
    InPlaceMethods<VirtualPointer<unknown>, VirtualPointer<T>> {
  /** See Pointer.at. */
  at(...indices: readonly AxisIndex[]): VirtualPointer<T>;
  /** As in tfjs, or by the numbers of axes: see Pointer.slice. */
  slice(begin: number | number[], size?: number | number[]): VirtualPointer<T>;
  slice(axes: AxisIndices): VirtualPointer<T>;
}
