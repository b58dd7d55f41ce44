/** Loops with a fixed count: one node of a plan, however many rounds. */

import { sameMeta, showMeta } from '@duet/ops';
import { DuetError, limits, type TensorMeta, tensorMeta } from '@duet/protocol';
import { checkAssignable, isValue, type Planner } from './planner';
import type { Returned } from './plans';
import type { Pointer } from './pointer';
import { flatten, rebuild, type Structure, sameStructure } from './structure';

/** What one round gives. */
export interface Round<C, K> {
  /** In the form in which it came, with the same shapes and dtypes. */
  readonly carried: C;
  /** Kept from every round. */
  readonly collect?: K;
}

export interface LoopResult<C, K> {
  readonly carried: Returned<C, Pointer>;
  /** Each value with a new first axis: one entry a round. */
  readonly collect: Returned<K, Pointer>;
}

const roundMeta = tensorMeta('int32', []);

/**
 * Runs `body` `count` times on the owner's side: it is recorded once. It takes what is carried and the number of the round (an
 * int32 scalar from 0) and gives what is carried anew. Pointers and variables from around it can be used, and variables
 * assigned. Outside of a recording it is one message. Throws `bad-argument` where what is carried changes its form.
 */
export type Loop = <C, K = undefined>(
  count: number,
  carried: C,
  body: (carried: Returned<C, Pointer>, round: Pointer) => Round<C | Returned<C, Pointer>, K>,
) => LoopResult<C, K>;

export function looper(planner: Planner): Loop {
  const run = (count: number, carried: unknown, body: Body): unknown => {
    if (!Number.isInteger(count) || count < 1 || count > limits.loopCount) {
      throw new DuetError('bad-argument', {
        detail: `A loop has between 1 and ${limits.loopCount} rounds, not ${String(count)}.`,
      });
    }
    return planner.asOne('loop', () => record(planner, count, carried, body));
  };
  return run as unknown as Loop;
}

type Body = (carried: unknown, round: Pointer) => Round<unknown, unknown>;

function record(planner: Planner, count: number, carried: unknown, body: Body): unknown {
  const outer = planner.current;
  const initial = flatten(carried, isValue, 'What a loop carries');
  const places = initial.leaves.map((leaf) => outer.place(planner.recorder.given(leaf, 'loop')));
  const metas = places.map((place) => outer.metaAt(place));
  let collected: Structure = { kind: 'nothing', value: undefined };
  const traced = planner.trace(
    [...metas, roundMeta].map((meta) => ({ meta })),
    (...pointers) => {
      const round = pointers.pop() as Pointer;
      const given = body(rebuild(initial.structure, pointers), round);
      const after = flatten(given.carried, isValue, 'What a loop carries');
      const collect = flatten(given.collect, isValue, 'What a loop collects');
      if (!sameStructure(initial.structure, after.structure)) {
        throw new DuetError('bad-argument', {
          detail: 'loop: a round must give what it carries in the form in which it takes it.',
        });
      }
      collected = collect.structure;
      return [...after.leaves, ...collect.leaves];
    },
  );
  const { recording, results, assigned } = traced;
  const size = metas.length;
  checkCarried(
    metas,
    results.slice(0, size).map((place) => recording.metaAt(place)),
  );
  for (const variable of assigned) checkAssignable(variable);
  // A variable that a round assigns is carried on to the next one.
  const assignedGiven = assigned.map((variable) => ({ kind: 'variable', variable }) as const);
  const assignedInner = assignedGiven.map((given) => recording.capture(given));
  const outputs = [
    ...results.slice(0, size),
    ...traced.outputs.slice(results.length),
    ...results.slice(size),
  ];
  const fixed = recording
    .capturesFor(outputs)
    .filter(({ given }) => given.kind !== 'variable' || !assigned.includes(given.variable));
  const carriedInner = recording.inputs.slice(0, size);
  const roundInner = recording.inputs.slice(size);
  const inputs = [
    ...carriedInner,
    ...assignedInner,
    ...fixed.map(({ place }) => place),
    ...roundInner,
  ];
  const made = outputs.map((place) => recording.metaAt(place));
  const kept = size + assigned.length;
  const symbols = outer.composite(
    {
      kind: 'loop',
      plan: recording.toPlan('', inputs, outputs),
      count,
      carried: [...places, ...assignedGiven.map((given) => outer.place(given))],
      fixed: fixed.map(({ given }) => outer.place(given)),
    },
    made.map((meta, at) => (at < kept ? meta : stacked(meta, count))),
    'loop',
  );
  planner.assignAll(assigned, symbols.slice(size, kept));
  for (const effect of recording.effects) outer.effects.push((times) => effect(times * count));
  const pointers = planner.pointers(symbols);
  return {
    carried: rebuild(initial.structure, pointers.slice(0, size)),
    collect: rebuild(collected, pointers.slice(kept)),
  };
}

function stacked(meta: TensorMeta, count: number): TensorMeta {
  if (meta.shape.length === limits.rank || meta.dtype === 'string') {
    throw new DuetError('bad-argument', {
      detail: `loop: what is collected cannot be ${showMeta(meta)}.`,
    });
  }
  return tensorMeta(meta.dtype, [count, ...meta.shape]);
}

function checkCarried(before: readonly TensorMeta[], after: readonly TensorMeta[]): void {
  before.forEach((meta, at) => {
    const then = after[at];
    if (then === undefined || !sameMeta(meta, then)) {
      throw new DuetError('bad-argument', {
        detail: `loop: what is carried at ${at} is ${showMeta(meta)} before a round and ${showMeta(then)} after it.`,
      });
    }
  });
}
