import { sameMeta, showMeta } from '@duet/ops';
import {
  type Catalogue,
  checkTensor,
  checkText,
  type DataSet,
  DuetError,
  encodeOwnerMessage,
  isFieldName,
  limits,
  type Published,
  type TensorMeta,
  type TensorValue,
  visibleText,
} from '@duet/protocol';
import { StateEvents } from './events';

export interface PublishOptions {
  readonly tags?: readonly string[] | undefined;
  readonly description?: string | undefined;
  /** Names of the entries of the last axis. */
  readonly columns?: readonly string[] | undefined;
  /** Readable without a request, by everyone who is joined. Default false. */
  readonly public?: boolean | undefined;
  /**
   * Scientists who may read it without a request, by the fingerprints of their identity keys. No other is told who they
   * are, and they are not told themselves. Default: none.
   */
  readonly readers?: readonly string[] | undefined;
  /** Listed for scientists and usable by them. Default true. */
  readonly pointable?: boolean | undefined;
  /** Made-up values of the same shape and dtype, which everyone may read, to try a program on. */
  readonly mock?: TensorValue | undefined;
}

export interface DataSetOptions extends Omit<PublishOptions, 'columns' | 'mock'> {
  readonly name?: string | undefined;
  /** Column names by field. */
  readonly columns?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Made-up values by field; those that have none are left out. */
  readonly mock?: Readonly<Record<string, TensorValue>> | undefined;
}

/** A tensor in the owner's store. The bytes are the owner's own copy and never change. */
export interface PublishedObject {
  /** `p1`, `p2`, … */
  readonly id: string;
  readonly number: number;
  readonly value: TensorValue;
  readonly tags: readonly string[];
  readonly description: string;
  readonly columns: readonly string[];
  readonly public: boolean;
  readonly readers: readonly string[];
  readonly pointable: boolean;
  /** Its name in its data set; empty outside one. */
  readonly field: string;
  readonly dataSet: PublishedDataSet | undefined;
  /** Its made-up twin: public, in the store with it and gone with it, and no object of its own to the owner. */
  readonly mock: PublishedObject | undefined;
  /** The number of the object that it is a mock of; 0: it is no mock. */
  readonly mockOf: number;
}

export interface PublishedDataSet {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly description: string;
  readonly pointable: boolean;
  readonly fields: ReadonlyMap<string, PublishedObject>;
}

export interface StoreEvents {
  /** Something was published. */
  added: (catalogue: Catalogue) => void;
  /** Numbers of objects and data sets that were taken back; none where scientists never heard of it. */
  removed: (numbers: readonly number[]) => void;
}

/** The words an object goes by on the owner's side: `patients.X`, `ages`, `p3`. */
export function nameOf(object: PublishedObject): string {
  const { dataSet, field, tags, id, mockOf } = object;
  if (mockOf !== 0) return `the mock of p${mockOf}`;
  if (dataSet) return `${dataSet.name || dataSet.tags[0] || dataSet.id}.${field}`;
  return tags[0] ?? id;
}

/** The owner's tags of an object, with those of its data set. */
export function tagsOf(object: PublishedObject): ReadonlySet<string> {
  return new Set([...object.tags, ...(object.dataSet?.tags ?? [])]);
}

/** What the owner published, by number. Bytes are kept here, outside every engine. */
export class OwnerStore extends StateEvents<StoreEvents> {
  readonly #objects = new Map<number, PublishedObject>();
  readonly #mocks = new Map<number, PublishedObject>();
  readonly #dataSets = new Map<number, PublishedDataSet>();
  #next = 1;

  get objects(): readonly PublishedObject[] {
    return [...this.#objects.values()];
  }

  get dataSets(): readonly PublishedDataSet[] {
    return [...this.#dataSets.values()];
  }

  /** An object or a mock. */
  find(number: number): PublishedObject | undefined {
    return this.#objects.get(number) ?? this.#mocks.get(number);
  }

  /** Publishes one tensor. Throws `bad-text`, `bad-tensor`, `too-large`, `bad-argument`. */
  add(value: TensorValue, options: PublishOptions = {}): PublishedObject {
    checkTensor(value);
    const object = this.#make(value, options, '', () => undefined);
    const announced = object.pointable ? withMocks([object]) : [];
    const catalogue = fittingCatalogue(announced, []);
    this.#checkRoom([object]);
    this.#keep(object);
    this.emit('added', catalogue);
    return object;
  }

  /**
   * Publishes tensors together, under one name. Their first axes must be equal: that is the record axis. Throws like
   * `add`, and then nothing was published.
   */
  addDataSet(
    fields: Readonly<Record<string, TensorValue>>,
    options: DataSetOptions = {},
  ): PublishedDataSet {
    const {
      name = '',
      tags = [],
      description = '',
      columns = {},
      pointable = true,
      mock = {},
    } = options;
    const entries = Object.entries(fields);
    if (entries.length === 0)
      throw new DuetError('bad-argument', { detail: 'A data set needs at least one field.' });
    if (entries.length > limits.catalogueEntries) {
      throw new DuetError('bad-argument', {
        detail: `A data set has at most ${limits.catalogueEntries} fields, not ${entries.length}.`,
      });
    }
    const records = entries[0]?.[1].meta.shape[0];
    for (const [field, value] of entries) {
      if (!isFieldName(field)) {
        throw new DuetError('bad-text', {
          detail: `“${visibleText(field)}” cannot be the name of a field: use letters, digits and _.`,
        });
      }
      checkTensor(value);
      if (value.meta.shape[0] !== records) {
        throw new DuetError('bad-argument', {
          detail: `The fields of a data set must have as many records: ${field} has ${value.meta.shape[0] ?? 'no axis'}, the first has ${records ?? 'no axis'}.`,
        });
      }
    }
    checkFields('columns', columns, fields);
    checkFields('mock', mock, fields);
    checkText(name, limits.nameChars, 'The name of the data set');
    checkWords({ tags, description });
    for (const [field, value] of entries) checkColumns(columns[field] ?? [], value.meta);

    const made = new Map<string, PublishedObject>();
    const dataSet: PublishedDataSet = {
      ...this.#number(),
      name,
      tags: [...tags],
      description,
      pointable,
      fields: made,
    };
    for (const [field, value] of entries) {
      const object = this.#make(
        value,
        {
          public: options.public,
          readers: options.readers,
          pointable,
          columns: columns[field],
          mock: Object.hasOwn(mock, field) ? mock[field] : undefined,
        },
        field,
        () => dataSet,
      );
      made.set(field, object);
    }
    const catalogue = pointable
      ? fittingCatalogue(mocksOf(dataSet), [dataSet])
      : fittingCatalogue([], []);
    this.#checkRoom([...made.values()]);
    for (const object of made.values()) this.#keep(object);
    this.#dataSets.set(dataSet.number, dataSet);
    this.emit('added', catalogue);
    return dataSet;
  }

  /** By id, data set name or unique tag. Throws `no-object`, or `bad-argument` if a tag is not unique. */
  get(key: string): PublishedObject | PublishedDataSet {
    const items = [...this.objects.filter((object) => !object.dataSet), ...this.dataSets];
    const exact = [...this.objects, ...this.dataSets].find((item) => item.id === key);
    if (exact) return exact;
    const found = items.filter(
      (item) => ('name' in item && item.name === key) || item.tags.includes(key),
    );
    if (found.length > 1) {
      throw new DuetError('bad-argument', {
        detail: `${found.length} objects go by “${key}”: ${found.map(({ id }) => id).join(', ')}.`,
        hint: 'Use the id.',
      });
    }
    const only = found[0];
    if (!only)
      throw new DuetError('no-object', {
        detail: `Nothing in the store goes by “${key}”.`,
        hint: '',
      });
    return only;
  }

  /** Takes an object, or a whole data set, back. Scientists hear `gone`. Throws `no-object`. */
  remove(key: string): void {
    const item = this.get(key);
    if ('fields' in item) {
      const fields = withMocks([...item.fields.values()]).map(({ number }) => number);
      for (const number of fields) this.#forget(number);
      this.#dataSets.delete(item.number);
      this.emit('removed', item.pointable ? [item.number, ...fields] : []);
      return;
    }
    if (item.dataSet) {
      throw new DuetError('bad-argument', {
        detail: `${nameOf(item)} belongs to a data set.`,
        hint: `Remove ${item.dataSet.id} as a whole.`,
      });
    }
    const numbers = withMocks([item]).map(({ number }) => number);
    for (const number of numbers) this.#forget(number);
    // Nobody is told that something goes which they never heard of.
    this.emit('removed', item.pointable ? numbers : []);
  }

  /** All that scientists may know, in messages within the limits. */
  catalogue(): readonly Catalogue[] {
    const objects = this.objects.filter((object) => object.pointable && !object.dataSet);
    const dataSets = this.dataSets.filter((dataSet) => dataSet.pointable);
    return [
      ...objects.map((object) => catalogueOf(withMocks([object]), [])),
      ...dataSets.map((dataSet) => catalogueOf(mocksOf(dataSet), [dataSet])),
    ];
  }

  /** Throws `limit` where all together would be more than a scientist's side keeps. */
  #checkRoom(more: readonly PublishedObject[]): void {
    const entries =
      this.#objects.size + this.#mocks.size + this.#dataSets.size + withMocks(more).length + 1;
    const columns = [...this.objects, ...more].reduce((sum, each) => sum + each.columns.length, 0);
    if (entries > limits.publishedEntries || columns > limits.catalogueColumns) {
      throw new DuetError('limit', {
        detail: `More than ${limits.publishedEntries} objects or ${limits.catalogueColumns} named columns would be published.`,
        hint: 'Take back what is no longer needed.',
      });
    }
  }

  #keep(object: PublishedObject): void {
    this.#objects.set(object.number, object);
    if (object.mock) this.#mocks.set(object.mock.number, object.mock);
  }

  #forget(number: number): void {
    this.#objects.delete(number);
    this.#mocks.delete(number);
  }

  #number(): { id: string; number: number } {
    const number = this.#next++;
    return { id: `p${number}`, number };
  }

  #make(
    value: TensorValue,
    options: PublishOptions,
    field: string,
    dataSet: () => PublishedDataSet | undefined,
  ): PublishedObject {
    const {
      tags = [],
      description = '',
      columns = [],
      public: isPublic = false,
      readers = [],
      pointable = true,
    } = options;
    checkWords({ tags, description });
    checkColumns(columns, value.meta);
    const number = this.#number();
    return {
      ...number,
      mock: options.mock && this.#makeMock(options.mock, number.number, value.meta, pointable),
      mockOf: 0,
      value,
      tags: [...tags],
      description,
      columns: [...columns],
      public: isPublic,
      readers: [...readers],
      pointable,
      field,
      get dataSet() {
        return dataSet();
      },
    };
  }

  #makeMock(
    value: TensorValue,
    mockOf: number,
    meta: TensorMeta,
    pointable: boolean,
  ): PublishedObject {
    checkTensor(value);
    if (!sameMeta(value.meta, meta)) {
      throw new DuetError('bad-argument', {
        detail: `A mock has the shape and dtype of what it stands for: ${showMeta(meta)}, not ${showMeta(value.meta)}.`,
      });
    }
    return {
      ...this.#number(),
      value,
      tags: [],
      description: '',
      columns: [],
      public: true,
      readers: [],
      pointable,
      field: '',
      dataSet: undefined,
      mock: undefined,
      mockOf,
    };
  }
}

/** Objects, each followed by its mock. */
function withMocks(objects: readonly PublishedObject[]): PublishedObject[] {
  return objects.flatMap((object) => (object.mock ? [object, object.mock] : [object]));
}

function mocksOf({ fields }: PublishedDataSet): PublishedObject[] {
  return [...fields.values()].flatMap(({ mock }) => (mock ? [mock] : []));
}

/** Throws `bad-argument` if something is said of a field that is not there. */
function checkFields(option: string, said: object, fields: object): void {
  const stray = Object.keys(said).find((field) => !Object.hasOwn(fields, field));
  if (stray === undefined) return;
  throw new DuetError('bad-argument', {
    detail: `${option} names “${visibleText(stray)}”, which is no field of this data set.`,
  });
}

/** Throws `too-large` if the entry would not fit a message, before it is published. */
function fittingCatalogue(
  objects: readonly PublishedObject[],
  dataSets: readonly PublishedDataSet[],
): Catalogue {
  const catalogue = catalogueOf(objects, dataSets);
  encodeOwnerMessage(catalogue);
  return catalogue;
}

function checkWords({ tags, description }: { tags: readonly string[]; description: string }): void {
  if (tags.length > limits.tags || new Set(tags).size !== tags.length || tags.includes('')) {
    throw new DuetError('bad-argument', {
      detail: `Tags must be at most ${limits.tags}, all different, none empty.`,
    });
  }
  for (const tag of tags) checkText(tag, limits.tagChars, 'A tag');
  checkText(description, limits.descriptionChars, 'The description');
}

function checkColumns(columns: readonly string[], meta: TensorMeta): void {
  if (columns.length === 0) return;
  const last = meta.shape.at(-1);
  if (columns.length !== last) {
    throw new DuetError('bad-argument', {
      detail: `${columns.length} column names do not fit shape [${meta.shape.join(', ')}].`,
    });
  }
  if (columns.length > limits.columns || new Set(columns).size !== columns.length) {
    throw new DuetError('bad-argument', {
      detail: `Column names must be at most ${limits.columns}, all different.`,
    });
  }
  for (const column of columns) checkText(column, limits.columnChars, 'A column name');
}

function publishedOf(object: PublishedObject): Published {
  const { number: id, value, tags, description, columns, public: isPublic, field } = object;
  const { meta } = value;
  const { mockOf } = object;
  return {
    id,
    meta,
    tags,
    description,
    columns,
    public: isPublic,
    field,
    mockOf,
    recordAxis: 0,
    minRecords: 0,
  };
}

function dataSetOf(dataSet: PublishedDataSet): DataSet {
  const { number: id, name, tags, description, fields } = dataSet;
  return {
    id,
    name,
    tags,
    description,
    fields: [...fields.values()].map(publishedOf),
    unit: '',
    units: 0,
    splits: [],
  };
}

function catalogueOf(
  objects: readonly PublishedObject[],
  dataSets: readonly PublishedDataSet[],
): Catalogue {
  return {
    kind: 'catalogue',
    objects: objects.map(publishedOf),
    dataSets: dataSets.map(dataSetOf),
  };
}
