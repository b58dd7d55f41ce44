/** Where this room is stricter than tfjs, and why. Everything else agrees exactly. tfjs is not even called there. */
export interface Deviation {
  readonly ops: RegExp;
  /** A part of what our error says. */
  readonly says: string;
  readonly reason: string;
}

const any = /./;

export const deviations: readonly Deviation[] = [
  {
    ops: any,
    says: 'seed',
    reason: 'tfjs draws anew without a seed and for 0; here the values follow from what was sent.',
  },
  {
    ops: /^(randomNormal|truncatedNormal)$/,
    says: 'stdDev is negative',
    reason: 'tfjs never returns: no draw is within two negative deviations.',
  },
  {
    ops: /^randomGamma$/,
    says: 'must be positive',
    reason: 'tfjs draws NaN, or for ever.',
  },
  {
    ops: /^signal\.frame$/,
    says: 'frameLength and frameStep must be positive',
    reason: 'tfjs never returns where frameStep is not positive.',
  },
  { ops: any, says: 'an axis is named twice', reason: 'tfjs counts it twice and divides wrongly.' },
  {
    ops: /^arg(Max|Min)$/,
    says: 'the axis is empty',
    reason: 'tfjs gives index 0 of nothing, which is out of range wherever it is used.',
  },
  {
    ops: /^(broadcastTo|where)$/,
    says: 'cannot be broadcast to the empty shape',
    reason: 'tfjs gives another shape than the one asked for.',
  },
  {
    ops: /^complex$/,
    says: 'both parts must be float32',
    reason: 'tfjs keeps int32 parts in what it calls complex64, and its bytes are then wrong.',
  },
  {
    ops: /^(cumsum|cumprod|norm|euclideanNorm)$/,
    says: 'does not exist in a scalar',
    reason: 'tfjs does not look at the axis of a scalar.',
  },
  {
    ops: /^(pad|mirrorPad)/,
    says: 'of paddings for rank',
    reason: 'tfjs gives tensors with the wrong rank.',
  },
  {
    ops: /^pad\dd$/,
    says: 'is not',
    reason: 'tfjs does not look at the rank, and gives shapes with holes.',
  },
  { ops: /^pad/, says: 'a padding is negative', reason: 'tfjs writes outside of the result.' },
  {
    ops: /^signal\.frame$/,
    says: 'the signal must have rank 1',
    reason: 'tfjs compares the frame with all elements and slices the first axis.',
  },
  {
    ops: /^slice/,
    says: 'is outside axis',
    reason: 'tfjs gives negative dimensions, or what stands before the beginning.',
  },
  {
    ops: /^split$/,
    says: 'the sizes do not add up',
    reason: 'tfjs gives pieces that overlap, for a size that it infers to be negative.',
  },
  {
    ops: /^stridedSlice$/,
    says: 'is not between',
    reason: 'A mask has a bit for each entry, and a negative one has all of them.',
  },
  {
    ops: /^(norm|euclideanNorm)$/,
    says: 'a norm is taken over',
    reason: 'tfjs does nothing for an empty list of axes of a vector.',
  },
  {
    ops: /^norm$/,
    says: 'two axes in order',
    reason: 'tfjs reduces other axes than those named.',
  },
  {
    ops: /^(cumsum|cumprod)$/,
    says: 'must be counted from the front here',
    reason: 'tfjs gives a shape with a hole, and no values.',
  },
  {
    ops: /^(cumsum|cumprod|unsortedSegmentSum|erf)$/,
    says: 'cast it',
    reason: 'The dtype of the result differs between backends.',
  },
  {
    ops: /^(concat\d?d?|stack)$/,
    says: 'must have the same dtype',
    reason: 'tfjs writes the values of one dtype into another one unconverted on some backends.',
  },
  {
    ops: /^stridedSlice$/,
    says: 'differ in length',
    reason: 'tfjs reads beyond the shorter list.',
  },
  {
    ops: /^stridedSlice$/,
    says: 'ends before it begins',
    reason: 'tfjs fails, or takes the rest where the difference happens to be -1.',
  },
  {
    ops: /^(cumsum|cumprod)$/,
    says: 'is not between',
    reason: 'tfjs does not look whether the axis exists.',
  },
  {
    ops: /^transpose$/,
    says: 'is not an order of',
    reason: 'tfjs takes an axis twice, and gives a shape with another number of elements.',
  },
  {
    ops: /^unsortedSegmentSum$/,
    says: 'must have rank 1',
    reason: 'tfjs gives a shape that depends on the backend.',
  },
  {
    ops: /^signal\.frame$/,
    says: 'must be float32',
    reason: 'tfjs gives float32 where there is no frame, and mixes dtypes where it pads.',
  },
  { ops: /^tile$/, says: 'reps has a negative entry', reason: 'tfjs gives negative dimensions.' },
  {
    ops: /^stridedSlice$/,
    says: 'only where all strides are 1',
    reason: 'tfjs reads the wrong elements, or beyond the tensor.',
  },
];
