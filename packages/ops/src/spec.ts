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
  /** One of a fixed set of texts, listed in `choices`. A text that reads as a number stands for that number. */
  | 'choice';

export interface ParamSpec {
  readonly name: string;
  readonly kind: ParamKind;
  readonly optional: boolean;
  readonly choices?: readonly string[];
  /** The only dtype that tfjs takes here; literals are read as it. */
  readonly dtype?: DType;
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

/**
 * How an op depends on the values it is given. `clamped`: an index that depends on private values could make it fail, so
 * the engine clamps it first. `random`: its values follow from a public seed. Ops whose output shape depends on values
 * are not offered at all.
 */
export type DataDependence = 'static' | 'clamped' | 'random';

/** Positions in `params`: the tensor at `indices` holds indices into the axis `axis` of the tensor at `of`. */
export interface Clamp {
  readonly indices: number;
  readonly of: number;
  /** The parameter that names the axis; 0 is meant where it is absent. */
  readonly axis: number;
}

/** An op that may be called on pointers. */
export interface OpSpec {
  /** As in tfjs, with its namespace: `matMul`, `image.resizeBilinear`. */
  readonly name: string;
  readonly params: readonly ParamSpec[];
  readonly form: ResultForm;
  readonly dataDependence: DataDependence;
  /** What must be clamped before the op runs, so that no value can make it fail. */
  readonly clamps: readonly Clamp[];
}

export type { DType };
