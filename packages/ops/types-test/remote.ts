/** What must compile, and what must not. Checked by `tsc`, never run. */

import type * as tf from '@tensorflow/tfjs';
import type { ChainedOps, RemoteTf } from '../src';

interface Pointer extends ChainedOps<Pointer> {
  readonly id: number;
}

declare const remote: RemoteTf<Pointer>;
declare const p: Pointer;
declare const local: tf.Tensor;

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
function same<A, B>(_holds: Equal<A, B>): void {}

export function compiles(): void {
  const product: Pointer = remote.matMul(p, local, false, true);
  remote.add(p, 1).mul([1, 2, 3]).relu().sum(0, true);
  remote.concat([p, local, [1, 2]], 0);
  remote.where(p.greater(0), p, 0);
  remote.reshape(p, [-1, 2]);
  remote.zeros([2, 3], 'int32');
  remote.losses.meanSquaredError(p, local);
  const hits: Pointer = remote.metrics.binaryAccuracy(p, remote.metrics.r2Score(local, p));
  same<keyof typeof remote.metrics & 'mse', never>(true);
  hits.mean();
  remote.linalg.bandPart(p, -1, 0);
  remote.math.confusionMatrix(p, [0, 1], 2);
  remote.randomNormal([2, 2], undefined, undefined, undefined, 7);
  remote.randomUniform([2], 0, 1, 'float32', 7);
  remote.dropout(p, 0.5, undefined, 7);
  const { values, indices } = remote.topk(p, 2);
  const { mean, variance } = remote.moments(p, 0);
  const [first] = remote.split(p, 2);
  const [q, r] = remote.linalg.qr(p);
  same<typeof q, Pointer>(true);
  r.matMul(remote.linalg.gramSchmidt(p));
  const hit: Pointer = remote.inTopKAsync(p, [1, 2], 2);
  const { selectedIndices, validOutputs } = remote.image.nonMaxSuppressionPadded(
    p,
    local,
    10,
    0.5,
    undefined,
    true,
  );
  same<typeof validOutputs, Pointer>(true);
  remote.real(remote.signal.stft(p, 4, 2, undefined, 'hammingWindow'));
  p.rfft().irfft().mul(hit).add(selectedIndices);
  remote.string.stringToHashBucketFast(p, 10);
  remote.scatterND([[0]], p, [3]);
  remote.multinomial(p, 3);
  remote
    .conv2d(p, p, [1, 1], 'same')
    .batchNorm(p, [1, 2], undefined, p)
    .maxPool([2, 2], 2, 'valid');
  p.conv2d(p, 1, 'same', 'NHWC', [2, 2]).resizeBilinear([4, 4]).depthToSpace(2, 'NHWC');
  remote.fused.matMul({ a: p, b: [[1], [2]], bias: local, activation: 'relu' });
  const convolved: Pointer = remote.fused.conv2d({
    x: p,
    filter: p,
    strides: 1,
    pad: [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    preluActivationWeights: p,
  });
  const [columns] = remote.meshgrid(p, [1, 2, 3], { indexing: 'ij' });
  same<typeof columns, Pointer | undefined>(true);
  const [cell, state] = remote.basicLSTMCell(1, p, p, p, p, p);
  same<typeof cell, Pointer>(true);
  remote.einsum('ij,jk->ik', p, local).add(state).add(convolved);
  remote.image.resizeBilinear(p, [2, 2], true).maxPool(2, 2, 0);
  remote.image.cropAndResize(p, p, [0, 1], [8, 8], 'nearest');
  remote.image.rotateWithOffset(p, 0.5, [0, 0, 255], 0.5);
  const rows: Pointer[] = remote.unstack(p);
  same<typeof first, Pointer | undefined>(true);
  same<typeof values, Pointer>(true);
  product.matMul(local).toFloat().flatten().reshapeAs(p).asType('int32');
  p.concat([p, local], 0).stack(p, 1);
  p.where(p.equal(1), local).squeeze([0]).as2D(1, 2);
  p.topk(2)
    .values.add(indices)
    .sub(mean)
    .div(variance)
    .add(rows[0] ?? 0);
}

export function doesNotCompile(): void {
  // @ts-expect-error an attribute of the wrong type
  remote.sum(p, 'columns');
  // @ts-expect-error a pointer where a number is meant
  remote.clipByValue(p, p, 1);
  // @ts-expect-error an op that tfjs does not have
  remote.median(p);
  // @ts-expect-error an op whose result has a shape by values
  remote.unique(p);
  // @ts-expect-error an op that waits
  remote.whereAsync(p);
  // @ts-expect-error an op that takes a function
  remote.rand([2], () => 1, 'float32');
  // @ts-expect-error a pad that is no padding
  remote.conv2d(p, p, 1, 'full');
  // @ts-expect-error options are one object
  remote.fused.matMul(p, p);
  // @ts-expect-error an option that tfjs does not have
  remote.fused.conv2d({ x: p, filter: p, strides: 1, pad: 'same', bais: p });
  // @ts-expect-error two results are fields
  remote.maxPoolWithArgmax(p, 2, 2, 'same').relu();
  // @ts-expect-error a window goes by its name, not as a function
  remote.signal.stft(p, 4, 2, 4, () => p);
  // @ts-expect-error without padding the shape would depend on values
  remote.image.nonMaxSuppressionPadded(p, p, 10, 0.5, 0.5, false);
  // @ts-expect-error the machinery of tfjs
  remote.tidy(() => p);
  // A seed is drawn where it is left out.
  remote.randomNormal([2, 2]);
  // @ts-expect-error a seed is a number
  remote.randomUniform([2], 0, 1, 'float32', 'seed');
  // @ts-expect-error too few arguments
  remote.matMul(p);
  // @ts-expect-error too many arguments
  remote.relu(p, 1);
  // @ts-expect-error something that is no tensor
  remote.add(p, { x: 1 });
  // @ts-expect-error values are not at hand
  p.dataSync();
  // @ts-expect-error values are not at hand
  p.arraySync();
  // @ts-expect-error nothing is printed on the other side
  p.print();
  // @ts-expect-error a method whose op is not allowed
  p.unique();
  // @ts-expect-error results are pointers
  const tensor: tf.Tensor = remote.relu(p);
  // @ts-expect-error a result with fields is not a pointer
  remote.topk(p, 2).relu();
  void tensor;
}
