/** After any mixture of computing, asking, deciding, aborting and letting go, nothing is left on either side. */

import * as tf from '@tensorflow/tfjs';
import type { Pointer } from 'duetjs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connectedPair, leftovers, type TestPair, until } from '../src';

type Move =
  | {
      readonly kind: 'op';
      readonly op: 'neg' | 'sum' | 'split' | 'matMul' | 'wrong';
      readonly at: number;
    }
  | { readonly kind: 'send'; readonly size: number }
  | {
      readonly kind: 'get';
      readonly at: number;
      readonly ask: boolean;
      readonly abort: boolean;
      readonly deleteObj: boolean;
    }
  | { readonly kind: 'request'; readonly at: number; readonly withdraw: boolean }
  | { readonly kind: 'dispose'; readonly at: number }
  | { readonly kind: 'decide'; readonly how: 'accept' | 'deny' }
  | { readonly kind: 'pause' };

const at = fc.nat(30);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('op' as const),
      op: fc.constantFrom(
        'neg' as const,
        'sum' as const,
        'split' as const,
        'matMul' as const,
        'wrong' as const,
      ),
      at,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      size: fc.constantFrom(1, 10, 5000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('get' as const),
      at,
      ask: fc.boolean(),
      abort: fc.boolean(),
      deleteObj: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('request' as const), at, withdraw: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('dispose' as const), at }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      how: fc.constantFrom('accept' as const, 'deny' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'pause' } as const) },
);

async function play({ owner, scientist }: TestPair, moves: readonly Move[]): Promise<void> {
  const secret = scientist.store.get('secret');
  const pointers: Pointer[] = [secret];
  const pick = (index: number) => pointers[index % pointers.length] ?? secret;
  const endings: Promise<unknown>[] = [];
  const ends = (promise: Promise<unknown>) => endings.push(promise.catch(() => undefined));
  const compute = (op: Extract<Move, { kind: 'op' }>['op'], on: Pointer): readonly Pointer[] => {
    if (op === 'neg') return [on.neg()];
    if (op === 'sum') return [on.sum()];
    if (op === 'split') return on.split(2);
    return [op === 'matMul' ? on.matMul(on) : on.reshape([7, 7, 7])];
  };
  for (const each of moves) {
    try {
      if (each.kind === 'op') pointers.push(...compute(each.op, pick(each.at)));
      else if (each.kind === 'send')
        pointers.push(scientist.send(tf.tidy(() => tf.ones([each.size, 2]).arraySync())));
      else if (each.kind === 'dispose') pick(each.at).dispose();
      else if (each.kind === 'pause') await new Promise((resolve) => setImmediate(resolve));
      else if (each.kind === 'get') {
        const stop = new AbortController();
        ends(
          pick(each.at)
            .get({ requestBlock: each.ask, deleteObj: each.deleteObj, signal: stop.signal })
            .then((value) => value.dispose()),
        );
        if (each.abort) stop.abort();
      } else if (each.kind === 'request') {
        const asked = pick(each.at).request({ name: 'r' });
        ends(asked.decision);
        if (each.withdraw) asked.withdraw();
      } else if (owner.requests.length > 0) {
        if (each.how === 'deny') owner.requests.at(0).deny('no');
        else ends(owner.requests.at(0).accept());
      }
    } catch {
      // An impossible call, or one on what was disposed: thrown where it was written, and nothing was sent.
    }
  }
  // What still waits is denied; then everything is let go.
  owner.requests.addHandler({ action: 'deny' });
  await Promise.all(endings);
  for (const pointer of pointers) pointer.dispose();
}

it('leaves no object, request, pending call or tensor, while the duet is still open', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 60 }), async (moves) => {
      await using pair = await connectedPair();
      const { owner, scientist } = pair;
      await owner.store.add(
        [
          [1, 2],
          [3, 4],
        ],
        { tags: ['secret'] },
      );
      await until(() => scientist.store.length > 0);
      await play(pair, moves);
      // Answers leave in the order of what they answer: with this one all that was said before has been heard. What was
      // sent and dropped at once is still checked before it goes.
      const last = await scientist.store.get('secret').tryGet();
      if (last.ok) last.value.dispose();
      const left = () => Object.values(leftovers(pair)).reduce((sum, count) => sum + count);
      await until(() => left() === 0).catch(() => undefined);
      expect(leftovers(pair)).toEqual({
        scientistIds: 0,
        scientistPending: 0,
        ownerObjects: 0,
        ownerRequests: 0,
      });
    }),
    { numRuns: 60 },
  );
});
