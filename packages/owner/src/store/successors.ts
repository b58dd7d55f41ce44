/** What takes the place of something published. */

import { type RecordAxis, sameMeta } from '@duet/ops';
import { DuetError, type TensorValue } from '@duet/protocol';
import { concatValues } from './extend';
import {
  type DataSetOptions,
  isDataSet,
  nameOfItem,
  type PublishedDataSet,
  type PublishedObject,
  type PublishOptions,
  type StoreItem,
} from './published';

export type Fields = Readonly<Record<string, TensorValue>>;

export type Content =
  | { readonly fields: Fields; readonly value?: undefined }
  | { readonly fields?: undefined; readonly value: TensorValue };

/** The records that classes and the ledger know an item by; undefined for a scalar. */
export function axisOf(item: StoreItem): RecordAxis | undefined {
  return isDataSet(item) ? item.axis : item.fact.axis;
}

function isValue(content: TensorValue | Fields): content is TensorValue {
  return content['bytes'] instanceof Uint8Array;
}

/** Throws `bad-argument` unless a data set is followed by fields, and an object by a tensor. */
export function replacing(item: StoreItem, content: TensorValue | Fields): Content {
  if (isValue(content) !== isDataSet(item)) {
    return isValue(content) ? { value: content } : { fields: content };
  }
  const kinds = isDataSet(item) ? 'a data set: give its fields' : 'one tensor: give a tensor';
  throw new DuetError('bad-argument', { detail: `${nameOfItem(item)} is ${kinds}.`, hint: '' });
}

/** Old records followed by new ones. Throws `bad-argument`, `bad-tensor`, `too-large`. */
export function extended(item: StoreItem, rows: TensorValue | Fields): TensorValue | Fields {
  const { fields, value } = replacing(item, rows);
  if (isDataSet(item)) return extendedFields(item, fields ?? {});
  if (!value) throw new DuetError('internal');
  return extendedTensor(item, value);
}

function extendedTensor(object: PublishedObject, rows: TensorValue): TensorValue {
  const { axis, recordAxis } = object.fact;
  if (!axis) {
    throw new DuetError('bad-argument', {
      detail: `${nameOfItem(object)} is a scalar and has no records.`,
      hint: 'Replace it.',
    });
  }
  return concatValues(object.value, rows, recordAxis);
}

function extendedFields(item: PublishedDataSet, rows: Fields): Fields {
  const names = [...item.fields.keys()];
  const given = Object.keys(rows);
  if (given.length !== names.length || !names.every((name) => Object.hasOwn(rows, name))) {
    throw new DuetError('bad-argument', {
      detail: `New records of ${nameOfItem(item)} need all its fields and no others: ${names.join(', ')}.`,
    });
  }
  return Object.fromEntries(
    [...item.fields].map(([name, object]) => [
      name,
      extendedTensor(object, rows[name] as TensorValue),
    ]),
  );
}

/** What was given before, overlaid by what is given now. What was said of fields that are gone goes with them. */
export function keptOptions(
  before: PublishOptions | DataSetOptions,
  given: PublishOptions | DataSetOptions,
  content: TensorValue | Fields,
): PublishOptions & DataSetOptions {
  const now = Object.fromEntries(Object.entries(given).filter(([, said]) => said !== undefined));
  const kept = isValue(content)
    ? keptOfObject(before as PublishOptions, content)
    : keptOfDataSet(before as DataSetOptions, content);
  return { ...kept, ...now } as PublishOptions & DataSetOptions;
}

/** A mock stays where it still has the shape and dtype. */
function keptOfObject(before: PublishOptions, { meta }: TensorValue): PublishOptions {
  const { mock, ...rest } = before;
  return mock && sameMeta(mock.meta, meta) ? before : rest;
}

function keptOfDataSet(before: DataSetOptions, fields: Fields): DataSetOptions {
  const { columns = {}, mock = {}, recordAxis, ...rest } = before;
  const stays = (field: string) => Object.hasOwn(fields, field);
  const fits = (field: string, made: TensorValue) => {
    const value = fields[field];
    return stays(field) && value !== undefined && sameMeta(made.meta, value.meta);
  };
  return {
    ...rest,
    columns: only(columns, stays),
    mock: only(mock, fits),
    recordAxis: typeof recordAxis === 'object' ? only(recordAxis, stays) : recordAxis,
  };
}

function only<T>(
  said: Readonly<Record<string, T>>,
  keeps: (field: string, said: T) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(said).filter(([field, each]) => keeps(field, each)));
}
