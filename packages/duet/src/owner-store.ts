import { type Plain, plainToValue, tensorToValueAsync } from '@duet/engine';
import type {
  DataSetOptions,
  ObjectRow,
  Owner,
  PublishedDataSet,
  PublishedObject,
  PublishOptions,
} from '@duet/owner';
import { decodeStrings, encodeStrings, limits, type TensorValue } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';

/** A tensor, or what one is written as: a number, text, boolean, or arrays of one of them. */
export type Publishable = tf.Tensor | Plain;

export interface StringOptions {
  /**
   * For strings that are not public: every element is padded to so many bytes, so that no size tells a length. Longer
   * ones are refused. Default 64.
   */
  readonly maxElementBytes?: number;
}

/** How one value is published. */
export interface AddOptions extends Omit<PublishOptions, 'mock'>, StringOptions {
  /** Made-up values of the same shape and dtype, which every scientist may read, to try a program on: see `mockLike`. */
  readonly mock?: Publishable | undefined;
}

/** How values are published together. */
export interface AddDatasetOptions extends Omit<DataSetOptions, 'mock'>, StringOptions {
  /** The same by field; a field may have none. */
  readonly mock?: Readonly<Record<string, Publishable>> | undefined;
}

/** The owner's store: what scientists may compute on, and what they have made of it. */
export class OwnerDuetStore {
  readonly #owner: Owner;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  get length(): number {
    return this.#owner.store.objects.length;
  }

  /**
   * Publishes one tensor. It is copied; the tensor stays the caller's to dispose. Throws `bad-argument`, `bad-text`,
   * `too-large`.
   */
  async add(value: Publishable, { mock, ...options }: AddOptions = {}): Promise<PublishedObject> {
    const made = mock === undefined ? undefined : await toValue(mock, options);
    return this.#owner.store.add(await toValue(value, options), { ...options, mock: made });
  }

  /**
   * Publishes tensors together, under one name, by fields such as `X` and `y`. Their first axis is the records and must be
   * equally long. They are copied; the tensors stay the caller's. Throws like `add`, and then publishes nothing.
   */
  async addDataset(
    fields: Readonly<Record<string, Publishable>>,
    { mock = {}, ...options }: AddDatasetOptions = {},
  ): Promise<PublishedDataSet> {
    const values = await toValues(fields, options);
    return this.#owner.store.addDataSet(values, {
      ...options,
      mock: await toValues(mock, options),
    });
  }

  /** By id, data set name, or unique tag. Throws `no-object`. */
  get(key: string): PublishedObject | PublishedDataSet {
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
}

async function toValues(
  fields: Readonly<Record<string, Publishable>>,
  options: Parameters<typeof toValue>[1],
): Promise<Record<string, TensorValue>> {
  const values: Record<string, TensorValue> = {};
  for (const [field, value] of Object.entries(fields))
    values[field] = await toValue(value, options);
  return values;
}

async function toValue(
  value: Publishable,
  options: { readonly public?: boolean | undefined } & StringOptions,
): Promise<TensorValue> {
  const made = value instanceof tf.Tensor ? await tensorToValueAsync(value) : plainToValue(value);
  if (made.meta.dtype !== 'string' || options.public === true) return made;
  const elementBytes = options.maxElementBytes ?? limits.defaultStringElementBytes;
  return encodeStrings(decodeStrings(made), made.meta.shape, elementBytes);
}
