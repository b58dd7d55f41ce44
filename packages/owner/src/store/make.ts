/** Makes what is published of what the owner says, or throws before a number is taken. */

import { type RecordAxis, sameMeta, showMeta } from '@duet/ops';
import {
  checkTensor,
  checkText,
  DuetError,
  limits,
  type Split,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import { type Access, checkedPointable } from './access';
import { checkColumns, checkFieldNames, checkFields, checkWords } from './checks';
import { personsOf, spansOf, splitsOf, type UnitField, unitsIn } from './persons';
import type {
  DataSetOptions,
  PublishedDataSet,
  PublishedObject,
  PublishOptions,
  StoreItem,
} from './published';
import { raisedMinRecords, recordAxisOf } from './records';

/** What the store lends. */
export interface Making {
  /** The fewest records of an aggregate, as the duet was launched. */
  readonly minRecords: number;
  nextNumber(): number;
}

export interface Made<T extends StoreItem = StoreItem> {
  readonly item: T;
  /** What its `pointable` shows; may be changed. */
  readonly access: Access;
}

/** Throws `bad-text`, `bad-tensor`, `too-large`, `bad-argument`. */
export function makeObject(
  value: TensorValue,
  options: PublishOptions,
  making: Making,
): Made<PublishedObject> {
  checkTensor(value);
  const access: Access = { pointable: checkedPointable(options.pointable ?? true) };
  const recordAxis = recordAxisOf(value.meta, options.recordAxis, 'the tensor');
  const minRecords = raisedMinRecords(options.minRecords, making.minRecords);
  checkTensorOptions(value, options);
  const number = making.nextNumber();
  const records = recordAxis === undefined ? 0 : (value.meta.shape[recordAxis] ?? 0);
  const axis: RecordAxis | undefined =
    recordAxis === undefined
      ? undefined
      : { id: `p${number}`, records, units: records, minRecords, spans: undefined };
  const item = tensorOf({
    number,
    value,
    options,
    access,
    axis,
    recordAxis: recordAxis ?? 0,
    mockNumber: options.mock && making.nextNumber(),
  });
  return { item, access };
}

/** Throws like `makeObject`. */
export function makeDataSet(
  fields: Readonly<Record<string, TensorValue>>,
  options: DataSetOptions,
  making: Making,
): Made<PublishedDataSet> {
  const { name = '', tags = [], description = '', unit = '' } = options;
  checkFieldNames(fields);
  const access: Access = { pointable: checkedPointable(options.pointable ?? true) };
  const said = new Map(
    Object.entries(fields).map(([field, value]) => [field, fieldOptions(field, value, options)]),
  );
  checkFields('columns', options.columns ?? {}, fields);
  checkFields('mock', options.mock ?? {}, fields);
  if (typeof options.recordAxis === 'object') {
    checkFields('recordAxis', options.recordAxis, fields);
  }
  checkText(name, limits.nameChars, 'The name of the data set');
  checkWords({ tags, description });
  const records = commonRecords(said);
  const people = peopleOf(said, unit, options.splits ?? {}, records);
  const minRecords = raisedMinRecords(options.minRecords, making.minRecords);

  const number = making.nextNumber();
  const axis: RecordAxis = { id: `p${number}`, records, minRecords, ...people.axis };
  const made = new Map<string, PublishedObject>();
  const item: PublishedDataSet = {
    id: `p${number}`,
    number,
    name,
    tags: [...tags],
    description,
    fields: made,
    axis,
    unit,
    splits: people.splits,
    get pointable() {
      return access.pointable;
    },
  };
  for (const [field, { value, recordAxis, options: each }] of said) {
    const parts = { value, options: each, access, axis, recordAxis, field, dataSet: item };
    made.set(
      field,
      tensorOf({
        ...parts,
        number: making.nextNumber(),
        mockNumber: each.mock && making.nextNumber(),
      }),
    );
  }
  return { item, access };
}

interface SaidField extends UnitField {
  readonly options: PublishOptions;
}

/** Throws `bad-tensor`, `too-large`, `bad-argument`, `bad-text`. */
function fieldOptions(field: string, value: TensorValue, options: DataSetOptions): SaidField {
  const { columns = {}, mock = {}, recordAxis } = options;
  checkTensor(value);
  const asked =
    typeof recordAxis === 'object' ? (ownOf(recordAxis, field) ?? 0) : (recordAxis ?? 0);
  const said: PublishOptions = {
    public: options.public,
    readers: options.readers,
    columns: ownOf(columns, field),
    mock: ownOf(mock, field),
  };
  checkTensorOptions(value, said);
  return {
    value,
    options: said,
    columns: said.columns ?? [],
    recordAxis: recordAxisOf(value.meta, asked, field) ?? 0,
  };
}

function ownOf<T>(said: Readonly<Record<string, T>>, field: string): T | undefined {
  return Object.hasOwn(said, field) ? said[field] : undefined;
}

/** Throws `bad-argument` unless all have as many. */
function commonRecords(fields: ReadonlyMap<string, UnitField>): number {
  const [records = 0] = [...fields.values()].map(recordsOf);
  for (const [field, each] of fields) {
    const theirs = recordsOf(each);
    if (theirs === records) continue;
    throw new DuetError('bad-argument', {
      detail: `The fields of a data set must have as many records: ${field} has ${theirs}, the first has ${records}.`,
    });
  }
  return records;
}

function recordsOf({ value, recordAxis }: UnitField): number {
  return value.meta.shape[recordAxis] ?? 0;
}

function peopleOf(
  fields: ReadonlyMap<string, UnitField>,
  unit: string,
  said: NonNullable<DataSetOptions['splits']>,
  records: number,
): { axis: Pick<RecordAxis, 'units' | 'spans'>; splits: readonly Split[] } {
  const persons = unit === '' ? undefined : personsOf(unit, fields);
  const splits = splitsOf(said, records, persons);
  const units = unitsIn(persons, 0, records);
  return { axis: { units, spans: persons && spansOf(records, units, splits) }, splits };
}

function checkTensorOptions({ meta }: TensorValue, options: PublishOptions): void {
  const { tags = [], description = '', columns = [], mock } = options;
  checkWords({ tags, description });
  checkColumns(columns, meta);
  if (mock) checkMock(mock, meta);
}

function checkMock(mock: TensorValue, meta: TensorMeta): void {
  checkTensor(mock);
  if (sameMeta(mock.meta, meta)) return;
  throw new DuetError('bad-argument', {
    detail: `A mock has the shape and dtype of what it stands for: ${showMeta(meta)}, not ${showMeta(mock.meta)}.`,
  });
}

interface TensorParts {
  readonly number: number;
  readonly value: TensorValue;
  readonly options: PublishOptions;
  readonly access: Access;
  readonly axis: RecordAxis | undefined;
  readonly recordAxis: number;
  readonly mockNumber: number | undefined;
  readonly field?: string;
  readonly dataSet?: PublishedDataSet;
  readonly mockOf?: number;
}

function tensorOf(parts: TensorParts): PublishedObject {
  const { number, value, options, access, axis, recordAxis, mockNumber } = parts;
  const { tags = [], description = '', columns = [], readers = [], mock } = options;
  const isPublic = options.public ?? false;
  return {
    id: `p${number}`,
    number,
    value,
    tags: [...tags],
    description,
    columns: [...columns],
    public: isPublic,
    readers: [...readers],
    get pointable() {
      return access.pointable;
    },
    field: parts.field ?? '',
    dataSet: parts.dataSet,
    mock:
      mock && mockNumber !== undefined
        ? // It is about nobody: it has no records.
          tensorOf({
            number: mockNumber,
            value: mock,
            options: { public: true },
            access,
            axis: undefined,
            recordAxis,
            mockNumber: undefined,
            mockOf: number,
          })
        : undefined,
    mockOf: parts.mockOf ?? 0,
    fact: { number, meta: value.meta, public: isPublic, axis, recordAxis },
  };
}
