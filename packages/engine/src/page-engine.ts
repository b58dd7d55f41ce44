/** The engine that runs in the page itself, on the page's own tfjs. */

import type { Engine, EngineFacts, OpStep, PlanStep, Slot, Step } from '@duet/ops';
import {
  type Arg,
  asDuetError,
  type BackendName,
  backendNames,
  type Clock,
  DuetError,
  mapArg,
  type Plan,
  systemClock,
  type TensorValue,
} from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { lackingOps } from './backends/lacking';
import { allKernels } from './dispatch';
import { loadPlan, type Program, unloadPlan } from './plan-program';
import { dispose, type Held, poison, type Running, runProgram, toEndInScope } from './plan-runner';
import { tensorToValue, tensorToValueAsync, valueToTensor } from './tensor-value';
import { nextMacrotask } from './yield';

/** A page draws 60 times a second: half of a frame's 16 ms may go to ops between two macrotasks. */
const sliceMs = 8;

export interface PageEngineOptions {
  /** A tfjs backend. Default: the one that tfjs chooses for the page. It is the whole page's. */
  readonly backend?: BackendName;
  /** Lets the page work between two slices of ops. Default: a macrotask that hidden tabs do not delay. */
  readonly yieldTo?: () => Promise<void>;
  /**
   * Is this tfjs, and the thread that it runs in, the engine's alone? Then nobody has a turn to be given, and no scope of
   * another's is open.
   */
  readonly isAlone?: boolean;
  /** Tells when a slice is over. Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>;
  /**
   * Told of every op (or `put`, or `install`) that failed, with the real error. Its text may contain private values: for the owner's
   * own eyes, never to be sent.
   */
  readonly onFailure?: (op: string, error: unknown) => void;
  /**
   * Reads wait for a GPU in one go: for workers, where nobody else has to wait, and tfjs would ask for it by timers. Default: while the
   * page is hidden.
   */
  readonly blocks?: boolean;
  /** Awaited before what was read, or that it could not be, is told: whether that is to be trusted may only be known afterwards. Does not reject. */
  readonly confirmRead?: () => Promise<void>;
  /** Told of every job that is done, in their order: of a read once its value was handed over. */
  readonly onJobDone?: () => void;
}

interface Reader {
  readonly slot: Slot;
  readonly answer: (value: TensorValue | undefined) => void;
}

type Job =
  | { readonly kind: 'put'; readonly slot: Slot; readonly value: TensorValue }
  | { readonly kind: 'install'; readonly plan: number; readonly graph: Plan }
  | { readonly kind: 'uninstall'; readonly plan: number }
  | { readonly kind: 'run'; readonly step: Step }
  | { readonly kind: 'drop'; readonly slots: readonly Slot[] }
  | { readonly kind: 'read'; readonly reader: Reader }
  | { readonly kind: 'settled'; readonly done: () => void }
  | { readonly kind: 'reset' };

/** The tab is hidden: timers, by which tfjs waits for a GPU, then come once a second at best. */
function pageIsHidden(): boolean {
  return globalThis.document?.hidden === true;
}

class PageEngine implements Engine {
  readonly #options: PageEngineOptions;
  readonly #yieldTo: () => Promise<void>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #held = new Map<Slot, Held>();
  readonly #programs = new Map<number, Program>();
  /** As of the calls made, ahead of what is held by the queue's length. */
  readonly #slots = new Set<Slot>();
  #queue: Job[] = [];
  #next = 0;
  #pumping: Promise<void> | undefined;
  readonly #reads = new Set<Reader>();
  readonly #onLost: (() => void)[] = [];
  #closed = false;
  /** Counts restarts: what began before the last one is ended, and gives nothing. */
  #life = 0;
  #sliceStart = 0;
  #ready: Promise<EngineFacts> | undefined;

  constructor(options: PageEngineOptions) {
    this.#options = options;
    this.#yieldTo = options.yieldTo ?? nextMacrotask;
    this.#clock = options.clock ?? systemClock;
  }

  get size(): number {
    return this.#slots.size;
  }

  ready(): Promise<EngineFacts> {
    this.#ready ??= this.#prepare();
    return this.#ready;
  }

  put(slot: Slot, value: TensorValue): void {
    if (this.#closed) return;
    this.#slots.add(slot);
    this.#give({ kind: 'put', slot, value });
  }

  install(plan: number, graph: Plan): void {
    if (!this.#closed) this.#give({ kind: 'install', plan, graph });
  }

  uninstall(plan: number): void {
    if (!this.#closed) this.#give({ kind: 'uninstall', plan });
  }

  run(step: Step): void {
    if (this.#closed) return;
    for (const slot of step.outputs) this.#slots.add(slot);
    this.#give({ kind: 'run', step });
  }

  drop(slots: readonly Slot[]): void {
    if (this.#closed) return;
    for (const slot of slots) this.#slots.delete(slot);
    this.#give({ kind: 'drop', slots });
  }

  read(slot: Slot): Promise<TensorValue | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((answer) => {
      const reader = { slot, answer };
      this.#reads.add(reader);
      this.#give({ kind: 'read', reader });
    });
  }

  settled(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => this.#give({ kind: 'settled', done }));
  }

  onLost(listener: () => void): void {
    this.#onLost.push(listener);
  }

  restart(): void {
    if (this.#closed) return;
    const waiting = this.#takeAll().filter(({ kind }) => kind === 'read' || kind === 'settled');
    this.#life += 1;
    this.#slots.clear();
    this.#give({ kind: 'reset' });
    for (const listener of this.#onLost) this.#tell(listener);
    for (const job of waiting) this.#give(job);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#life += 1;
    this.#slots.clear();
    for (const job of this.#takeAll()) if (job.kind === 'settled') job.done();
    for (const reader of [...this.#reads]) this.#answer(reader, undefined);
    await this.#pumping;
    this.#freeAll();
  }

  /** What waits, taken from the queue. */
  #takeAll(): Job[] {
    const waiting = this.#queue.slice(this.#next);
    this.#queue = [];
    this.#next = 0;
    return waiting;
  }

  #give(job: Job): void {
    this.#queue.push(job);
    this.#pumping ??= this.#pump();
  }

  /** Every burst starts in a macrotask of its own, so that a flood of messages handled in microtasks cannot starve the page. */
  async #pump(): Promise<void> {
    await this.#yieldTo();
    // Without a backend every value is poison.
    const works = await this.ready().then(
      () => true,
      () => false,
    );
    this.#sliceStart = this.#clock.now();
    for (let job = this.#take(); job !== undefined; job = this.#take()) {
      const rest = this.#do(job, works);
      if (rest !== undefined) await rest;
      this.#options.onJobDone?.();
      if (this.#sliceIsOver()) await this.#turn();
    }
    this.#pumping = undefined;
  }

  #sliceIsOver(): boolean {
    return this.#clock.now() - this.#sliceStart >= sliceMs;
  }

  /** The page's turn. */
  async #turn(): Promise<void> {
    await this.#yieldTo();
    this.#sliceStart = this.#clock.now();
  }

  #take(): Job | undefined {
    const job = this.#queue[this.#next++];
    if (job === undefined) {
      this.#queue = [];
      this.#next = 0;
    }
    return job;
  }

  /** Throws DuetError `no-engine` where there is no backend. */
  async #prepare(): Promise<EngineFacts> {
    try {
      const { backend } = this.#options;
      if (backend !== undefined && !(await tf.setBackend(backend))) throw noBackend(backend);
      await tf.ready();
      const name = backendNames.find((each) => each === tf.getBackend());
      if (name === undefined) throw noBackend(tf.getBackend());
      return { backend: name, lacking: lackingOps(name) };
    } catch (error) {
      this.#failed('backend', error);
      throw asDuetError(error, 'no-engine');
    }
  }

  #do(job: Job, works: boolean): Promise<void> | undefined {
    switch (job.kind) {
      case 'put':
        this.#hold([job.slot], 'put', () =>
          works ? [valueToTensor(job.value, { share: true })] : undefined,
        );
        return undefined;
      case 'install':
        if (works) this.#install(job.plan, job.graph);
        return undefined;
      case 'uninstall':
        this.#uninstall(job.plan);
        return undefined;
      case 'run':
        if (!works) {
          this.#fill(job.step.outputs, []);
          return undefined;
        }
        return job.step.kind === 'plan' ? this.#runPlan(job.step) : this.#runOp(job.step);
      case 'drop':
        this.#dropHeld(job.slots);
        return undefined;
      case 'read':
        return this.#read(job.reader);
      case 'settled':
        job.done();
        return undefined;
      case 'reset':
        this.#freeAll();
        return undefined;
      default:
        return job satisfies never;
    }
  }

  #install(plan: number, graph: Plan): void {
    try {
      this.#uninstall(plan);
      this.#programs.set(plan, loadPlan(graph, true));
    } catch (error) {
      this.#failed('install', error);
    }
  }

  #uninstall(plan: number): void {
    const program = this.#programs.get(plan);
    if (program !== undefined) unloadPlan(program);
    this.#programs.delete(plan);
  }

  #runPlan({ plan, inputs, outputs, salt }: PlanStep): Promise<void> | undefined {
    const program = this.#programs.get(plan);
    // It was told of when it could not be installed.
    if (program === undefined) {
      this.#fill(outputs, []);
      return undefined;
    }
    const given = inputs.map((slot) => this.#held.get(slot) ?? poison);
    const onFailure = (op: string, error: unknown) => this.#failed(op, error);
    const isAlone = this.#options.isAlone === true;
    const mode = { onFailure, keep: !isAlone, taped: false, scoped: isAlone };
    const running = runProgram(program, given, salt, mode);
    if (!isAlone) return this.#runInTurns(running, outputs);
    this.#hold(outputs, 'plan', () => toEndInScope(running));
    return undefined;
  }

  /** Gives the page its turns between nodes. One that is overtaken by a restart or the end stops there. */
  async #runInTurns(running: Running<Held[]>, outputs: readonly Slot[]): Promise<void> {
    const life = this.#life;
    try {
      let step = running.next();
      while (step.done !== true) {
        if (this.#sliceIsOver()) await this.#turn();
        if (life !== this.#life) {
          running.return([]);
          return;
        }
        step = running.next();
      }
      this.#fill(outputs, step.value);
    } catch (error) {
      this.#failed('plan', error);
      this.#fill(outputs, []);
    }
  }

  #runOp({ op, args, outputs }: OpStep): undefined {
    this.#hold(outputs, op, () => {
      const kernel = allKernels().get(op);
      if (kernel === undefined) throw new DuetError('unsupported-op');
      const tensors = this.#resolve(args);
      if (tensors === undefined) return undefined;
      const made = kernel.run(tensors);
      if (made.length === outputs.length) return made;
      tf.dispose(made);
      throw new DuetError('internal', {
        detail: `${op} returned ${made.length} tensors, not ${outputs.length}.`,
      });
    });
  }

  /** Undefined where an argument is poison, or not there: both only happen after a failure that was told already. */
  #resolve(args: readonly Arg<Slot>[]): Arg<tf.Tensor>[] | undefined {
    let whole = true;
    const resolved = args.map((arg) =>
      mapArg(arg, (slot) => {
        const held = this.#held.get(slot);
        if (held instanceof tf.Tensor) return held;
        whole = false;
        return undefined;
      }),
    );
    return whole ? (resolved as Arg<tf.Tensor>[]) : undefined;
  }

  /** Fills slots with what `make` gives, or with poison where it throws or gives nothing. */
  #hold(slots: readonly Slot[], op: string, make: () => readonly Held[] | undefined): void {
    let made: readonly Held[] | undefined;
    try {
      made = make();
    } catch (error) {
      this.#failed(op, error);
    }
    this.#fill(slots, made ?? []);
  }

  #fill(slots: readonly Slot[], values: readonly Held[]): void {
    slots.forEach((slot, index) => {
      const value = values[index] ?? poison;
      this.#dropHeld([slot]);
      // Kept, so that a scope that the page's own code holds open over an await cannot take it.
      this.#held.set(slot, value === poison ? poison : tf.keep(value));
    });
    values.slice(slots.length).forEach(dispose);
  }

  #freeAll(): void {
    this.#dropHeld([...this.#held.keys()]);
    for (const plan of [...this.#programs.keys()]) this.#uninstall(plan);
  }

  #dropHeld(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const held = this.#held.get(slot);
      dispose(held);
      this.#held.delete(slot);
    }
  }

  /** Later steps wait for it: the value is then surely the one of this point, and a GPU's memory is not held twice. */
  async #read(reader: Reader): Promise<void> {
    const held = this.#held.get(reader.slot);
    if (!(held instanceof tf.Tensor)) {
      this.#answer(reader, undefined);
      return;
    }
    let value: TensorValue | undefined;
    try {
      const blocks = this.#options.blocks ?? pageIsHidden();
      value = blocks ? tensorToValue(held) : await tensorToValueAsync(held);
    } catch (error) {
      this.#failed('read', error);
    }
    await this.#options.confirmRead?.();
    this.#answer(reader, value);
  }

  #answer(reader: Reader, value: TensorValue | undefined): void {
    if (this.#reads.delete(reader)) reader.answer(value);
  }

  #failed(op: string, error: unknown): void {
    this.#tell(() => this.#options.onFailure?.(op, error));
  }

  /** A broken listener must not change what the engine does. */
  #tell(listener: () => void): void {
    try {
      listener();
    } catch {
      // Its own console has it.
    }
  }
}

function noBackend(name: string): DuetError {
  return new DuetError('no-engine', {
    detail: `The engine cannot run on the backend ${name} of tfjs here.`,
    hint: '',
  });
}

/**
 * An engine on the page's own tfjs. `close()` frees every tensor it made; the backend stays as it is. tfjs is one per page,
 * so that two engines in a page see each other's memory pressure, though never each other's values.
 */
export function createPageEngine(options: PageEngineOptions = {}): Engine {
  return new PageEngine(options);
}
