/** Models of tf.layers and modules on the owner's side, against the same on the local tfjs. */

import * as tf from '@tensorflow/tfjs';
import { Module, nn, type OwnerDuet, type ScientistDuet, type Value } from 'duetjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectedPair, type TestPair, until } from '../src';

const { layers } = tf;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const records = 23;

/** Local models that were compiled: their optimizers have tensors of their own. */
let compiledHere: tf.LayersModel[] = [];

function compileHere(model: tf.LayersModel, args: tf.ModelCompileArgs): void {
  model.compile(args);
  compiledHere.push(model);
}

/** What a test makes itself is freed at its end. */
async function scoped(test: (pair: TestPair) => Promise<void>): Promise<void> {
  await using pair = await connectedPair();
  const { engine } = tf;
  engine().startScope('test');
  try {
    await test(pair);
  } finally {
    for (const { optimizer } of compiledHere) {
      optimizer.dispose();
      // That of the momentum optimizer keeps the rate.
      (optimizer as unknown as { c?: tf.Tensor }).c?.dispose();
    }
    compiledHere = [];
    engine().endScope();
    tf.disposeVariables();
  }
}

function images(): tf.Tensor {
  return tf.randomNormal([records, 6, 6, 1], 0, 1, 'float32', 4);
}

function classes(): tf.Tensor {
  const labels = Array.from({ length: records }, (_, at) => at % 3);
  return tf.oneHot(tf.tensor1d(labels, 'int32'), 3).toFloat();
}

function seeded(seed: number): ReturnType<typeof tf.initializers.glorotNormal> {
  return tf.initializers.glorotNormal({ seed });
}

function convnet(): tf.Sequential {
  return tf.sequential({
    name: 'convnet',
    layers: [
      layers.conv2d({
        inputShape: [6, 6, 1],
        filters: 3,
        kernelSize: 3,
        activation: 'relu',
        kernelInitializer: seeded(1),
        name: 'conv',
      }),
      layers.batchNormalization({ name: 'normal' }),
      layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
      layers.flatten({ name: 'flat' }),
      layers.dense({
        units: 3,
        activation: 'softmax',
        kernelInitializer: seeded(2),
        kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
        name: 'out',
      }),
    ],
  });
}

const compiled = { loss: 'categoricalCrossentropy', metrics: ['accuracy'] };

async function publish(owner: OwnerDuet, scientist: ScientistDuet): Promise<void> {
  await owner.store.addDataset(
    { X: images(), y: classes() },
    { name: 'pictures', tags: ['pictures'] },
  );
  await until(() => scientist.store.length > 0);
}

function dataOf(scientist: ScientistDuet) {
  const pictures = scientist.store.get('pictures');
  if (!('X' in pictures)) throw new Error('There are no pictures.');
  return pictures as unknown as { X: Value; y: Value };
}

/** Accepts everything, and tells the names. */
function acceptAll(owner: OwnerDuet): string[] {
  const names: string[] = [];
  owner.on('request', (request) => {
    names.push(request.name);
    void request.accept();
  });
  return names;
}

function expectNear(actual: tf.Tensor, wanted: tf.Tensor, most = 1e-4): void {
  expect(actual.shape).toEqual(wanted.shape);
  const [a, b] = [actual.dataSync(), wanted.dataSync()];
  a.forEach((value, at) => {
    expect(Math.abs(value - (b[at] ?? Number.NaN))).toBeLessThan(most);
  });
}

function expectSameWeights(mine: tf.LayersModel, theirs: tf.LayersModel): void {
  expect(mine.weights.map(({ originalName }) => originalName)).toEqual(
    theirs.weights.map(({ originalName }) => originalName),
  );
  mine.getWeights().forEach((weight, at) => {
    expectNear(weight, theirs.getWeights()[at] as tf.Tensor);
  });
}

describe('a model of tf.layers on the owner’s side', () => {
  it('predicts and evaluates what the local one does, each with one call', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      acceptAll(owner);
      const { X, y } = dataOf(scientist);
      const model = convnet();
      compileHere(model, { optimizer: 'adam', ...compiled });
      const remote = scientist.sendModel(model);
      for (const batchSize of [records, 8, 7, 40]) {
        const predicted = remote.predict(X, { batchSize }) as Value;
        expect(predicted.shape).toEqual([records, 3]);
        const value = await predicted.get({ requestBlock: true });
        expectNear(value, model.predict(images()) as tf.Tensor);
        const values = remote.evaluate(X, y, { batchSize });
        expect(Object.keys(values)).toEqual(['loss', 'acc']);
        const wanted = model.evaluate(images(), classes(), { batchSize }) as tf.Scalar[];
        for (const [at, pointer] of Object.values(values).entries()) {
          expectNear(await pointer.get({ requestBlock: true }), wanted[at] as tf.Tensor);
        }
      }
      remote.dispose();
    }));

  it('is read back at once before it saw private data, and after that with one request for all of it', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      const model = convnet();
      compileHere(model, { optimizer: tf.train.sgd(0.1), ...compiled });
      const remote = scientist.sendModel(model);
      expectSameWeights(await remote.get(), model);
      const { X, y } = dataOf(scientist);
      await remote.fit(X, y, { report: 'none', shuffle: false }).done;
      await expect(remote.get()).rejects.toMatchObject({ code: 'not-released' });
      const names = acceptAll(owner);
      const trained = await remote.getCopy({ requestBlock: true, name: 'the model' });
      expect(names).toEqual(['the model']);
      await model.fit(images(), classes(), { shuffle: false, verbose: 0, yieldEvery: 'never' });
      expectSameWeights(trained, model);
      expectNear(trained.predict(images()) as tf.Tensor, model.predict(images()) as tf.Tensor);
      remote.dispose();
    }));

  it.each(['adam', 'sgd', 'rmsprop', 'adamax', 'adagrad', 'adadelta'])(
    'is fitted by %s as the local one is',
    (optimizer) =>
      scoped(async ({ owner, scientist }) => {
        await publish(owner, scientist);
        const names = acceptAll(owner);
        const { X, y } = dataOf(scientist);
        const model = convnet();
        const remote = scientist.sendModel(model);
        remote.compile({ optimizer, ...compiled });
        const options = { epochs: 2, batchSize: 8, shuffle: false };
        const { status, history } = await remote.fit(X, y, options).done;
        expect(status).toBe('finished');
        compileHere(model, { optimizer, ...compiled });
        const local = await model.fit(images(), classes(), {
          ...options,
          verbose: 0,
          yieldEvery: 'never',
        });
        expect(names).toEqual(['loss', 'acc', 'loss', 'acc']);
        for (const name of ['loss', 'acc']) {
          history[name]?.forEach((value, epoch) => {
            expect(value).toBeCloseTo(Number(local.history[name]?.[epoch]), 4);
          });
          expect(history[name]).toHaveLength(2);
        }
        expectSameWeights(await remote.get({ requestBlock: true }), model);
        remote.dispose();
      }),
  );

  it('is validated after each epoch', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      acceptAll(owner);
      const { X, y } = dataOf(scientist);
      const model = convnet();
      compileHere(model, { optimizer: tf.train.momentum(0.05, 0.8), ...compiled });
      const remote = scientist.sendModel(model);
      const options = { epochs: 3, batchSize: 6, shuffle: false, validationSplit: 0.3 };
      const { history } = await remote.fit(X, y, options).done;
      const local = await model.fit(images(), classes(), {
        ...options,
        verbose: 0,
        yieldEvery: 'never',
      });
      expect(Object.keys(history)).toEqual(['loss', 'acc', 'val_loss', 'val_acc']);
      for (const [name, values] of Object.entries(history)) {
        expect(values).toHaveLength(3);
        values.forEach((value, epoch) => {
          expect(value).toBeCloseTo(Number(local.history[name]?.[epoch]), 4);
        });
      }
      remote.dispose();
    }));

  it('validated or not, the same seed gives the same orders', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      acceptAll(owner);
      const { X, y } = dataOf(scientist);
      const weights: tf.LayersModel[] = [];
      for (const validationData of [undefined, [X, y] as const]) {
        const remote = scientist.sendModel(convnet());
        remote.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        const run = remote.fit(X, y, {
          epochs: 3,
          batchSize: 5,
          seed: 9,
          report: validationData === undefined ? 'none' : ['val_loss'],
          ...(validationData && { validationData }),
        });
        expect(run.seed).toBe(9);
        await run.done;
        weights.push(await remote.get({ requestBlock: true }));
        remote.dispose();
      }
      const [a, b] = weights as [tf.LayersModel, tf.LayersModel];
      expectSameWeights(a, b);
    }));

  it('goes on when a loss is denied, and tells callbacks public facts and what was released', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      owner.on('request', (request) => {
        void (request.name === 'loss' ? request.deny('No.') : request.accept());
      });
      const { X, y } = dataOf(scientist);
      const remote = scientist.sendModel(convnet());
      remote.compile({ optimizer: 'sgd', ...compiled });
      const told: string[] = [];
      const run = remote.fit(X, y, {
        epochs: 2,
        batchSize: 10,
        callbacks: {
          onTrainBegin: () => told.push('begin'),
          onEpochBegin: (epoch) => told.push(`epoch ${epoch}`),
          onBatchEnd: (batch, { epoch, step }) => told.push(`${epoch}.${batch} = ${step}`),
          onEpochEnd: (epoch, logs) => told.push(`ended ${epoch}: ${Object.keys(logs)}`),
          onTrainEnd: () => told.push('end'),
        },
      });
      const epochs: number[] = [];
      for await (const { epoch, values, logs } of run) {
        epochs.push(epoch);
        expect(values['loss']).toMatchObject({ ok: false, code: 'denied' });
        expect(values['acc']).toMatchObject({ ok: true, value: logs['acc'] });
      }
      expect(epochs).toEqual([0, 1]);
      const { history, step } = await run.done;
      expect(history['loss']).toEqual([undefined, undefined]);
      expect(step).toBe(6);
      expect(told.filter((line) => !line.startsWith('ended'))).toEqual([
        'begin',
        'epoch 0',
        '0.0 = 1',
        '0.1 = 2',
        '0.2 = 3',
        'epoch 1',
        '1.0 = 4',
        '1.1 = 5',
        '1.2 = 6',
        'end',
      ]);
      expect(told.filter((line) => line.startsWith('ended'))).toEqual([
        'ended 0: acc',
        'ended 1: acc',
      ]);
      remote.dispose();
    }));

  it('stops when a callback throws, and rejects with that', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      const { X, y } = dataOf(scientist);
      const remote = scientist.sendModel(convnet());
      remote.compile({ optimizer: 'sgd', ...compiled });
      const run = remote.fit(X, y, {
        epochs: 50,
        report: 'none',
        callbacks: {
          onBatchEnd: () => {
            throw new Error('Mine.');
          },
        },
      });
      await expect(run.done).rejects.toThrow('Mine.');
      remote.dispose();
    }));

  it('can be cancelled, and aborted by a signal', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      const { X, y } = dataOf(scientist);
      const remote = scientist.sendModel(convnet());
      remote.compile({ optimizer: 'sgd', ...compiled });
      const options = { epochs: 5000, batchSize: 5, report: 'none' } as const;
      const run = remote.fit(X, y, { ...options, callbacks: { onBatchEnd: () => run.cancel() } });
      const { status, step } = await run.done;
      expect(status).toBe('cancelled');
      expect(step).toBeLessThan(5000 * 5);
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = remote.fit(X, y, {
        ...options,
        signal,
        callbacks: { onBatchEnd: () => controller.abort() },
      });
      await expect(aborted.done).rejects.toMatchObject({ code: 'aborted' });
      const { status: after } = await remote.fit(X, y, { report: 'none' }).done;
      expect(after).toBe('finished');
      remote.dispose();
    }));

  it('with several inputs and outputs, by name', () =>
    scoped(async ({ scientist }) => {
      const [a, b] = ['a', 'b'].map((name) => tf.input({ shape: [2], name })) as [
        tf.SymbolicTensor,
        tf.SymbolicTensor,
      ];
      const joined = layers.concatenate().apply([a, b]) as tf.SymbolicTensor;
      const outputs = ['p', 'q'].map(
        (name, at) =>
          layers
            .dense({ units: 1, name, kernelInitializer: seeded(at + 5) })
            .apply(joined) as tf.SymbolicTensor,
      );
      const model = tf.model({ inputs: [a, b], outputs });
      const x = { a: tf.ones([4, 2]), b: tf.randomNormal([4, 2], 0, 1, 'float32', 2) };
      const y = { p: tf.tensor1d([1, 2, 3, 4]), q: tf.tensor2d([[0], [1], [0], [1]]) };
      const settings = { optimizer: 'sgd', loss: { p: 'meanSquaredError', q: 'hinge' } };
      compileHere(model, settings);
      const remote = scientist.sendModel(model);
      const [p, q] = remote.predict(x) as [Value, Value];
      const wanted = model.predict([x.a, x.b]) as tf.Tensor[];
      expectNear(await p.get(), wanted[0] as tf.Tensor);
      expectNear(await q.get(), wanted[1] as tf.Tensor);
      const { history } = await remote.fit(x, y, { shuffle: false, epochs: 2 }).done;
      const local = await model.fit(x, [y.p.expandDims(1), y.q], {
        shuffle: false,
        epochs: 2,
        verbose: 0,
        yieldEvery: 'never',
      });
      for (const name of ['loss', 'p_loss', 'q_loss']) {
        history[name]?.forEach((value, epoch) => {
          expect(value).toBeCloseTo(Number(local.history[name]?.[epoch]), 4);
        });
        expect(history[name]).toHaveLength(2);
      }
      expectSameWeights(await remote.get(), model);
      remote.dispose();
    }));

  it('is refused, by name, before anything is sent', () =>
    scoped(async ({ scientist, wire }) => {
      const before = wire.log.length;
      const masked = tf.sequential({
        layers: [layers.masking({ inputShape: [3, 2], name: 'gone' })],
      });
      expect(() => scientist.sendModel(masked)).toThrow('Masking “gone”');
      const own = tf.sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
      compileHere(own, { optimizer: 'sgd', loss: (a: tf.Tensor) => a });
      expect(() => scientist.sendModel(own)).toThrow('function of yours');
      expect(wire.log.length).toBe(before);
      expect(scientist.liveIds).toEqual([]);
    }));

  it('says what it is', () =>
    scoped(async ({ scientist }) => {
      const remote = scientist.sendModel(convnet());
      expect(remote.summary()).toContain('conv');
      expect(remote.getWeights().map(({ shape }) => shape)).toEqual(
        convnet()
          .getWeights()
          .map(({ shape }) => shape),
      );
      expect(remote.getWeights(true)).toHaveLength(6);
      expect(() => remote.evaluate(tf.ones([1, 6, 6, 1]), tf.ones([1, 3]))).toThrow('compile()');
      expect(() => remote.predict(tf.ones([2, 5, 6, 1]))).toThrow(
        '[any, 6, 6, 1], not [2, 5, 6, 1]',
      );
      remote.setWeights(
        convnet()
          .getWeights()
          .map((weight) => weight.onesLike()),
      );
      const [first] = remote.getWeights();
      expect(new Set((await first?.get())?.dataSync())).toEqual(new Set([1]));
      remote.dispose();
    }));
});

class Net extends Module {
  conv = nn.conv2d({
    inputChannels: 1,
    filters: 3,
    kernelSize: 3,
    activation: 'relu',
    kernelInitializer: seeded(1),
  });
  normal = nn.batchNormalization({ inputSize: 3 });
  heads = [nn.dense({ inputSize: 12, units: 3, kernelInitializer: seeded(2) })];

  forward(x: Value): Value {
    const pooled = this.normal.apply(this.conv.apply(x)).maxPool([2, 2], [2, 2], 'valid');
    return this.heads.reduce(
      (values, head) => head.apply(values),
      pooled.reshape([x.shape[0] ?? 1, -1]),
    );
  }
}

describe('a module on the owner’s side', () => {
  /** The same loop, wherever the module is. */
  function localLoop(net: Net): void {
    const optimizer = tf.train.adam(0.01);
    const [x, y] = [images() as tf.Tensor4D, classes()];
    for (let step = 0; step < 5; step += 1) {
      const batch = { x: x.slice([step * 4], [4]), y: y.slice([step * 4], [4]) };
      optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(batch.y, net.apply(batch.x)) as tf.Scalar,
        false,
        net.parameters(),
      );
    }
  }

  function remoteLoop(net: Net, { tf: remote }: ScientistDuet, X: Value, y: Value): void {
    const optimizer = remote.train.adam(0.01);
    for (let step = 0; step < 5; step += 1) {
      const batch = {
        x: X.slice([step * 4, 0, 0, 0], [4, -1, -1, -1]),
        y: y.slice([step * 4, 0], [4, -1]),
      };
      optimizer.minimize(
        () => remote.losses.softmaxCrossEntropy(batch.y, net.apply(batch.x)),
        false,
        net.parameters(),
      );
      batch.x.dispose();
      batch.y.dispose();
    }
    optimizer.dispose();
  }

  it('is trained by the code that trains a local one, to the same weights', () =>
    scoped(async ({ owner, scientist }) => {
      await publish(owner, scientist);
      const local = new Net();
      const remote = local.send(scientist);
      expect(remote).toBeInstanceOf(Net);
      expect([local.isLocal, remote.isLocal]).toEqual([true, false]);
      expect([...remote.namedParameters().keys()]).toEqual([...local.namedParameters().keys()]);
      localLoop(local);
      const { X, y } = dataOf(scientist);
      remoteLoop(remote, scientist, X, y);
      await expect(remote.get()).rejects.toMatchObject({ code: 'not-released' });
      await expect(remote.save('downloads://net')).rejects.toMatchObject({ code: 'not-released' });
      const names = acceptAll(owner);
      const back = await remote.get({ requestBlock: true, name: 'net' });
      expect(names).toEqual(['net']);
      expect([back.isLocal, back instanceof Net]).toEqual([true, true]);
      const [mine, theirs] = [back.stateDict(), local.stateDict()];
      for (const [name, value] of Object.entries(mine))
        expectNear(value, theirs[name] as tf.Tensor);
      expectNear(back.eval().apply(images()), local.eval().apply(images()), 1e-3);
      remote.dispose();
    }));

  it('takes part in plans, and takes weights from tensors and pointers', () =>
    scoped(async ({ scientist }) => {
      const local = new Net().eval();
      const remote = local.send(scientist);
      const plan = scientist.plan((x) => remote.apply(x), [{ shape: [records, 6, 6, 1] }]);
      expectNear(await plan.call(images()).get(), local.apply(images()));
      const other = new Net();
      local.loadStateDict(other.stateDict());
      remote.loadStateDict(other.stateDict());
      expectNear(await plan.call(images()).get(), local.apply(images()));
      const ones = scientist.send(tf.ones([3]));
      const report = remote.loadStateDict({ 'conv.bias': ones }, { strict: false });
      expect(report.loaded).toEqual(['conv.bias']);
      expect(() => local.loadStateDict({ 'conv.bias': ones }, { strict: false })).toThrow('local');
      expect(() => local.apply(ones)).toThrow('send()');
      const back = await remote.get();
      expect([...(back.stateDict()['conv.bias'] as tf.Tensor).dataSync()]).toEqual([1, 1, 1]);
      ones.dispose();
      plan.dispose();
      remote.dispose();
    }));

  it('is sent twice under names of its own', () =>
    scoped(async ({ scientist }) => {
      const net = new Net();
      const [a, b] = [net.send(scientist), net.send(scientist)];
      const names = [a, b].map((one) => one.parameters().map(({ name }) => name));
      expect(new Set(names.flat()).size).toBe(names.flat().length);
      expect(() => a.send(scientist)).toThrow('sent already');
      a.dispose();
      b.dispose();
    }));
});
