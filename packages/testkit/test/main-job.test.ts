/** The main job, whole, with both ends in one process; e2e/ runs it between two browsers. */

import { VirtualClock } from '@duet/link';
import * as tf from '@tensorflow/tfjs';
import { isDuetError, type OwnerDuet, type ScientistDuet } from 'duetjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectedPair, until } from '../src';
import { type Outcome, publish, runLocally, runRemotely } from './breast-cancer';

let local: Outcome;
let localWeights: readonly number[];

beforeAll(async () => {
  await tf.setBackend('cpu');
  const scope = tf.engine().startScope.bind(tf.engine());
  scope('local run');
  const { weights, ...outcome } = await runLocally();
  localWeights = [...weights.dataSync()];
  local = outcome;
  tf.engine().endScope();
});

async function published(owner: OwnerDuet, scientist: ScientistDuet): Promise<void> {
  await publish(owner);
  await until(() => scientist.store.length > 0);
}

/** Runs the program, whose own tensors are then freed. */
async function train(scientist: ScientistDuet): Promise<Outcome> {
  tf.engine().startScope('program');
  try {
    return await runRemotely(scientist);
  } finally {
    tf.engine().endScope();
  }
}

describe('logistic regression on records that stay with their owner', () => {
  it('gives the weights and the accuracy of the same program on local tfjs, after two accepts', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    await published(owner, scientist);
    const released: number[][] = [];
    owner.on('request', async (request) => {
      const value = await request.preview();
      released.push([...new Float32Array(value?.bytes.slice().buffer ?? new ArrayBuffer())]);
      await request.accept();
    });
    const outcome = await train(scientist);
    expect(outcome.accuracy).toBeGreaterThanOrEqual(0.94);
    expect(outcome.accuracy).toBe(local.accuracy);
    const [weights = [], accuracy] = released;
    expect(weights).toHaveLength(31);
    weights.forEach((weight, at) => {
      expect(Math.abs(weight - (localWeights[at] ?? Number.NaN))).toBeLessThan(1e-5);
    });
    expect(accuracy).toHaveLength(1);
  });

  it('D49 denied, rejects with the owner’s words and goes on to be asked again', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    await published(owner, scientist);
    owner.once('request', (request) => request.deny('Not the weights, please'));
    const denied = await train(scientist).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isDuetError(denied, 'denied')).toBe(true);
    expect(String(denied)).toContain('Not the weights, please');
    owner.on('request', (request) => void request.accept());
    expect((await train(scientist)).accuracy).toBe(local.accuracy);
  });

  it('is answered by a handler within its quota', async () => {
    await using pair = await connectedPair();
    const { owner, scientist } = pair;
    await published(owner, scientist);
    owner.requests.addHandler({
      action: 'accept',
      tags: ['breast-cancer'],
      release: 'records',
      elementQuota: 32,
    });
    expect((await train(scientist)).accuracy).toBe(local.accuracy);
    expect(owner.requests.handlers).toMatchObject([{ quotaLeft: 0 }]);
  });

  it('expires on the owner’s clock, and leaves the session usable', async () => {
    const clock = new VirtualClock();
    await using pair = await connectedPair({ clock });
    const { owner, scientist } = pair;
    await published(owner, scientist);
    const mean = scientist.store.dataSet('breast-cancer').field('X').mean();
    const asked = mean.tryGet({ requestBlock: true, name: 'mean', timeoutSecs: 5 });
    await until(() => owner.requests.length === 1);
    clock.advance(5000);
    expect(await asked).toMatchObject({ ok: false, code: 'expired' });
    owner.on('request', (request) => void request.accept());
    expect(await mean.getValue({ requestBlock: true })).toBeTypeOf('number');
  });
});

describe('what passes', () => {
  it('a chain of ten ops and a get is one frame out, and one answer back', async () => {
    await using pair = await connectedPair();
    const { owner, scientist, wire } = pair;
    await owner.store.add(
      [
        [1, 2],
        [3, 4],
      ],
      { tags: ['open'], public: true },
    );
    await until(() => scientist.store.length > 0);
    const open = scientist.store.get('open');
    const before = wire.log.length;
    const chain = open.sub(1).div(2).square().add(1).sqrt().log().abs().mul(3).neg().mean(0);
    expect(await chain.getCopy().then((value) => value.dispose())).toBeUndefined();
    expect(wire.log.slice(before).map(({ lane }) => lane)).toEqual(['bToA', 'aToB']);
  });

  it('with a handler, the decision and the value come back to that one frame', async () => {
    await using pair = await connectedPair();
    const { owner, scientist, wire } = pair;
    await published(owner, scientist);
    owner.requests.addHandler({
      action: 'accept',
      tags: ['breast-cancer'],
      release: 'records',
      elementQuota: 100,
    });
    const X = scientist.store.dataSet('breast-cancer').field('X');
    const before = wire.log.length;
    const chain = X.sub(1).div(2).square().add(1).sqrt().log().abs().mul(3).neg().mean(0);
    await chain.getCopy({ requestBlock: true }).then((value) => value.dispose());
    expect(wire.log.slice(before).map(({ lane }) => lane)).toEqual(['bToA', 'aToB', 'aToB']);
  });
});
