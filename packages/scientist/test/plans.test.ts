import { limits, type Plan } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Pointer, RemotePlan, type ScientistSession } from '../src';
import { openSession, settle } from './fake-link';
import { plainPair } from './plain-owner';
import { thrownBy } from './thrown-by';

beforeAll(() => tf.setBackend('cpu'));

function opsOf(plan: Plan): string[] {
  return plan.nodes.flatMap((node) => (node.kind === 'op' ? [node.op] : [node.kind]));
}

describe('recording', () => {
  test('sends nothing, and makes plain data', async () => {
    const { session, link } = await openSession();
    const plan = session.plan(
      (a, b) => a.matMul(b).relu().add(1),
      [{ shape: [2, 3] }, { shape: [3, 4] }],
    );
    await settle();
    expect(link.sent).toEqual([]);
    expect(plan).toBeInstanceOf(RemotePlan);
    expect(plan.inputs.map(({ shape }) => shape)).toEqual([
      [2, 3],
      [3, 4],
    ]);
    expect(plan.outputs).toEqual([{ dtype: 'float32', shape: [2, 4], elementBytes: 0 }]);
    expect(plan.captures).toEqual([]);
    expect(opsOf(plan.graph)).toEqual(['matMul', 'relu', 'add']);
    expect(plan.graph.constants).toHaveLength(1);
    expect(structuredClone(plan.graph)).toEqual(plan.graph);
  });

  test('shapes and dtypes are known inside, and wrong calls throw where they are written', async () => {
    const { session } = await openSession();
    const seen: unknown[] = [];
    session.plan(
      (a) => {
        const product = a.matMul(tf.ones([3, 5]));
        seen.push(product.shape, product.greater(0).dtype, product instanceof Pointer);
        const error = thrownBy(() => a.matMul(a));
        seen.push(error.code);
        expect(error.message).toMatch(/matMul.*\[2,3\]/s);
        expect((error.stack ?? '').includes('plans.test')).toBe(true);
        return product;
      },
      [{ shape: [2, 3] }],
    );
    expect(seen).toEqual([[2, 5], 'bool', true, 'bad-argument']);
  });

  test('what it does not need is left out', async () => {
    const { session } = await openSession();
    const ages = session.store.get('ages');
    const plan = session.plan(
      (a) => {
        ages.sum();
        session.tf.add(a, [7]);
        return a.mul(2);
      },
      [{ shape: [1] }],
    );
    expect(opsOf(plan.graph)).toEqual(['mul']);
    expect(plan.graph.constants).toHaveLength(1);
    expect(plan.captures).toEqual([]);
  });

  test('the same function gives the same plan each time', async () => {
    const { session } = await openSession();
    const ages = session.store.get('ages');
    const make = () =>
      session.plan(
        (a) => ({
          noise: session.tf.randomNormal([2]),
          other: session.tf.randomUniform([2]),
          sum: a.add(ages.mean()),
        }),
        [{ shape: [2] }],
      );
    const [first, second] = [make(), make()];
    expect(first.toBytes()).toEqual(second.toBytes());
    expect(await first.hash()).toBe(await second.hash());
    expect(await first.hash()).toMatch(/^[0-9a-f]{64}$/);
    const nodes = first.graph.nodes.filter((node) => node.kind === 'op' && node.salted);
    expect(nodes).toHaveLength(2);
    const seeded = session.plan(() => session.tf.randomNormal([2], 0, 1, 'float32', 7));
    expect(seeded.graph.nodes[0]).toMatchObject({ op: 'randomNormal', salted: false });
  });

  test('pointers are captured once, small local values are constants, large ones are captured', async () => {
    const { session } = await openSession();
    const ages = session.store.get('ages');
    const large = tf.ones([limits.literalBytes / 4 + 1]);
    const small = tf.tensor1d([1, 2, 3]);
    const plan = session.plan(() =>
      session.tf
        .add(large.shape[0] ?? 0, ages)
        .add(ages)
        .add(small)
        .add(small)
        .add(session.tf.sum(session.tf.add(large, large))),
    );
    expect(plan.captures.map(({ shape }) => shape)).toEqual([[4, 3], [large.size]]);
    expect(plan.graph.constants.map(({ meta }) => meta.shape)).toEqual([[], [3]]);
    tf.dispose([large, small]);
  });

  test('constants that do not fit a message are captured', async () => {
    const { session } = await openSession();
    const size = limits.literalBytes / 4;
    const plan = session.plan(() => {
      let sum = session.tf.zeros([size]);
      for (let at = 0; at < 80; at++) sum = sum.add(new Float32Array(size).fill(at));
      return sum;
    });
    expect(plan.captures).toHaveLength(80 - 64);
    expect(plan.toBytes().length).toBeLessThan(limits.messageBytes);
  });

  test.each([
    ['async functions', async (a: Pointer) => a],
    ['promises', (a: Pointer) => Promise.resolve(a)],
    ['texts', () => 'x'],
    ['objects of a class', () => new Map()],
    ['nothing at all', () => undefined],
  ])('%s are refused', async (_, fn) => {
    const { session } = await openSession();
    const error = thrownBy(() => session.plan(fn as unknown as () => Pointer, [{ shape: [2] }]));
    expect(error.code).toBe('bad-argument');
    expect(session.tf.add(1, 2).id).toBe('s1');
  });

  test('get, request, send, variable and train are no part of it', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const inside = (fn: (a: Pointer) => unknown) =>
      thrownBy(() =>
        session.plan(
          (a) => {
            fn(a);
            return a;
          },
          [{ shape: [] }],
        ),
      );
    expect(inside((a) => a.request()).message).toMatch(/request\(\).*part of a plan/);
    expect(inside(() => ages.request()).message).toMatch(/part of a plan/);
    expect(inside(() => session.send(1)).message).toMatch(/send\(\)/);
    expect(inside(() => session.tf.variable(1)).message).toMatch(/variable\(\)/);
    expect(inside((a) => session.train({ step: () => a, data: [ages] })).message).toMatch(/train/);
    let getting: Promise<unknown> | undefined;
    session.plan(
      (a) => {
        getting = a.get();
        getting.catch(() => undefined);
        return a;
      },
      [{ shape: [] }],
    );
    await expect(getting).rejects.toMatchObject({ code: 'bad-argument' });
    expect(link.sent).toEqual([]);
  });

  test('a pointer of a recording is of no use after it, nor in another one', async () => {
    const { session } = await openSession();
    let leaked: Pointer | undefined;
    session.plan(
      (a) => {
        leaked = a.add(1);
        return leaked;
      },
      [{ shape: [] }],
    );
    expect(thrownBy(() => leaked?.add(1)).message).toMatch(/recording has ended/);
    expect(thrownBy(() => session.plan(() => leaked as Pointer)).code).toBe('bad-argument');
    expect(thrownBy(() => session.tf.add(leaked as Pointer, 1)).message).toMatch(/recording/);
  });

  test('what was disposed inside cannot be used; tidy works', async () => {
    const { session, link } = await openSession();
    const plan = session.plan(
      (a) => {
        const gone = a.add(1);
        gone.dispose();
        expect(thrownBy(() => gone.add(1)).code).toBe('disposed');
        let inner: Pointer | undefined;
        const kept = session.tidy(() => {
          inner = a.mul(2);
          return inner.mul(3);
        });
        expect(thrownBy(() => inner?.add(1)).code).toBe('disposed');
        return kept;
      },
      [{ shape: [] }],
    );
    await settle();
    expect(link.sent).toEqual([]);
    expect(opsOf(plan.graph)).toEqual(['mul', 'mul']);
  });

  test('a function that throws leaves nothing open', async () => {
    const { session, link } = await openSession();
    expect(() =>
      session.plan(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    session.tf.add(1, 2);
    expect(link.of('action')).toHaveLength(1);
  });

  test('one that fits no message', async () => {
    const { session } = await openSession();
    const error = thrownBy(() =>
      session.plan(
        (a) => {
          let at = a;
          for (let count = 0; count < 15_000; count++) {
            at = session.tf.slice(at, [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]);
          }
          return at;
        },
        [{ shape: [1, 1, 1, 1, 1, 1] }],
      ),
    );
    expect([error.code, error.message]).toEqual(['too-large', expect.stringMatching(/bytes/)]);
  });

  test('the whole is checked: costs and sizes, ops that the engine lacks', async () => {
    const tight = await openSession(undefined, { limits: { planCost: 1000 } });
    const costly = (session: ScientistSession) => () =>
      session.plan((a) => a.matMul(a).matMul(a), [{ shape: [10, 10] }]);
    expect(thrownBy(costly(tight.session)).code).toBe('too-costly');
    const { session } = await openSession(undefined, {}, { backend: 'wasm', lacking: ['erf'] });
    const error = thrownBy(() => session.plan((a) => a.erf(), [{ shape: [2] }]));
    expect(error.code).toBe('unsupported-op');
    expect(error.message).toMatch(/erf.*wasm/);
    expect(thrownBy(() => session.tf.erf(1)).code).toBe('unsupported-op');
    const other = await openSession();
    const bytes = other.session.plan((a) => a.erf(), [{ shape: [2] }]).toBytes();
    expect(thrownBy(() => session.planFromBytes(bytes)).code).toBe('unsupported-op');
  });
});

describe('calls', () => {
  test('the plan is sent once, and a call is one message', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const plan = session.plan((a) => a.sub(a.mean()), [ages], { name: 'centre' });
    const results = [1, 2, 3].map(() => plan.call(ages));
    await settle();
    expect(link.sent.map(({ kind }) => kind)).toEqual(['define', 'call', 'call', 'call']);
    expect(link.last('define').plan).toEqual(plan.graph);
    expect(link.last('define').plan.name).toBe('centre');
    expect(results.map(({ id }) => id)).toEqual(['s2', 's3', 's4']);
    expect(results[0]?.shape).toEqual([4, 3]);
    expect(link.last('call')).toMatchObject({ plan: 1, salt: 0, drops: [] });
    // The same graph, recorded anew, is known.
    session.plan((a) => a.sub(a.mean()), [ages], { name: 'centre' }).call(ages);
    expect(link.of('define')).toHaveLength(1);
  });

  test('results come in the form in which the function returns them', async () => {
    const { session, link, owner, data } = await plainPair([tf.tensor1d([3, 4])]);
    const [x] = data as [Pointer];
    const plan = session.plan(
      (a) => ({ sum: a.sum(), list: [a.mul(2), 5], same: a, outside: x }),
      [x],
    );
    const result = plan.call([1, 2]);
    const sum: Pointer = result.sum;
    expect(await owner.numbers(sum)).toEqual([3]);
    const [twice, five] = result.list as [Pointer, Pointer];
    expect(await owner.numbers(twice)).toEqual([2, 4]);
    expect(await owner.numbers(five)).toEqual([5]);
    expect(await owner.numbers(result.same)).toEqual([1, 2]);
    expect(await owner.numbers(result.outside)).toEqual([3, 4]);
    expect(link.of('call')).toHaveLength(1);
    const single = session.plan((a: Pointer) => a.add(1), [{ shape: [] }]).call(1);
    expect(single.id).toMatch(/^s\d+$/);
  });

  test('arguments: pointers, tensors, numbers and arrays, large ones sent ahead', async () => {
    const { session, link, owner } = await plainPair([tf.tensor1d([3, 4])]);
    const size = limits.literalBytes / 4 + 1;
    const plan = session.plan(
      (a, b) => a.sum().add(b.toFloat().sum()),
      [{ shape: [size] }, { shape: [2], dtype: 'int32' }],
    );
    const large = tf.ones([size]);
    expect(await owner.numbers(plan.call(large, [1, 2]))).toEqual([size + 3]);
    large.dispose();
    expect(link.sent.map(({ kind }) => kind)).toEqual(['define', 'put', 'call']);
    expect(link.last('call').drops).toEqual([link.last('put').id]);
    for (const args of [[], [[1], [1, 2]], [large.shape, 'x']]) {
      const error = thrownBy(() => plan.call(...(args as unknown as number[])));
      expect(error.code).toBe('bad-argument');
    }
    expect(link.of('call')).toHaveLength(1);
  });

  test('captured pointers that were disposed, and disposed plans', async () => {
    const { session, link } = await openSession();
    const one = session.tf.add(1, 1);
    const plan = session.plan((a) => a.add(one), [{ shape: [] }]);
    plan.call(1);
    one.dispose();
    expect(thrownBy(() => plan.call(1)).code).toBe('disposed');
    const other = session.plan((a) => a.add(2), [{ shape: [] }]);
    const twin = session.plan((a) => a.add(2), [{ shape: [] }]);
    other.call(1);
    other.dispose();
    other.dispose();
    expect(thrownBy(() => other.call(1)).message).toMatch(/plan.*disposed/);
    twin.call(1);
    await settle();
    const defined = link.of('define').at(-1)?.id;
    expect(link.of('drop').flatMap(({ ids }) => ids)).not.toContain(defined);
    twin.dispose();
    await settle();
    expect(link.last('drop').ids).toContain(defined);
  });

  test('outputs are readable where all that they depend on is', async () => {
    const { session, link } = await openSession();
    const ages = session.store.get('ages');
    const pi = session.store.get('pi');
    const plan = session.plan(
      (a) => ({ secret: a.sum(), open: pi.mul(2), none: session.tf.ones([2]) }),
      [ages],
    );
    const { secret, open, none } = plan.call(ages);
    // A request for what is readable asks nobody.
    for (const pointer of [open, none]) {
      expect((await pointer.request().decision).outcome).toBe('accepted');
    }
    secret.request();
    expect(link.of('request')).toHaveLength(1);
    expect(link.last('request').ref).toMatchObject({ path: [0] });
  });

  test('a refused plan says so at the next call', async () => {
    const { session, link } = await openSession();
    const faults: unknown[] = [];
    session.on('fault', ({ error }) => faults.push(error.code));
    const plan = session.plan((a) => a.add(1), [{ shape: [] }]);
    plan.call(1);
    link.say({ kind: 'fault', about: link.last('define').id, code: 'limit' });
    expect(faults).toEqual(['limit']);
    expect(thrownBy(() => plan.call(1)).code).toBe('limit');
  });

  test('random ops draw anew at each call, or as the salt says', async () => {
    const { session, link, owner } = await plainPair([]);
    const plan = session.plan(() => [session.tf.randomNormal([8]), session.tf.randomNormal([8])]);
    const draws = async (salt?: number) => {
      const [a, b] = plan.callWith(salt === undefined ? {} : { salt }) as [Pointer, Pointer];
      return [await owner.numbers(a), await owner.numbers(b)];
    };
    const [first, second] = [await draws(), await draws()];
    expect(first).not.toEqual(second);
    expect(first[0]).not.toEqual(first[1]);
    expect(await draws(5)).toEqual(await draws(5));
    expect(await draws(5)).not.toEqual(await draws(6));
    expect(link.of('call').every(({ salt }) => salt > 0)).toBe(true);
    expect(link.of('define')).toHaveLength(1);
    const [local] = plan.runWith({ salt: 5 }) as [tf.Tensor, tf.Tensor];
    expect([...local.dataSync()]).toEqual((await draws(5))[0]);
    expect(thrownBy(() => plan.callWith({ salt: 0 })).code).toBe('bad-argument');
  });
});

describe('elsewhere', () => {
  test('on local tensors: the same result, and nothing is left', async () => {
    const { session, owner, data } = await plainPair([tf.tensor1d([3, 4])]);
    const [x] = data as [Pointer];
    const plan = session.plan((a) => ({ far: a.sub(x).square().sum() }), [{ shape: [2] }]);
    const far = await owner.numbers(plan.call([1, 1]).far);
    const given = [tf.tensor1d([1, 1]), tf.tensor1d([3, 4])];
    const before = tf.memory().numTensors;
    const local = plan.run(...given);
    expect([...local.far.dataSync()]).toEqual(far);
    local.far.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(thrownBy(() => plan.run(given[0] as tf.Tensor)).code).toBe('bad-argument');
    expect(tf.memory().numTensors).toBe(before);
  });

  test('as bytes and back: captures are inputs, assigned variables are outputs', async () => {
    const { session, owner } = await plainPair([]);
    const w = session.tf.variable([1, 2]);
    const plan = session.plan(
      (a) => {
        w.assign(w.add(a));
        return w.sum();
      },
      [{ shape: [2] }],
      { name: 'grow' },
    );
    const other = await plainPair([]);
    const again = other.session.planFromBytes(plan.toBytes());
    expect(again.graph).toEqual(plan.graph);
    expect(again.name).toBe('grow');
    const [sum, grown] = again.call([1, 1], [1, 2]) as [Pointer, Pointer];
    expect(await other.owner.numbers(sum)).toEqual([5]);
    expect(await other.owner.numbers(grown)).toEqual([2, 3]);
    expect(await owner.numbers(plan.call([1, 1]))).toEqual([5]);
    expect(await owner.numbers(w)).toEqual([2, 3]);
    const broken = plan.toBytes().slice(1);
    expect(thrownBy(() => session.planFromBytes(broken)).code).toBe('bad-message');
  });

  test('in words', async () => {
    const { session } = await openSession();
    const plan = session.plan((a) => a.matMul(a).relu(), [{ shape: [2, 2] }]);
    expect(plan.describe()).toMatch(/matMul[\s\S]*relu/);
  });
});

describe('plans in plans', () => {
  test('a call inside a recording is a node, once in the list however often it is used', async () => {
    const { session, link, owner } = await plainPair([]);
    const inner = session.plan((a) => ({ twice: a.mul(2), plus: a.add(1) }), [{ shape: [] }]);
    const outer = session.plan(
      (a) => {
        const first = inner.call(a);
        return inner.call(first.twice).plus.add(first.plus);
      },
      [{ shape: [] }],
    );
    expect(opsOf(outer.graph)).toEqual(['call', 'call', 'add']);
    expect(outer.graph.plans).toEqual([inner.graph]);
    expect(await owner.numbers(outer.call(3))).toEqual([11]);
    expect(link.of('define')).toHaveLength(1);
    expect(link.of('call')).toHaveLength(1);
  });

  test('a recording in a recording captures what is around it', async () => {
    const { session, owner } = await plainPair([]);
    const outer = session.plan(
      (a) => {
        const b = a.add(1);
        const inner = session.plan((c) => c.mul(b), [{ shape: [] }]);
        return inner.call(10).add(inner.call(100));
      },
      [{ shape: [] }],
    );
    expect(await owner.numbers(outer.call(2))).toEqual([330]);
  });
});

describe('loops', () => {
  test('outside of a recording: one message', async () => {
    const { session, link, owner, data } = await plainPair([tf.scalar(3)]);
    const [x] = data as [Pointer];
    const { carried, collect } = session.loop(
      4,
      { sum: 1, last: tf.zeros([2]) },
      ({ sum, last }, round) => ({
        carried: { sum: sum.mul(x), last: last.add(round.toFloat()) },
        collect: [sum, round],
      }),
    );
    expect(await owner.numbers(carried.sum)).toEqual([81]);
    expect(await owner.numbers(carried.last)).toEqual([6, 6]);
    const [sums, rounds] = collect as [Pointer, Pointer];
    expect(sums.shape).toEqual([4]);
    expect(await owner.numbers(sums)).toEqual([1, 3, 9, 27]);
    expect(await owner.numbers(rounds)).toEqual([0, 1, 2, 3]);
    expect(rounds.dtype).toBe('int32');
    expect(link.sent.map(({ kind }) => kind)).toEqual(['define', 'call']);
  });

  test('variables that a round changes go on to the next', async () => {
    const { session, link, owner, data } = await plainPair([tf.tensor1d([1, 2])]);
    const [x] = data as [Pointer];
    const w = session.tf.variable([0, 0], true, 'w');
    const optimizer = session.tf.train.momentum(0.1, 0.5);
    const plan = session.plan(() => {
      const { collect } = session.loop(5, null, () => ({
        carried: null,
        collect: optimizer.minimize(() => w.sub(x).square().sum(), true) as Pointer,
      }));
      return collect;
    });
    const losses = await owner.numbers(plan.call());
    expect(losses).toHaveLength(5);
    expect(losses[4]).toBeLessThan(losses[0] ?? 0);
    expect(optimizer.iterations).toBe(5);
    const together = await owner.numbers(w);
    expect(link.of('call')).toHaveLength(1);
    w.assign([0, 0]);
    optimizer.dispose();
    for (let step = 0; step < 5; step++) optimizer.minimize(() => w.sub(x).square().sum());
    expect(await owner.numbers(w)).toEqual(together);
  });

  test('what cannot be carried', async () => {
    const { session, link } = await openSession();
    const loop = (body: (a: Pointer) => unknown, count = 3) =>
      thrownBy(() => session.loop(count, session.store.get('ages'), body as never)).code;
    expect(loop((a) => ({ carried: a.sum() }))).toBe('bad-argument');
    expect(loop((a) => ({ carried: [a] }))).toBe('bad-argument');
    expect(loop((a) => ({ carried: a }), 0)).toBe('bad-argument');
    expect(loop((a) => ({ carried: a }), 1.5)).toBe('bad-argument');
    expect(link.sent).toEqual([]);
  });
});
