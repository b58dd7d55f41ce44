/** Bringing code, names and functions into the owner's tab. */

import { expect } from 'vitest';
import { until } from '../../src/pair';
import { answers, failed, fault } from '../answers';
import {
  action,
  begin,
  define,
  float,
  floats,
  get,
  node,
  own,
  plan,
  published,
  request,
  train,
} from '../words';
import { ages, attack, codes, matrix, open } from './attack';
import type { AttackId } from './catalogue';
import { digest, eachIsRefused, frame, header, nextSequence, raw } from './raw-frames';

/** None of these names an op, be it called singly or from within a plan. */
function areNoOps(id: AttackId, what: string, names: readonly string[]): void {
  attack(id, what, async (scene) => {
    const calls = names.map((name, at) => action(1 + at, name, published(ages)));
    expect(await scene.tell(...calls)).toEqual(
      calls.map((each) => fault(each.id, 'unsupported-op')),
    );
    const plans = names.map((name, at) => define(500 + at, plan([float(6)], [node(name, 0)], [1])));
    expect(await scene.tell(...plans)).toEqual(
      plans.map((each) => fault(each.id, 'unsupported-op')),
    );
    expect(scene.eve.peer.session?.planCount).toBe(0);
  });
}

areNoOps('F1', 'whatever is found on objects, functions and tensors', [
  'constructor',
  'add.constructor',
  'add.call',
  'neg.bind',
  '__proto__',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'prototype',
  'Tensor.prototype.dataSync',
  'dataSync',
  'fused.matmul',
  'add ',
  'Add',
  '0',
]);

areNoOps('F4', 'D93 whatever loads a model or its weights', [
  'loadLayersModel',
  'loadGraphModel',
  'loadGraphModelSync',
  'models.modelFromJSON',
  'io.http',
  'io.browserHTTPRequest',
  'io.fromMemory',
  'io.loadWeights',
  'io.listModels',
  'io.copyModel',
  'indexeddb://model',
  'https://example.com/model.json',
]);

areNoOps('F5', 'D93 whatever reads a device, a file or an address', [
  'data.webcam',
  'data.microphone',
  'data.csv',
  'data.generator',
  'data.URLDataSource',
  'data.FileDataSource',
]);

areNoOps('F6', 'whatever reads or draws the page', [
  'browser.fromPixels',
  'browser.fromPixelsAsync',
  'browser.toPixels',
  'browser.draw',
]);

areNoOps('F7', 'whatever is of the engine, the backends and the environment', [
  'engine',
  'engine.reset',
  'disposeVariables',
  'dispose',
  'env',
  'env.set',
  'setBackend',
  'removeBackend',
  'registerBackend',
  'registerKernel',
  'registerGradient',
  'registerOp',
  'setPlatform',
  'profile',
  'time',
  'keep',
  'nextFrame',
  'enableDebugMode',
  'util.assert',
]);

areNoOps('F8', 'whatever makes layers or models, or registers classes', [
  'sequential',
  'model',
  'layers.dense',
  'layers.lambda',
  'LayersModel',
  'RNN',
  'serialization.registerClass',
  'registerCallbackConstructor',
  'initializers.glorotUniform',
  'train.adam',
]);

areNoOps('F10', 'whatever takes functions', [
  'customGrad',
  'grad',
  'grads',
  'valueAndGrad',
  'variableGrads',
  'tidy',
  'rand',
  'multiRNNCell',
  'data.func',
  'callbacks.earlyStopping',
]);

areNoOps('F11', 'whatever takes one', ['string.staticRegexReplace', 'RegExp', 'stringReplace']);

areNoOps('F14', 'whatever runs text', [
  'eval',
  'Function',
  'import',
  'evalScript',
  'setTimeout',
  'script',
]);

const properties = ['constructor', '__proto__', 'toString', 'hasOwnProperty', ''];

attack('F2', 'where a dtype, a padding, an activation or a form is named', async (scene) => {
  const calls = properties.flatMap((name, at) => [
    action(10 * at + 1, 'cast', published(ages), name),
    action(10 * at + 2, 'zeros', [2], name),
    action(10 * at + 3, 'norm', published(matrix), name),
    action(10 * at + 4, 'meshgrid', published(ages), published(ages), name),
    action(10 * at + 5, 'maxPool', floats([1], [1, 1, 1, 1]), [1, 1], [1, 1], name),
    action(10 * at + 6, 'einsum', name, [published(ages)]),
    action(10 * at + 7, 'mirrorPad', published(ages), [1, 1], name),
    action(10 * at + 8, 'pool', floats([1], [1, 1, 1, 1]), [1, 1], name, 'valid'),
  ]);
  const heard = await scene.tell(...calls);
  expect(heard).toEqual(calls.map(({ id }) => fault(id, 'bad-argument')));
});

attack('F2', 'as the activation or the form of a fused op or a loss', async (scene) => {
  const calls = properties.map((name, at) =>
    action(
      1 + at,
      'fused.matMul',
      published(matrix),
      published(matrix),
      false,
      true,
      undefined,
      name,
    ),
  );
  const losses = properties.map((name, at) =>
    action(100 + at, 'losses.meanSquaredError', published(ages), published(ages), undefined, name),
  );
  const heard = await scene.tell(...calls, ...losses);
  expect(heard).toEqual([...calls, ...losses].map(({ id }) => fault(id, 'bad-argument')));
});

const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'then'];

attack('F3', 'names of requests, tags, plans and runs are kept as texts', async (scene) => {
  const { eve, owner } = scene;
  const step = (name: string) => plan([float(), float(1)], [node('sum', 1)], [2], { name });
  for (const [at, key] of keys.entries()) {
    const from = 10 * at;
    await scene.tell(
      action(from + 1, 'abs', published(ages)),
      request(from + 2, own(from + 1), { name: key, reason: key }),
      define(from + 3, step(key)),
      train(from + 4, from + 3, { state: [floats([0], [])], data: [published(open)], name: key }),
    );
    expect(owner.requests.table()[0]).toMatchObject({ name: key, reason: key });
    owner.requests.at(0).deny();
    await eve.quiet();
  }
  const empty: Record<string, unknown> = {};
  expect(Object.getPrototypeOf(empty)).toBe(Object.prototype);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(empty['dtype']).toBeUndefined();
  scene.expectedLog.push(...keys.flatMap(() => ['request', 'denied'] as const));
});

attack(
  'F9',
  'an unknown dtype, a size where there is none, bytes that do not fit',
  async (scene) => {
    const literal = (data: Uint8Array, of: ReturnType<typeof header>) =>
      raw({ action: { id: 1, op: 'neg', args: [{ literal: { header: of, data } }] } });
    await eachIsRefused(
      scene,
      'bad-message',
      raw({ put: { id: 1, header: header([2], 9), digest } }),
      raw({ put: { id: 1, header: header([2], 0), digest } }),
      raw({ put: { id: 1, header: header([1, 1, 1, 1, 1, 1, 1], 1), digest } }),
      raw({ put: { id: 1, header: header([1], 1), digest: digest.subarray(1) } }),
    );
    await eachIsRefused(
      scene,
      'bad-tensor',
      raw({ put: { id: 1, header: header([2], 1, 8), digest } }),
      raw({ put: { id: 1, header: header([2 ** 31], 1), digest } }),
      literal(new Uint8Array(3), header([], 1)),
      literal(Uint8Array.of(2), header([1], 3)),
    );
  },
);

attack('F10', 'neither as an argument nor as what a run calls', async (scene) => {
  const text = 'x => fetch("https://example.com")';
  expect(
    await scene.tell(
      action(1, 'neg', text),
      action(2, 'sum', published(ages), text),
      action(3, 'clipByValue', published(ages), text, 1),
      train(4, 99, { state: [floats([0], [])], data: [published(ages)], name: text }),
    ),
  ).toEqual([
    fault(1, 'bad-argument'),
    fault(2, 'bad-argument'),
    fault(3, 'bad-argument'),
    fault(4, 'no-object'),
  ]);
});

attack(
  'F12',
  'a reason for closing that is not in the list ends that link, as no message',
  async (scene) => {
    const other = await scene.join('eve');
    other.wire.b.send(frame(nextSequence(other), ['close', 9999]));
    await until(() => other.peer.status === 'left');
    expect(other.peer.leftBecause?.code).toBe('bad-message');
    expect(await answers(scene.eve, get(1, published(ages)))).toEqual([failed(1, 'not-released')]);
  },
);

attack('F13', 'equations, paddings and other texts are read, never passed on', async (scene) => {
  const equations = [
    'i->i',
    '->',
    'i',
    'ij->',
    'ii->i->i',
    'i,->',
    'i->j',
    'i->ii',
    '__proto__->i',
    'constructor->c',
    'i…->i',
    'i->i;process.exit()',
    '\u0131->\u0131',
    'i -> i -> i',
  ];
  const calls = equations.map((equation, at) =>
    action(1 + at, 'einsum', equation, [published(ages)]),
  );
  expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'bad-argument')));
  // What is read as an equation computes what it says, and is as private as its input.
  const read = scene.id();
  expect(
    await scene.tell(action(read, 'einsum', 'a->a', [published(ages)]), get(scene.id(), own(read))),
  ).toMatchObject([{ kind: 'failed', code: 'not-released' }]);
  const image = floats([1], [1, 1, 1, 1]);
  const pads = ['SAME', 'valid ', 'same\u200b', '../same', 'number', '1'];
  const pooled = pads.map((pad, at) =>
    action(scene.id() + at, 'maxPool', image, [1, 1], [1, 1], pad),
  );
  expect(await scene.tell(...pooled)).toEqual(pooled.map(({ id }) => fault(id, 'bad-argument')));
});

attack('F12', 'an op’s name is never more than a name', async (scene) => {
  const modules = ['tfjs.ops.neg', 'node:fs', 'duetjs', './neg', 'neg\u0000', 'DuetError'];
  const known = modules.filter((name) => !name.includes('\u0000'));
  const calls = known.map((name, at) => action(1 + at, name, published(codes)));
  expect(await scene.tell(...calls)).toEqual(calls.map(({ id }) => fault(id, 'unsupported-op')));
  await eachIsRefused(scene, 'bad-text', raw({ action: { id: 1, op: 'neg\u0000', args: [] } }));
  expect(await scene.tell({ ...begin, epoch: 3 })).toContainEqual(
    expect.objectContaining({ kind: 'welcome', epoch: 3 }),
  );
});
