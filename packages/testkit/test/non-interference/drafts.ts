/** What a scientist does in a random program, before it has numbers. */

import { allowedOps, type OpSpec } from '@duet/ops';
import {
  mapArg,
  type PlanNode,
  type Ref,
  type ScientistMessage,
  type TensorMeta,
  tensorsOf,
} from '@duet/protocol';
import fc from 'fast-check';
import {
  action,
  call as callPlan,
  define,
  floats,
  get,
  own,
  plan,
  published,
  request,
  train,
} from '../words';
import { argumentsFor, argumentsOn, outputsOf, type Workbench } from './materials';
import { type PlanDraft, planned, type TrainDraft, trained } from './plan-drafts';
import { Draw, numbers, records } from './worlds';

/** A call of an op; `inPlan`: as a plan of that one op. */
export interface OpDraft {
  readonly kind: 'op';
  readonly op: OpSpec;
  readonly salt: number;
  readonly inPlan: boolean;
}

interface AskDraft {
  readonly kind: 'ask';
  readonly pick: number;
  readonly name: string;
  readonly thenGet: boolean;
  readonly timeoutMs: number;
  readonly keepMs: number;
}

/** What is asked for about all records of a data set, or a slice of them. */
interface StatisticDraft {
  readonly kind: 'aggregate' | 'metric';
  readonly salt: number;
}

export type Draft =
  | OpDraft
  | PlanDraft
  | TrainDraft
  | AskDraft
  | StatisticDraft
  | { readonly kind: 'get'; readonly pick: number; readonly deleteAfter: boolean }
  | { readonly kind: 'withdraw' | 'confirm' | 'drop'; readonly pick: number }
  | { readonly kind: 'collect' | 'forget'; readonly kept: number };

/** What a draft says, and what must be heard out before more is said. */
export interface Written {
  readonly messages: ScientistMessage[];
  readonly afterwards: readonly ScientistMessage[];
}

// ---- drawing -------------------------------------------------------------------------------------------------------

export const opDraft = (op: OpSpec): fc.Arbitrary<Draft> =>
  fc.record({
    kind: fc.constant('op' as const),
    op: fc.constant(op),
    salt: fc.nat(),
    inPlan: fc.nat(9).map((nat) => nat === 9),
  });

const anyOp = fc.constantFrom(...allowedOps).chain(opDraft);

const pick = fc.nat(1023);
const kept = fc.integer({ min: 1, max: 3 });
const salt = fc.nat();
const ask: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constant('ask' as const),
  pick,
  name: fc.constantFrom('', 'loss', 'no'),
  thenGet: fc.boolean(),
  timeoutMs: fc.constantFrom(0, 0, 50),
  keepMs: fc.constantFrom(0, 40, 1000, 5000),
});

/** All but single ops. */
export const otherDraft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 6, arbitrary: ask },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('aggregate' as const), salt }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('metric' as const), salt }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('get' as const), pick, deleteAfter: fc.boolean() }),
  },
  { weight: 2, arbitrary: planned },
  { weight: 1, arbitrary: trained },
  { weight: 1, arbitrary: anyOp },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('withdraw' as const, 'confirm' as const, 'drop' as const),
      pick,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('collect' as const, 'collect' as const, 'forget' as const),
      kept,
    }),
  },
);

// ---- writing -------------------------------------------------------------------------------------------------------

/** Ids that are left for a run: more than it takes. */
const runIds = 16;

export function write(draft: Draft, bench: Workbench): Written {
  switch (draft.kind) {
    case 'op':
      return at(draft.inPlan ? opInPlan(draft, bench) : singleOp(draft, bench));
    case 'ask':
      return at(asked(bench.pick(draft.pick), draft, bench));
    case 'aggregate':
      return at(aggregate(new Draw(draft.salt), bench));
    case 'metric':
      return at(metric(new Draw(draft.salt), bench));
    case 'plan':
      return at(twice(draft, bench));
    case 'train':
      return run(draft, bench);
    case 'get': {
      const id = bench.id();
      bench.gets.push(id);
      return at([get(id, bench.pick(draft.pick), { deleteAfter: draft.deleteAfter })]);
    }
    case 'withdraw':
      return at([{ kind: 'withdraw', request: nth(bench.requests, draft.pick) }]);
    case 'confirm':
      return at([{ kind: 'confirm', get: nth(bench.gets, draft.pick) }]);
    case 'drop':
      return at([{ kind: 'drop', ids: [bench.pick(draft.pick).id], parts: [] }]);
    case 'collect':
      return at([{ kind: 'collect', id: bench.id(), kept: draft.kept }]);
    case 'forget':
      return at([{ kind: 'forget', kept: draft.kept }]);
    default:
      return draft satisfies never;
  }
}

const at = (messages: ScientistMessage[]): Written => ({ messages, afterwards: [] });
const nth = (list: readonly number[], pick: number) => list.at(-1 - (pick % 3)) ?? 1;

function remember(bench: Workbench, id: number, outputs: readonly TensorMeta[], isOne: boolean) {
  for (const [output, meta] of outputs.entries()) {
    bench.made.push({ ref: isOne ? own(id) : own(id, output), meta });
  }
}

function singleOp({ op, salt }: OpDraft, bench: Workbench): ScientistMessage[] {
  const args = argumentsFor(op, salt);
  const messages: ScientistMessage[] = [];
  const written = argumentsOn(args, bench, new Draw(salt), messages);
  const id = bench.id();
  messages.push({ kind: 'action', id, op: op.name, args: written });
  remember(bench, id, outputsOf(op, args) ?? [], op.form.kind === 'single');
  return messages;
}

/** The same in a plan with its result and, if there is one, the first input as outputs. */
function opInPlan({ op, salt }: OpDraft, bench: Workbench): ScientistMessage[] {
  const args = argumentsFor(op, salt);
  const messages: ScientistMessage[] = [];
  const written = argumentsOn(args, bench, new Draw(salt), messages);
  const operands = tensorsOf(written);
  const metas = tensorsOf(args).map(({ meta }) => meta);
  let register = 0;
  const outputs = outputsOf(op, args) ?? [];
  const first: PlanNode = {
    kind: 'op',
    op: op.name,
    args: args.map((arg) => mapArg(arg, () => register++)),
    outputs: outputs.length,
    salted: false,
  };
  const made = outputs.map((_, output) => metas.length + output);
  const graph = plan(metas, [first], metas.length > 0 ? [...made, 0] : made);
  const planId = bench.id();
  const id = bench.id();
  messages.push(define(planId, graph), { ...callPlan(id, planId, []), args: operands });
  remember(bench, id, outputs, false);
  return messages;
}

function asked(
  ref: Ref,
  { name, thenGet, timeoutMs, keepMs }: Omit<AskDraft, 'kind' | 'pick'>,
  bench: Workbench,
): ScientistMessage[] {
  const id = bench.id();
  bench.requests.push(id);
  const keeping = keepMs > 0 && timeoutMs === 0 ? { keepMs } : {};
  const message = request(id, ref, { name, timeoutMs, ...keeping });
  if (!thenGet) return [message];
  const getId = bench.id();
  bench.gets.push(getId);
  return [message, get(getId, ref, { request: id })];
}

function twice({ graph, args }: PlanDraft, bench: Workbench): ScientistMessage[] {
  const [planId, first, second] = [bench.id(), bench.id(), bench.id()];
  const [one, ...others] = args;
  const again = one === undefined ? [] : [one, ...others.slice(1), own(first, 7)];
  return [
    define(planId, graph),
    callPlan(first, planId, args),
    callPlan(second, planId, again),
    ...[0, 1, 3, 7].map((path) => get(bench.id(), own(first, path))),
  ];
}

/** Between which steps of a run other answers fall is time, so it is heard out before more is said. */
function run({ graph, options, cancel }: TrainDraft, bench: Workbench): Written {
  const [planId, id] = [bench.id(), bench.id()];
  for (let more = 1; more < runIds; more += 1) bench.id();
  const messages: ScientistMessage[] = [define(planId, graph), train(id, planId, options)];
  if (cancel) messages.push({ kind: 'cancel', run: id });
  const afterwards = [0, 1, 2, 3].map((output) => get(bench.id(), own(id + output)));
  return { messages, afterwards };
}

// ---- statistics of data sets ---------------------------------------------------------------------------------------

/** A sum, a mean or moments over all records or half of them: of those that are the same in both worlds, mostly. */
function aggregate(draw: Draw, bench: Workbench): ScientistMessage[] {
  const source = draw.one([
    numbers.sameRows,
    numbers.sameRows,
    numbers.rows,
    numbers.readings,
    numbers.sameLabels,
  ]);
  const isMatrix = source === numbers.sameRows || source === numbers.rows;
  const messages: ScientistMessage[] = [];
  let of: Ref = published(source);
  if (draw.below(2) === 0) {
    const id = bench.id();
    const from = draw.one([0, records / 2, 7]);
    const [begin, size] = isMatrix
      ? [
          [from, 0],
          [records / 2, 3],
        ]
      : [[from], [records / 2]];
    messages.push(action(id, 'slice', of, begin, size));
    of = own(id);
  }
  const id = bench.id();
  const op = draw.one(['sum', 'mean', 'moments', 'max']);
  messages.push(action(id, op, of, [0]));
  const made = op === 'moments' ? own(id, draw.below(2)) : own(id);
  return [...messages, ...asked(made, { ...statistic, name: 'stats' }, bench)];
}

const statistic = { thenGet: true, timeoutMs: 0, keepMs: 0 };

/** The scientist's predictions beside the labels of a data set. */
function metric(draw: Draw, bench: Workbench): ScientistMessage[] {
  const [X, y] = draw.one([
    [numbers.sameRows, numbers.sameLabels],
    [numbers.sameRows, numbers.sameLabels],
    [numbers.rows, numbers.labels],
  ]);
  const weights = floats([draw.below(5) - 2, draw.below(5) - 2, 1], [3, 1]);
  const [product, predictions, id] = [bench.id(), bench.id(), bench.id()];
  const op = draw.one(['metrics.meanSquaredError', 'metrics.r2Score', 'losses.meanSquaredError']);
  return [
    action(product, 'matMul', published(X), weights),
    action(predictions, 'reshape', own(product), [records]),
    action(id, op, published(y), own(predictions)),
    ...asked(own(id), { ...statistic, name: 'loss' }, bench),
  ];
}
