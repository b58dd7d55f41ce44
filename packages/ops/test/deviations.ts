/** Where this room is stricter than tfjs, and why. Everything else agrees exactly. tfjs is not even called there. */
export interface Deviation {
  readonly ops: RegExp;
  /** A part of what our error says. */
  readonly says: string;
  readonly reason: string;
}

const any = /./;
/** What has a window that slides. */
const sliding =
  /^(conv[123]d(Transpose)?|(fused\.)?(depthwiseC|c)onv2d|separableConv2d|dilation2d|(avg|max)Pool(3d|WithArgmax)?|pool)$/;
const onlyFloat =
  /^(conv.*|dilation2d|fused\..*|.*[pP]ool.*|batchNorm.*|localResponse.*|basicLSTMCell|image\.resizeNearestNeighbor)$/;

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
    ops: /^signal\.(frame|stft)$/,
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
    ops: /^metrics\.(sparseC|c)ategoricalAccuracy$/,
    says: 'the last axis is empty',
    reason: 'tfjs takes class 0 of none for the highest.',
  },
  {
    ops: /^metrics\.(binaryC|categoricalC)rossentropy$/,
    says: 'yPred must be float32',
    reason: 'tfjs fails, or gives infinity, since almost 0 and almost 1 are no whole numbers.',
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
  {
    ops: sliding,
    says: 'must be 1 or more for every axis',
    reason: 'tfjs gives shapes with negative or infinite entries, or never returns.',
  },
  {
    ops: sliding,
    says: ' entries, not ',
    reason: 'tfjs leaves out what is too much, and counts with NaN where something is missing.',
  },
  {
    ops: sliding,
    says: 'is empty',
    reason: 'Backends differ in what they make of nothing under a window.',
  },
  {
    ops: sliding,
    says: 'does not fit into',
    reason: 'tfjs gives empty shapes, or negative ones.',
  },
  {
    ops: sliding,
    says: 'a pad of one number needs',
    reason: 'tfjs counts the steps along columns with the window and the stride of the rows.',
  },
  {
    ops: sliding,
    says: 'pad is negative',
    reason: 'Backends differ in what they read outside of x.',
  },
  {
    ops: sliding,
    says: 'only axes of space can be padded',
    reason: 'tfjs does not look at the other pairs.',
  },
  {
    ops: onlyFloat,
    says: 'must be float32',
    reason: 'Some backends have these kernels for float32 alone, or give another dtype.',
  },
  {
    ops: /^conv[23]dTranspose$/,
    says: 'leads to',
    reason: 'tfjs reads beyond x, and gives NaN.',
  },
  {
    ops: /^conv1d$/,
    says: 'pad may add to the axis of space alone',
    reason: 'tfjs fails for every record, and so not for an empty batch.',
  },
  {
    ops: /^maxPoolWithArgmax$/,
    says: 'x must have rank 4',
    reason: 'tfjs takes the last axis for one of space.',
  },
  {
    ops: /^pool$/,
    says: 'pad must be valid or same',
    reason: 'tfjs leaves out a pad in numbers where there are dilations.',
  },
  {
    ops: /^(batchNorm|batchToSpaceND|spaceToBatchND|image\.grayscaleToRGB)$/,
    says: 'is more than',
    reason: 'WebGL has no kernel for so many axes.',
  },
  {
    ops: /^batchNorm/,
    says: 'must be the last axes of',
    reason:
      'tfjs on cpu runs through the shorter tensor over and over, which gives the same as elsewhere only there.',
  },
  {
    ops: /^localResponseNormalization$/,
    says: 'depthRadius is negative',
    reason: 'tfjs sums over nothing on cpu.',
  },
  {
    ops: /^basicLSTMCell$/,
    says: 'must broadcast to',
    reason: 'tfjs gives states of another shape than the gates.',
  },
  {
    ops: /^basicLSTMCell$/,
    says: 'c must have rank 2',
    reason: 'tfjs gives states of another shape than c.',
  },
  {
    ops: /^basicLSTMCell$/,
    says: ' differ',
    reason: 'tfjs gives states of another shape than c.',
  },
  {
    ops: /^basicLSTMCell$/,
    says: 'are not four gates',
    reason: 'tfjs slices at fractions, and fails only where a slice is then beyond the end.',
  },
  {
    ops: /^batchToSpaceND$/,
    says: 'crops takes more',
    reason: 'tfjs gives negative dimensions.',
  },
  {
    ops: /^spaceToBatchND$/,
    says: 'blockShape is empty',
    reason: 'The other way round tfjs fails.',
  },
  {
    ops: /^spaceToBatchND$/,
    says: 'has a negative entry',
    reason: 'tfjs writes outside of the result.',
  },
  {
    ops: /^image\./,
    says: 'is empty',
    reason: 'tfjs reads entries that are not there, and gives NaN.',
  },
  {
    ops: /^image\./,
    says: 'must be 1 or more, twice',
    reason: 'tfjs gives empty images, or images with negative sides.',
  },
  {
    ops: /^image\.rotateWithOffset$/,
    says: 'must be one number',
    reason: 'tfjs leaves out what is too much, and fills with NaN where a number is missing.',
  },
  {
    ops: /^image\.transform$/,
    says: 'must be a batch of 1',
    reason: 'tfjs on cpu leaves out all images but the first.',
  },
  {
    ops: /^einsum$/,
    says: 'must have the same dtype',
    reason: 'The dtype of the result differs between backends.',
  },
  {
    ops: /^einsum$/,
    says: 'cast them first',
    reason: 'tfjs gives bool or int32, by the order of the labels.',
  },
  {
    ops: /^einsum$/,
    says: 'labels for',
    reason: 'tfjs gives shapes with holes.',
  },
  {
    ops: /^einsum$/,
    says: 'must be an equation',
    reason: 'tfjs takes any character for a label; here labels are letters, in order.',
  },
  {
    ops: /^meshgrid$/,
    says: 'x is missing',
    reason: 'tfjs gives nothing for nothing.',
  },
  {
    ops: /^fused\./,
    says: 'bias',
    reason:
      'Some backends take one entry for each channel and nothing else, and fail where they are run.',
  },
  {
    ops: /^fused\./,
    says: 'preluActivationWeights',
    reason: 'Backends differ in how slopes of other shapes are spread.',
  },
  {
    ops: /^fused\./,
    says: 'leakyreluAlpha is required',
    reason: 'tfjs has no default here, and gives NaN.',
  },
  {
    ops: /^einsum$/,
    says: 'must be in both terms',
    reason: 'tfjs multiplies the second term in with the axes of the first one counted wrongly.',
  },
  {
    ops: /^(scatterND|(denseB|b)incount)$/,
    says: 'must not be bool',
    reason: 'tfjs sums in a byte on cpu and in a float on a GPU, and calls both bool.',
  },
  {
    ops: /^(scatterND|tensorScatterUpdate|sparseToDense)$/,
    says: 'indices a position',
    reason: 'WebGL keeps a position in a vector of at most four entries.',
  },
  {
    ops: /^(gatherND|scatterND|tensorScatterUpdate)$/,
    says: 'positions without an index',
    reason: 'Backends differ in what they make of a position without indices.',
  },
  {
    ops: /^sparseToDense$/,
    says: 'defaultValue must be one number',
    reason: 'tfjs takes the first of them on cpu, and expects a scalar on a GPU.',
  },
  {
    ops: /^denseBincount$/,
    says: 'binaryOutput needs an x of rank 2',
    reason: 'tfjs counts all the same on cpu.',
  },
  {
    ops: /^image\.nonMaxSuppressionPadded$/,
    says: 'padToMaxOutputSize must be true',
    reason: 'The shape of the result would depend on values.',
  },
  {
    ops: /^image\.nonMaxSuppressionPadded$/,
    says: 'maxOutputSize is negative',
    reason: 'tfjs gives nothing, whatever is padded.',
  },
  {
    ops: /^linalg\.gramSchmidt$/,
    says: 'must be the vectors as rows of a matrix',
    reason: 'tfjs takes rows of matrices for vectors.',
  },
  {
    ops: /^linalg\.qr$/,
    says: 'must be float32',
    reason: 'tfjs gives what it was given where there is nothing to do, and fails else.',
  },
  {
    ops: /^multinomial$/,
    says: 'at least 2 outcomes',
    reason: 'tfjs counts the outcomes of all rows together.',
  },
  {
    ops: /^linalg\.qr$/,
    says: 'matrices in a batch must be square',
    reason: 'tfjs gives the results the shape of x, and fails where there is anything in them.',
  },
  {
    ops: /^matMul$/,
    says: 'do not repeat one another',
    reason: 'tfjs gives fewer elements than the shape has, or others.',
  },
  {
    ops: /^(spectral\.)?i?r?fft$|^signal\.stft$/,
    says: 'nothing to transform',
    reason: 'webgl fails where there are no signals.',
  },
  {
    ops: /^(spectral\.)?rfft$|^signal\.stft$/,
    says: 'fftLength must be positive',
    reason: 'tfjs takes a negative length from the end, and gives an empty shape.',
  },
  {
    ops: /^signal\.stft$/,
    says: 'the signal must',
    reason: 'tfjs compares the frame with all elements and slices the first axis.',
  },
];
