import { innerSalt, type Slot } from '@duet/ops';
import { type Arg, DuetError, type TensorMeta, type TensorValue, tensorMeta } from '@duet/protocol';
import type { Version } from './objects';
import type { Source } from './recipes';
import type { RunSetup } from './run-setup';
import type { Workspace } from './workspace';

/** A value in the engine that steps are made on. */
interface Place {
  readonly slot: Slot;
  /** Must it be dropped when the next step has taken its place? Not where an object has it. */
  readonly ours: boolean;
  /** The object that was made of it, and is held here once it is bound. */
  readonly version?: Version;
  readonly held?: boolean;
}

/** Reports since the last ones that were taken: sums over the steps, each weighted by the records of its batch. */
interface Window {
  readonly sums: readonly Slot[];
  readonly steps: number;
  /** In full batches. */
  readonly weight: number;
}

/** Everything that goes on from one step to the next, as bytes: where a run can be taken up again. */
export interface Snapshot {
  readonly step: number;
  readonly state: readonly TensorValue[];
  readonly window: (Omit<Window, 'sums'> & { readonly sums: readonly TensorValue[] }) | undefined;
}

/** Gives the steps of one run to the engine. Nothing here waits, or looks at a value. */
export class RunSteps {
  readonly #setup: RunSetup;
  readonly #space: Workspace;
  readonly #data: readonly Place[];
  readonly #schedule: readonly Place[];
  readonly #fixed: readonly Place[];
  #state: readonly Place[];
  #window: Window | undefined;
  #order: { readonly epoch: number; readonly records: Int32Array } | undefined;

  /** Begins with the state of the message, or where a snapshot was taken. `close` frees what it puts. */
  constructor(setup: RunSetup, space: Workspace, from?: Snapshot) {
    this.#setup = setup;
    this.#space = space;
    this.#state = from
      ? from.state.map((value) => this.#put(value))
      : setup.state.map((source) => this.#placeOf(source));
    this.#data = setup.data.map((source) => this.#placeOf(source));
    this.#schedule = setup.schedule.map((source) => this.#placeOf(source));
    this.#fixed = setup.fixed.map((source) => this.#placeOf(source));
    this.#window = from?.window && {
      ...from.window,
      sums: from.window.sums.map((value) => this.#put(value).slot),
    };
  }

  /** One step. The state before it is let go of. */
  give(step: number): void {
    const { layout, plan, lastPlan, message, stateMetas, reportMetas } = this.#setup;
    const { from, to, epoch } = layout.at(step);
    const full = to - from === message.batchSize;
    const run = full ? plan : (lastPlan ?? plan);
    const temporary: Slot[] = [];
    const batches = this.#cut(epoch, from, to, temporary);
    const rows = this.#schedule.map((place, at) => this.#row(place, at, step, temporary));
    const state = stateMetas.map(() => this.#space.newSlot());
    const reports = reportMetas.map(() => this.#space.newSlot());
    this.#space.plans.install(run);
    this.#space.engine.run({
      kind: 'plan',
      plan: run.id,
      inputs: [...slotsOf(this.#state), ...batches, ...rows, ...slotsOf(this.#fixed)],
      outputs: [...state, ...reports],
      salt: innerSalt(message.seed, step),
    });
    this.#drop(temporary);
    this.#letGo(this.#state);
    this.#state = state.map((slot) => ({ slot, ours: true }));
    this.#collect(reports, (to - from) / message.batchSize);
  }

  /** Slots of the means of the reports since the last time, which are the caller's from now on. */
  takeReports(): readonly Slot[] {
    const window = this.#window;
    this.#window = undefined;
    if (!window) return this.#setup.reportMetas.map(() => this.#space.newSlot());
    // One step's report is what the step gave, to the last bit.
    if (window.steps === 1) return window.sums;
    return this.#combine('div', window.sums, window.weight);
  }

  /** Reads where the run is now, once the engine comes to it. Undefined if a part of it failed. */
  async snapshot(
    step: number,
    state: Promise<readonly (TensorValue | undefined)[]>,
  ): Promise<Snapshot | undefined> {
    const window = this.#window;
    const sums = (window?.sums ?? []).map((slot) => this.#space.engine.read(slot));
    const [values, read] = await Promise.all([state, Promise.all(sums)]);
    if (!values.every(isThere) || !read.every(isThere)) return undefined;
    return { step, state: values, window: window && { ...window, sums: read } };
  }

  /** The state as it is now, for objects to be made of: they have its places from now on. */
  lend(make: (slot: Slot, at: number) => Version): Version[] {
    const versions = this.#state.map(({ slot, ours }, at) =>
      make(ours ? slot : this.#copy(slot), at),
    );
    this.#state = this.#state.map((place, at) => {
      const version = versions[at];
      return place.ours && version ? { slot: place.slot, ours: false, version } : place;
    });
    return versions;
  }

  /** What was lent is bound: it stays until the next step is given, whoever drops it. */
  holdLent(): void {
    this.#state = this.#state.map((place) => {
      if (!place.version) return place;
      this.#space.objects.hold(place.version);
      return { ...place, held: true };
    });
  }

  /** Frees everything that it has in the engine. */
  close(): void {
    for (const places of [this.#state, this.#data, this.#schedule, this.#fixed])
      this.#letGo(places);
    this.#drop(this.#window?.sums ?? []);
    this.#state = [];
    this.#window = undefined;
  }

  #placeOf(source: Source): Place {
    if (source.kind === 'version') return { slot: this.#space.slotOf(source.version), ours: false };
    return this.#put(source.value);
  }

  #put(value: TensorValue): Place {
    const slot = this.#space.newSlot();
    this.#space.engine.put(slot, value);
    return { slot, ours: true };
  }

  #letGo(places: readonly Place[]): void {
    this.#drop(places.flatMap(({ slot, ours }) => (ours ? [slot] : [])));
    for (const { version, held } of places) {
      if (version && held) this.#space.objects.release(version);
    }
  }

  /** Reports that nobody is to see. */
  dropReports(): void {
    this.#drop(this.takeReports());
  }

  #drop(slots: readonly Slot[]): void {
    if (slots.length > 0) this.#space.engine.drop([...slots]);
  }

  /** One batch of each data tensor. */
  #cut(epoch: number, from: number, to: number, temporary: Slot[]): readonly Slot[] {
    const { layout, data } = this.#setup;
    const { records, shuffle } = layout.shape;
    if (!shuffle && to - from === records) return slotsOf(this.#data);
    const indices = shuffle ? this.#indices(epoch, from, to) : undefined;
    if (indices !== undefined) temporary.push(indices);
    return this.#data.map((place, at) => {
      const slot =
        indices === undefined
          ? this.#slice(place.slot, this.#metaOf(data[at]), from, to)
          : this.#run('gather', [tensor(place.slot), tensor(indices)]);
      temporary.push(slot);
      return slot;
    });
  }

  #indices(epoch: number, from: number, to: number): Slot {
    if (this.#order?.epoch !== epoch) {
      this.#order = { epoch, records: this.#setup.layout.order(epoch) };
    }
    const records = this.#order.records.slice(from, to);
    const slot = this.#space.newSlot();
    this.#space.engine.put(slot, {
      meta: tensorMeta('int32', [records.length]),
      bytes: new Uint8Array(records.buffer),
    });
    return slot;
  }

  #row(place: Place, at: number, step: number, temporary: Slot[]): Slot {
    const meta = this.#metaOf(this.#setup.schedule[at]);
    const slice = this.#slice(place.slot, meta, step, step + 1);
    const shape = { kind: 'numbers', numbers: meta.shape.slice(1) } as const;
    const row = this.#run('reshape', [tensor(slice), shape]);
    temporary.push(slice, row);
    return row;
  }

  #slice(slot: Slot, { shape }: TensorMeta, from: number, to: number): Slot {
    const [, ...rest] = shape;
    return this.#run('slice', [
      tensor(slot),
      { kind: 'numbers', numbers: [from, ...rest.map(() => 0)] },
      { kind: 'numbers', numbers: [to - from, ...rest] },
    ]);
  }

  #metaOf(source: Source | undefined): TensorMeta {
    if (!source) throw new DuetError('internal');
    return this.#space.factsOf(source).meta;
  }

  #copy(slot: Slot): Slot {
    return this.#run('clone', [tensor(slot)]);
  }

  /** Adds one step's reports to those since the last time. */
  #collect(reports: readonly Slot[], weight: number): void {
    const window = this.#window;
    if (!window) {
      this.#window = { sums: reports, steps: 1, weight };
      return;
    }
    // The first step's report stands as it was given until there is another.
    const before =
      window.steps === 1 ? this.#combine('mul', window.sums, window.weight) : window.sums;
    const next = this.#combine('mul', reports, weight);
    const sums = before.map((sum, at) => this.#run('add', [tensor(sum), tensor(next[at] ?? sum)]));
    this.#drop([...before, ...next]);
    this.#window = { sums, steps: window.steps + 1, weight: window.weight + weight };
  }

  /** Each with a number, in its place; by one is left alone. */
  #combine(op: 'mul' | 'div', slots: readonly Slot[], by: number): readonly Slot[] {
    if (by === 1) return slots;
    const number = this.#put(scalar(by));
    const made = slots.map((slot) => this.#run(op, [tensor(slot), tensor(number.slot)]));
    this.#drop([...slots, number.slot]);
    return made;
  }

  #run(op: string, args: readonly Arg<Slot>[]): Slot {
    const slot = this.#space.newSlot();
    this.#space.engine.run({ kind: 'op', op, args, outputs: [slot] });
    return slot;
  }
}

function slotsOf(places: readonly Place[]): Slot[] {
  return places.map(({ slot }) => slot);
}

function tensor(slot: Slot): Arg<Slot> {
  return { kind: 'tensor', tensor: slot };
}

function scalar(value: number): TensorValue {
  return { meta: tensorMeta('float32', []), bytes: new Uint8Array(Float32Array.of(value).buffer) };
}

function isThere(value: TensorValue | undefined): value is TensorValue {
  return value !== undefined;
}
