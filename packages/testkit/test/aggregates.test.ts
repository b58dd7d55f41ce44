/** No program makes an aggregate that depends on few records, and no combination of what handlers release does. */

import { classifyCall, type Info, type RecordAxis } from '@duet/ops';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aggregateInfo } from '../../ops/src/classes/infos';
import { entered, type Ledgers, whyTooFine } from '../../owner/src/gate/ledger';
import { setFacts } from '../../owner/src/gate/request-facts';
import {
  type Classify,
  drawing,
  minRecords,
  programs,
  randomProgram,
  type Search,
  singlesOut,
  type Worlds,
  worldsOf,
  X,
} from './aggregate-search';

/** More of them by a command: AGGREGATE_OPS=4 AGGREGATE_PROGRAMS=5000 npx vitest run … */
const ops = Number(process.env['AGGREGATE_OPS'] ?? 3);
const longer = Number(process.env['AGGREGATE_PROGRAMS'] ?? 60);

let worlds: Worlds[];

beforeAll(async () => {
  await tf.setBackend('cpu');
  worlds = [1, 2].map(worldsOf);
});

afterAll(() => {
  for (const each of worlds) each.close();
});

/** The programs that tell of few records, up to some. */
function found(search: Search, most = 5): { tried: number; bad: string[] } {
  const bad: string[] = [];
  let tried = 0;
  for (const program of programs(search)) {
    tried += 1;
    if (singlesOut(program, worlds)) bad.push(program.text);
    if (bad.length >= most) break;
  }
  return { tried, bad };
}

describe('an aggregate depends on no record, or on enough of them', () => {
  it(`in every program of up to ${ops} ops`, { timeout: 3_600_000 }, () => {
    const { tried, bad } = found({ ops, classify: classifyCall });
    expect(bad).toEqual([]);
    expect(tried).toBeGreaterThan(2000);
  });

  it('in every program of up to four of the ops that tell most', { timeout: 600_000 }, () => {
    const { tried, bad } = found({ ops: 4, classify: classifyCall, coreOnly: true });
    expect(bad).toEqual([]);
    expect(tried).toBeGreaterThan(1000);
  });

  it('in longer programs', { timeout: 3_600_000 }, () => {
    const draw = drawing(3);
    let tried = 0;
    for (let count = 0; count < longer; count += 1) {
      for (const value of randomProgram(5 + draw(6), draw, classifyCall)) {
        if (value.info.class !== 'aggregate') continue;
        tried += 1;
        expect([value.text, singlesOut(value, worlds)]).toEqual([value.text, false]);
      }
    }
    expect(tried).toBeGreaterThan(longer);
  });
});

/** The rules, with a mistake in them: what an op gives instead, where it would give a record. */
function wrongly(instead: (op: string, infos: readonly Info[]) => Info | undefined): Classify {
  return (spec, args, outputs) => {
    const infos = args.flatMap((arg) => (arg.kind === 'tensor' ? [arg.tensor.info] : []));
    return classifyCall(spec, args, outputs).map((info) =>
      info.class === 'record' && info.view === undefined
        ? (instead(spec.name, infos) ?? info)
        : info,
    );
  };
}

const set = (() => {
  const { axis } = X.info.rows ?? {};
  if (axis === undefined) throw new Error('X has records.');
  return { axis, object: 1, from: 0, to: axis.records, columns: 3, firstColumn: 0, endColumn: 3 };
})();
const asAggregate = aggregateInfo([set]);

const mistakes: Readonly<Record<string, Classify>> = {
  'a shift and a relu in between': wrongly((op, [first]) =>
    ['sub', 'relu'].includes(op) && first?.view ? first : undefined,
  ),
  'a tiny scale in between': wrongly((op, [first]) =>
    op === 'mul' && first?.view ? first : undefined,
  ),
  'a maximum': wrongly((op, [first]) => (op === 'max' && first?.view ? asAggregate : undefined)),
  'too few records': wrongly((op, [first]) =>
    op === 'sum' && first?.view ? asAggregate : undefined,
  ),
  'chosen records': wrongly((op, [first]) =>
    (op === 'gather' || op === 'sum') && first?.view
      ? op === 'sum'
        ? asAggregate
        : { ...first, why: 'chosen' }
      : undefined,
  ),
  'sets that differ by one record': wrongly((op, infos) =>
    op === 'sub' && infos.every((info) => info.class === 'aggregate') ? asAggregate : undefined,
  ),
};

describe('the search finds a rule that lets through', () => {
  it.each(Object.entries(mistakes))('%s', { timeout: 300_000 }, (_, classify) => {
    const { bad } = found({ ops: 3, classify }, 1);
    const deeper = bad.length > 0 ? bad : found({ ops: 4, classify, coreOnly: true }, 1).bad;
    expect(deeper).toHaveLength(1);
  });
});

describe('what handlers release together', () => {
  const count = 200;
  const axis: RecordAxis = { id: 'a9', records: count, units: count, minRecords, spans: undefined };

  /** Sums over consecutive records of one column, those that `accepts` lets through. */
  function released(seed: number, accepts: (why: string | undefined) => boolean) {
    const draw = drawing(seed);
    let ledgers: Ledgers = new Map();
    const sums: (readonly [from: number, to: number])[] = [];
    for (let asked = 0; asked < 60; asked += 1) {
      const from = draw(3) === 0 ? 0 : draw(count - minRecords);
      const to = draw(3) === 0 ? count : from + minRecords + draw(count - from - minRecords);
      const sets = [
        setFacts({ axis, object: 1, from, to, columns: 1, firstColumn: 0, endColumn: 1 }),
      ];
      if (!accepts(whyTooFine(ledgers, sets, 1))) continue;
      ledgers = entered(ledgers, sets, 1);
      sums.push([from, to]);
    }
    return sums;
  }

  /** The fewest records that a combination of some of them with small factors is about; none is no matter. */
  function fewest(sums: readonly (readonly [number, number])[], seed: number): number {
    const draw = drawing(seed);
    let least = count;
    for (let tries = 0; tries < 400; tries += 1) {
      const weights = new Int32Array(count);
      for (let terms = 0; terms < 1 + draw(4); terms += 1) {
        const [from, to] = sums[draw(sums.length)] ?? [0, 0];
        const by = draw(2) === 0 ? 1 : -1;
        for (let record = from; record < to; record += 1)
          weights[record] = (weights[record] ?? 0) + by;
      }
      const about = weights.filter((weight) => weight !== 0).length;
      if (about > 0) least = Math.min(least, about);
    }
    return least;
  }

  it.each([1, 2, 3, 4, 5])('has no combination about few records (%i)', (seed) => {
    const sums = released(seed, (why) => why === undefined);
    expect(sums.length).toBeGreaterThan(3);
    expect(fewest(sums, seed)).toBeGreaterThanOrEqual(minRecords);
  });

  it('would have one if everything were released', () => {
    expect(
      fewest(
        released(1, () => true),
        1,
      ),
    ).toBeLessThan(minRecords);
  });
});
