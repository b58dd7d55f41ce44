import { type Arg, type TensorValue, tensorsOf } from '@duet/protocol';
import type { Version } from './objects';
import type { DefinedPlan } from './plans';

/** An input of a call: an object, or what the scientist wrote into the message. */
export type Source =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'literal'; readonly value: TensorValue };

/** One call, with what it was called on. */
export type Making =
  | { readonly kind: 'op'; readonly op: string; readonly args: readonly Arg<Source>[] }
  | {
      readonly kind: 'plan';
      readonly plan: DefinedPlan;
      readonly inputs: readonly Source[];
      readonly salt: number;
    };

/** How values were made that depend on the same inputs, so that they can be made again. */
export interface Recipe {
  readonly making: Making;
  /** Positions in the inputs of the call that these values depend on; nothing else is given to it again. Undefined: all. */
  readonly dependsOn: ReadonlySet<number> | undefined;
  /** The versions among these, each once. */
  readonly needs: readonly Version[];
  /** Those of what the call gives that depend on these inputs. */
  readonly outputs: readonly Version[];
  /** Their positions in what the call gives. Undefined: they are all of it. */
  readonly positions: readonly number[] | undefined;
  /** How many values the call gives. */
  readonly width: number;
  /** Estimated operations of the call, and of everything before it that is not kept as bytes. */
  readonly cost: number;
  readonly total: number;
  /** Calls on top of each other. */
  readonly depth: number;
  /** Of what the scientist wrote into the call, and of this. */
  readonly bytes: number;
  /** What it makes is being read, to be kept as bytes: what is made from it counts from here. */
  readonly endsHere: boolean;
  /** Outputs that can still be asked for, directly or by another recipe. */
  users: number;
}

/** The inputs of a call, in the order of their positions. */
export function sourcesOf(making: Making): readonly Source[] {
  return making.kind === 'plan' ? making.inputs : tensorsOf(making.args);
}
