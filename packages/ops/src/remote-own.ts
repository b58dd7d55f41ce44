/** The types of remote ops whose form is not tfjs's own: what waits there is at hand here, and windows go by name. */

import type * as tf from '@tensorflow/tfjs';

/** What may stand for a tensor. */
type Operand<P> = P | tf.Tensor | tf.TensorLike;

/** By the name of the op. `P` is the pointer. */
export interface OwnForms<P> {
  inTopKAsync: (predictions: Operand<P>, targets: Operand<P>, k?: number) => P;
  'image.nonMaxSuppressionPadded': (
    boxes: Operand<P>,
    scores: Operand<P>,
    maxOutputSize: number,
    iouThreshold: number | undefined,
    scoreThreshold: number | undefined,
    padToMaxOutputSize: true,
  ) => { selectedIndices: P; validOutputs: P };
  /** The vectors as rows of one matrix, not as a list. */
  'linalg.gramSchmidt': (xs: P | tf.Tensor2D) => P;
  'signal.stft': (
    signal: Operand<P>,
    frameLength: number,
    frameStep: number,
    fftLength?: number,
    windowFn?: 'hannWindow' | 'hammingWindow',
  ) => P;
}
