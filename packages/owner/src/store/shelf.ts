import { DuetError, limits } from '@duet/protocol';
import {
  isDataSet,
  numbersOf,
  type PublishedObject,
  type StoreItem,
  tensorsOfItem,
  withMocks,
} from './published';

/** What an item takes of the room that a scientist's side keeps. */
interface Size {
  readonly entries: number;
  readonly columns: number;
}

/** Published items by all that they go by, so that finding one, or adding one, takes as long however many there are. */
export class Shelf {
  /** Every tensor: objects, fields, mocks. */
  readonly #tensors = new Map<number, PublishedObject>();
  /** Items, and the fields of data sets, by id. */
  readonly #byId = new Map<string, StoreItem>();
  /** Items by tag, data sets by name, too; in the order in which they came. */
  readonly #byName = new Map<string, Set<StoreItem>>();
  #objects = 0;
  #entries = 0;
  #columns = 0;

  /** Tensors, fields of data sets included, mocks not. */
  get objects(): number {
    return this.#objects;
  }

  /** An object, a field or a mock. */
  tensor(number: number): PublishedObject | undefined {
    return this.#tensors.get(number);
  }

  add(item: StoreItem): void {
    const tensors = tensorsOfItem(item);
    for (const tensor of withMocks(tensors)) this.#tensors.set(tensor.number, tensor);
    for (const each of [item, ...tensors]) this.#byId.set(each.id, each);
    for (const name of namesOf(item)) {
      const known = this.#byName.get(name) ?? new Set();
      this.#byName.set(name, known.add(item));
    }
    this.#count(item, 1);
  }

  remove(item: StoreItem): void {
    for (const number of numbersOf(item)) this.#tensors.delete(number);
    for (const { id } of [item, ...tensorsOfItem(item)]) this.#byId.delete(id);
    for (const name of namesOf(item)) {
      const known = this.#byName.get(name);
      known?.delete(item);
      if (known?.size === 0) this.#byName.delete(name);
    }
    this.#count(item, -1);
  }

  #count(item: StoreItem, sign: 1 | -1): void {
    const { entries, columns } = sizeOf(item);
    this.#objects += sign * tensorsOfItem(item).length;
    this.#entries += sign * entries;
    this.#columns += sign * columns;
  }

  /** By id, data set name or unique tag. Throws `no-object`, or `bad-argument` if a tag is not unique. */
  named(key: string): StoreItem {
    const exact = this.#byId.get(key);
    if (exact) return exact;
    const found = [...(this.#byName.get(key) ?? [])];
    if (found.length > 1) {
      throw new DuetError('bad-argument', {
        detail: `${found.length} objects go by “${key}”: ${found.map(({ id }) => id).join(', ')}.`,
        hint: 'Use the id.',
      });
    }
    const only = found[0];
    if (only) return only;
    throw new DuetError('no-object', {
      detail: `Nothing in the store goes by “${key}”.`,
      hint: '',
    });
  }

  /** Throws `limit` where one more, in the place of another, would be more than a scientist's side keeps. */
  checkRoom(item: StoreItem, instead?: StoreItem): void {
    const more = sizeOf(item);
    const less = instead ? sizeOf(instead) : { entries: 0, columns: 0 };
    const entries = this.#entries + more.entries - less.entries;
    const columns = this.#columns + more.columns - less.columns;
    if (entries > limits.publishedEntries || columns > limits.catalogueColumns) {
      throw new DuetError('limit', {
        detail: `More than ${limits.publishedEntries} objects or ${limits.catalogueColumns} named columns would be published.`,
        hint: 'Take back what is no longer needed.',
      });
    }
  }
}

function namesOf(item: StoreItem): ReadonlySet<string> {
  return new Set(isDataSet(item) && item.name !== '' ? [item.name, ...item.tags] : item.tags);
}

function sizeOf(item: StoreItem): Size {
  const tensors = tensorsOfItem(item);
  return {
    entries: withMocks(tensors).length + (isDataSet(item) ? 1 : 0),
    columns: tensors.reduce((sum, each) => sum + each.columns.length, 0),
  };
}
