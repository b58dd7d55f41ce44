/** Data as `fit`, `evaluate` and `predict` take it. */

import { isTensor } from '@duet/engine';
import { DuetError } from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import { Pointer } from '../pointer';
import { quoted } from '../words';
import type { ModelPort } from './graph';

/** One value: a pointer, or a tensor, which stays the caller's. */
export type Data = Pointer | tf.Tensor;

/** Data for a model: one value, or for several inputs or outputs a list, or by their names. */
export type ModelData = Data | readonly Data[] | Readonly<Record<string, Data>>;

/** One value for each input or output, from what the caller gave. Throws `bad-argument`. */
export function dataOf(
  ports: readonly ModelPort[],
  data: ModelData,
  what: string,
): readonly Data[] {
  const list = listOf(ports, data, what);
  if (list.length === ports.length) return list;
  throw new DuetError('bad-argument', {
    detail: `The model has ${ports.length} ${what}s, and ${list.length} were given.`,
  });
}

function listOf(ports: readonly ModelPort[], data: ModelData, what: string): readonly Data[] {
  if (isData(data)) return [data];
  if (Array.isArray(data)) return data;
  const byName = data as Readonly<Record<string, Data>>;
  return ports.map(({ name }) => {
    const value = byName[name];
    if (value !== undefined) return value;
    throw new DuetError('bad-argument', { detail: `There is no ${what} ${quoted(name)}.` });
  });
}

function isData(data: ModelData): data is Data {
  return data instanceof Pointer || isTensor(data);
}

/** How many records there are. Throws `bad-argument` where that differs. */
export function recordsOf(data: readonly Data[]): number {
  const lengths = data.map((value) => value.shape[0] ?? 0);
  const [first = 0] = lengths;
  if (lengths.every((length) => length === first)) return first;
  throw new DuetError('bad-argument', {
    detail: `Inputs and labels must have the same number of records, not ${lengths.join(', ')}.`,
  });
}

export function checkBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize >= 1) return;
  throw new DuetError('bad-argument', {
    detail: `batchSize is a whole number from 1, not ${String(batchSize)}.`,
  });
}
