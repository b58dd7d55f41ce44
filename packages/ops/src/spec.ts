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
  /** One finite number or a list of them. */
  | 'numberOrNumbers'
  /** How a window meets the edges: one of `choices`, a number of entries, or pairs of them for each axis. */
  | 'padding'
  /** An equation of `einsum`. Its labels are renamed a, b, c … in order, so that each has one form. */
  | 'equation'
  /** One of a fixed set of texts, listed in `choices`. A text that reads as a number stands for that number. */
  | 'choice';

export interface ParamSpec {
  readonly name: string;
  readonly kind: ParamKind;
  readonly optional: boolean;
  readonly choices?: readonly string[];
  /** The only dtype that tfjs takes here; literals are read as it. */
  readonly dtype?: DType;
  /** Takes all arguments that are left, one by one, where tfjs does: `einsum(equation, a, b)`. */
  readonly rest?: true;
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
 * the engine clamps it first. `guarded`: the same for what is more than an index into one axis; the guard says what the
 * engine does. `random`: its values follow from a public seed. Ops whose output shape depends on values are not offered at
 * all.
 */
export type DataDependence = 'static' | 'clamped' | 'guarded' | 'random';

/** Entries that could make an op fail, or give something else on another backend, and what becomes of them. */
export interface Guard {
  /** Positions in `params` of the int32 tensors that have such entries. */
  readonly indices: readonly number[];
  /** What the engine does with an entry out of range, in words. */
  readonly words: string;
}

/** Positions in `params`: the tensor at `indices` holds indices into the axis `axis` of the tensor at `of`. */
export interface Clamp {
  readonly indices: number;
  readonly of: number;
  /** The parameter that names the axis; 0 is meant where it is absent, or where no parameter does. */
  readonly axis: number | undefined;
}

/** An op that may be called on pointers. */
export interface OpSpec {
  /** As in tfjs, with its namespace: `matMul`, `image.resizeBilinear`. */
  readonly name: string;
  readonly params: readonly ParamSpec[];
  /** Where set, the parameters from this position on are the members of one object, the argument at this position. */
  readonly optionsFrom?: number;
  readonly form: ResultForm;
  readonly dataDependence: DataDependence;
  /** What must be clamped before the op runs, so that no value can make it fail. */
  readonly clamps: readonly Clamp[];
  /** What the engine does before the op runs, where that is more than clamping indices into an axis. */
  readonly guard?: Guard;
  /** Set where the engine makes the op out of other ops of tfjs: in what it then differs from tfjs's own, in words. */
  readonly composed?: string;
}

export type { DType };
