/** What page and engine worker say to each other. Both are of one build, so that nothing here is checked. */

import type { EngineFacts, Slot, Step } from '@duet/ops';
import type { BackendName, ErrorCode, Plan, TensorValue } from '@duet/protocol';

export type WorkerJob =
  | { readonly kind: 'put'; readonly slot: Slot; readonly value: TensorValue }
  | { readonly kind: 'install'; readonly plan: number; readonly graph: Plan }
  | { readonly kind: 'uninstall'; readonly plan: number }
  | { readonly kind: 'run'; readonly step: Step }
  | { readonly kind: 'drop'; readonly slots: readonly Slot[] }
  | { readonly kind: 'read'; readonly id: number; readonly slot: Slot };

export type ToWorker =
  | { readonly kind: 'start'; readonly backend: BackendName | undefined }
  | { readonly kind: 'jobs'; readonly jobs: readonly WorkerJob[] };

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
