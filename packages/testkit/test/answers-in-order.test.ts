/** While a value is being read, what comes behind its get is handled; what leaves, leaves in the order of the messages. */

import { createPageEngine, nextMacrotask } from '@duet/engine';
import type { Engine } from '@duet/ops';
import {
  decodeOwnerMessage,
  limits,
  type ScientistMessage,
  type TensorValue,
} from '@duet/protocol';
import { expect, it } from 'vitest';
import { readFrame } from '../../link/src/segments';
import { RawPair, type RawScientist, wrappedEngine } from '../src/raw-pair';
import { action, begin, floats, get, own, published, request } from './words';

/** An engine whose reads take as long as the test wants. */
class SlowReads {
  readonly engine: Engine;
  readonly ran: string[] = [];
  readonly #held: (() => void)[] = [];
  isSlow = false;
  /** So many of the next reads find nothing. */
  empty = 0;

  constructor() {
    const inner = createPageEngine({ backend: 'cpu' });
    this.engine = wrappedEngine(inner, {
      run: (step) => {
        this.ran.push(step.kind === 'op' ? step.op : 'plan');
        inner.run(step);
      },
      read: async (slot): Promise<TensorValue | undefined> => {
        const isEmpty = this.empty > 0;
        if (isEmpty) this.empty -= 1;
        const value = isEmpty ? undefined : await inner.read(slot);
        if (this.isSlow) await new Promise<void>((resolve) => this.#held.push(resolve));
        return value;
      },
    });
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** Lets go of one of those that wait. */
  release(at: number): void {
    this.#held.splice(at, 1)[0]?.();
  }
}

interface Told {
  /** Messages and credit, in the order in which they left. */
  readonly left: readonly string[];
  /** Ops that the engine had run when the first read had not ended yet. */
  readonly ranBehind: number;
  /** Values, by the gets that they answer. */
  readonly values: ReadonlyMap<number, readonly number[]>;
}

/** How long reads take: not at all, or until they are let go one by one, the first or the last of those that wait. */
type Pace = 'quick' | 'first' | 'last';

const later = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await nextMacrotask();
};

async function tell(
  pace: Pace,
  messages: readonly ScientistMessage[],
  empty: number,
): Promise<Told> {
  const reads = new SlowReads();
  const pair = new RawPair({ createEngine: () => reads.engine });
  try {
    pair.owner.store.add(floats([1, 2]), { public: true });
    pair.owner.store.add(floats([3, 4]), { tags: ['ages'] });
    pair.owner.requests.addHandler({ action: 'deny' });
    const grace = pair.join();
    grace.say(begin);
    await grace.quiet();
    grace.arrivals.length = 0;
    const before = grace.wire.log.length;
    reads.ran.length = 0;
    reads.isSlow = pace !== 'quick';
    reads.empty = empty;
    grace.say(...messages);
    await later();
    const ranBehind = reads.ran.length;
    while (reads.waiting > 0) {
      reads.release(pace === 'first' ? 0 : reads.waiting - 1);
      await later();
    }
    await grace.quiet();
    return { left: whatLeft(grace, before), ranBehind, values: valuesOf(grace) };
  } finally {
    await pair.close();
  }
}

function whatLeft({ wire }: RawScientist, from: number): string[] {
  return wire.log
    .slice(from)
    .flatMap(({ lane, frame }) => (lane === 'aToB' ? readFrame(frame).segments : []))
    .flatMap(({ kind, number, body }) => {
      if (kind === 'message-credit') return [`credit ${number}`];
      return kind === 'message' ? [JSON.stringify(decodeOwnerMessage(body))] : [];
    });
}

function valuesOf({ arrivals }: RawScientist): Map<number, readonly number[]> {
  return new Map(
    arrivals.flatMap((arrival) =>
      arrival.kind === 'payload'
        ? [[arrival.stream, [...new Float32Array(arrival.bytes.buffer)]] as const]
        : [],
    ),
  );
}

const drop = (...ids: number[]): ScientistMessage => ({ kind: 'drop', ids, parts: [] });

/** `leaves` in order, whatever pace the reads have. */
async function sameAtEachPace(messages: readonly ScientistMessage[], empty = 0): Promise<Told> {
  const [quick, first, last] = [
    await tell('quick', messages, empty),
    await tell('first', messages, empty),
    await tell('last', messages, empty),
  ];
  expect(first.left).toEqual(quick.left);
  expect(last.left).toEqual(quick.left);
  expect(first.values).toEqual(quick.values);
  expect(last.values).toEqual(quick.values);
  return first;
}

it('ops and gets behind a get are handled while its value is being read', async () => {
  const { ranBehind, values } = await sameAtEachPace([
    action(1, 'neg', published(1)),
    get(2, own(1)),
    action(3, 'square', published(1)),
    get(4, own(3)),
  ]);
  expect(ranBehind).toBe(2);
  expect(values).toEqual(
    new Map([
      [2, [-1, -2]],
      [4, [1, 4]],
    ]),
  );
});

it('values, faults, failures and decisions leave in the order of the messages, however long reading takes', async () => {
  await sameAtEachPace([
    action(1, 'neg', published(1)),
    action(2, 'neg', published(2)),
    get(3, own(1)),
    action(4, 'neg', own(99)),
    get(5, own(2)),
    get(6, own(98)),
    get(7, published(1)),
    drop(97),
    request(8, own(2)),
    get(9, own(1)),
    { kind: 'confirm', get: 3 },
    action(4, 'neg', own(1)),
    get(10, own(2), { request: 8 }),
    { kind: 'begin', epoch: 2 },
  ]);
});

it('credit goes back in the order of the messages, behind the values before and ahead of those after', async () => {
  const many = limits.messageCreditStep;
  const ops = Array.from({ length: many + 10 }, (_, at) => action(10 + at, 'no-op'));
  const after = 10 + ops.length;
  const { left } = await sameAtEachPace([
    get(1, published(1)),
    get(2, published(1)),
    ...ops.slice(0, many - 10),
    get(after, published(1)),
    ...ops.slice(many - 10).map((op, at) => ({ ...op, id: after + 1 + at })),
    get(after + 100, published(1)),
  ]);
  expect(left.filter((each) => each.startsWith('credit'))).toEqual([`credit ${many}`]);
});

it('a deleting get that is confirmed before its value has left deletes it all the same, behind it', async () => {
  const { left } = await sameAtEachPace([
    action(1, 'neg', published(1)),
    get(2, own(1), { deleteAfter: true }),
    { kind: 'confirm', get: 2 },
    get(3, own(1)),
  ]);
  expect(left.map((each) => JSON.parse(each).kind)).toEqual(['value', 'failed']);
});

it('what is dropped behind a get is read all the same', async () => {
  const { values } = await sameAtEachPace([
    action(1, 'neg', published(1)),
    get(2, own(1), { deleteAfter: true }),
    drop(1),
    { kind: 'confirm', get: 2 },
  ]);
  expect(values).toEqual(new Map([[2, [-1, -2]]]));
});

it('what the engine has lost is made again in the order of the gets, also where it was dropped behind its get', async () => {
  const { values } = await sameAtEachPace(
    [
      action(1, 'neg', published(1)),
      get(2, own(1)),
      drop(1),
      action(3, 'square', published(1)),
      get(4, own(3)),
      action(5, 'neg', own(3)),
      get(6, own(5)),
    ],
    2,
  );
  expect(values).toEqual(
    new Map([
      [2, [-1, -2]],
      [4, [1, 4]],
      [6, [-1, -4]],
    ]),
  );
});
