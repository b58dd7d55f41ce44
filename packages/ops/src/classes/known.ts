import type { Call } from '../call';
import type { TensorFact } from '../spec';
import type { Info } from './info';

/** An operand with all that is public about it. */
export interface Known extends TensorFact {
  readonly info: Info;
}

export type KnownCall = Call<Known>;
