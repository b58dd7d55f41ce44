import type { DType, TensorMeta, TensorValue } from '@duet/protocol';

/** What a parameter of an op takes. One vocabulary for the wire, the checks and the types. */
export type ParamKind =
  /** One tensor, or what tfjs converts to one (a number, a nested array). */
  | 'tensor'
  /** A list of tensors. */
  | 'tensors'
  | 'number'
  | 'integer'
  | 'flag'
  | 'dtype'
  /** A shape: non-negative integers; -1 where the op infers a dimension. */
  | 'shape'
  /** A list of integers (axes, begins, paddings flattened by pairs). */
  | 'integers'
  /** One integer or a list of them. */
  | 'integerOrIntegers'
  /** Pairs of integers: [[before, after], …], flattened on the wire. */
  | 'pairs'
  /** One of a fixed set of texts, listed in `choices`. */
  | 'choice';

export interface ParamSpec {
  readonly name: string;
  readonly kind: ParamKind;
  readonly optional: boolean;
  readonly choices?: readonly string[];
}

/** How an op returns its tensors. Lists have a length that follows from the arguments. */
export type ResultForm =
  | { readonly kind: 'single' }
  | { readonly kind: 'list' }
  | { readonly kind: 'tuple'; readonly length: number }
  | { readonly kind: 'fields'; readonly fields: readonly string[] };

/** What is public about a tensor argument: its meta, and its value where that is a literal of the scientist's. */
export interface TensorFact {
  readonly meta: TensorMeta;
  readonly literal?: TensorValue;
}

/** What follows from public facts alone about a call. */
export interface CallFacts {
  /** One for each tensor returned, in the order of `form`. */
  readonly outputs: readonly TensorMeta[];
  readonly form: ResultForm;
  /** Estimated scalar operations. */
  readonly cost: number;
}

/** An op that may be called on pointers. */
export interface OpSpec {
  /** As in tfjs, with its namespace: `matMul`, `image.resizeBilinear`. */
  readonly name: string;
  readonly params: readonly ParamSpec[];
  readonly form: ResultForm;
}

export type { DType };
