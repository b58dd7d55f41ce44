/** Tensors that the owner published together. */

import { type DataSet, DuetError, isFieldName, type Split } from '@duet/protocol';
import type { Pointer } from './pointer';
import { quoted, suggest } from './words';

/** Consecutive records that the owner gave a name: a test set, a fold. */
export interface DataSetSplit {
  /** Inert text of the owner's. */
  readonly name: string;
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
  /** Persons among them; undefined where the data set has no unit. */
  readonly persons: number | undefined;
}

/**
 * A data set of the owner's, with a pointer for each field: as a property where the name is free, and always by `field`.
 */
export class DataSetObject {
  readonly id: string;
  /** Inert text of the owner's; so are tags and description. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  /** Records that all fields have, along their record axes. */
  readonly records: number;
  /** The field (`patient`) or column (`X.patient`) whose equal values are one person; empty: each record is one. */
  readonly unit: string;
  /** How many persons there are; undefined where there is no unit. */
  readonly persons: number | undefined;
  /** Parts that the owner named. With a unit, handlers release aggregates of these and of the whole alone. */
  readonly splits: readonly DataSetSplit[];
  readonly #fields: ReadonlyMap<string, Pointer>;
  readonly #numbers: readonly number[];

  /** Made by the store. */
  constructor(set: DataSet, fields: readonly (readonly [string, number, Pointer])[]) {
    this.id = `p${set.id}`;
    this.name = set.name;
    this.tags = set.tags;
    this.description = set.description;
    this.records = fields[0]?.[2].records ?? 0;
    this.unit = set.unit;
    this.persons = set.unit === '' ? undefined : set.units;
    this.splits = set.splits.map((split) => splitOf(split, set.unit !== ''));
    this.#fields = new Map(fields.map(([name, , pointer]) => [name, pointer]));
    this.#numbers = fields.map(([, number]) => number);
    for (const [name, , pointer] of fields) {
      // The name comes from the other side: it never hides a member, and never reaches what all objects have.
      if (isFieldName(name) && !(name in this)) {
        Object.defineProperty(this, name, { value: pointer, enumerable: true });
      }
    }
  }

  /** Names of the fields, in the owner's order. */
  get fields(): readonly string[] {
    return [...this.#fields.keys()];
  }

  /** The owner's numbers of the fields. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** All records of a field, or those of a split as a slice. Throws `bad-argument` for a name that is no field's or split's. */
  field(name: string, split?: string): Pointer {
    const pointer = this.#fields.get(name);
    if (pointer === undefined) throw this.#unknown('field', name, [...this.#fields.keys()]);
    if (split === undefined) return pointer;
    const span = this.splits.find((each) => each.name === split);
    if (span === undefined) {
      const names = this.splits.map((each) => each.name);
      throw this.#unknown('split', split, names);
    }
    return pointer.slice({ [pointer.recordAxis ?? 0]: [span.from, span.to] });
  }

  #unknown(what: string, name: string, names: readonly string[]): DuetError {
    return new DuetError('bad-argument', {
      detail: `Data set ${this.id} has no ${what} ${quoted(String(name))}.`,
      hint: suggest(String(name), names),
    });
  }

  /** For people. */
  toString(): string {
    return `Data set ${this.id}: ${this.fields.join(', ')}`;
  }
}

function splitOf({ name, from, to, units }: Split, hasUnit: boolean): DataSetSplit {
  return { name, from, to, persons: hasUnit ? units : undefined };
}

/** A data set with its fields as properties; with unknown field names, use `field`. */
export type DataSetPointer<F extends string = string> = string extends F
  ? DataSetObject
  : DataSetObject & { readonly [K in Exclude<F, keyof DataSetObject>]: Pointer };
