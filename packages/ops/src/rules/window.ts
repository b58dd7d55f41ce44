/** Windows that slide over the axes of space: what convolutions and pools share, counted as tfjs's `conv_util` does. */

import type { Call } from '../call';
import { Misfit, need } from '../misfit';
import { type Shape, showShape } from '../shapes';

/** One axis of space, and what slides along it. */
export interface Track {
  readonly extent: number;
  /** Entries of the window. */
  readonly size: number;
  readonly stride: number;
  /** The distance between neighbours in the window. */
  readonly dilation: number;
}

/** One whole number for every axis, or one each; all positive. */
export function perAxis(call: Call, name: string, axes: number, otherwise?: number): number[] {
  const one = call.numberIfAny(name) ?? (call.isAbsent(name) ? otherwise : undefined);
  const each = one === undefined ? call.numbers(name) : Array.from({ length: axes }, () => one);
  need(each.length === axes, `${name} has ${each.length} entries, not ${axes}`);
  need(
    each.every((entry) => entry >= 1),
    `${name} must be 1 or more for every axis`,
  );
  return [...each];
}

/** tfjs has no kernel that does both. */
export function needStridesOrDilations(tracks: readonly Track[]): void {
  need(
    tracks.every(({ stride }) => stride === 1) || tracks.every(({ dilation }) => dilation === 1),
    'strides or dilations must be 1',
  );
}

/** What a window covers, with the gaps that the dilation makes. */
export function spanOf({ size, dilation }: Track): number {
  return (size - 1) * dilation + 1;
}

type Padding = ReturnType<Call['padding']>;

export interface SlideOptions {
  /** Does the op take pairs: for the batch, each axis of space, and the channels? */
  readonly explicit?: boolean;
  /** Does it have a `dimRoundingMode`? */
  readonly rounded?: boolean;
  /** Where it is not `pad` itself. */
  readonly pad?: Padding;
}

/** How often the window fits along each axis, by `pad` and `dimRoundingMode` as tfjs has them. */
export function slide(
  call: Call,
  tracks: readonly Track[],
  { explicit = true, rounded = true, pad = call.padding('pad') }: SlideOptions = {},
): number[] {
  const mode = rounded ? call.choice('dimRoundingMode', '') : '';
  const steps =
    typeof pad === 'string' ? byName(pad, tracks, mode) : byNumbers(pad, tracks, mode, explicit);
  for (const [axis, count] of steps.entries()) {
    const track = tracks[axis];
    if (track === undefined || count >= 1) continue;
    throw new Misfit(
      `a window of ${spanOf(track)} does not fit into the ${track.extent} entries of space axis ${axis}`,
    );
  }
  return steps;
}

function byName(pad: string, tracks: readonly Track[], mode: string): number[] {
  need(mode === '', 'dimRoundingMode needs a pad in numbers');
  return tracks.map((track) => {
    const reach = pad === 'same' ? track.extent : track.extent - spanOf(track) + 1;
    return Math.ceil(reach / track.stride);
  });
}

function byNumbers(
  pad: Exclude<Padding, string>,
  tracks: readonly Track[],
  mode: string,
  explicit: boolean,
): number[] {
  const added = typeof pad === 'number' ? evenly(pad, tracks) : pairwise(pad, tracks, explicit);
  return tracks.map((track, axis) => {
    const reach = track.extent - spanOf(track) + (added[axis] ?? 0);
    return roundBy(mode, reach / track.stride + 1);
  });
}

/** The entries that the same pad on all sides adds to each axis. */
function evenly(pad: number, tracks: readonly Track[]): number[] {
  need(pad >= 0, 'pad is negative');
  const [rows, columns] = tracks;
  // For two axes tfjs counts the steps along columns with the window and the stride of the rows.
  need(
    tracks.length !== 2 ||
      rows === undefined ||
      columns === undefined ||
      (spanOf(rows) === spanOf(columns) && rows.stride === columns.stride),
    'a pad of one number needs the same window and stride along both axes: use pairs',
  );
  return tracks.map(() => 2 * pad);
}

function pairwise(
  pairs: readonly (readonly [number, number])[],
  tracks: readonly Track[],
  explicit: boolean,
): number[] {
  need(explicit, 'pad must be a text or one number here');
  need(pairs.length === tracks.length + 2, `pad has ${pairs.length} pairs, not 4`);
  need(
    pairs.flat().every((count) => count >= 0),
    'pad is negative',
  );
  const outer = [pairs.at(0), pairs.at(-1)].flatMap((pair) => [...(pair ?? [])]);
  need(
    outer.every((count) => count === 0),
    'only axes of space can be padded, so the first and the last pair are zeros',
  );
  return pairs.slice(1, -1).map(([before, after]) => before + after);
}

function roundBy(mode: string, value: number): number {
  if (mode === 'ceil') return Math.ceil(value);
  if (mode === 'round') return Math.round(value);
  return mode === 'floor' ? Math.floor(value) : Math.trunc(value);
}

/** A batch of `rank` axes, channels last; one record without its batch axis is taken as a batch of one. */
export interface Batch {
  readonly batch: number;
  readonly space: Shape;
  readonly channels: number;
  /** The shape of a result, with the batch axis where there was one. */
  readonly shapeOf: (space: Shape, channels: number) => number[];
}

export function batchOf(shape: Shape, rank: number, name = 'x'): Batch {
  need(
    shape.length === rank || shape.length === rank - 1,
    `${name} must have rank ${rank - 1} or ${rank}, not ${shape.length}`,
  );
  const single = shape.length === rank - 1;
  const [batch = 1, ...axes] = single ? [1, ...shape] : shape;
  need(
    axes.every((extent) => extent > 0),
    `${name} ${showShape(shape)} is empty in an axis other than the batch`,
  );
  return {
    batch,
    space: axes.slice(0, -1),
    channels: axes.at(-1) ?? 1,
    shapeOf: (space, channels) => [...(single ? [] : [batch]), ...space, channels],
  };
}
