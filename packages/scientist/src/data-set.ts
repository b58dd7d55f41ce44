/** Tensors that the owner published together. */

import { type DataSet, DuetError, isFieldName } from '@duet/protocol';
import type { Pointer } from './pointer';
import { quoted, suggest } from './words';

/**
 * A data set of the owner's, with a pointer for each field: as a property where the name is free, and always by `field`.
 */
export class DataSetObject {
  readonly id: string;
  /** Inert text of the owner's; so are tags and description. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly #fields: ReadonlyMap<string, Pointer>;
  readonly #numbers: readonly number[];

  /** Made by the store. */
  constructor(set: DataSet, fields: readonly (readonly [string, number, Pointer])[]) {
    this.id = `p${set.id}`;
    this.name = set.name;
    this.tags = set.tags;
    this.description = set.description;
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

  /** Throws `bad-argument` for a name that is no field's. */
  field(name: string): Pointer {
    const pointer = this.#fields.get(name);
    if (pointer === undefined) {
      throw new DuetError('bad-argument', {
        detail: `Data set ${this.id} has no field ${quoted(String(name))}.`,
        hint: suggest(String(name), this.#fields.keys()),
      });
    }
    return pointer;
  }

  /** For people. */
  toString(): string {
    return `Data set ${this.id}: ${this.fields.join(', ')}`;
  }
}

/** A data set with its fields as properties; with unknown field names, use `field`. */
export type DataSetPointer<F extends string = string> = string extends F
  ? DataSetObject
  : DataSetObject & { readonly [K in Exclude<F, keyof DataSetObject>]: Pointer };
