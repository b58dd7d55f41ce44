import type { DType, ParamKind, ResultForm } from './spec';

/** What tfjs declares, which is more than what may be called. */
export type TableKind = ParamKind | 'text' | 'numberOrText' | 'function' | 'options' | 'other';

export interface TableParam {
  readonly name: string;
  readonly kind: TableKind;
  readonly optional: boolean;
  readonly choices?: readonly string[];
  readonly dtype?: DType;
  readonly rest?: true;
}

export interface TableEntry {
  readonly params: readonly TableParam[];
  /** Where set, the parameters from here on are the members of the one object that tfjs takes at this position. */
  readonly optionsFrom?: number;
  /** `async`: a promise. `named`: a map whose names the declarations do not tell. `other`: no tensors. */
  readonly form: ResultForm | { readonly kind: 'async' | 'named' | 'other' };
}

export type OpTable = Readonly<Record<string, TableEntry>>;
