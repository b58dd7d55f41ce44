/** Every op of the table, and every random call of it: what no rule may do. */

import { type Arg, isDuetError, limits, mapArg, type TensorMeta, tensorsOf } from '@duet/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allowedOps,
  classifyCall,
  type Info,
  inferCall,
  type Known,
  type OpSpec,
  publishedInfo,
  sentInfo,
  type TensorFact,
} from '../src';
import { classRules, rulesOf } from '../src/classes/table';
import { findEntry } from '../src/registry';
import { callOf } from './calls';
import { axisOf, call, published } from './class-calls';

interface Drawn {
  readonly spec: OpSpec;
  readonly args: readonly Arg<TensorFact>[];
  readonly outputs: readonly TensorMeta[];
}

function fitting(spec: OpSpec, args: readonly Arg<TensorFact>[]): Drawn | undefined {
  try {
    return { spec, args, outputs: inferCall(spec, args).outputs };
  } catch (error) {
    if (isDuetError(error)) return undefined;
    throw error;
  }
}

/** Checks random calls of an op; those that do not fit are left out. */
function forCalls(spec: OpSpec, check: (call: Drawn) => void): void {
  const complex = findEntry(spec.name)?.policy.complex ?? false;
  fc.assert(
    fc.property(callOf(spec, complex), (args) => {
      const call = fitting(spec, args);
      if (call !== undefined) check(call);
    }),
    { numRuns: 20 },
  );
}

function classified(
  { spec, args, outputs }: Drawn,
  infoOf: (fact: TensorFact, at: number) => Info,
): readonly Info[] {
  let at = 0;
  const known = args.map((arg) =>
    mapArg(arg, (fact): Known => ({ ...fact, info: infoOf(fact, at++) })),
  );
  return classifyCall(spec, known, outputs);
}

/** As if the owner had published it; a literal is the scientist's. */
const ofPublished =
  (isPublic: boolean, minRecords = 1) =>
  ({ meta, literal }: TensorFact, number: number): Info => {
    if (literal !== undefined) return sentInfo;
    const axis = meta.shape[0] === undefined ? undefined : axisOf(meta.shape[0], minRecords);
    return publishedInfo({ number, meta, public: isPublic, axis, recordAxis: 0 });
  };

/** What may form an aggregate of records: nothing else is on the list. */
const positiveList = ['matMul', 'mean', 'moments', 'sum'];

describe('the rules', () => {
  it('have an entry for every allowed op, and for no other', () => {
    expect(Object.keys(classRules).sort()).toEqual(allowedOps.map(({ name }) => name).sort());
  });

  it('for aggregates are those of the positive list', () => {
    const taking = allowedOps.filter(({ name }) => rulesOf(name).aggregate !== undefined);
    expect(taking.map(({ name }) => name).sort()).toEqual(positiveList);
  });

  it('of an op that the table does not have make a record', () => {
    expect(rulesOf('constructor')).toEqual({ rows: expect.any(Function) });
    expect(rulesOf('later').aggregate).toBeUndefined();
  });
});

const hasPrivate = ({ args }: Drawn) =>
  tensorsOf(args).some(({ literal }) => literal === undefined);

describe.each(allowedOps.map((spec) => [spec.name, spec] as const))('%s', (name, spec) => {
  it.each([true, false])('gives a class to each output, and throws nothing (public: %s)', (own) => {
    forCalls(spec, (one) => {
      const infos = classified(one, ofPublished(own));
      expect(infos).toHaveLength(one.outputs.length);
      for (const [at, { rows, class: of, why }] of infos.entries()) {
        expect(of === 'public' || why !== '').toBe(true);
        if (rows === undefined) continue;
        expect(rows.distinct).toBeGreaterThan(0);
        expect(rows.distinct).toBeLessThanOrEqual(one.outputs[at]?.shape[rows.dimension] ?? 0);
      }
    });
  });

  it('makes nothing better than a record of private values, but for the list and measures', () => {
    forCalls(spec, (one) => {
      if (!hasPrivate(one)) return;
      for (const { class: of } of classified(one, ofPublished(false))) {
        if (of === 'aggregate') expect(positiveList).toContain(name);
        else if (of === 'metric') expect(name).toMatch(/^(losses|metrics)\./);
        else expect(of).toBe('record');
      }
    });
  });

  it('makes nothing better than a record of few records', () => {
    forCalls(spec, (one) => {
      if (!hasPrivate(one)) return;
      const infos = classified(one, ofPublished(false, limits.dimension));
      for (const info of infos) expect(info.class).toBe('record');
    });
  });

  it('keeps aggregates among themselves, and loses them to the scientist’s values', () => {
    const { info } = call('sum', published([40, 3]), 0);
    forCalls(spec, (one) => {
      const count = tensorsOf(one.args).length;
      if (count === 0) return;
      const all = classified({ ...one, args: withoutLiterals(one.args) }, () => info);
      const wanted = spec.dataDependence === 'random' ? 'record' : 'aggregate';
      for (const made of all) expect(made.class).toBe(wanted);
      if (count === 1) return;
      const mixed = classified(one, (_, at) => (at === 0 ? info : sentInfo));
      for (const made of mixed) expect(made.class).toBe('record');
    });
  });
});

function withoutLiterals(args: readonly Arg<TensorFact>[]): readonly Arg<TensorFact>[] {
  return args.map((arg) => mapArg(arg, ({ meta }) => ({ meta })));
}
