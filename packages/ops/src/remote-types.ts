/** The types of remote tfjs, made from tfjs's own: the same calls, with pointers where tensors stood. */

import type * as tf from '@tensorflow/tfjs';
import type { ChainedMethodName } from './chained';
import type { AllowedOp, PolicyTable } from './policy';
import type { OwnForms } from './remote-own';

// biome-ignore lint/suspicious/noExplicitAny: only this pattern matches every function.
type AnyFunction = (...args: any[]) => unknown;

type HoldsTensor<A> = [Extract<A, tf.Tensor>] extends [never] ? false : true;

/**
 * A parameter of tfjs, with a pointer wherever a tensor may stand. tfjs's nested arrays are objects that have no string
 * keys; option objects have some.
 */
type RemoteArg<A, P> = A extends tf.Tensor
  ? P | A
  : A extends readonly (infer E)[]
    ? HoldsTensor<E> extends true
      ? { [I in keyof A]: RemoteArg<A[I], P> }
      : A
    : A extends AnyFunction
      ? never
      : A extends string | number | boolean | ArrayBufferView | null | undefined
        ? A
        : A extends object
          ? [keyof A & string] extends [never]
            ? A
            : { [K in keyof A]: RemoteArg<A[K], P> }
          : A;

type RemoteArgs<A extends readonly unknown[], P> = { [I in keyof A]: RemoteArg<A[I], P> };

/** A result of tfjs, with a pointer for each tensor. */
type RemoteResult<R, P> = R extends tf.Tensor ? P : { [K in keyof R]: RemoteResult<R[K], P> };

/** tfjs takes a text as a seed too; here it is a number, drawn and sent with the call where it is left out. */
type Seeded<A extends readonly unknown[]> = {
  [I in keyof A]: string extends NonNullable<A[I]> ? Exclude<A[I], string> : A[I];
};

/** Ops that draw. */
type SeededOp = {
  [Name in AllowedOp]: PolicyTable[Name] extends { readonly dataDependence: 'random' }
    ? Name
    : never;
}[AllowedOp];

type RemoteFunction<F, P, Name> = Name extends keyof OwnForms<P>
  ? OwnForms<P>[Name]
  : F extends (...args: infer A) => infer R
    ? (
        ...args: Name extends SeededOp ? Seeded<RemoteArgs<A, P>> : RemoteArgs<A, P>
      ) => RemoteResult<R, P>
    : never;

type Namespace = AllowedOp extends infer Name
  ? Name extends `${infer Space}.${string}`
    ? Space
    : never
  : never;

type TopLevel = Exclude<AllowedOp, `${string}.${string}`>;

type MembersOf<Space extends string> = AllowedOp extends infer Name
  ? Name extends `${Space}.${infer Member}`
    ? Member
    : never
  : never;

type Member<T, K> = K extends keyof T ? T[K] : never;

/** The ops of tfjs that may be called on pointers. `P` is the pointer. */
export type RemoteTf<P> = {
  readonly [Name in TopLevel]: RemoteFunction<Member<typeof tf, Name>, P, Name>;
} & {
  readonly [Space in Namespace]: {
    readonly [Name in MembersOf<Space>]: RemoteFunction<
      Member<Member<typeof tf, Space>, Name>,
      P,
      `${Space}.${Name}`
    >;
  };
};

type RemoteMethod<F, P> = F extends (...args: infer A) => infer R
  ? (...args: RemoteArgs<A, P>) => RemoteResult<R, P>
  : never;

/** The methods of tfjs's tensors that may be called on pointers. */
export type ChainedOps<P> = {
  [Name in ChainedMethodName]: RemoteMethod<Member<tf.Tensor, Name>, P>;
};
