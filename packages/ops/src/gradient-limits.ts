/** Calls that tfjs cannot go back through although their ops have a gradient. */

import type { Arg } from '@duet/protocol';
import { Call } from './call';
import { sizeOf } from './shapes';
import type { OpSpec, TensorFact } from './spec';

type Limit = (call: Call, param: string) => string | undefined;

const unless = (fits: boolean, reason: string): string | undefined => (fits ? undefined : reason);

/** What divides by the number of weights that are not 0 has no gradient by them. */
const weighted: Limit = (call, param) =>
  unless(
    param !== 'weights' || call.choice('reduction', '3') !== '3',
    'no gradient by its weights with this reduction',
  );

const limitOf: Readonly<Record<string, Limit>> = {
  'image.resizeBilinear': (call) => {
    const [height, width] = call.tensor('images').shape.slice(-3);
    return unless(height === width, 'a gradient by square images alone');
  },
  // tfjs's loop on cpu never ends.
  'image.resizeNearestNeighbor': (call) => {
    const [height = 0, width = 0] = call.tensor('images').shape.slice(-3);
    const [newHeight = 0, newWidth = 0] = call.numbers('size');
    const spread = (height === 1 && newHeight > 1) || (width === 1 && newWidth > 1);
    return unless(
      !(spread && call.flag('alignCorners')),
      'no gradient by a single row or column with alignCorners',
    );
  },
  'linalg.gramSchmidt': (call) =>
    unless(call.tensor('xs').shape[0] !== 1, 'no gradient by a single row'),
  tile: (call) => unless(call.tensor('x').shape.length <= 4, 'no gradient above rank 4'),
  ...Object.fromEntries(
    [
      'absoluteDifference',
      'computeWeightedLoss',
      'cosineDistance',
      'hingeLoss',
      'huberLoss',
      'logLoss',
      'meanSquaredError',
      'sigmoidCrossEntropy',
      'softmaxCrossEntropy',
    ].map((name) => [`losses.${name}`, weighted]),
  ),
};

/**
 * What the op has of gradients for this call, where that is less than one by this parameter: the end of a sentence.
 * Undefined where nothing stands in the way. Values without elements are refused on every way back, since the gradients of
 * many ops fail for them.
 */
export function gradientLimit(
  spec: OpSpec,
  param: string,
  args: readonly Arg<TensorFact>[],
): string | undefined {
  const empty = args.some((arg) => {
    const tensors =
      arg.kind === 'tensor' ? [arg.tensor] : arg.kind === 'tensors' ? arg.tensors : [];
    return tensors.some(({ meta }) => sizeOf(meta.shape) === 0);
  });
  if (empty) return 'no gradient through values without elements';
  const limit = Object.hasOwn(limitOf, spec.name) ? limitOf[spec.name] : undefined;
  return limit?.(new Call(spec, args), param);
}
