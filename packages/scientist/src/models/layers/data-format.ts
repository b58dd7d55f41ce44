/** The two orders of axes. tfjs's kernels are fastest, and some are only there, with the channels last. */

import type { Pointer } from '../../pointer';
import type { Config } from '../config';
import type { Ops } from '../ops-namespace';

export const dataFormats = ['channelsFirst', 'channelsLast'] as const;

export type DataFormat = (typeof dataFormats)[number];

export function dataFormatOf(config: Config): DataFormat {
  return config.choice('dataFormat', dataFormats, 'channelsLast');
}

/** `[batch, channels, …]` as `[batch, …, channels]`. */
export function channelsToLast(ops: Ops, x: Pointer): Pointer {
  const spatial = Array.from({ length: x.rank - 2 }, (_, at) => at + 2);
  return ops.transpose(x, [0, ...spatial, 1]);
}

/** `[batch, …, channels]` as `[batch, channels, …]`. */
export function channelsToFirst(ops: Ops, x: Pointer): Pointer {
  const spatial = Array.from({ length: x.rank - 2 }, (_, at) => at + 1);
  return ops.transpose(x, [0, x.rank - 1, ...spatial]);
}

/** Runs what takes the channels last on values of either format. */
export function channelsLast(
  ops: Ops,
  format: DataFormat,
  x: Pointer,
  body: (x: Pointer) => Pointer,
): Pointer {
  if (format === 'channelsLast') return body(x);
  return channelsToFirst(ops, body(channelsToLast(ops, x)));
}

/** A bias of `[channels]`, added along the axis where the format has the channels. */
export function addChannelBias(
  ops: Ops,
  format: DataFormat,
  x: Pointer,
  bias: Pointer | undefined,
): Pointer {
  if (bias === undefined) return x;
  if (format === 'channelsLast') return ops.add(x, bias);
  const ones = Array.from({ length: x.rank - 2 }, () => 1);
  return ops.add(x, ops.reshape(bias, [1, bias.size, ...ones]));
}
