/** What the page and the worker that runs the program tell each other. */

import type { DataSetSplit, KeptRow } from 'duetjs';

export interface CatalogueField {
  /** Empty for an object outside a data set. */
  readonly field: string;
  readonly id: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly columns: readonly string[];
  readonly isPublic: boolean;
  /** Along its record axis; undefined for a scalar. */
  readonly records: number | undefined;
}

/** A data set, or an object of its own, as the owner published it. All texts are the owner's: inert. */
export interface CatalogueEntry {
  readonly id: string;
  readonly isDataSet: boolean;
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly fields: readonly CatalogueField[];
  /** How many persons a data set is about, where its owner told; undefined: each record is one. */
  readonly persons: number | undefined;
  readonly splits: readonly DataSetSplit[];
}

/** Something of the scientist's own that lives at the owner's. */
export interface OwnEntry {
  readonly id: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly tags: readonly string[];
  /** What made it. */
  readonly madeBy: string;
}

export interface OwnEntries {
  /** The first ones by id, as many as are worth a look. */
  readonly entries: readonly OwnEntry[];
  readonly total: number;
}

export type OutputTone = 'log' | 'warn' | 'error' | 'result';

export type Output =
  | { readonly kind: 'line'; readonly tone: OutputTone; readonly text: string }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: 'clear' };

/** What the program has going on with the owner's side. */
export interface Activity {
  /** Requests without a decision. */
  readonly waiting: number;
  /** Values asked for that have not arrived. */
  readonly getting: number;
  /** The scientist's objects on the owner's side. */
  readonly objects: number;
}

export type ToRunner =
  | { readonly kind: 'start'; readonly port: MessagePort }
  | { readonly kind: 'run'; readonly code: string }
  /** Fetches the value of a kept request, and shows it. */
  | { readonly kind: 'collect'; readonly id: number }
  | { readonly kind: 'forget'; readonly id: number };

export type FromRunner =
  | { readonly kind: 'ready' }
  | { readonly kind: 'mine'; readonly mine: OwnEntries }
  /** The owner's page was reloaded, and so many objects are gone with it. */
  | { readonly kind: 'renewed'; readonly gone: number }
  | { readonly kind: 'unusable'; readonly why: string }
  | { readonly kind: 'catalogue'; readonly entries: readonly CatalogueEntry[] }
  | { readonly kind: 'kept'; readonly rows: readonly KeptRow[] }
  /** All of this session, as they are exported. */
  | { readonly kind: 'receipts'; readonly text: string }
  | { readonly kind: 'activity'; readonly activity: Activity }
  | { readonly kind: 'output'; readonly outputs: readonly Output[] }
  | {
      readonly kind: 'ended';
      readonly failed: boolean;
      /** Where it failed, if that is known. */
      readonly line: number | undefined;
    };
