/** `stridedSlice`: begins, ends and strides with five bit masks, as TensorFlow defines them. */

import type { Call, Rule } from '../call';
import { Misfit, need } from '../misfit';

interface Range {
  readonly begin: number;
  readonly end: number;
  readonly stride: number;
  readonly openBegin: boolean;
  readonly openEnd: boolean;
  readonly shrinks: boolean;
}

const whole: Range = {
  begin: 0,
  end: 0,
  stride: 1,
  openBegin: true,
  openEnd: true,
  shrinks: false,
};

/** What becomes of one axis, or a new one of length 1. */
export type StridedAxis =
  | { readonly isNew: true }
  | {
      readonly isNew: false;
      readonly axis: number;
      /** The first entry, where there is one. */
      readonly begin: number;
      readonly length: number;
      readonly stride: number;
      /** Is the axis taken away? */
      readonly shrinks: boolean;
    };

export const stridedSlice: Rule = (call) => {
  const shape = stridedAxes(call).flatMap((one) =>
    one.isNew ? [1] : one.shrinks ? [] : [one.length],
  );
  return { outputs: [{ dtype: call.first().dtype, shape }] };
};

/** The axes of x and the new ones, in the order of the result. Throws Misfit. */
export function stridedAxes(call: Call): readonly StridedAxis[] {
  const x = call.first();
  const begins = call.numbers('begin');
  const ends = call.numbers('end');
  const strides = call.numbersIfAny('strides') ?? begins.map(() => 1);
  need(
    begins.length === ends.length && begins.length === strides.length,
    'begin, end and strides differ in length',
  );
  // A bit for each entry, and tfjs sets one more for the ellipsis that it adds.
  need(begins.length <= 12, 'there are more than 12 entries');
  const mask = (name: string) => {
    const bits = call.number(name, 0);
    need(bits >= 0 && bits < 2 ** 16, `${name} is not between 0 and 65535`);
    return (at: number) => ((bits >> at) & 1) === 1;
  };
  const masks = {
    begin: mask('beginMask'),
    end: mask('endMask'),
    ellipsis: mask('ellipsisMask'),
    newAxis: mask('newAxisMask'),
    shrink: mask('shrinkAxisMask'),
  };
  const entries = begins.map((begin, at) => ({
    begin,
    end: ends[at] ?? 0,
    stride: strides[at] ?? 1,
    openBegin: masks.begin(at),
    openEnd: masks.end(at),
    shrinks: masks.shrink(at),
    isEllipsis: masks.ellipsis(at),
    isNewAxis: masks.newAxis(at),
  }));
  need(popCount(call.number('ellipsisMask', 0)) <= 1, 'there is more than one ellipsis');
  const axes: StridedAxis[] = [];
  let axis = 0;
  const take = (range: Range) => {
    const extent = x.shape[axis];
    if (extent === undefined)
      throw new Misfit(`there are more entries than ${x.shape.length} axes`);
    const { stride, shrinks } = range;
    axes.push({ isNew: false, axis, ...extentOf(range, extent), stride, shrinks });
    axis += 1;
  };
  const ranges = entries.filter((entry) => !entry.isEllipsis && !entry.isNewAxis);
  // With other strides tfjs reads the wrong elements, or beyond the tensor.
  need(
    !ranges.some((range) => range.shrinks) || ranges.every((range) => range.stride === 1),
    'an axis can be dropped only where all strides are 1',
  );
  const rest = x.shape.length - ranges.length;
  for (const entry of entries) {
    if (entry.isEllipsis) for (let count = 0; count < rest; count++) take(whole);
    else if (entry.isNewAxis) axes.push({ isNew: true });
    else take(entry);
  }
  while (axis < x.shape.length) take(whole);
  return axes;
}

function extentOf(range: Range, extent: number): { begin: number; length: number } {
  const { stride } = range;
  need(stride !== 0, 'a stride is zero');
  if (range.shrinks) {
    const at = range.begin < 0 ? range.begin + extent : range.begin;
    need(at >= 0 && at < extent, `index ${range.begin} is outside an axis of ${extent}`);
    return { begin: at, length: 1 };
  }
  const [lowest, highest] = stride > 0 ? [0, extent] : [-1, extent - 1];
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + extent : at, lowest), highest);
  const begin = range.openBegin ? (stride > 0 ? lowest : highest) : clamp(range.begin);
  const end = range.openEnd ? (stride > 0 ? highest : lowest) : clamp(range.end);
  need(
    stride < 0 || begin <= end,
    `the slice from ${range.begin} to ${range.end} ends before it begins`,
  );
  return { begin, length: Math.max(0, Math.ceil((end - begin) / stride)) };
}

function popCount(bits: number): number {
  let count = 0;
  for (let left = bits; left > 0; left >>= 1) count += left & 1;
  return count;
}
