import { type Arg, mapArg, type Plan, type TensorMeta, tensorMeta } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classifyCall,
  classifyPlan,
  classifyRun,
  findOp,
  type Info,
  inferPlan,
  type Known,
  publishedInfo,
  reportInfos,
  sentInfo,
} from '../src';
import { keyOf } from '../src/classes/keys';
import { valuesOf } from '../src/plan';
import { axisOf, call, literalOf, published, sent } from './class-calls';
import { float, list, number, numbers, PlanBuilder, text } from './plan-builder';
import { randomPlan } from './random-plans';

const metasOf = (...shapes: number[][]): TensorMeta[] =>
  shapes.map((shape) => tensorMeta('float32', shape));

/** A plan of ops alone, one op after the other. */
function singly(plan: Plan, inputs: readonly Info[]): readonly Info[] {
  const metas = valuesOf(plan);
  const values = inputs.map((info, at): Known => ({ meta: metas[at] ?? float(), info }));
  for (const node of plan.nodes) {
    if (node.kind !== 'op') throw new Error('It has more than ops in it.');
    const spec = findOp(node.op);
    if (spec === undefined) throw new Error(node.op);
    const args: Arg<Known>[] = node.args.map((arg) =>
      mapArg(arg, (register) => values[register] ?? { meta: float(), info: sentInfo }),
    );
    const first = values.length;
    const made = metas.slice(first, first + node.outputs);
    classifyCall(spec, args, made).forEach((info, at) => {
      values.push({ meta: made[at] ?? float(), info });
    });
  }
  return plan.outputs.map((register) => values[register]?.info ?? sentInfo);
}

function infoOf(meta: TensorMeta, number: number, kind: number): Info {
  if (kind === 0) return sentInfo;
  const records = meta.shape[0];
  const axis = records === undefined ? undefined : axisOf(records, 2);
  return publishedInfo({ number, meta, public: kind === 1, axis, recordAxis: 0 });
}

describe('a plan', () => {
  it('gives what the same ops give singly', () => {
    fc.assert(
      fc.property(
        randomPlan({ depth: 0, nodes: 6 }),
        fc.array(fc.nat(2), { minLength: 30, maxLength: 30 }),
        (plan, kinds) => {
          inferPlan(plan);
          const inputs = plan.inputs.map((meta, at) => infoOf(meta, at, kinds[at] ?? 0));
          expect(classifyPlan(plan, inputs).map(keyOf)).toEqual(singly(plan, inputs).map(keyOf));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('with plans in it gives public values of public ones, and never better than records of records alone', () => {
    fc.assert(
      fc.property(randomPlan({ depth: 2, nodes: 6 }), (plan) => {
        inferPlan(plan);
        const theirs = classifyPlan(
          plan,
          plan.inputs.map(() => sentInfo),
        );
        for (const info of theirs) expect(info.class).toBe('public');
        const records = plan.inputs.map((meta, at) => infoOf(meta, at, 2));
        const { dependsOn } = inferPlan(plan);
        classifyPlan(plan, records).forEach((info, at) => {
          if ((dependsOn[at]?.size ?? 0) > 0) expect(info.class).not.toBe('public');
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is followed again where it is called with something else', () => {
    const build = new PlanBuilder([float(30, 2)]);
    const plan = build.build(build.op('sum', 0, number(0)));
    const [few, many] = [published([30, 2], { axis: axisOf(30, 40) }), published([30, 2])];
    expect(classifyPlan(plan, [many.info])[0]?.class).toBe('aggregate');
    expect(classifyPlan(plan, [few.info])[0]?.class).toBe('record');
    expect(classifyPlan(plan, [sent([30, 2]).info])[0]?.class).toBe('public');
    const [again] = classifyPlan(plan, [many.info]);
    expect(classifyPlan(plan, [many.info])[0]).toBe(again);
  });

  it('takes its constants for the scientist’s', () => {
    const build = new PlanBuilder([float(30, 2)], [literalOf(2)]);
    const sum = build.op('sum', 0, number(0));
    const plan = build.build(sum, build.op('mul', sum, build.constant(0)));
    const infos = classifyPlan(plan, [published([30, 2]).info]);
    expect(infos.map((info) => info.class)).toEqual(['aggregate', 'record']);
  });

  const axis = axisOf(100);
  const x = published([100, 3], { axis });
  const y = published([100, 1], { axis });

  /** Loss of a linear model over some records. */
  function lossPlan(count: number): Plan {
    const build = new PlanBuilder(metasOf([3, 1], [count, 3], [count, 1]));
    const predictions = build.op('matMul', 1, 0);
    return build.build(build.op('losses.meanSquaredError', 2, predictions));
  }

  it('keeps the loss a metric beside its gradients, which are records', () => {
    const loss = lossPlan(100);
    const build = new PlanBuilder(loss.inputs);
    const [value = 0, gradient = 0] = build.grads(loss, [0, 1, 2], [0]);
    const stepped = build.op('sub', 0, gradient);
    const plan = build.build(value, gradient, stepped);
    const infos = classifyPlan(plan, [sentInfo, x.info, y.info]);
    expect(infos.map((info) => info.class)).toEqual(['metric', 'record', 'record']);
    expect(infos[2]?.why).toContain('gradient');
  });

  it('takes the class of the scientist’s gradient for what was stepped with it', () => {
    const build = new PlanBuilder(metasOf([3], [3]));
    const plan = build.build(build.op('sub', 0, 1));
    const weights = published([3], { axis: undefined });
    expect(classifyPlan(plan, [sentInfo, sentInfo])[0]?.class).toBe('public');
    expect(classifyPlan(plan, [sentInfo, weights.info])[0]?.class).toBe('record');
  });

  /** As models are evaluated: a loop over full batches, and the rest. */
  function evaluation(records: number, batch: number): Plan {
    const round = new PlanBuilder([
      ...metasOf([3, 1], [records, 3], [records, 1]),
      tensorMeta('int32', []),
    ]);
    const begin = round.op('mul', 3, round.op('fill', numbers(), number(batch), text('int32')));
    const range = round.op('range', number(0), number(batch), number(1), text('int32'));
    const indices = round.op('add', begin, range);
    const [features, labels] = [round.op('gather', 1, indices), round.op('gather', 2, indices)];
    const body = round.build(
      round.op('losses.meanSquaredError', labels, round.op('matMul', features, 0)),
    );
    const count = Math.floor(records / batch);
    const rest = records % batch;
    const build = new PlanBuilder(metasOf([3, 1], [records, 3], [records, 1]), [
      literalOf(batch),
      literalOf(rest),
      literalOf(records),
    ]);
    const [losses = 0] = build.loop(body, count, [], [0, 1, 2]);
    const whole = build.op('mul', build.op('sum', losses), build.constant(0));
    const cut = (of: number, columns: number) =>
      build.op('slice', of, numbers(records - rest, 0), numbers(rest, columns));
    const last = build.op('losses.meanSquaredError', cut(2, 1), build.op('matMul', cut(1, 3), 0));
    const sum = build.op('add', whole, build.op('mul', last, build.constant(1)));
    return build.build(build.op('div', sum, build.constant(2)), losses);
  }

  it('of batches gives a metric where each has enough records, whatever the last one has', () => {
    const of = (batch: number) => {
      const plan = evaluation(100, batch);
      inferPlan(plan);
      return classifyPlan(plan, [sentInfo, x.info, y.info]);
    };
    expect(of(16)[0]).toMatchObject({ class: 'metric', measured: { units: 16 } });
    expect(of(16)[1]).toMatchObject({ class: 'metric', measured: { units: 16 } });
    expect(of(9).map((info) => info.class)).toEqual(['record', 'record']);
  });

  it('does not take indices that a loop moves beyond the end for records', () => {
    const round = new PlanBuilder([...metasOf([100, 1]), tensorMeta('int32', [])]);
    const far = round.op(
      'add',
      round.op('range', number(90), number(110), number(1), text('int32')),
      1,
    );
    const taken = round.op('gather', 0, far);
    const body = round.build(round.op('losses.meanSquaredError', taken, taken));
    const build = new PlanBuilder(metasOf([100, 1]));
    const [losses = 0] = build.loop(body, 4, [], [0]);
    const plan = build.build(losses);
    inferPlan(plan);
    expect(classifyPlan(plan, [y.info])[0]?.class).toBe('record');
  });

  it('carries through a loop what stays as it is, and takes the rest for records', () => {
    const round = new PlanBuilder([...metasOf([3], [3], [3], [100, 3]), tensorMeta('int32', [])]);
    const sum = round.op('sum', 3, number(0));
    const body = round.build(round.op('add', 0, sum), round.op('mul', 1, 1), round.op('add', 2, 1));
    const build = new PlanBuilder(metasOf([3], [3], [3], [100, 3]));
    const carried = build.loop(body, 5, [0, 1, 2], [3]);
    const plan = build.build(...carried);
    inferPlan(plan);
    const aggregate = classifyPlan(sumPlan, [x.info]);
    const infos = classifyPlan(plan, [
      ...aggregate,
      sentInfo,
      published([3], { axis: undefined }).info,
      x.info,
    ]);
    // The second is public in itself, and made together with what is not.
    expect(infos.map((info) => info.class)).toEqual(['aggregate', 'record', 'record']);
    // What begins as the scientist's has them in it from then on.
    const [theirs] = classifyPlan(plan, [sentInfo, sentInfo, sentInfo, x.info]);
    expect(theirs?.class).toBe('record');
  });

  const sumPlan = (() => {
    const build = new PlanBuilder(metasOf([100, 3]));
    return build.build(build.op('sum', 0, number(0)));
  })();

  it('that calls plans over and over is followed for a bounded time', () => {
    const chain = new PlanBuilder(metasOf([100, 3]));
    let at = 0;
    for (let count = 0; count < 200; count += 1) at = chain.op('relu', at);
    const inner = chain.build(at, chain.op('sum', 0, number(0)));
    const build = new PlanBuilder(metasOf([1000, 3]));
    const sums = Array.from({ length: 500 }, (_, from) => {
      const [, sum = 0] = build.call(
        inner,
        build.op('slice', 0, numbers(from, 0), numbers(100, 3)),
      );
      return sum;
    });
    const plan = build.build(...sums);
    inferPlan(plan);
    const infos = classifyPlan(plan, [published([1000, 3]).info]);
    expect(infos[0]?.class).toBe('aggregate');
    expect(infos.at(-1)).toMatchObject({
      class: 'record',
      why: 'the plan is too long to be followed',
    });
    expect(classifyPlan(plan, [sentInfo]).at(-1)?.class).toBe('public');
    // There is no telling whether something of the scientist's is in it.
    const theirs = published([1000, 3], { public: true }).info;
    expect(classifyPlan(plan, [theirs]).at(-1)).toMatchObject({ class: 'public', ofOwner: false });
  });

  it('that joins many values about many record sets, too', () => {
    const wide = published([100, 64]);
    const sums = Array.from({ length: 64 }, (_, column) =>
      call('sum', call('slice', wide, [0, column], [100, 1]), 0),
    );
    const inputs = sums.map((_, at) => call('concat', [...sums.slice(at), ...sums.slice(0, at)]));
    const build = new PlanBuilder(inputs.map(({ meta }) => meta));
    const all = list(...inputs.map((_, at) => at));
    const joined = Array.from({ length: 400 }, () => build.op('concat', all, number(0)));
    const infos = classifyPlan(
      build.build(...joined),
      inputs.map(({ info }) => info),
    );
    expect(infos[0]?.class).toBe('aggregate');
    expect(infos[0]?.sets).toHaveLength(64);
    expect(infos.at(-1)?.why).toBe('the plan is too long to be followed');
  });
});

describe('a training run', () => {
  const axis = axisOf(100);
  const x = published([100, 3], { axis });
  const y = published([100, 1], { axis });

  /** The state stepped by the gradient of its loss, and the loss. */
  function step(count: number): Plan {
    const inner = new PlanBuilder(metasOf([3, 1], [count, 3], [count, 1]));
    const loss = inner.build(inner.op('losses.meanSquaredError', 2, inner.op('matMul', 1, 0)));
    const build = new PlanBuilder(loss.inputs);
    const [value = 0, gradient = 0] = build.grads(loss, [0, 1, 2], [0]);
    return build.build(build.op('sub', 0, gradient), value);
  }

  const run = (batchSize: number, shuffle = true, data = [x.info, y.info]) =>
    classifyRun({
      plan: step(batchSize),
      lastPlan: 100 % batchSize === 0 ? undefined : step(100 % batchSize),
      records: 100,
      batchSize,
      shuffle,
      state: [sentInfo],
      data,
      schedule: [],
      fixed: [],
    });

  it.each([true, false])(
    'gives trained state of class record and losses that are metrics (shuffled: %s)',
    (shuffle) => {
      const infos = run(25, shuffle);
      expect(infos.state.map((info) => info.class)).toEqual(['record']);
      expect(reportInfos(infos, true, false)[0]).toMatchObject({
        class: 'metric',
        measured: { units: 25 },
      });
    },
  );

  it('reports a metric over an epoch whose last batch is small, and not of that batch alone', () => {
    const infos = run(32);
    expect(reportInfos(infos, true, true)[0]).toMatchObject({
      class: 'metric',
      measured: { units: 32 },
    });
    expect(reportInfos(infos, false, true)[0]).toMatchObject({
      class: 'record',
      why: 'its labels or predictions are of 4 records, fewer than 10',
    });
  });

  it('of batches of few records gives no metric', () => {
    expect(reportInfos(run(9), true, true)[0]?.class).toBe('record');
  });

  it('on the scientist’s values alone is public', () => {
    const infos = run(25, true, [sentInfo, sentInfo]);
    expect([...infos.state, ...infos.full].map((info) => info.class)).toEqual(['public', 'public']);
  });

  it('of duplicates counts records once', () => {
    const rows = (info: Info): Info => ({
      ...info,
      view: undefined,
      rows: info.rows && { ...info.rows, distinct: 80, span: undefined },
    });
    // Of a batch of 25, up to 20 may be the ones that are there again.
    expect(run(25, true, [rows(x.info), rows(y.info)]).full[0]).toMatchObject({
      class: 'record',
      measured: { units: 5 },
    });
    expect(run(50, true, [rows(x.info), rows(y.info)]).full[0]).toMatchObject({
      class: 'metric',
      measured: { units: 30 },
    });
  });
});
