/** What must compile, and what must not, of models and modules. */

import * as tf from '@tensorflow/tfjs';
import {
  type FitRun,
  Module,
  nn,
  type Pointer,
  type RemoteModel,
  type ScientistSession,
  type Value,
} from '../src';

declare const duet: ScientistSession;
declare const pointer: Pointer;
declare const tensor: tf.Tensor;

class Net extends Module {
  dense = nn.dense({ inputSize: 3, units: 2, activation: 'relu' });
  scale = nn.parameter(tf.scalar(1));

  forward(x: Value): Value {
    return this.dense.apply(x).mul(this.scale.value);
  }
}

class Two extends Module {
  forward(x: Value, y: Value): { sum: Value; list: Value[] } {
    return { sum: this.tf.add(x, y), list: [x, y] };
  }
}

export const local: tf.Tensor = new Net().apply(tensor);
export const remote: Pointer = new Net().send(duet).apply(pointer);
export const sent: Net = new Net().send(duet);
export const back: Promise<Net> = sent.get({ requestBlock: true });
export const several: { sum: tf.Tensor; list: tf.Tensor[] } = new Two().apply(tensor, tensor);
export const cost: Pointer | null = duet.tf.train
  .sgd(0.1)
  .minimize(() => sent.apply(pointer).mean(), true, sent.parameters());
tf.train.sgd(0.1).minimize(() => tf.mean(new Net().apply(tensor)), false, new Net().parameters());

// @ts-expect-error a layer is made with the size of what goes into it
nn.dense({ units: 2 });
// @ts-expect-error an unknown activation
nn.dense({ inputSize: 2, units: 2, activation: 'reluu' });
// @ts-expect-error a module has a forward
class Nothing extends Module {}
export const nothing = Nothing;

const model: RemoteModel = duet.sendModel(tf.sequential());
model.compile({ optimizer: tf.train.adam(), loss: 'meanSquaredError', metrics: ['accuracy'] });
model.compile({
  optimizer: 'sgd',
  loss: tf.losses.huberLoss,
  metrics: tf.metrics.meanSquaredError,
});
export const run: FitRun = model.fit(pointer, tensor, {
  epochs: 2,
  callbacks: { onEpochEnd() {} },
});
export const values: Record<string, Pointer> = model.evaluate(pointer, pointer);
export const copy: Promise<tf.LayersModel> = model.get();
// @ts-expect-error a model is compiled with a loss
model.compile({ optimizer: 'sgd' });
