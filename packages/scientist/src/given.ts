/** What stands for a tensor in a call, before it is known how it travels. */

import type { TensorMeta, TensorValue } from '@duet/protocol';
import type { ValueState } from './value-state';
import type { RemoteVariable } from './variables';

/** A number that is looked up anew each time that a plan is called, such as a learning rate. */
export interface LiveNumber {
  /** For people. */
  readonly name: string;
  /** A float32 scalar. */
  current(): number;
}

export type Given =
  /** `keep` is what holds the value: a plan that uses it must keep its pointer from being collected. */
  | { readonly kind: 'pointer'; readonly value: ValueState; readonly keep: object }
  /** Its version is looked up when the call is made. */
  | { readonly kind: 'variable'; readonly variable: RemoteVariable }
  /** A value of the local tfjs, whose data is the key, or one that was written in the call and is its own key. */
  | { readonly kind: 'local'; readonly value: TensorValue; readonly key: object }
  | { readonly kind: 'live'; readonly live: LiveNumber; readonly meta: TensorMeta };

/** The same for two mentions of one thing. */
export function keyOf(given: Given): object {
  switch (given.kind) {
    case 'pointer':
      return given.value;
    case 'variable':
      return given.variable;
    case 'local':
      return given.key;
    case 'live':
      return given.live;
    default:
      return given satisfies never;
  }
}
