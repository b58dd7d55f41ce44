/** What page and engine worker say to each other. Both are of one build, so that nothing here is checked. */

import type { EngineFacts, Slot, Step } from '@duet/ops';
import type { BackendName, ErrorCode, Plan, TensorValue } from '@duet/protocol';

export type WorkerJob =
  | {
      readonly kind: 'put';
      readonly slot: Slot;
      /** Without bytes where they came before, in pieces. */
      readonly value: TensorValue;
      readonly isInPieces?: boolean;
    }
  | { readonly kind: 'install'; readonly plan: number; readonly graph: Plan }
  | { readonly kind: 'uninstall'; readonly plan: number }
  | { readonly kind: 'run'; readonly step: Step }
  /** So many jobs in one: ops, packed by `OpPacker`. */
  | { readonly kind: 'ops'; readonly count: number; readonly packed: Float64Array<ArrayBuffer> }
  | { readonly kind: 'drop'; readonly slots: readonly Slot[] }
  | { readonly kind: 'read'; readonly id: number; readonly slot: Slot };

/** What the engine is to run on. */
export interface Wanted {
  /** Undefined: the best that starts. */
  readonly backend: BackendName | undefined;
  /** Of the wasm backend, where there may be any; undefined: as many as the machine is good for. */
  readonly threads: number | undefined;
}

export type ToWorker =
  | { readonly kind: 'start'; readonly wanted: Wanted }
  | { readonly kind: 'jobs'; readonly jobs: readonly WorkerJob[] }
  /** Of the value that is put next. `of`: all of its bytes. */
  | {
      readonly kind: 'piece';
      readonly piece: Uint8Array<ArrayBuffer>;
      readonly at: number;
      readonly of: number;
    };

/** An error as far as it can cross. Its text may hold private values, and stays in the owner's page. */
export interface ErrorWords {
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export type FromWorker =
  | { readonly kind: 'ready'; readonly facts: EngineFacts }
  /** There will be no engine in this worker. */
  | { readonly kind: 'unusable'; readonly error: ErrorWords }
  | { readonly kind: 'failed'; readonly op: string; readonly error: ErrorWords }
  | { readonly kind: 'value'; readonly id: number; readonly value: TensorValue | undefined }
  /** So many more jobs are done, in the order in which they came. */
  | { readonly kind: 'done'; readonly count: number };
