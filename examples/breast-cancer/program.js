// Logistic regression on records that stay with their owner. X and y are pointers: every op
// runs in the owner's tab, and nothing of it can be read here until the owner accepts.
const { X, y } = duet.store.dataSet('breast-cancer');
const [records, features] = X.shape;
const kept = Math.floor(records / 5);
const trained = records - kept;

// Standardise by the training rows alone, with a column of ones for the bias.
const [inputs, labels, keptInputs, keptLabels] = duet.tidy(() => {
  const rows = X.slice([0, 0], [trained, features]);
  const mean = rows.mean(0);
  const deviation = rows.sub(mean).square().mean(0).sqrt().add(1e-6);
  const prepare = (some) =>
    duet.tf.concat([some.sub(mean).div(deviation), duet.tf.ones([some.shape[0], 1])], 1);
  return [
    prepare(rows),
    y.slice([0, 0], [trained, 1]),
    prepare(X.slice([trained, 0], [kept, features])),
    y.slice([trained, 0], [kept, 1]),
  ];
});

let weights = duet.tf.zeros([features + 1, 1]);
for (let step = 1; step <= 200; step++) {
  const next = duet.tidy(() => {
    const errors = inputs.matMul(weights).sigmoid().sub(labels);
    const gradient = inputs.matMul(errors, true).div(trained);
    return weights.sub(gradient.mul(0.5));
  });
  weights.dispose();
  weights = next;
  if (step % 50 === 0) console.log(`step ${step} of 200 is on its way to the owner`);
}

console.log('Asking for the weights…');
const learned = await weights.getCopy({
  requestBlock: true,
  name: 'weights',
  reason: 'One number for each measurement: which of them speak for a malignant tumour.',
});
const strongest = Array.from(learned.dataSync().slice(0, features), (weight, at) => ({
  measurement: X.columns[at],
  weight: Number(weight.toFixed(3)),
})).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
console.table(strongest.slice(0, 5));

console.log(`Asking for the accuracy on the ${kept} rows kept back…`);
const right = duet.tidy(() =>
  duet.tf.metrics.binaryAccuracy(keptLabels, keptInputs.matMul(weights).sigmoid()).mean(),
);
const accuracy = await right.getValue({
  requestBlock: true,
  name: 'accuracy',
  reason: 'One number: the share of rows kept back that the model gets right.',
});
console.log(`accuracy ${accuracy.toFixed(3)}`);
for (const pointer of [inputs, labels, keptInputs, keptLabels, weights]) pointer.dispose();
