/** The engine that runs in a worker of its own: the page stays free, and what takes too long can be ended. */

import type { Engine, EngineFacts, Slot, Step } from '@duet/ops';
import {
  type BackendName,
  type Clock,
  DuetError,
  isDuetError,
  type Plan,
  systemClock,
  type TensorValue,
} from '@duet/protocol';
import { Fifo } from '../fifo';
import { effortOf, type PlanEffort, planAllowanceMs, watchdogLimits } from './allowance';
import { fromWords } from './error-words';
import type { FromWorker, ToWorker, WorkerJob } from './messages';
import { startOwnWorker } from './own-worker';
import { OpPacker } from './packed-ops';
import { isLarge, sendInPieces } from './pieces';
import { startWorkerFrom } from './start-worker';

/** Why an engine has lost everything: a job took too long, the worker ended by itself, or `restart` was called. */
export type RestartReason = 'timeout' | 'died' | 'asked';

/** What the engine uses of a Worker. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export interface WorkerEngineOptions {
  /** The engine's one file. Default: beside the code of this. */
  readonly url?: string | URL | undefined;
  /** Default: webgl on a real GPU, else wasm where it starts, else cpu. One that is named must start. */
  readonly backend?: BackendName | undefined;
  /** Of wasm, in isolated pages, which alone have any. Default: one less than the machine's processors, at most 4. */
  readonly threads?: number | undefined;
  /** How long an op may run before its worker is ended; a plan has more, by its inferred cost. Default 30 s. */
  readonly opTimeoutMs?: number | undefined;
  /** Told of what fails, with the real error: its text may hold private values, and is for the owner's eyes alone. */
  readonly onFailure?: ((op: string, error: unknown) => void) | undefined;
  readonly onRestart?: ((reason: RestartReason) => void) | undefined;
  /** Makes the engine to go on with where no worker starts; without it, such an engine gives nothing. */
  readonly fallback?: (() => Engine) | undefined;
  /** Told once, when the fallback takes over, with why: `no-engine`, or `bad-argument` for a URL that is none. */
  readonly onFallback?: ((why: DuetError) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Default: a Worker at `url`. */
  readonly startWorker?: (() => WorkerLike) | undefined;
}

interface ReadJob {
  readonly kind: 'read';
  readonly id: number;
  readonly slot: Slot;
  readonly answer: (value: TensorValue | undefined) => void;
}

interface SettledJob {
  readonly kind: 'settled';
  readonly done: () => void;
}

/** Those that outlive a restart. */
type Waiter = ReadJob | SettledJob;
interface DropJob {
  readonly kind: 'drop';
  /** More may come to them until the job is sent. */
  readonly slots: Slot[];
}

type Job = Exclude<WorkerJob, { kind: 'read' | 'drop' | 'ops' }> | DropJob | Waiter;

type PutJob = Extract<Job, { kind: 'put' }>;

interface ReadyWaiter {
  readonly resolve: (facts: EngineFacts) => void;
  readonly reject: (error: DuetError) => void;
}

class WorkerEngine implements Engine {
  readonly #options: WorkerEngineOptions;
  readonly #clock: Clock;
  readonly #opTimeoutMs: number;
  readonly #listeners: (() => void)[] = [];
  /** As of the calls made. */
  readonly #slots = new Set<Slot>();
  readonly #efforts = new Map<number, PlanEffort>();
  /** Given, and not sent yet. */
  readonly #waiting = new Fifo<Job>();
  /** Sent, and not known to be done. */
  readonly #flying = new Fifo<Job>();
  #flyingBytes = 0;
  readonly #packer = new OpPacker();
  readonly #reads = new Map<number, ReadJob>();
  #lastRead = 0;
  #worker: WorkerLike | undefined;
  #facts: EngineFacts | undefined;
  #readyWaiters: ReadyWaiter[] = [];
  #isRunning = false;
  #failedStarts = 0;
  /** Workers in a row that did start, and ended by themselves before any job was done. */
  #deaths = 0;
  #cancelTimer: () => void = () => undefined;
  #isPumping = false;
  /** Is a large value on its way to the worker? What comes after it waits. */
  #isLoading = false;
  /** Why there is no engine; set for good. */
  #broken: DuetError | undefined;
  #inner: Engine | undefined;
  #closed = false;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#opTimeoutMs = options.opTimeoutMs ?? watchdogLimits.opTimeoutMs;
    if (!(this.#opTimeoutMs > 0)) {
      throw new DuetError('bad-argument', {
        detail: `opTimeoutMs is a positive number of milliseconds, not ${options.opTimeoutMs}.`,
      });
    }
    this.#start();
  }

  get size(): number {
    return this.#slots.size;
  }

  ready(): Promise<EngineFacts> {
    if (this.#inner !== undefined) return this.#inner.ready();
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#closed) return Promise.reject(new DuetError('closed'));
    if (this.#facts !== undefined) return Promise.resolve(this.#facts);
    return new Promise((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
  }

  put(slot: Slot, value: TensorValue): void {
    if (this.#closed || this.#broken !== undefined) return;
    this.#slots.add(slot);
    this.#give({ kind: 'put', slot, value });
  }

  install(plan: number, graph: Plan): void {
    this.#give({ kind: 'install', plan, graph });
  }

  uninstall(plan: number): void {
    this.#give({ kind: 'uninstall', plan });
  }

  run(step: Step): void {
    if (this.#closed || this.#broken !== undefined) return;
    for (const slot of step.outputs) this.#slots.add(slot);
    this.#give({ kind: 'run', step });
  }

  drop(slots: readonly Slot[]): void {
    if (this.#closed) return;
    for (const slot of slots) this.#slots.delete(slot);
    const last = this.#waiting.back;
    // Most are dropped in rows.
    if (last?.kind === 'drop') last.slots.push(...slots);
    else this.#give({ kind: 'drop', slots: [...slots] });
  }

  read(slot: Slot): Promise<TensorValue | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((answer) => {
      this.#lastRead += 1;
      this.#give({ kind: 'read', id: this.#lastRead, slot, answer });
    });
  }

  settled(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((done) => this.#give({ kind: 'settled', done }));
  }

  onLost(listener: () => void): void {
    this.#listeners.push(listener);
  }

  restart(): void {
    if (this.#closed || this.#broken !== undefined) return;
    if (this.#inner !== undefined) this.#inner.restart();
    else this.#lose('asked');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#slots.clear();
    this.#stop();
    for (const waiter of this.#takeWaiters()) release(waiter);
    for (const { reject } of this.#readyWaiters.splice(0)) reject(new DuetError('closed'));
    await this.#inner?.close();
  }

  // ---- the way to the worker -----------------------------------------------------------------------------------

  #give(job: Job): void {
    if (this.#closed) return;
    if (this.#inner !== undefined) deliver(job, this.#inner);
    else if (this.#broken !== undefined) releaseIfWaiter(job);
    else {
      this.#waiting.push(job);
      this.#pumpSoon();
    }
  }

  /** What is given in one go is sent in one message. */
  #pumpSoon(): void {
    if (this.#isPumping || !this.#isRunning) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#isRunning || this.#isLoading) return;
    const jobs: WorkerJob[] = [];
    const transfer: Transferable[] = [];
    const wasIdle = this.#flying.length === 0;
    let large: PutJob | undefined;
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      this.#flying.push(job);
      this.#flyingBytes += bytesOf(job);
      if (job.kind === 'put' && isLarge(job.value.bytes)) {
        large = job;
        break;
      }
      if (job.kind === 'run' && this.#packer.add(job.step)) continue;
      const message = this.#messageFor(job, transfer);
      if (message === undefined) continue;
      this.#addPacked(jobs, transfer);
      jobs.push(message);
    }
    this.#addPacked(jobs, transfer);
    if (jobs.length > 0) this.#worker?.postMessage({ kind: 'jobs', jobs }, transfer);
    if (large !== undefined) void this.#load(large);
    if (wasIdle) this.#advance();
  }

  async #load(job: PutJob): Promise<void> {
    const worker = this.#worker;
    this.#isLoading = true;
    const isWhole = await sendInPieces(
      job.value.bytes,
      () => worker !== undefined && this.#worker === worker,
      (message, transfer) => worker?.postMessage(message, transfer),
    );
    // With a worker that was ended it is forgotten, or given to the next from the beginning.
    if (!isWhole) return;
    this.#isLoading = false;
    const value = { meta: job.value.meta, bytes: new Uint8Array() };
    worker?.postMessage({ kind: 'jobs', jobs: [{ ...job, value, isInPieces: true }] }, []);
    this.#pump();
  }

  #addPacked(jobs: WorkerJob[], transfer: Transferable[]): void {
    const { count } = this.#packer;
    if (count === 0) return;
    const packed = this.#packer.take();
    jobs.push({ kind: 'ops', count, packed });
    transfer.push(packed.buffer);
  }

  #hasRoom(): boolean {
    if (this.#flying.length === 0) return true;
    return (
      this.#flying.length < watchdogLimits.mostFlying &&
      this.#flyingBytes < watchdogLimits.mostFlyingBytes
    );
  }

  #messageFor(job: Job, transfer: Transferable[]): WorkerJob | undefined {
    switch (job.kind) {
      case 'settled':
        return undefined;
      case 'read':
        this.#reads.set(job.id, job);
        return { kind: 'read', id: job.id, slot: job.slot };
      case 'put': {
        // A copy: the bytes stay the caller's, and a view would be cloned with the whole buffer behind it.
        const bytes = job.value.bytes.slice();
        transfer.push(bytes.buffer);
        return { ...job, value: { ...job.value, bytes } };
      }
      case 'install':
        this.#efforts.set(job.plan, effortOf(job.graph));
        return job;
      default:
        return job;
    }
  }

  /** What is at the front is at hand: it is watched, and those who only wait for what was before it are told. */
  #advance(): void {
    for (let job = this.#flying.front; job?.kind === 'settled'; job = this.#flying.front) {
      this.#flying.shift();
      job.done();
    }
    this.#cancelTimer();
    const front = this.#flying.front;
    if (front !== undefined) this.#watch(this.#allowanceMs(front), () => this.#tookTooLong(front));
  }

  /** Calls after the time and a grace, unless the timer is cancelled or set anew. */
  #watch(allowanceMs: number, tooLong: () => void): void {
    this.#cancelTimer = this.#clock.after(allowanceMs, () => {
      this.#cancelTimer = this.#clock.after(watchdogLimits.graceMs, tooLong);
    });
  }

  #allowanceMs(job: Job): number {
    if (job.kind !== 'run' || job.step.kind !== 'plan') return this.#opTimeoutMs;
    const effort = this.#efforts.get(job.step.plan) ?? { cost: 0, ops: 0 };
    return planAllowanceMs(effort, this.#facts?.backend ?? 'cpu', this.#opTimeoutMs);
  }

  #tookTooLong(job: Job): void {
    const op = job.kind !== 'run' ? job.kind : job.step.kind === 'op' ? job.step.op : 'plan';
    const detail = `It took longer than ${Math.round(this.#allowanceMs(job) / 1000)} s.`;
    this.#failed(op, new DuetError('too-costly', { detail, hint: '' }));
    this.#lose('timeout');
  }

  // ---- what the worker says ------------------------------------------------------------------------------------

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#started(message.facts);
        break;
      case 'unusable':
        this.#startFailed(fromWords(message.error));
        break;
      case 'failed':
        this.#failed(message.op, fromWords(message.error));
        break;
      case 'value':
        this.#reads.get(message.id)?.answer(message.value);
        this.#reads.delete(message.id);
        break;
      case 'done':
        this.#done(message.count);
        break;
      default:
        message satisfies never;
    }
  }

  #started(facts: EngineFacts): void {
    this.#cancelTimer();
    this.#isRunning = true;
    this.#failedStarts = 0;
    this.#facts = facts;
    for (const { resolve } of this.#readyWaiters.splice(0)) resolve(facts);
    this.#pump();
  }

  #done(count: number): void {
    this.#deaths = 0;
    for (let left = count; left > 0; ) {
      const job = this.#flying.shift();
      if (job === undefined) break;
      this.#flyingBytes -= bytesOf(job);
      if (job.kind === 'settled') job.done();
      else left -= 1;
      if (job.kind === 'uninstall') this.#efforts.delete(job.plan);
    }
    this.#advance();
    this.#pump();
  }

  // ---- the worker's life ---------------------------------------------------------------------------------------

  #start(): void {
    let worker: WorkerLike;
    try {
      worker = this.#makeWorker();
    } catch (error) {
      // Not in the constructor's own time: the caller has the engine before it hears of anything.
      queueMicrotask(() => this.#startFailed(error, true));
      return;
    }
    this.#worker = worker;
    const isCurrent = (): boolean => this.#worker === worker;
    worker.onmessage = ({ data }) => {
      if (isCurrent()) this.#hear(data);
    };
    worker.onmessageerror = () => {
      if (isCurrent()) this.#died('A message could not be read.');
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      if (isCurrent()) this.#died(event.message);
    };
    this.#watch(watchdogLimits.startTimeoutMs, () => this.#startFailed('It did not answer.'));
    const { backend, threads } = this.#options;
    worker.postMessage({ kind: 'start', wanted: { backend, threads } }, []);
  }

  #makeWorker(): WorkerLike {
    const { startWorker, url } = this.#options;
    if (startWorker !== undefined) return startWorker();
    if (globalThis.Worker === undefined) {
      throw new DuetError('no-engine', { detail: 'There are no workers here.' });
    }
    return url === undefined ? startOwnWorker() : startWorkerFrom(url);
  }

  #stop(): void {
    this.#cancelTimer();
    this.#isRunning = false;
    this.#isLoading = false;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #died(why: string): void {
    if (!this.#isRunning) {
      this.#startFailed(why);
      return;
    }
    this.#failed('worker', new DuetError('internal', { detail: `The worker has ended: ${why}` }));
    this.#deaths += 1;
    if (this.#deaths < watchdogLimits.mostFailedStarts) this.#lose('died');
    else this.#giveUpOnJobs(why);
  }

  /** `isFinal`: a worker that cannot even be made will not be made at the next try either. */
  #startFailed(why: unknown, isFinal = false): void {
    if (this.#closed) return;
    this.#stop();
    this.#failedStarts += 1;
    if (!isFinal && this.#failedStarts < watchdogLimits.mostFailedStarts) this.#start();
    else this.#giveUp(why);
  }

  #lose(reason: RestartReason): void {
    this.#stop();
    const waiters = this.#forget();
    this.#start();
    this.#tellLost();
    for (const waiter of waiters) this.#give(waiter);
    this.#tellRestart(reason);
  }

  #forget(): Waiter[] {
    this.#slots.clear();
    this.#efforts.clear();
    return this.#takeWaiters();
  }

  /** Empties both queues. Gives those who wait for an answer, in order. */
  #takeWaiters(): Waiter[] {
    const waiters = [...this.#flying.takeAll(), ...this.#waiting.takeAll()].filter(isWaiter);
    this.#reads.clear();
    this.#flyingBytes = 0;
    return waiters;
  }

  /** No worker starts: the fallback goes on, where there is one. */
  #giveUp(why: unknown): void {
    this.#stop();
    const error = noEngine(why);
    const { fallback } = this.#options;
    const inner = fallback?.();
    this.#inner = inner;
    if (inner === undefined) {
      this.#break(error);
      return;
    }
    inner.onLost(() => {
      this.#slots.clear();
      this.#tellLost();
    });
    for (const job of [...this.#flying.takeAll(), ...this.#waiting.takeAll()]) deliver(job, inner);
    for (const { resolve, reject } of this.#readyWaiters.splice(0))
      inner.ready().then(resolve, reject);
    this.#options.onFallback?.(error);
  }

  /** Workers start, and what they are given ends them: it must not have the page next. */
  #giveUpOnJobs(why: unknown): void {
    this.#stop();
    this.#slots.clear();
    this.#break(noEngine(why));
  }

  #break(error: DuetError): void {
    this.#broken = error;
    for (const waiter of this.#takeWaiters()) release(waiter);
    for (const { reject } of this.#readyWaiters.splice(0)) reject(error);
  }

  #tellLost(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#failed('restart', error);
      }
    }
  }

  #tellRestart(reason: RestartReason): void {
    try {
      this.#options.onRestart?.(reason);
    } catch {
      // As below.
    }
  }

  #failed(op: string, error: unknown): void {
    try {
      this.#options.onFailure?.(op, error);
    } catch {
      // A broken listener must not change what the engine does.
    }
  }
}

function bytesOf(job: Job): number {
  return job.kind === 'put' ? job.value.bytes.byteLength : 0;
}

function isWaiter(job: Job): job is Waiter {
  return job.kind === 'read' || job.kind === 'settled';
}

function release(waiter: Waiter): void {
  if (waiter.kind === 'read') waiter.answer(undefined);
  else waiter.done();
}

function releaseIfWaiter(job: Job): void {
  if (isWaiter(job)) release(job);
}

function deliver(job: Job, engine: Engine): void {
  switch (job.kind) {
    case 'put':
      engine.put(job.slot, job.value);
      break;
    case 'install':
      engine.install(job.plan, job.graph);
      break;
    case 'uninstall':
      engine.uninstall(job.plan);
      break;
    case 'run':
      engine.run(job.step);
      break;
    case 'drop':
      engine.drop(job.slots);
      break;
    case 'read':
      void engine.read(job.slot).then(job.answer);
      break;
    case 'settled':
      void engine.settled().then(job.done);
      break;
    default:
      job satisfies never;
  }
}

function noEngine(why: unknown): DuetError {
  if (isDuetError(why)) return why;
  const words =
    why instanceof Error ? why.message : String(why || 'its script could not be loaded');
  return new DuetError('no-engine', {
    detail: `The engine’s worker could not be started: ${words}`,
    cause: why,
  });
}

/**
 * An engine in a worker of its own, with its own tfjs. An op or plan that takes longer than it may ends the worker, and
 * what `onLost` says follows; a worker that ends by itself is the same. `ready` rejects with `no-engine` where none can be
 * started, unless there is a `fallback`. Throws `bad-argument`.
 */
export function createWorkerEngine(options: WorkerEngineOptions = {}): Engine {
  return new WorkerEngine(options);
}
