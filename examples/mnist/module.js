// A convolutional network on digits that stay with their owner, written as a class. It begins
// here, is sent, and trains in the owner's tab: the whole training is one message.
const kernelInitializer = tf.initializers.glorotUniform({ seed: 7 }); // the same in every run
const filter = { activation: 'relu', kernelInitializer };

class Digits extends Module {
  conv1 = nn.conv2d({ ...filter, inputChannels: 1, filters: 8, kernelSize: 5 });
  conv2 = nn.conv2d({ ...filter, inputChannels: 8, filters: 16, kernelSize: 3 });
  dense = nn.dense({ inputSize: 5 * 5 * 16, units: 10, kernelInitializer });

  forward(images) {
    const first = this.conv1.apply(images).maxPool(2, 2, 'valid');
    const second = this.conv2.apply(first).maxPool(2, 2, 'valid');
    return this.dense.apply(second.reshape([images.shape[0], -1]));
  }
}

// The images to test with are public: they come without a request.
const test = duet.store.dataSet('mnist-test');
const [images, labels] = await Promise.all([test.X.get(), test.y.get()]);
const accuracyOf = (net) =>
  tf.tidy(() => net.apply(images).argMax(1).equal(labels).cast('float32').mean().arraySync());

const net = new Digits();
console.log(`accuracy without the owner's data: ${accuracyOf(net).toFixed(3)}`);

const { X, y } = duet.store.dataSet('mnist');
const remote = net.send(duet);
const optimizer = duet.tf.train.adam();
const run = duet.train({
  name: 'digits',
  data: [X, y],
  step: (batch, digits) => ({
    loss: optimizer.minimize(
      () => duet.tf.losses.softmaxCrossEntropy(duet.tf.oneHot(digits, 10), remote.apply(batch)),
      true,
    ),
  }),
  epochs: 5,
  batchSize: 64,
  learningRate: (_, epoch) => 0.006 * 0.7 ** epoch,
  seed: 42,
  reason: 'One number an epoch: how far the network is from its labels.',
});
for await (const { epoch, values } of run) {
  const { loss } = values;
  console.log(`epoch ${epoch + 1}: loss ${loss.ok ? loss.value.toFixed(4) : loss.code}`);
}
await run.done;

console.log('Asking for the weights…');
const trained = await remote.get({
  name: 'weights',
  reason: 'The network, to read digits with.',
  requestBlock: true,
});
console.log(`accuracy with the owner's data: ${accuracyOf(trained).toFixed(3)}`);

const one = images.slice([0, 0, 0, 0], [1, 28, 28, 1]);
const [seen] = trained.apply(one).argMax(1).dataSync();
console.log(`the first test image is a ${labels.dataSync()[0]}; the network reads a ${seen}`);
