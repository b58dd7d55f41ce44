// The same network as a layers model of TensorFlow.js, trained by its own fit: the model is
// sent, fits in the owner's tab, and comes back when the owner accepts.
const kernelInitializer = tf.initializers.glorotUniform({ seed: 7 }); // the same in every run
const conv = (config) => tf.layers.conv2d({ activation: 'relu', kernelInitializer, ...config });
const model = tf.sequential({
  layers: [
    conv({ inputShape: [28, 28, 1], filters: 8, kernelSize: 5 }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    conv({ filters: 16, kernelSize: 3 }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer }),
  ],
});
model.compile({
  optimizer: tf.train.adam(0.004),
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
});

// The images to test with are public: they come without a request.
const test = duet.store.dataSet('mnist-test');
const [images, labels] = await Promise.all([test.X.get(), test.y.get()]);
const accuracyOf = (one) =>
  tf.tidy(() => one.predict(images).argMax(1).equal(labels).cast('float32').mean().arraySync());
console.log(`accuracy without the owner's data: ${accuracyOf(model).toFixed(3)}`);

const { X, y } = duet.store.dataSet('mnist');
const remote = duet.sendModel(model);
// As in tf.layers, this loss takes labels in float32.
const run = remote.fit(X, y.cast('float32'), {
  epochs: 5,
  batchSize: 64,
  seed: 42,
  name: 'digits',
  reason: 'Two numbers an epoch: how far the model is from its labels.',
});
for await (const { epoch, logs } of run) console.log(`epoch ${epoch + 1}`, logs);
await run.done;

console.log('Asking for the weights…');
const trained = await remote.get({
  name: 'weights',
  reason: 'The model, to read digits with.',
  requestBlock: true,
});
console.log(`accuracy with the owner's data: ${accuracyOf(trained).toFixed(3)}`);

const one = images.slice([0, 0, 0, 0], [1, 28, 28, 1]);
const [seen] = trained.predict(one).argMax(1).dataSync();
console.log(`the first test image is a ${labels.dataSync()[0]}; the model reads a ${seen}`);
