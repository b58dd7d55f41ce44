import { type Nested, toNested, valueToTensor } from '@duet/engine';
import {
  type AccessOptions,
  type DataSetOptions,
  isDataSet,
  type KeptObject,
  type ObjectRow,
  type Owner,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
  type StoreItem,
} from '@duet/owner';
import { DuetError, quotedText, type TensorValue } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import {
  isFields,
  type Like,
  type Publishable,
  type PublishableFields,
  type StringOptions,
  toValue,
  toValues,
} from './publishable';

/** How one value is published. */
export interface AddOptions extends Omit<PublishOptions, 'mock'>, StringOptions {
  /** Made-up values of the same shape and dtype, which every scientist may read, to try a program on: see `mockLike`. */
  readonly mock?: Publishable | undefined;
}

/** How values are published together. */
export interface AddDatasetOptions extends Omit<DataSetOptions, 'mock'>, StringOptions {
  /** The same by field; a field may have none. */
  readonly mock?: PublishableFields | undefined;
}

/** The owner's store: what scientists may compute on, and what they have made of it. */
export class OwnerDuetStore {
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  get length(): number {
    return this.#owner.store.objectCount;
  }

  /**
   * Publishes one tensor. It is copied; the tensor stays the caller's to dispose. With `keep` it resolves when it is on the
   * disk; where it cannot be written it is published all the same, and `failed` is told. Throws `bad-argument`, `bad-text`,
   * `too-large`.
   */
  async add(value: Publishable, { mock, ...options }: AddOptions = {}): Promise<PublishedObject> {
    const made = mock === undefined ? undefined : await toValue(mock, options);
    const { store } = this.#owner;
    return this.#written(store.add(await toValue(value, options), { ...options, mock: made }));
  }

  /**
   * Publishes tensors together, under one name, by fields such as `X` and `y`. Along their record axes (the first, unless told
   * otherwise) they are the same records, and must be equally long. They are copied; the tensors stay the caller's. Throws
   * like `add`, and then publishes nothing.
   */
  async addDataset(
    fields: PublishableFields,
    { mock = {}, ...options }: AddDatasetOptions = {},
  ): Promise<PublishedDataSet> {
    const values = await toValues(fields, options);
    const { store } = this.#owner;
    return this.#written(
      store.addDataSet(values, { ...options, mock: await toValues(mock, options) }),
    );
  }

  /**
   * Keeps an object or a whole data set over a reload of this page: sealed under a key of this browser that nobody can read, with
   * all that was said of it and who may use it, and there again under the same ids. Resolves when it is on the disk. What takes
   * its place by `replace` or `extend` is kept in its stead; `remove` removes what is kept, too. Rejects where it cannot be
   * written, and then it is not kept. Throws `no-object`, and `bad-argument` where the storage goes with the page.
   */
  async keep(key: string): Promise<void> {
    await this.#owner.kept.written(this.#owner.store.setKeep(key, true));
  }

  /** It is not kept any more, and stays published while this page is open. Throws `no-object`, `bad-argument`. */
  unkeep(key: string): void {
    this.#owner.store.setKeep(key, false);
  }

  /** What is kept over a reload, or is just being written. */
  kept(): readonly KeptObject[] {
    return this.#owner.kept.list();
  }

  /** Forgets all that is kept, in one go; it stays published while this page is open. Rejects where the disk refuses. */
  wipeKept(): Promise<void> {
    return this.#owner.kept.wipe();
  }

  /**
   * Publishes new values in the place of an object, or of a whole data set: with a new id, and with all that the old one was
   * given unless it is given anew. The old one is taken back in the same go, and pointers to it say `gone`. Throws like `add`,
   * or `no-object`, and then changes nothing.
   */
  replace(key: string, value: Publishable, options?: AddOptions): Promise<PublishedObject>;
  replace(
    key: string,
    fields: PublishableFields,
    options?: AddDatasetOptions,
  ): Promise<PublishedDataSet>;
  async replace(
    key: string,
    content: Publishable | PublishableFields,
    options: AddOptions | AddDatasetOptions = {},
  ): Promise<StoreItem> {
    return this.#written(await this.#succeed('replace', key, content, options));
  }

  /**
   * Publishes an object or a data set with more records, which follow the old ones along its record axis; otherwise as
   * `replace`. Plain values get the dtype that is there. Throws `bad-argument` where the other axes differ.
   */
  extend(key: string, rows: Publishable, options?: AddOptions): Promise<PublishedObject>;
  extend(
    key: string,
    rows: PublishableFields,
    options?: AddDatasetOptions,
  ): Promise<PublishedDataSet>;
  async extend(
    key: string,
    rows: Publishable | PublishableFields,
    options: AddOptions | AddDatasetOptions = {},
  ): Promise<StoreItem> {
    return this.#written(await this.#succeed('extend', key, rows, options));
  }

  /**
   * Changes which scientists may use an object or a data set: all, none, or those with these fingerprints. Those who lose it
   * hear `gone`. Throws `no-object`, `bad-argument`.
   */
  setAccess(key: string, options: AccessOptions): void {
    this.#owner.store.setAccess(key, options);
  }

  /** By id, data set name, or unique tag. Throws `no-object`. */
  get(key: string): StoreItem {
    return this.#owner.store.get(key);
  }

  /** One row an object, for `console.table`; the scientists' objects are marked as theirs. */
  table(): readonly ObjectRow[] {
    return this.#owner.table();
  }

  /** Takes an object back, or drops one of a scientist's by its id in the table. Scientists hear `gone`. Throws `no-object`. */
  remove(key: string): void {
    this.#owner.remove(key);
  }

  /**
   * A copy of an object as a tensor of this page's tfjs, to compute with: one of the owner's by id, name or tag, or a
   * scientist's by its id in the table. The caller disposes it. Throws `no-object`, `bad-argument` for a whole data set,
   * `op-failed` where the computation of a scientist's failed, `closed` where its engine has gone.
   */
  async tensor(key: string): Promise<tf.Tensor> {
    return valueToTensor(await this.#valueOf(key));
  }

  /** Copies of all tensors of a data set, by field, which the caller disposes. Throws `no-object`, `bad-argument`. */
  async tensors(key: string): Promise<Record<string, tf.Tensor>> {
    const item = this.get(key);
    if (!isDataSet(item)) {
      throw new DuetError('bad-argument', {
        detail: `${quotedText(key)} is no data set.`,
        hint: '',
      });
    }
    return Object.fromEntries(
      [...item.fields].map(([field, { value }]) => [field, valueToTensor(value)]),
    );
  }

  /** As `tensor`, as a number, text or boolean, or nested arrays of them. */
  async value(key: string): Promise<Nested> {
    return toNested(await this.#valueOf(key));
  }

  /** Where it could not be written, that was told. */
  async #written<T extends StoreItem>(item: T): Promise<T> {
    await this.#owner.kept.written(item).catch(() => undefined);
    return item;
  }

  async #valueOf(key: string): Promise<TensorValue> {
    const value = await this.#owner.readValue(key);
    if (value) return value;
    throw new DuetError('op-failed', {
      detail: `The computation of ${quotedText(key)} failed: there is no value.`,
    });
  }

  async #succeed(
    how: 'replace' | 'extend',
    key: string,
    content: Publishable | PublishableFields,
    { mock, ...options }: AddOptions | AddDatasetOptions,
  ): Promise<StoreItem> {
    const { store } = this.#owner;
    const item = store.get(key);
    const like = (object: PublishedObject | undefined): Like | undefined =>
      object && {
        dtype: how === 'extend' ? object.value.meta.dtype : undefined,
        elementBytes: object.value.meta.elementBytes,
      };
    if (isDataSet(item) && isFields(content)) {
      const likeField = (field: string) => like(item.fields.get(field));
      const [first] = item.fields.values();
      const strings = { public: first?.public, ...options };
      const values = await toValues(content, strings, likeField);
      const mocks = mock as PublishableFields | undefined;
      return store[how](key, values, {
        ...(options as AddDatasetOptions),
        mock: mocks && (await toValues(mocks, strings, likeField)),
      });
    }
    if (!isDataSet(item) && !isFields(content)) {
      const strings = { public: item.public, ...options };
      const value = await toValue(content, strings, like(item));
      const made = mock as Publishable | undefined;
      return store[how](key, value, {
        ...(options as AddOptions),
        mock: made === undefined ? undefined : await toValue(made, strings, like(item)),
      });
    }
    throw new DuetError('bad-argument', {
      detail: `${quotedText(key)} is ${isDataSet(item) ? 'a data set: give its fields' : 'one tensor: give a tensor'}.`,
      hint: '',
    });
  }
}
