/**
 * Promise 1, as a check: the same program is run against two private data sets with equal public metadata, and everything
 * that left the owner's side is compared, but the payloads of grants. What may differ after a grant whose payload differs
 * is not compared any more, since the scientist then knows more.
 */

import { VirtualClock } from '@duet/link';
import { allowedOps, type ParamSpec } from '@duet/ops';
import type { HandlerOptions } from '@duet/owner';
import {
  type Arg,
  digestOf,
  mapArg,
  type Operand,
  type Plan,
  type PlanNode,
  type Ref,
  type ScientistMessage,
  type TensorValue,
} from '@duet/protocol';
import fc from 'fast-check';
import { type Arrival, RawPair, type RawPairOptions } from '../src/raw-pair';
import {
  begin,
  bools,
  call as callPlan,
  define,
  float,
  floats,
  get,
  ints,
  node,
  own,
  plan,
  published,
  request,
  train,
} from './words';

/** Private values; the shapes and dtypes are the same in every world. */
export interface World {
  readonly differs: readonly TensorValue[];
}

const awkward = [
  0,
  -0,
  1,
  -1,
  0.5,
  3e9,
  -3e9,
  1e-40,
  3.4e38,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];
const number = fc.oneof(
  fc.constantFrom(...awkward),
  fc.float({ noDefaultInfinity: true, noNaN: true, min: -100, max: 100 }),
);
const many = <T>(value: fc.Arbitrary<T>, length: number) =>
  fc.array(value, { minLength: length, maxLength: length });

/** p1: floats [4, 3], p2: int32 [4], p3: bool [4], p4: float scalar; all private, all different. */
export const world: fc.Arbitrary<World> = fc
  .tuple(
    many(number, 12),
    many(fc.oneof(fc.integer(), fc.integer({ min: -2, max: 6 })), 4),
    many(fc.nat(1), 4),
    number,
  )
  .map(([matrix, indices, mask, scalar]) => ({
    differs: [floats(matrix, [4, 3]), ints(indices), bools(mask), floats([scalar], [])],
  }));

/** p5: private, the same in both worlds; p6: public. */
const same = floats([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [4, 3]);
const open = floats([1, -2, 0.5]);
const publishedCount = 6;

/** What happens on the scientist's side and, at fixed points, by the owner's decisions. */
export type Step =
  | { readonly kind: 'say'; readonly messages: readonly ScientistMessage[] }
  | { readonly kind: 'decide'; readonly at: number; readonly how: 'accept' | 'deny' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'publish' }
  /** The owner ends what is being computed. */
  | { readonly kind: 'end' };

export interface Program {
  readonly steps: readonly Step[];
  readonly handler: boolean;
}

// ---- random programs ---------------------------------------------------------------------------------------------

type Draft =
  | { readonly kind: 'action'; readonly op: string; readonly args: readonly Arg<Operand>[] }
  | {
      readonly kind: 'ask';
      readonly ref: Ref;
      readonly name: string;
      readonly thenGet: boolean;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'get'; readonly ref: Ref; readonly deleteAfter: boolean }
  | { readonly kind: 'drop'; readonly id: number }
  /** A plan is defined and called twice, its own outputs among the inputs of the second call. */
  | { readonly kind: 'plan'; readonly graph: Plan; readonly args: readonly (Ref | TensorValue)[] }
  | {
      readonly kind: 'train';
      readonly graph: Plan;
      readonly options: Parameters<typeof train>[2];
      readonly cancel: boolean;
    };

const ref: fc.Arbitrary<Ref> = fc.oneof(
  { weight: 5, arbitrary: fc.nat(publishedCount - 1).map((index) => published(index + 1)) },
  { weight: 4, arbitrary: fc.nat(29).map((index) => own(index + 1)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(29), fc.nat(3)).map(([index, path]) => own(index + 1, path)),
  },
);
const literal = fc.oneof(
  fc.integer({ min: -2, max: 4 }).map((value) => floats([value], [])),
  fc.integer({ min: -2, max: 4 }).map((value) => ints([value], [])),
  fc.constant(floats([1, 2, 3])),
);
const operand: fc.Arbitrary<Operand> = fc.oneof(
  { weight: 6, arbitrary: ref.map((of) => ({ kind: 'ref', ref: of }) as const) },
  { weight: 1, arbitrary: literal.map((value) => ({ kind: 'literal', value }) as const) },
);
const integer = fc.integer({ min: -1, max: 4 });

function argumentFor({ kind, optional, choices }: ParamSpec): fc.Arbitrary<Arg<Operand>> {
  const numbers = (values: fc.Arbitrary<number[]>) =>
    values.map((list) => ({ kind: 'numbers', numbers: list }) as const);
  const arbitrary: fc.Arbitrary<Arg<Operand>> = (() => {
    switch (kind) {
      case 'tensor':
        return operand.map((tensor) => ({ kind: 'tensor', tensor }) as const);
      case 'tensors':
        return fc
          .array(operand, { minLength: 1, maxLength: 3 })
          .map((tensors) => ({ kind: 'tensors', tensors }) as const);
      case 'number':
      case 'integer':
        return fc
          .oneof(integer, fc.constantFrom(0.5, 10))
          .map((value) => ({ kind: 'number', number: value }) as const);
      case 'flag':
        return fc.boolean().map((flag) => ({ kind: 'flag', flag }) as const);
      case 'dtype':
        return fc
          .constantFrom('float32', 'int32', 'bool')
          .map((text) => ({ kind: 'text', text }) as const);
      case 'choice':
        return fc
          .constantFrom(...(choices ?? ['?']))
          .map((text) => ({ kind: 'text', text }) as const);
      case 'pairs':
        return numbers(fc.array(fc.nat(2), { minLength: 2, maxLength: 4 }));
      case 'shape':
      case 'integers':
        return numbers(fc.array(integer, { minLength: 0, maxLength: 3 }));
      case 'integerOrIntegers':
        return fc.oneof(
          integer.map((value) => ({ kind: 'number', number: value }) as const),
          numbers(fc.array(integer, { minLength: 1, maxLength: 2 })),
        );
      case 'numberOrNumbers':
        return fc.oneof(
          fc.constantFrom(0, 0.5).map((value) => ({ kind: 'number', number: value }) as const),
          numbers(fc.array(fc.constantFrom(0, 0.5), { minLength: 2, maxLength: 3 })),
        );
      case 'padding':
        return fc.oneof(
          fc.constantFrom(...(choices ?? ['?'])).map((text) => ({ kind: 'text', text }) as const),
          fc.nat(2).map((value) => ({ kind: 'number', number: value }) as const),
        );
      case 'equation':
        return fc
          .constantFrom('ab->ba', 'ab,bc->ac', 'a,a->', 'ab->a')
          .map((text) => ({ kind: 'text', text }) as const);
      default:
        return kind satisfies never;
    }
  })();
  return optional
    ? fc.oneof(
        { weight: 3, arbitrary: fc.constant({ kind: 'absent' } as const) },
        { weight: 2, arbitrary },
      )
    : arbitrary;
}

/** Trailing absences are left out, as in every canonical call. */
function trimmed(args: readonly Arg<Operand>[]): Arg<Operand>[] {
  const last = args.findLastIndex(({ kind }) => kind !== 'absent');
  return args.slice(0, last + 1);
}

/** Every allowed op, those that can be called on the values there are made likelier by trying them more often. */
const call: fc.Arbitrary<Draft> = fc
  .constantFrom(...allowedOps)
  .chain((op) =>
    fc
      .tuple(...op.params.map(argumentFor))
      .map((args) => ({ kind: 'action', op: op.name, args: trimmed(args) }) as const),
  );

/** Ops of one or two arguments that always work, so that programs get somewhere. */
const easy: fc.Arbitrary<Draft> = fc
  .oneof(
    fc.tuple(
      fc.constantFrom(
        'neg',
        'exp',
        'log',
        'sqrt',
        'square',
        'relu',
        'isNaN',
        'sum',
        'mean',
        'max',
        'argMax',
      ),
      operand,
    ),
    fc.tuple(
      fc.constantFrom('add', 'mul', 'div', 'greater', 'pow', 'gather', 'maximum'),
      operand,
      operand,
    ),
  )
  .map(
    ([op, ...tensors]) =>
      ({
        kind: 'action',
        op,
        args: tensors.map((tensor) => ({ kind: 'tensor', tensor }) as const),
      }) as const,
  );

// ---- plans and runs

/** What p1, p2, p3, p4 and p6 are. */
const shapes = [float(4, 3), ints([0], [4]).meta, bools([0], [4]).meta, float(), float(3)];
const everything = [1, 2, 3, 4, 6].map(published);

/** One op of the whole table, on private and public values, inside a plan. */
const anyNode: fc.Arbitrary<Draft> = call.chain((made) => {
  if (made.kind !== 'action') return fc.constant(made);
  const registers = fc.nat(shapes.length - 1);
  return fc.infiniteStream(registers).map((stream): Draft => {
    const args = made.args.map((arg) => mapArg(arg, () => stream.next().value ?? 0));
    const first: PlanNode = { kind: 'op', op: made.op, args, outputs: 1, salted: false };
    const outputs = [shapes.length, shapes.length + 1, 0];
    return {
      kind: 'plan',
      graph: plan(shapes, [first, node('neg', 4)], outputs),
      args: everything,
    };
  });
});

const smooth = fc.constantFrom('square', 'exp', 'tanh', 'sqrt', 'log', 'relu');
const rows = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(published(1), published(5)) },
  { weight: 1, arbitrary: ref },
);
const row = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<Ref | TensorValue>(published(6), floats([1, 2, 3])) },
  { weight: 1, arbitrary: ref },
);
const pair = [float(4, 3), float(3)];

/** Values, their gradients by each input, and what a loop makes of them. Outputs depend on one input, the other, or both. */
const graph: fc.Arbitrary<Plan> = fc
  .tuple(
    smooth,
    smooth,
    fc.constantFrom('add', 'mul', 'div', 'maximum'),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([one, other, both, count]) => {
    const value = plan(pair, [node(both, 0, 1), node(one, 2), node('mean', 3)], [4]);
    const round = plan(
      [float(3), float(4, 3), ints([0], []).meta],
      [node('mean', 1, [0]), node(other, 3), node('add', 0, 4), node('sum', 5)],
      [5, 6],
    );
    return plan(
      pair,
      [
        node(other, 1),
        node('sum', 0),
        { kind: 'grads', plan: 0, args: [0, 1], wrt: [0, 1], dy: undefined },
        { kind: 'loop', plan: 1, count, carried: [1], fixed: [0] },
      ],
      [2, 3, 4, 5, 6, 7, 8, 1],
      { plans: [value, round] },
    );
  });

const planned: fc.Arbitrary<Draft> = fc
  .tuple(graph, rows, row)
  .map(([made, ...args]) => ({ kind: 'plan', graph: made, args }));

/** (w [3], X [2, 3], i [2], c) → (w less c times a gradient, mean of that, mean of X at i). */
const stepOf = (op: string, size = 2): Plan =>
  plan(
    [float(3), float(size, 3), ints([0], [size]).meta, float()],
    [
      { kind: 'grads', plan: 0, args: [1, 0], wrt: [1], dy: undefined },
      node('mul', 5, 3),
      node('sub', 0, 6),
      node('gather', 1, 2),
      node('mean', 8),
    ],
    [7, 4, 9],
    {
      name: op,
      plans: [
        plan([float(size, 3), float(3)], [node('mul', 0, 1), node(op, 2), node('mean', 3)], [4]),
      ],
    },
  );

const trained: fc.Arbitrary<Draft> = fc
  .record({
    op: smooth,
    state: row,
    on: rows,
    fixed: fc.constantFrom<Ref | TensorValue>(published(4), floats([0.1], [])),
    indices: fc.constantFrom<Ref | TensorValue>(published(2), ints([0, 1, 0, 1])),
    epochs: fc.integer({ min: 1, max: 2 }),
    shuffle: fc.boolean(),
    reportEvery: fc.nat(2),
    checkpointEvery: fc.nat(2),
    progressEvery: fc.integer({ min: 1, max: 3 }),
    cancel: fc.boolean(),
  })
  .map(({ op, state, on, fixed, indices, cancel, ...options }) => ({
    kind: 'train',
    graph: stepOf(op),
    options: {
      ...options,
      state: [state],
      data: [on, indices],
      fixed: [fixed],
      batchSize: 2,
      seed: 5,
    },
    cancel,
  }));

/** Ids that are left for a run: more than it takes. */
const runIds = 16;

/** The messages of one draft, and how many ids they take. */
function messagesOf(draft: Draft, id: number): { messages: ScientistMessage[]; ids: number } {
  switch (draft.kind) {
    case 'drop':
      return { messages: [{ kind: 'drop', ids: [draft.id], parts: [] }], ids: 0 };
    case 'action':
      return { messages: [{ kind: 'action', id, op: draft.op, args: draft.args }], ids: 1 };
    case 'get':
      return { messages: [get(id, draft.ref, { deleteAfter: draft.deleteAfter })], ids: 1 };
    case 'ask': {
      const asked = request(id, draft.ref, { name: draft.name, timeoutMs: draft.timeoutMs });
      if (!draft.thenGet) return { messages: [asked], ids: 1 };
      return { messages: [asked, get(id + 1, draft.ref, { request: id })], ids: 2 };
    }
    case 'plan': {
      const [first, ...others] = draft.args;
      const again = first === undefined ? [] : [first, ...others.slice(1), own(id + 1, 7)];
      const messages = [
        define(id, draft.graph),
        callPlan(id + 1, id, draft.args),
        callPlan(id + 2, id, again),
        ...[0, 1, 3, 7].map((path, at) => get(id + 3 + at, own(id + 1, path))),
      ];
      return { messages, ids: 7 };
    }
    case 'train': {
      const run = train(id + 1, id, draft.options);
      const after = id + 1 + runIds;
      const messages: ScientistMessage[] = [define(id, draft.graph), run];
      if (draft.cancel) messages.push({ kind: 'cancel', run: run.id });
      return { messages, ids: after - id };
    }
    default:
      return draft satisfies never;
  }
}

/** What is asked of a run that is over. */
function afterRun(id: number, next: number): ScientistMessage[] {
  return [0, 1, 2, 3].map((at) => get(next + at, own(id + 1 + at)));
}

const draft: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 6, arbitrary: easy },
  { weight: 5, arbitrary: call },
  { weight: 2, arbitrary: anyNode },
  { weight: 2, arbitrary: planned },
  { weight: 2, arbitrary: trained },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      ref,
      name: fc.constantFrom('', 'loss'),
      thenGet: fc.boolean(),
      timeoutMs: fc.constantFrom(0, 50),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('get' as const), ref, deleteAfter: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('drop' as const),
      id: fc.nat(20).map((id) => id + 1),
    }),
  },
);

const happening: fc.Arbitrary<Exclude<Step, { kind: 'say' }>> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      at: fc.nat(3),
      how: fc.constantFrom('accept' as const, 'deny' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'wait', ms: 60 } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'publish' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'end' } as const) },
);

/** Rounds of messages, each followed by something on the owner's side. Ids are given in the order of the messages. */
export const program: fc.Arbitrary<Program> = fc
  .tuple(
    fc.array(fc.tuple(fc.array(draft, { minLength: 1, maxLength: 8 }), happening), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([rounds, handler]) => {
    let next = 1;
    const steps = rounds.flatMap(([drafts, then]): Step[] => {
      const said: Step[] = [];
      let messages: ScientistMessage[] = [];
      for (const each of drafts) {
        const id = next;
        const made = messagesOf(each, id);
        messages.push(...made.messages);
        next += made.ids;
        if (each.kind !== 'train') continue;
        // Between which steps of a run other answers fall is time, so it is heard out.
        said.push({ kind: 'say', messages });
        messages = afterRun(id, next);
        next += messages.length;
      }
      return [...said, { kind: 'say', messages }, then];
    });
    return { steps, handler };
  });

// ---- running and comparing ---------------------------------------------------------------------------------------

const handlerOptions: HandlerOptions = {
  action: 'accept',
  name: 'loss',
  tags: ['t'],
  elementQuota: 30,
  release: 'records',
};

/** Where a test plants a leak: things put around the engine and the link that know the private world. */
export type Plant = (world: World) => Pick<RawPairOptions, 'wrapEngine' | 'wrapLink'>;

/** What left, as far as the check compares it; `grants` are the gets whose payload a decision let go. */
export interface Observed {
  readonly arrivals: readonly Arrival[];
  readonly grants: ReadonlySet<number>;
}

export async function observe(
  { steps, handler }: Program,
  { differs }: World,
  plant: Plant = () => ({}),
): Promise<Observed> {
  const clock = new VirtualClock();
  const pair = new RawPair({ clock, limits: { opCost: 1e7 }, ...plant({ differs }) });
  const grants = new Set<number>();
  try {
    for (const value of differs) pair.owner.store.add(value, { tags: ['t'] });
    pair.owner.store.add(same, { tags: ['t'] });
    pair.owner.store.add(open, { tags: ['t'], public: true });
    if (handler) pair.owner.requests.addHandler(handlerOptions);
    const grace = pair.join();
    pair.owner.on('release', ({ get: answered }) => grants.add(answered));
    grace.say(begin);
    await grace.quiet();
    for (const step of steps) {
      if (step.kind === 'say') grace.say(...step.messages);
      else if (step.kind === 'wait') clock.advance(step.ms);
      else if (step.kind === 'end') grace.peer.endComputation();
      else if (step.kind === 'publish')
        pair.owner.store.add(open, { tags: ['later'], public: true });
      else if (pair.owner.requests.length > 0) {
        const waiting = pair.owner.requests.at(step.at % pair.owner.requests.length);
        if (step.how === 'accept') await waiting.accept();
        else waiting.deny('no');
      }
      await grace.quiet();
    }
    return { arrivals: [...grace.arrivals], grants };
  } finally {
    await pair.close();
  }
}

interface Shown {
  /** Must be the same in both worlds. */
  readonly text: string;
  /** What a granted value's header says besides the digest; it must be the same where both worlds have a value. */
  readonly header?: string;
  /** What the owner's decision let go; it may differ. */
  readonly granted?: string;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

async function show(arrival: Arrival, { grants }: Observed): Promise<Shown> {
  if (arrival.kind === 'closed') return { text: `closed: ${arrival.reason.code}` };
  if (arrival.kind === 'payload') {
    const digest = hex(await digestOf(arrival.bytes));
    const text = `payload ${arrival.stream} of ${arrival.bytes.length}`;
    return grants.has(arrival.stream) ? { text, granted: digest } : { text: `${text}: ${digest}` };
  }
  const { message } = arrival;
  if (message.kind === 'value' && grants.has(message.get)) {
    return {
      text: `granted ${message.get}`,
      header: JSON.stringify(message.meta),
      granted: hex(message.digest),
    };
  }
  if (message.kind === 'failed' && grants.has(message.get))
    return { text: `granted ${message.get}`, granted: message.code };
  return {
    text: JSON.stringify(message, (_, value: unknown) =>
      value instanceof Uint8Array ? hex(value) : value,
    ),
  };
}

export interface Comparison {
  /** Arrivals that were compared: up to the first grant whose payload differs. */
  readonly compared: number;
  /** The first difference, in words. */
  readonly difference: string | undefined;
}

export async function compare(a: Observed, b: Observed): Promise<Comparison> {
  const length = Math.max(a.arrivals.length, b.arrivals.length);
  for (let at = 0; at < length; at += 1) {
    const [left, right] = [a.arrivals[at], b.arrivals[at]];
    if (!left || !right)
      return {
        compared: at,
        difference: `only one heard ${(await show((left ?? right) as Arrival, left ? a : b)).text}`,
      };
    const [one, other] = [await show(left, a), await show(right, b)];
    const sameHeader = !one.header || !other.header || one.header === other.header;
    if (one.text !== other.text || !sameHeader) {
      return {
        compared: at,
        difference: `${one.text} ${one.header ?? ''} | ${other.text} ${other.header ?? ''}`,
      };
    }
    // From here on the scientist knows which world it is, by the owner's decision.
    if (one.granted !== other.granted) return { compared: at + 1, difference: undefined };
  }
  return { compared: length, difference: undefined };
}
