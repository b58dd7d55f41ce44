/** What is remembered so that an engine can be lost, and how much of it. */

import type { Engine, Slot, Step } from '@duet/ops';
import { defaultSessionLimits, type TensorValue, tensorMeta } from '@duet/protocol';
import { describe, expect, it } from 'vitest';
import { publishedLabel, sentLabel } from '../src/labels';
import type { Version } from '../src/objects';
import { OwnerStore } from '../src/store';
import { Workspace } from '../src/workspace';

const unpublished = {
  number: 1,
  meta: tensorMeta('float32', []),
  public: false,
  axis: undefined,
  recordAxis: 0,
};

const scientist = { fingerprint: 'grace', name: 'Grace', software: 'test' };

function scalar(value: number): TensorValue {
  return { meta: tensorMeta('float32', []), bytes: new Uint8Array(Float32Array.of(value).buffer) };
}

const numberIn = (value: TensorValue | undefined) =>
  value && new Float32Array(value.bytes.slice().buffer)[0];

/** An engine that only adds scalars, and counts what it is given. */
class Adder implements Engine {
  readonly held = new Map<Slot, TensorValue>();
  readonly steps: Step[] = [];
  #listeners: (() => void)[] = [];

  ready = async () => ({ backend: 'cpu', lacking: [] }) as const;
  install = () => {};
  uninstall = () => {};
  settled = async () => {};
  close = async () => this.held.clear();

  get size(): number {
    return this.held.size;
  }

  put(slot: Slot, value: TensorValue): void {
    this.held.set(slot, value);
  }

  run(step: Step): void {
    this.steps.push(step);
    if (step.kind !== 'op') return;
    const terms = step.args.map((arg) =>
      numberIn(arg.kind === 'tensor' ? this.held.get(arg.tensor) : undefined),
    );
    const [output] = step.outputs;
    if (output === undefined || terms.includes(undefined)) return;
    this.held.set(output, scalar(terms.reduce<number>((sum, term) => sum + (term ?? 0), 0)));
  }

  drop(slots: readonly Slot[]): void {
    for (const slot of slots) this.held.delete(slot);
  }

  async read(slot: Slot): Promise<TensorValue | undefined> {
    return this.held.get(slot);
  }

  onLost(listener: () => void): void {
    this.#listeners.push(listener);
  }

  restart(): void {
    this.held.clear();
    this.steps.length = 0;
    for (const listener of this.#listeners) listener();
  }
}

class Bench {
  readonly engine = new Adder();
  readonly space = new Workspace({
    engine: this.engine,
    store: new OwnerStore(),
    limits: defaultSessionLimits,
    peer: scientist,
  });
  #nextId = 1;

  constructor() {
    this.engine.onLost(() => this.space.recovery.lost());
  }

  sent(value: number, bytes = scalar(value)): { id: number; version: Version } {
    const version = this.space.sent(bytes.meta, { tags: [], description: '' });
    version.bytes = bytes;
    this.space.slotOf(version);
    return this.#bind(version);
  }

  add(
    terms: readonly Version[],
    { readable = true, cost = 1 } = {},
  ): { id: number; version: Version } {
    const label = readable ? sentLabel(scientist.fingerprint) : publishedLabel(unpublished);
    const version = this.space.derived(tensorMeta('float32', []), label, { kind: 'literal' });
    const slots = terms.map(({ slot }) => ({ kind: 'tensor', tensor: slot }) as const);
    this.engine.run({ kind: 'op', op: 'add', args: slots, outputs: [version.slot] });
    const bound = this.#bind(version);
    this.space.recovery.remember({
      making: {
        kind: 'op',
        op: 'add',
        args: terms.map((term) => ({ kind: 'tensor', tensor: { kind: 'version', version: term } })),
      },
      dependsOn: undefined,
      outputs: [version],
      positions: undefined,
      width: 1,
      cost,
      shares: 1,
    });
    return bound;
  }

  #bind(version: Version): { id: number; version: Version } {
    const id = this.#nextId++;
    this.space.objects.bind(id, [version]);
    return { id, version };
  }

  async value(version: Version): Promise<number | undefined> {
    return numberIn(version.bytes ?? (await this.engine.read(version.slot)));
  }
}

describe('recovery', () => {
  it('makes again what depends on dropped values, each call once, and holds no more than before', async () => {
    const bench = new Bench();
    const one = bench.sent(1);
    const two = bench.add([one.version, one.version]);
    const four = bench.add([two.version, two.version]);
    const six = bench.add([two.version, four.version]);
    for (const { id } of [one, two, four]) bench.space.objects.drop(id);
    expect(bench.engine.size).toBe(1);
    bench.engine.restart();
    expect(bench.engine.size).toBe(1);
    expect(bench.engine.steps).toHaveLength(3);
    expect(await bench.value(six.version)).toBe(6);
    bench.space.objects.drop(six.id);
    expect(bench.space.recovery.recipes).toBe(0);
  });

  it('spends a budget on what may not be read, and none on what comes after it', async () => {
    const bench = new Bench();
    const one = bench.sent(1);
    const cheap = bench.add([one.version, one.version], { readable: false, cost: 1.5e9 });
    const second = bench.add([one.version, cheap.version], { readable: false, cost: 4e8 });
    const third = bench.add([one.version, second.version], { readable: false, cost: 4e8 });
    const open = bench.add([one.version, one.version], { cost: 1e12 });
    bench.engine.restart();
    expect(await bench.value(cheap.version)).toBe(2);
    expect(await bench.value(second.version)).toBe(3);
    expect(await bench.value(third.version)).toBeUndefined();
    expect(await bench.value(open.version)).toBe(2);
  });

  it('remembers a bounded number of calls: then what may be read is kept as bytes', async () => {
    const bench = new Bench();
    const { recovery } = bench.space;
    const one = bench.sent(1);
    const kept: Version[] = [];
    const others: Version[] = [];
    while (!recovery.pressed) {
      kept.push(bench.add([one.version, one.version]).version);
      others.push(bench.add([one.version, one.version], { readable: false }).version);
    }
    expect(recovery.recipes).toBeLessThan(20_000);
    await recovery.relieve();
    expect(recovery.recipes).toBe(0);
    expect(recovery.pressed).toBe(false);
    expect(kept.every(({ bytes }) => numberIn(bytes) === 2)).toBe(true);
    expect(others.some(({ bytes }) => bytes)).toBe(false);
    bench.engine.restart();
    expect(bench.engine.steps).toEqual([]);
    expect(bench.engine.size).toBe(1 + kept.length);
  });

  it('does not keep large values for long that are dropped', async () => {
    const bench = new Bench();
    const { objects, recovery } = bench.space;
    const large = { meta: scalar(1).meta, bytes: scalar(1).bytes };
    const wide = tensorMeta('float32', [1024, 1024]);
    let rounds = 0;
    while (!recovery.pressed && rounds < 100) {
      rounds += 1;
      const given = bench.sent(1, large);
      // As large as its header says.
      Object.assign(given.version, { bytes: { ...large, meta: wide } });
      bench.add([given.version, given.version]);
      objects.drop(given.id);
    }
    expect(rounds).toBe(16);
    await recovery.relieve();
    expect(recovery.pressed).toBe(false);
    expect(recovery.recipes).toBe(0);
  });

  it('counts what calls on the same value again and again take, too', async () => {
    const bench = new Bench();
    const one = bench.sent(1);
    const again = Array.from({ length: 4096 }, () => one.version);
    let calls = 0;
    while (!bench.space.recovery.pressed && calls < 1000) {
      bench.add(again);
      calls += 1;
    }
    expect(calls).toBeLessThan(1000);
  });

  it('keeps the end of a long chain, and forgets its beginning', async () => {
    const bench = new Bench();
    const one = bench.sent(1);
    let last = bench.add([one.version, one.version]);
    for (let length = 0; length < 1000; length += 1) {
      const next = bench.add([last.version, one.version]);
      bench.space.objects.drop(last.id);
      last = next;
      await Promise.resolve();
    }
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    expect(bench.space.recovery.recipes).toBeLessThan(140);
    bench.engine.restart();
    expect(await bench.value(last.version)).toBe(1002);
    expect(bench.engine.steps.length).toBeLessThan(140);
  });

  it('has a failure that was told stay one', async () => {
    const bench = new Bench();
    const one = bench.sent(1);
    const two = bench.add([one.version, one.version], { readable: false });
    bench.space.recovery.failed(two.version);
    bench.engine.restart();
    expect(await bench.value(two.version)).toBeUndefined();
    expect(bench.space.recovery.recipes).toBe(0);
  });
});
