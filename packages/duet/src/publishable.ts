/** What an owner may publish, as the bytes that their store keeps. */

import { type Plain, plainToValue, tensorToValueAsync } from '@duet/engine';
import { type DType, decodeStrings, encodeStrings, limits, type TensorValue } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';

/** A tensor, or what one is written as: a number, text, boolean, or arrays of one of them. */
export type Publishable = tf.Tensor | Plain;

export type PublishableFields = Readonly<Record<string, Publishable>>;

export interface StringOptions {
  /**
   * For strings that are not public: every element is padded to so many bytes, so that no size tells a length. Longer
   * ones are refused. Default 64, or what the strings have that they follow.
   */
  readonly maxElementBytes?: number | undefined;
}

export interface ToValueOptions extends StringOptions {
  readonly public?: boolean | undefined;
}

/** What new values follow. */
export interface Like {
  /** What plain values become. */
  readonly dtype?: DType | undefined;
  /** To how many bytes each element is padded; 0 where there are no strings. */
  readonly elementBytes: number;
}

/** Fields by name, and not one tensor or what one is written as. */
export function isFields(content: Publishable | PublishableFields): content is PublishableFields {
  return (
    typeof content === 'object' &&
    !(content instanceof tf.Tensor) &&
    !Array.isArray(content) &&
    !ArrayBuffer.isView(content)
  );
}

/** Throws `bad-argument`, `too-large`. */
export async function toValues(
  fields: PublishableFields,
  options: ToValueOptions,
  like: (field: string) => Like | undefined = () => undefined,
): Promise<Record<string, TensorValue>> {
  const values: Record<string, TensorValue> = {};
  for (const [field, value] of Object.entries(fields)) {
    values[field] = await toValue(value, options, like(field));
  }
  return values;
}

/** Throws `bad-argument`, `too-large`. */
export async function toValue(
  value: Publishable,
  options: ToValueOptions,
  like?: Like,
): Promise<TensorValue> {
  const made =
    value instanceof tf.Tensor
      ? await tensorToValueAsync(value)
      : plainToValue(value, like?.dtype && { dtype: like.dtype });
  if (made.meta.dtype !== 'string' || options.public === true) return made;
  const before = like?.elementBytes || limits.defaultStringElementBytes;
  return encodeStrings(decodeStrings(made), made.meta.shape, options.maxElementBytes ?? before);
}
