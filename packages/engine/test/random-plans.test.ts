import { inferPlan } from '@duet/ops';
import { isDuetError, type Plan, tensorMeta } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { valueMetas } from '../../ops/src/plan';
import { randomPlan } from '../../ops/test/random-plans';
import { makeTensor } from '../../ops/test/tfjs';
import { runPlanLocally, tensorToValue } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Fixed, so that a failure can be repeated. */
const seed = Number(process.env['DUET_PLANS_SEED'] ?? 4711);
const runs = Number(process.env['DUET_PLANS_RUNS'] ?? 100);

function run(plan: Plan, offsetOf: (input: number) => number): ReturnType<typeof tensorToValue>[] {
  return tf.tidy(() => {
    const inputs = plan.inputs.map((meta, at) => makeTensor(meta, offsetOf(at)));
    const outputs = runPlanLocally(plan, inputs, 0);
    return outputs.map((output) => tensorToValue(output)) as unknown as tf.Tensor[];
  }) as unknown as ReturnType<typeof tensorToValue>[];
}

test('what is inferred of random plans is what running them gives', () => {
  let nodes = 0;
  fc.assert(
    fc.property(randomPlan(), (plan) => {
      const facts = inferPlan(plan);
      const before = tf.memory().numTensors;
      const values = run(plan, (at) => at);
      expect(tf.memory().numTensors).toBe(before);
      expect(values.map(({ meta }) => tensorMeta(meta.dtype, meta.shape))).toEqual(facts.outputs);
      nodes += plan.nodes.length;
    }),
    { seed, numRuns: runs, endOnFailure: true },
  );
  expect(nodes).toBeGreaterThan(4 * runs);
});

test('an output is the same whatever the inputs hold that it does not depend on', () => {
  let independent = 0;
  fc.assert(
    fc.property(randomPlan(), fc.nat(6), (plan, shift) => {
      const { dependsOn, outputs } = inferPlan(plan);
      const before = run(plan, (at) => at);
      outputs.forEach((_, output) => {
        const needs = dependsOn[output] ?? new Set();
        if (needs.size === plan.inputs.length) return;
        independent += 1;
        const after = run(plan, (at) => (needs.has(at) ? at : at + 1 + shift));
        expect(after[output]).toEqual(before[output]);
      });
    }),
    { seed, numRuns: runs / 2, endOnFailure: true },
  );
  expect(independent).toBeGreaterThan(runs / 2);
});

/** Does tfjs itself find the gradients, over the same ops? */
function tfjsFinds(plan: Plan, by: readonly number[]): string {
  let says = 'yes';
  tf.tidy(() => {
    const inputs = plan.inputs.map((meta, at) => makeTensor(meta, at));
    const f = (...xs: tf.Tensor[]) => {
      const given = [...inputs];
      by.forEach((position, at) => {
        given[position] = xs[at] as tf.Tensor;
      });
      return runPlanLocally(plan, given, 0)[0] as tf.Tensor;
    };
    try {
      tf.grads(f)(by.map((position) => inputs[position] as tf.Tensor));
    } catch (error) {
      says = String(error);
    }
  });
  return says;
}

test('gradients are refused where tfjs has none, and only there', () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(randomPlan({ nodes: 6, depth: 1 }), fc.nat(1000), (plan, pick) => {
      const metas = valueMetas(plan);
      const floats = metas.flatMap(({ dtype }, at) => (dtype === 'float32' ? [at] : []));
      const y = floats[pick % floats.length] ?? 0;
      const inner: Plan = { ...plan, outputs: [y] };
      for (const by of floats.filter((at) => at < plan.inputs.length)) {
        const grads: Plan = {
          name: '',
          inputs: plan.inputs,
          constants: [],
          plans: [inner],
          nodes: [
            { kind: 'grads', plan: 0, args: [...plan.inputs.keys()], wrt: [by], dy: undefined },
          ],
          outputs: [plan.inputs.length, plan.inputs.length + 1],
        };
        let refusal = '';
        try {
          inferPlan(grads);
        } catch (error) {
          if (!isDuetError(error, 'bad-argument')) throw error;
          refusal = error.message;
        }
        const theirs = tfjsFinds(inner, [by]);
        if (refusal === '') {
          seen.accepted += 1;
          expect(theirs).toBe('yes');
          run(grads, (at) => at);
        } else {
          seen.refused += 1;
          if (!refusal.includes('without elements')) expect(theirs, refusal).not.toBe('yes');
        }
      }
    }),
    { seed, numRuns: runs * 2, endOnFailure: true },
  );
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(runs);
});
