/** Runs something over the records of values, batch by batch, within one plan however many batches there are. */

import type { Pointer } from '../pointer';
import type { ModelHost } from './parameter';

/** What a batch gives, by name. */
export type BatchValues = Readonly<Record<string, Pointer>>;

export interface InBatches {
  /** Of the batches of full size: each value with a new first axis, one entry a batch. Undefined where there is none. */
  readonly whole: { readonly count: number; readonly values: BatchValues } | undefined;
  /** Of the shorter last batch; undefined where there is none. */
  readonly rest: { readonly size: number; readonly values: BatchValues } | undefined;
}

/** The loop of a duet, as it is used here. */
type CollectingLoop = (
  count: number,
  carried: undefined,
  body: (carried: undefined, round: Pointer) => { carried: undefined; collect: BatchValues },
) => { readonly collect: BatchValues };

/** Inside a recording. `values` share their first axis; `run` is recorded at most twice. */
export function inBatches(
  host: ModelHost,
  values: readonly Pointer[],
  batchSize: number,
  run: (batch: readonly Pointer[]) => BatchValues,
): InBatches {
  const { tf: ops } = host;
  const records = values[0]?.shape[0] ?? 0;
  const count = Math.floor(records / batchSize);
  const size = records % batchSize;
  const cut = (begin: number, length: number) =>
    values.map((value) => {
      if (length === records) return value;
      const { shape } = value;
      return ops.slice(value, [begin, ...shape.slice(1).map(() => 0)], [length, ...shape.slice(1)]);
    });
  const rest = size === 0 ? undefined : { size, values: run(cut(records - size, size)) };
  if (count === 0) return { whole: undefined, rest };
  if (count === 1) return { whole: { count, values: stacked(host, run(cut(0, batchSize))) }, rest };
  const { collect } = (host.loop as CollectingLoop)(count, undefined, (_, round) => {
    const begin = ops.mul(round, ops.fill([], batchSize, 'int32'));
    const indices = ops.add(begin, ops.range(0, batchSize, 1, 'int32'));
    return { carried: undefined, collect: run(values.map((value) => ops.gather(value, indices))) };
  });
  return { whole: { count, values: collect }, rest };
}

/** As one entry of a loop. */
function stacked({ tf: ops }: ModelHost, values: BatchValues): BatchValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, ops.expandDims(value, 0)]),
  );
}
