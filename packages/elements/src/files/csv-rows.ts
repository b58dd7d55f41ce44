/** Rows of a CSV for a data set that is published already: columns are found by their names. */

import * as tf from '@tensorflow/tfjs';
import type { PublishedDataSet, StoreItem } from 'duetjs';
import { CsvError, type CsvTable, completeRows, rowMajor } from './csv';

/** Tables with named columns alone: what this page makes of a CSV. */
export function takesCsv(item: StoreItem): item is PublishedDataSet {
  return (
    'fields' in item &&
    [...item.fields.values()].every(
      ({ value: { meta }, columns }) =>
        meta.dtype === 'float32' && meta.shape.length === 2 && columns.length === meta.shape[1],
    )
  );
}

export interface CsvFields {
  readonly fields: Record<string, tf.Tensor>;
  readonly rows: number;
  readonly dispose: () => void;
}

/** The fields of the data set, from the columns of the table that bear their names. Throws CsvError. */
export function fieldsFrom({ fields }: PublishedDataSet, table: CsvTable): CsvFields {
  const columnsOf = new Map(
    [...fields].map(([field, { columns }]) => [field, columns.map((name) => find(name, table))]),
  );
  const rows = completeRows(table.rows, [...columnsOf.values()].flat());
  if (rows.length === 0) {
    throw new CsvError('No row of this file has a number in each of these columns.');
  }
  const made = Object.fromEntries(
    [...columnsOf].map(([field, columns]) => [
      field,
      tf.tensor2d(rowMajor(rows, columns), [rows.length, columns.length]),
    ]),
  );
  return { fields: made, rows: rows.length, dispose: () => tf.dispose(Object.values(made)) };
}

function find(name: string, { columns }: CsvTable): CsvTable['columns'][number] {
  const column = columns.find((each) => each.name === name && each.type === 'number');
  if (!column) throw new CsvError(`This file has no column of numbers that is called “${name}”.`);
  return column;
}
