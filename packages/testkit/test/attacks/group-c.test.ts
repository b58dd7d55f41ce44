/** Inferring single records from what is released by rule. */

import type { Plan } from '@duet/protocol';
import fc from 'fast-check';
import { expect } from 'vitest';
import { answers, failed, payloads } from '../answers';
import {
  action,
  bools,
  call,
  define,
  float,
  floats,
  get,
  ints,
  node,
  own,
  plan,
  published,
  put,
  request,
  train,
} from '../words';
import { attack, type Scene } from './attack';
import {
  aggregates,
  columns,
  isReleased,
  metrics,
  outcomeOf,
  patients,
  records,
  waitsForOwner,
  withPatients,
} from './patients';

const both = () => withPatients(aggregates, metrics(100));

/** A sum or mean over some records of X, under a new id. */
async function overRecords(scene: Scene, op: string, from: number, to: number): Promise<number> {
  const { X } = patients(scene.owner);
  const [part, result] = [scene.id(), scene.id()];
  await scene.tell(
    action(part, 'slice', published(X), [from, 0], [to - from, columns]),
    action(result, op, own(part), [0]),
  );
  expect(scene.eve.messages).toEqual([]);
  return result;
}

/** Weights of Eve's own, and what a linear model of them predicts. */
async function predictions(scene: Scene, weights: readonly number[]): Promise<number> {
  const { X } = patients(scene.owner);
  const [w, result] = [scene.id(), scene.id()];
  const value = floats(weights, [columns, 1]);
  scene.eve.say(await put(w, value));
  await scene.eve.link.sendPayload(w, value.bytes);
  await scene.tell(action(result, 'matMul', published(X), own(w)));
  expect(scene.eve.messages).toEqual([]);
  return result;
}

/** A loss of the table's own, of those predictions. */
async function lossOf(scene: Scene, weights: readonly number[]): Promise<number> {
  const predicted = await predictions(scene, weights);
  const result = scene.id();
  await scene.tell(
    action(result, 'losses.meanSquaredError', published(patients(scene.owner).y), own(predicted)),
  );
  expect(scene.eve.messages).toEqual([]);
  return result;
}

attack(
  'C1',
  'by weights along the records, whatever it is called',
  async (scene) => {
    const { X } = patients(scene.owner);
    const powers = floats(
      Array.from({ length: records }, (_, at) => 2 ** (at % 24)),
      [1, records],
    );
    await scene.tell(
      action(1, 'matMul', powers, published(X)),
      action(2, 'sum', own(1)),
      action(3, 'mul', published(X), floats([256, 1, 1])),
      action(4, 'mean', own(3), [0]),
      action(5, 'einsum', 'ab,ac->bc', [published(X), published(X)]),
      action(6, 'dot', floats(new Array(records).fill(1)), published(X)),
    );
    expect(scene.eve.messages).toEqual([]);
    for (const id of [2, 4, 5, 6]) await waitsForOwner(scene, id, 'record');
  },
  both(),
);

attack(
  'C1',
  'a metric leaves with four digits, whatever was packed in it',
  async (scene) => {
    await isReleased(scene, await lossOf(scene, [1, 0, 0]));
    const value = scene.eve.messages.find(({ kind }) => kind === 'value');
    expect(value).toMatchObject({ digits: 4 });
    const [number] = payloads(scene.eve).flat();
    expect(number).toBe(Math.fround(Number(number?.toPrecision(4))));
  },
  withPatients(metrics(1)),
);

attack(
  'C2',
  'a quota of numbers is one for all names and sessions',
  async (scene) => {
    const quota = scene.owner.requests.handlers[0]?.id;
    for (const name of ['loss', 'accuracy', '']) {
      await isReleased(scene, await lossOf(scene, [1, name.length, 0]), name);
    }
    // A new beginning, and a new link, leave it where it was.
    await scene.tell({ kind: 'begin', epoch: 2 });
    expect(await outcomeOf(scene, await lossOf(scene, [2, 0, 0]), 'other')).toBe('denied');
    expect(scene.owner.requests.handlers).toMatchObject([{ id: quota, quotaLeft: 0 }]);
    scene.expectedLog.push('request', 'denied');
  },
  withPatients(metrics(3)),
);

attack(
  'C2',
  'aggregates of one column stay under a tenth of its records',
  async (scene) => {
    for (const op of ['sum', 'mean', 'sum']) {
      await isReleased(scene, await overRecords(scene, op, 0, records));
    }
    await waitsForOwner(scene, await overRecords(scene, 'mean', 0, records), 'aggregate');
  },
  withPatients(aggregates),
);

attack(
  'C3',
  'a mean over all and a mean over all but one',
  async (scene) => {
    await isReleased(scene, await overRecords(scene, 'mean', 0, records));
    await waitsForOwner(scene, await overRecords(scene, 'mean', 0, records - 1), 'aggregate');
    await waitsForOwner(scene, await overRecords(scene, 'sum', 1, records), 'aggregate');
    await waitsForOwner(scene, await overRecords(scene, 'sum', 5, 35), 'aggregate');
    await isReleased(scene, await overRecords(scene, 'sum', 0, 20));
  },
  withPatients(aggregates),
);

attack(
  'C4',
  'each time spends the quota, and says the same',
  async (scene) => {
    const { eve, owner } = scene;
    const loss = await lossOf(scene, [1, 2, 3]);
    await isReleased(scene, loss);
    const first = payloads(eve);
    // A rounded number is not the value: it is not readable, and may be asked for anew.
    expect(await scene.tell(get(scene.id(), own(loss)))).toMatchObject([{ code: 'not-released' }]);
    await isReleased(scene, loss);
    expect(payloads(eve)).toEqual(first);
    expect(await outcomeOf(scene, loss)).toBe('denied');
    expect(owner.requests.handlers).toMatchObject([{ quotaLeft: 0 }]);
    scene.expectedLog.push('request', 'denied');
  },
  withPatients(metrics(2)),
);

attack(
  'C5',
  'by a slice, a mask, a choice or weights',
  async (scene) => {
    const { X } = patients(scene.owner);
    const few: readonly (readonly [number, number])[] = [
      [7, 8],
      [0, 9],
      [31, 40],
    ];
    for (const [from, to] of few) {
      await waitsForOwner(scene, await overRecords(scene, 'mean', from, to), 'record');
    }
    const chosen = Array.from({ length: records }, (_, at) => (at === 7 ? 1 : 0));
    const made = [
      (id: number) => [
        action(id, 'mul', published(X), floats(chosen, [records, 1])),
        action(id + 1, 'sum', own(id), [0]),
      ],
      // Twelve times the same record.
      (id: number) => [
        action(id, 'gather', published(X), ints(new Array(12).fill(7))),
        action(id + 1, 'mean', own(id), [0]),
      ],
      (id: number) => [
        action(id, 'where', bools(chosen, [records, 1]), published(X), floats([0], [])),
        action(id + 1, 'sum', own(id), [0]),
      ],
      (id: number) => [
        action(id, 'pad', published(X), [0, 12, 0, 0]),
        action(id + 1, 'mean', own(id), [0]),
      ],
    ];
    for (const messagesFrom of made) {
      const [first, second] = [scene.id(), scene.id()];
      expect(await scene.tell(...messagesFrom(first))).toEqual([]);
      await waitsForOwner(scene, second, 'record');
    }
  },
  both(),
);

attack(
  'C6',
  'whatever slices are summed: what handlers release tells of ten records at least',
  async (scene) => {
    const slices = fc.sample(fc.tuple(fc.nat(records - 1), fc.integer({ min: 1, max: records })), {
      numRuns: 40,
      seed: 5,
    });
    const cuts = new Set([0, records]);
    let released = 0;
    for (const [from, length] of slices) {
      const to = Math.min(records, from + length);
      const outcome = await outcomeOf(scene, await overRecords(scene, 'sum', from, to));
      scene.expectedLog.push('request');
      if (outcome === 'accepted') {
        released += 1;
        cuts.add(from).add(to);
        scene.expectedLog.push('accepted', 'release');
      } else {
        scene.owner.requests.at(-1).deny();
        await scene.eve.quiet();
        scene.expectedLog.push('too-narrow', 'denied');
      }
    }
    expect(released).toBeGreaterThan(0);
    expect(released * 10).toBeLessThan(records);
    const sorted = [...cuts].sort((a, b) => a - b);
    for (const [at, cut] of sorted.slice(1).entries()) {
      expect(cut - (sorted[at] ?? 0)).toBeGreaterThanOrEqual(10);
    }
  },
  withPatients(aggregates),
);

attack(
  'C7',
  'labels or predictions of their own make no metric',
  async (scene) => {
    const { X, y } = patients(scene.owner);
    const question = floats(
      Array.from({ length: records }, (_, at) => (at === 7 ? 1 : 0)),
      [records, 1],
    );
    await scene.tell(
      action(1, 'losses.absoluteDifference', question, published(y)),
      action(2, 'losses.meanSquaredError', published(y), question),
      action(3, 'losses.meanSquaredError', published(y), published(y), question),
      action(4, 'slice', published(X), [0, 0], [records, 1]),
      action(5, 'greater', own(4), floats([50], [])),
      action(6, 'equal', own(5), floats([1], [])),
    );
    for (const id of [1, 2, 3]) await waitsForOwner(scene, id, 'record', 'accuracy');
  },
  both(),
);

attack(
  'C8',
  'extremes, order and comparisons are about single records',
  async (scene) => {
    const { X } = patients(scene.owner);
    await scene.tell(
      action(1, 'max', published(X)),
      action(2, 'min', published(X), [0]),
      action(3, 'argMax', published(X), 0),
      action(4, 'greater', published(X), floats([0.5], [])),
      action(5, 'any', own(4)),
      action(6, 'all', own(4)),
      action(7, 'topk', published(X), 1),
      action(8, 'prod', published(X), [0]),
      action(9, 'logSumExp', published(X), [0]),
      action(10, 'norm', published(X)),
      action(11, 'cast', own(4), 'float32'),
      action(12, 'mean', own(11), [0]),
      action(13, 'relu', published(X)),
      action(14, 'mean', own(13), [0]),
    );
    expect(scene.eve.messages).toEqual([]);
    for (const id of [1, 2, 3, 5, 6, 8, 9, 10, 12, 14]) await waitsForOwner(scene, id, 'record');
  },
  both(),
);

attack(
  'C9',
  'losses before and after are numbers of one quota, and none is of few records',
  async (scene) => {
    const { X, y } = patients(scene.owner);
    const [few, part, wanted, loss] = Array.from({ length: 4 }, () => scene.id()) as [
      number,
      number,
      number,
      number,
    ];
    await scene.tell(
      action(few, 'slice', published(X), [0, 0], [1, columns]),
      action(part, 'mean', own(few), [1], true),
      action(wanted, 'slice', published(y), [0, 0], [1, 1]),
      action(loss, 'losses.meanSquaredError', own(wanted), own(part)),
    );
    expect(await outcomeOf(scene, loss)).toBe('waits');
    expect(scene.owner.requests.at(0).facts.class).toBe('record');
    scene.owner.requests.at(0).deny();
    await scene.eve.quiet();
    scene.expectedLog.push('request', 'too-narrow', 'denied');
    for (let step = 0; step < 4; step += 1)
      await isReleased(scene, await lossOf(scene, [step, 1, 1]));
    expect(await outcomeOf(scene, await lossOf(scene, [9, 1, 1]))).toBe('denied');
    scene.expectedLog.push('request', 'denied');
  },
  withPatients(metrics(4)),
);

// ---- gradients and weights ---------------------------------------------------------------------------------------

/** (w [3, 8], X) → mean of relu(X · w − staircase): each unit lets through one record more than the next. */
const units = 8;
const imprint: Plan = plan(
  [float(columns, units), float(records, columns)],
  [node('matMul', 1, 0), node('sub', 3, 2), node('relu', 4), node('mean', 5)],
  [6],
  {
    constants: [
      floats(
        Array.from({ length: units }, (_, at) => at),
        [units],
      ),
    ],
  },
);
const imprintGradient = plan(
  [float(columns, units), float(records, columns)],
  [{ kind: 'grads', plan: 0, args: [0, 1], wrt: [0], dy: undefined }],
  [2, 3],
  { plans: [imprint] },
);

attack(
  ['B6', 'C10'],
  'no handler but one for records may release it, and the owner is warned',
  async (scene) => {
    const { eve, owner } = scene;
    const { X } = patients(owner);
    const weights = floats(new Array(columns * units).fill(1), [columns, units]);
    eve.say(await put(1, weights));
    await eve.link.sendPayload(1, weights.bytes);
    await scene.tell(define(2, imprintGradient), call(3, 2, [own(1), published(X)]));
    expect(eve.messages).toEqual([]);
    expect(await scene.tell(get(4, own(3, 1)))).toEqual([failed(4, 'not-released')]);
    expect(await scene.tell(request(5, own(3, 1), { name: 'loss' }))).toEqual([]);
    const [asked] = owner.requests.list();
    expect(asked).toMatchObject({ elements: columns * units, facts: { class: 'record' } });
    expect(asked?.warnings.map(({ kind }) => kind)).toEqual([
      'many-numbers',
      'too-narrow',
      'too-narrow',
    ]);
    asked?.deny();
    // The difference of two neighbouring gradients is one record: no aggregate either.
    await scene.tell(
      action(6, 'slice', own(3, 1), [0, 0], [columns, 1]),
      action(7, 'slice', own(3, 1), [0, 1], [columns, 1]),
      action(8, 'sub', own(6), own(7)),
    );
    scene.expectedLog.push('request', 'too-narrow', 'too-narrow', 'denied');
    await waitsForOwner(scene, 8, 'record');
  },
  both(),
);

attack(
  'B7',
  'trained state is left to the owner, who is told how much it can hold',
  async (scene) => {
    const { owner } = scene;
    const { X } = patients(owner);
    const batch = 10;
    const loss = plan(
      [float(columns, 1), float(batch, columns)],
      [node('matMul', 1, 0), node('square', 2), node('mean', 3)],
      [4],
    );
    const step = plan(
      [float(columns, 1), float(batch, columns)],
      [{ kind: 'grads', plan: 0, args: [0, 1], wrt: [0], dy: undefined }, node('sub', 0, 3)],
      [4, 2],
      { plans: [loss] },
    );
    await scene.tell(
      define(1, step),
      train(2, 1, {
        state: [floats([0.1, 0.2, 0.3], [columns, 1])],
        data: [published(X)],
        batchSize: batch,
        epochs: 2,
      }),
    );
    expect(scene.eve.messages.at(-1)).toMatchObject({ kind: 'progress', state: 'finished' });
    await scene.tell(request(1000, own(2), { name: 'accuracy' }));
    const [asked] = owner.requests.list();
    expect(asked?.facts.class).toBe('record');
    expect(asked?.warnings.map(({ kind }) => kind)).toContain('many-numbers');
    asked?.deny();
    await scene.eve.quiet();
    scene.expectedLog.push('request', 'too-narrow', 'too-narrow', 'denied');
  },
  both(),
);

// ---- several releases, several scientists ------------------------------------------------------------------------

attack(
  'C11',
  'the owner is told of what was released of nearly the same records',
  async (scene) => {
    const { owner } = scene;
    const whole = await overRecords(scene, 'mean', 0, records);
    await scene.tell(request(scene.id(), own(whole)));
    await owner.requests.at(0).accept();
    expect(await outcomeOf(scene, await overRecords(scene, 'mean', 0, records - 1))).toBe('waits');
    const warnings = owner.requests.at(0).warnings;
    expect(warnings.map(({ kind }) => kind)).toEqual(['near-release']);
    expect(warnings[0]?.text).toContain('records 0 to 39');
    owner.requests.at(0).deny();
    await scene.eve.quiet();
    scene.openGrants = 1;
    scene.expectedLog.push('request', 'accepted', 'request', 'denied');
  },
  withPatients(),
);

attack(
  'C17',
  'what was released to one scientist counts for all',
  async (scene) => {
    const { grace, owner } = scene;
    const { X } = patients(owner);
    await answers(
      grace,
      action(1, 'slice', published(X), [0, 0], [20, columns]),
      action(2, 'mean', own(1), [0]),
      request(3, own(2)),
      get(4, own(2), { request: 3 }),
    );
    expect(payloads(grace)).toHaveLength(1);
    await waitsForOwner(scene, await overRecords(scene, 'mean', 0, 21), 'aggregate');
    const later = await scene.join('eve', 'cd'.repeat(32));
    const heard = await answers(
      later,
      action(1, 'slice', published(X), [0, 0], [19, columns]),
      action(2, 'sum', own(1), [0]),
      request(3, own(2)),
    );
    expect(heard).toEqual([]);
    owner.requests.at(0).deny();
    await later.quiet();
    expect(later.messages).toMatchObject([{ kind: 'decision', outcome: 'denied' }]);
  },
  withPatients(aggregates),
);
