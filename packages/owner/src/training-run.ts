import { type Engine, type Info, reportInfos, type Slot } from '@duet/ops';
import {
  DuetError,
  type OwnerMessage,
  type RunState,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import { labelEach, mayRead, type Origin } from './labels';
import { type Lineage, repeated } from './lineage';
import { type Booking, roomFor, type Version } from './objects';
import { OwnerRun, type OwnerRunStatus } from './owner-run';
import { readSlot } from './read-slot';
import type { RunSetup } from './run-setup';
import { RunSteps, type Snapshot } from './run-steps';
import { Signal } from './signal';
import type { Workspace } from './workspace';

/**
 * Steps and estimated operations that are given to the engine in one go: what is told behind each costs its thread up to
 * half a millisecond, as much as a small step.
 */
const stepsAtOnce = 16;
const costAtOnce = 2e8;
/**
 * What the engine has at most of a run, and a decision waits for: it goes on with the next while the page hears of the one
 * before. Not with steps of so many operations, to which what is heard between them adds nothing.
 */
const stretchesAtOnce = 2;
const costOfLongStep = 1e9;
/** What it costs the page to draw the place of one record in an epoch, in the same unit. */
const costOfOrder = 50;
/**
 * An engine that is lost again and again in one run is not asked for more of it. Where its scientist may read what the run
 * gives, others may not spoil it: then only those losses count that come while the engine has nothing else to do.
 */
const mostLosses = 3;

export interface RunsParts {
  readonly space: Workspace;
  readonly tell: (message: Extract<OwnerMessage, { kind: 'progress' }>) => void;
  /** Runs a task in the session's order of messages and decisions. */
  readonly inTurn: <T>(task: () => T | Promise<T>) => Promise<T>;
  /** Something broke that must not. */
  readonly broken: (error: DuetError) => void;
  /** A run began, ended, or goes otherwise. */
  readonly changed: (run: OwnerRun) => void;
  /** Lets go of an id of the scientist's. */
  readonly drop: (id: number) => void;
  /** Objects were bound or dropped. */
  readonly objectsChanged: () => void;
}

/** What is bound when so many steps are done. */
interface Reached {
  readonly done: number;
  readonly reports: readonly Version[];
  readonly checkpoint: readonly Version[] | undefined;
}

/** The same, with the bytes of it that are on their way. */
interface Due extends Reached {
  readonly kept: Promise<unknown>;
  readonly snapshot: Promise<Snapshot | undefined> | undefined;
}

/** Steps that the engine was given in one go. */
interface Stretch {
  /** Steps that are done when these are. */
  readonly done: number;
  readonly due: Due | undefined;
  readonly settled: Promise<void>;
}

/** One run, from its message to its end. */
export class Run {
  readonly id: number;
  readonly shown: OwnerRun;
  readonly #setup: RunSetup;
  readonly #booking: Booking;
  readonly #parts: RunsParts;
  readonly #space: Workspace;
  readonly #engine: Engine;
  readonly #origin: Origin;
  readonly #inputs: readonly Lineage[];
  readonly #gone: () => void;
  /** Undefined once the engine was lost too often: the run then only counts. */
  #steps: RunSteps | undefined;
  #snapshot: Snapshot | undefined;
  #generation: number;
  #losses = 0;
  /** Does it go on in turns of its own, in which the engine is given nothing else? */
  #alone = false;
  /** Is a loss now perhaps its own doing? */
  #suspect = true;
  /** Steps that the engine was given, and those of them that are done. */
  #given: number;
  #done: number;
  /** Given, and not known to be done. */
  #stretches: Stretch[] = [];
  /** What was told already; after a loss of the engine, steps are done again in silence. */
  #told: number;
  #lastCheckpoint: number | undefined;
  #checkpoints = 0;
  #status: OwnerRunStatus = 'running';
  #early: 'cancelled' | 'stopped' | undefined;
  #paused = false;
  #halted = false;
  /** It waits for the owner. */
  #waiting = false;
  readonly #signal = new Signal();
  /** The same for all that it gives. */
  readonly #call = {};
  /** Made and not bound yet. */
  readonly #unbound = new Set<Version>();

  constructor(name: string, setup: RunSetup, booking: Booking, parts: RunsParts, gone: () => void) {
    const { message, layout, plan, lastPlan } = setup;
    this.id = message.id;
    this.#setup = setup;
    this.#booking = booking;
    this.#parts = parts;
    this.#space = parts.space;
    this.#engine = parts.space.engine;
    this.#gone = gone;
    this.#given = message.firstStep;
    this.#done = message.firstStep;
    this.#told = message.firstStep;
    this.#generation = parts.space.recovery.generation;
    const inputs = sourcesOf(setup).map((source) => this.#space.factsOf(source));
    this.#origin = this.#space.originOf(inputs);
    this.#inputs = inputs.map(({ lineage }) => lineage);
    for (const version of this.#versions()) this.#space.objects.hold(version);
    this.#space.plans.hold(plan);
    if (lastPlan) this.#space.plans.hold(lastPlan);
    this.#steps = new RunSteps(setup, this.#space);
    this.shown = new OwnerRun(
      {
        id: name,
        peer: this.#space.peer,
        name: message.name,
        plan: plan.card,
        steps: layout.steps,
      },
      {
        step: () => this.#done,
        status: () => (this.#over || !this.#mustWait ? this.#status : 'paused'),
        pause: (paused) => this.#pause(paused),
        stop: () => this.finishEarly('stopped'),
      },
    );
  }

  get #over(): boolean {
    return this.#status !== 'running';
  }

  get #mustWait(): boolean {
    return this.#paused || this.#halted;
  }

  /** What it needs for as long as it runs, whatever its scientist or the owner drops. */
  *#versions(): Iterable<Version> {
    for (const source of sourcesOf(this.#setup))
      if (source.kind === 'version') yield source.version;
  }

  // ---- from outside --------------------------------------------------------------------------------------------

  finishEarly(how: 'cancelled' | 'stopped'): void {
    if (this.#over) return;
    this.#early ??= how;
    this.#signal.give();
  }

  halt(halted: boolean): void {
    const before = this.shown.status;
    this.#halted = halted;
    this.#changedFrom(before);
  }

  #pause(paused: boolean): void {
    const before = this.shown.status;
    this.#paused = paused;
    this.#changedFrom(before);
  }

  #changedFrom(before: OwnerRunStatus): void {
    if (this.#over || this.shown.status === before) return;
    this.#signal.give();
    this.#parts.changed(this.shown);
  }

  leave(): void {
    this.#end('left');
  }

  /** Resolves when it is over or waits for the owner. */
  async idle(): Promise<void> {
    while (!this.#over && !this.#waiting) await this.#signal.wait();
  }

  // ---- its steps -----------------------------------------------------------------------------------------------

  /** Steps are given by fixed counts, and nothing that is told depends on how long they take or what they give. */
  async drive(): Promise<void> {
    const { inTurn } = this.#parts;
    if (this.#isReadable) await this.#keepInputs();
    while (!this.#over) {
      await this.#whilePaused();
      if (this.#over) return;
      if (this.#alone) await inTurn(() => this.#goOnAlone());
      else await this.#goOn(inTurn);
    }
  }

  /** Gives what the engine may have, and waits for the first of it; or ends. */
  async #goOn(inTurn: RunsParts['inTurn']): Promise<void> {
    if (this.#wasLost()) return;
    const { layout, stepCost } = this.#setup;
    const most = this.#alone || stepCost > costOfLongStep ? 1 : stretchesAtOnce;
    while (this.#stretches.length < most && this.#given < layout.steps && !this.#endsEarly) {
      this.#giveStretch();
    }
    if (this.#stretches.length > 0) await this.#follow(inTurn);
    else await this.#finish(inTurn);
  }

  /** What was told of before a loss of the engine is done again first. */
  get #endsEarly(): boolean {
    return this.#early !== undefined && this.#given >= this.#told;
  }

  /** The same in the session's turn, once everything else that was given is done. */
  async #goOnAlone(): Promise<void> {
    await this.#engine.settled();
    if (this.#over || this.#wasLost()) return;
    this.#suspect = true;
    await this.#goOn(async (task) => task());
    this.#suspect = false;
  }

  get #isReadable(): boolean {
    return mayRead(this.#origin, this.#space.peer.fingerprint);
  }

  /** As bytes they are there after every loss. */
  async #keepInputs(): Promise<void> {
    await Promise.all([...this.#versions()].map((version) => this.#space.recovery.keep(version)));
  }

  /** What the engine has already is told of before it waits. */
  async #whilePaused(): Promise<void> {
    while (this.#mustWait && !this.#early && !this.#over) {
      if (this.#stretches.length > 0) {
        await this.#follow(this.#parts.inTurn);
        continue;
      }
      if (!this.#waiting) {
        this.#waiting = true;
        this.#signal.give();
      }
      await this.#signal.wait();
    }
    this.#waiting = false;
  }

  /** Steps until something is due, or there are enough. */
  #giveStretch(): void {
    const { layout, stepCost } = this.#setup;
    const { records, shuffle } = layout.shape;
    let cost = 0;
    for (let count = 0; count < stepsAtOnce && cost < costAtOnce; count += 1) {
      if (shuffle && layout.at(this.#given).from === 0) cost += costOfOrder * records;
      this.#steps?.give(this.#given);
      this.#given += 1;
      cost += stepCost;
      if (layout.progressAfter(this.#given) || this.#given === layout.steps) break;
    }
    const due = this.#takeWhatIsDue();
    this.#stretches.push({ done: this.#given, due, settled: this.#engine.settled() });
  }

  /** Of the end everything is taken at once. */
  #takeWhatIsDue(): Due | undefined {
    const { layout } = this.#setup;
    if (!layout.progressAfter(this.#given) || this.#given === layout.steps) return undefined;
    if (this.#given > this.#told) return this.#takeDue();
    // These steps were done before, and an engine that was lost is not told.
    if (layout.reportsAfter(this.#given)) this.#steps?.dropReports();
    return undefined;
  }

  /** Waits until the first of what was given is done, and binds and tells what is due then. */
  async #follow(inTurn: RunsParts['inTurn']): Promise<void> {
    const [stretch] = this.#stretches;
    if (stretch === undefined) return;
    await stretch.settled;
    if (this.#over || this.#wasLost()) return;
    const { done, due } = stretch;
    await due?.kept;
    const snapshot = await due?.snapshot;
    if (this.#over || this.#wasLost()) return;
    this.#stretches.shift();
    this.#done = done;
    this.#snapshot = snapshot ?? this.#snapshot;
    if (due === undefined) return;
    await inTurn(() => {
      if (this.#over) return;
      this.#bind(due);
      this.#tell('running');
    });
  }

  /** Takes the run up again where it can be, if the engine was lost since it was looked at last. */
  #wasLost(): boolean {
    const { generation } = this.#space.recovery;
    if (generation === this.#generation) return false;
    this.#generation = generation;
    this.#stretches = [];
    this.#discardUnbound();
    this.#steps?.close();
    if (this.#suspect) this.#losses += 1;
    if (this.#losses > mostLosses && this.#isReadable && !this.#alone) {
      this.#alone = true;
      this.#suspect = false;
      this.#losses = 0;
    }
    if (this.#losses > mostLosses) {
      this.#steps = undefined;
      this.#given = this.#told;
    } else {
      this.#steps = new RunSteps(this.#setup, this.#space, this.#snapshot);
      this.#given = this.#snapshot?.step ?? this.#setup.message.firstStep;
    }
    this.#done = this.#given;
    return true;
  }

  /** Objects for what is due when the steps that were given are done; nothing is bound yet. */
  #takeDue(): Due {
    const { layout, reportMetas, stateMetas, infos } = this.#setup;
    const done = this.#given;
    const lineage = this.#lineage();
    const reports = layout.reportsAfter(done)
      ? this.#reportSlots().map(this.#maker(reportMetas, this.#reportInfos(done), lineage))
      : [];
    const checkpoint = layout.checkpointsAfter(done)
      ? this.#lendState(this.#maker(stateMetas, infos.state, lineage))
      : undefined;
    const state = checkpoint && this.#keepBytes(checkpoint);
    const kept = Promise.all([this.#keepBytes(reports), state]);
    return {
      done,
      reports,
      checkpoint,
      kept,
      snapshot: state && this.#steps?.snapshot(done, state),
    };
  }

  #reportSlots(): readonly Slot[] {
    return this.#steps?.takeReports() ?? this.#setup.reportMetas.map(() => this.#space.newSlot());
  }

  #lendState(make: (slot: Slot, at: number) => Version): Version[] {
    return (
      this.#steps?.lend(make) ??
      this.#setup.stateMetas.map((_, at) => make(this.#space.newSlot(), at))
    );
  }

  /** A report is a mean over the steps since the one before it, whose batches may be full or not. */
  #reportInfos(done: number): readonly Info[] {
    const { layout, infos, message } = this.#setup;
    const { stepsPerEpoch, shape } = layout;
    const begin = Math.max(layout.reportedBefore(done), message.firstStep);
    const shortLast = shape.withLast && shape.records % shape.batchSize > 0;
    // Steps of an epoch that are over, and the last one is the only one that can be short.
    const lasts = Math.floor(done / stepsPerEpoch) - Math.floor(begin / stepsPerEpoch);
    const short = shortLast ? lasts : 0;
    return reportInfos(infos, done - begin > short, short > 0);
  }

  #maker(metas: readonly TensorMeta[], infos: readonly Info[], lineage: Lineage) {
    const labels = labelEach(this.#origin, infos);
    return (slot: Slot, at: number): Version => {
      const label = labels[at] ?? missing();
      const version = this.#space.derived(metas[at] ?? missing(), label, lineage, slot);
      this.#unbound.add(version);
      return version;
    };
  }

  /** The whole run as one call. */
  #lineage(): Lineage {
    const { plan, lastPlan, message } = this.#setup;
    const times = Math.max(1, this.#given - message.firstStep);
    const words = repeated(plan.words, times);
    const call = { op: plan.words, words, times, plan: plan.card, lastPlan: lastPlan?.card };
    return this.#space.lineages.call(call, this.#inputs, this.#call);
  }

  /** What a run makes cannot be made again in little time, so it is kept as bytes. */
  #keepBytes(versions: readonly Version[]): Promise<(TensorValue | undefined)[]> {
    return Promise.all(
      versions.map(async (version) => {
        const value = await readSlot(this.#engine, version);
        if (value) version.bytes ??= value;
        return value;
      }),
    );
  }

  #bind({ done, reports, checkpoint }: Reached): void {
    const { layout, stateMetas } = this.#setup;
    const { objects } = this.#space;
    reports.forEach((version, which) => {
      this.#booking.use(roomFor([version.meta]));
      objects.bind(layout.reportId(done, which), [version]);
    });
    if (checkpoint) {
      const id = layout.checkpointId(done);
      this.#checkpoints += 1;
      // Later ones take the room of those that go.
      if (this.#checkpoints <= 2) this.#booking.use(roomFor(stateMetas));
      objects.bind(id, checkpoint);
      this.#steps?.holdLent();
      const before = this.#lastCheckpoint;
      if (before !== undefined && objects.has(before)) this.#parts.drop(before);
      this.#lastCheckpoint = id;
    }
    for (const version of [...reports, ...(checkpoint ?? [])]) this.#unbound.delete(version);
    this.#parts.objectsChanged();
  }

  #tell(state: RunState): void {
    this.#told = this.#done;
    this.#parts.tell({ kind: 'progress', run: this.id, step: this.#done, state });
    this.#parts.changed(this.shown);
  }

  /** Binds the state as it is now and tells the end, unless the engine is lost on the way: then it goes on. */
  async #finish(inTurn: RunsParts['inTurn']): Promise<void> {
    const { layout, stateMetas, infos } = this.#setup;
    const done = this.#done === layout.steps;
    // Whatever stopped it, the last step's reports are there.
    const state: OwnerRunStatus & RunState = done ? 'finished' : (this.#early ?? 'finished');
    const reached: Reached & Partial<Due> = done
      ? this.#takeDue()
      : { done: this.#done, reports: [], checkpoint: undefined };
    const lineage = this.#lineage();
    const final = this.#lendState(this.#maker(stateMetas, infos.state, lineage));
    await Promise.all([reached.kept, this.#keepBytes(final)]);
    if (this.#over || this.#wasLost()) return;
    await inTurn(() => {
      if (this.#over) return;
      this.#booking.use(roomFor(stateMetas));
      this.#space.objects.bind(this.id, final);
      for (const version of final) this.#unbound.delete(version);
      this.#bind(reached);
      this.#tell(state);
      this.#end(state);
    });
  }

  #discardUnbound(): void {
    for (const version of this.#unbound) this.#space.discard(version);
    this.#unbound.clear();
  }

  #end(status: OwnerRunStatus): void {
    if (this.#over) return;
    this.#status = status;
    this.#steps?.close();
    this.#discardUnbound();
    this.#booking.end();
    for (const version of this.#versions()) this.#space.objects.release(version);
    this.#space.plans.release(this.#setup.plan);
    if (this.#setup.lastPlan) this.#space.plans.release(this.#setup.lastPlan);
    this.#gone();
    this.#signal.give();
    this.#parts.changed(this.shown);
  }
}

function sourcesOf({ state, data, schedule, fixed }: RunSetup) {
  return [...state, ...data, ...schedule, ...fixed];
}

function missing(): never {
  throw new DuetError('internal');
}
