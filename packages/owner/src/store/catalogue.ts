/** What scientists are told of published things: public facts, in messages within the limits. */

import { type Catalogue, type DataSet, encodeOwnerMessage, type Published } from '@duet/protocol';
import {
  isDataSet,
  type PublishedDataSet,
  type PublishedObject,
  type StoreItem,
  withMocks,
} from './published';

/** An item with its mocks. */
export function catalogueOf(item: StoreItem): Catalogue {
  return isDataSet(item)
    ? {
        kind: 'catalogue',
        objects: mocksOf(item).map(publishedOf),
        dataSets: [dataSetOf(item)],
      }
    : { kind: 'catalogue', objects: withMocks([item]).map(publishedOf), dataSets: [] };
}

/** Throws `too-large` if the entry would not fit a message, before it is published. */
export function fittingCatalogue(item: StoreItem): Catalogue {
  const catalogue = catalogueOf(item);
  encodeOwnerMessage(catalogue);
  return catalogue;
}

function mocksOf({ fields }: PublishedDataSet): PublishedObject[] {
  return [...fields.values()].flatMap(({ mock }) => (mock ? [mock] : []));
}

function publishedOf(object: PublishedObject): Published {
  const { number: id, value, tags, description, columns, field, mockOf, fact } = object;
  return {
    id,
    meta: value.meta,
    tags,
    description,
    columns,
    public: object.public,
    field,
    mockOf,
    recordAxis: fact.recordAxis,
    minRecords: fact.axis?.minRecords ?? 0,
  };
}

function dataSetOf(dataSet: PublishedDataSet): DataSet {
  const { number: id, name, tags, description, fields, unit, axis, splits } = dataSet;
  return {
    id,
    name,
    tags,
    description,
    fields: [...fields.values()].map(publishedOf),
    unit,
    units: unit === '' ? 0 : axis.units,
    splits,
  };
}
