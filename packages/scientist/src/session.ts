/** One scientist's conversation with one owner, on a link that is there already. */

import { isTensor, type Plain, plainToValue, tensorToValue } from '@duet/engine';
import {
  asDuetError,
  DuetError,
  defaultSessionLimits,
  describeError,
  type ErrorCode,
  encodeScientistMessage,
  type Link,
  limits,
  type OwnerMessage,
  type PeerIdentity,
  StateEvents,
  systemClock,
  type Welcome,
} from '@duet/protocol';
import type * as tf from '@tensorflow/tfjs';
import { Gets } from './gets';
import { gradientFunctions } from './gradients';
import { discard, readMessages } from './inbox';
import { KeptRequests } from './kept';
import { type Loop, looper } from './loops';
import { Mocks } from './mocks';
import { type RemoteModel, sendModel } from './models/remote-model';
import { optimizerConstructors } from './optimizers';
import { Outbox } from './outbox';
import { OwnObjects } from './own-objects';
import { PlanCalls } from './plan-calls';
import { Planner } from './planner';
import {
  type PlanInput,
  type PlanOptions,
  type PlanResult,
  type RemotePlan,
  readPlan,
  recordPlan,
} from './plans';
import { type GetOptions, type Pointer, stateOf } from './pointer';
import { Receipts } from './receipts';
import { Recorder, type SendOptions } from './recorder';
import { createRemoteTf, type DuetTf, type OwnFunctions } from './remote-tf';
import { RequestList } from './request-list';
import { type RequestHandle, type RequestOptions, Requests } from './requests';
import { Scopes } from './scopes';
import type { SessionEvents, SessionOptions, SessionStatus } from './session-events';
import { Store } from './store';
import { Tracer } from './tracer';
import { Trainer, type TrainOptions } from './training';
import type { TrainingRun } from './training-run';
import { type ReceivedValue, Transfers } from './transfers';
import type { ValueState } from './value-state';
import { VariableTable } from './variable-table';
import type { VariableHost } from './variables';
import { ownTags, ownText } from './words';

export class ScientistSession extends StateEvents<SessionEvents> {
  /** Who the owner is, as authenticated by the link. */
  readonly peer: PeerIdentity;
  /** Every op that may be called on pointers, as in tfjs. */
  readonly tf: DuetTf;
  /** What the owner has published. */
  readonly store: Store;
  /** This session's requests that wait for a decision. */
  readonly requests: RequestList;
  /** Requests of earlier sessions that the owner's side has kept, and what became of them. */
  readonly kept: KeptRequests;
  /** The owner's signed word on each release of this session, each checked as it came. */
  readonly receipts: Receipts;
  /** A loop with a fixed count: one message, or a part of a plan. */
  readonly loop: Loop;
  readonly #link: Link;
  readonly #objects: OwnObjects;
  readonly #requests: Requests;
  readonly #transfers: Transfers;
  readonly #gets: Gets;
  readonly #recorder: Recorder;
  readonly #scopes = new Scopes<Pointer>({
    name: 'tidy',
    dispose: (pointer, at) => stateOf(pointer).host.dispose(stateOf(pointer).value, at),
  });
  readonly #tracer = new Tracer();
  readonly #calls: PlanCalls;
  readonly #planner: Planner;
  readonly #variables: VariableTable;
  readonly #trainer: Trainer;
  #nextId: number;
  #ended: DuetError | undefined;
  #statusDue = false;

  /**
   * Starts a session and resolves when the owner's side has welcomed it and told everything that is published, and what it has
   * kept of earlier sessions. What an earlier session on this link left is dropped there. Rejects with `aborted` or the reason
   * the link ended.
   */
  static open(link: Link, options: SessionOptions = {}): Promise<ScientistSession> {
    const { epoch = 1, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw new DuetError('aborted');
      const onAbort = () => {
        const error = new DuetError('aborted');
        reject(error);
        link.close(error);
      };
      signal?.addEventListener('abort', onAbort);
      void link.closed.then(reject);
      const ready = (started: ScientistSession): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve(started);
      };
      let session: ScientistSession | undefined;
      let untold = 0;
      const take = (message: OwnerMessage): void => {
        if (session !== undefined) {
          session.#handle(message);
          if (message.kind === 'catalogue' || message.kind === 'kept') untold -= 1;
          if (untold === 0) ready(session);
        } else if (message.kind === 'welcome' && message.epoch === epoch) {
          session = new ScientistSession(link, message, options);
          // Where requests are kept at all, what is kept is always told once.
          untold = message.catalogues + (message.keepMs > 0 ? 1 : 0);
          if (untold === 0) ready(session);
        } else if (message.kind === 'value') discard(link, message);
        // Whatever else comes before belongs to an earlier session.
      };
      readMessages(link, take);
      link.send(encodeScientistMessage({ kind: 'begin', epoch }));
    });
  }

  private constructor(link: Link, welcome: Welcome, options: SessionOptions) {
    super();
    this.#link = link;
    this.peer = link.peer;
    this.#nextId = welcome.nextId;
    const { opCost, planCost, runCost } = welcome;
    const sessionLimits = { ...defaultSessionLimits, opCost, planCost, runCost, ...options.limits };
    const lacking = lackingOf(welcome);
    const checkOpen = () => this.#checkOpen();
    const tracer = this.#tracer;
    const outbox = new Outbox(link, (error) => this.#fail(error));
    const takeId = () => this.#takeId();
    const changed = () => this.#tellStatus();
    const mocks = new Mocks((mock) => this.#fetch(mock, { deleteObj: false }));
    const host: VariableHost = {
      call: (op, args) => this.#recorder.call(op, args),
      fetch: (value, getOptions) => this.#fetch(value, getOptions),
      request: (value, requestOptions) => this.#request(value, requestOptions),
      dispose: (value, at) => this.#dispose(value, at),
      mockOf: (value) => mocks.of(value),
      assign: (variable, value) => this.#variables.assign(variable, value),
      change: (variable, op, args) => this.#variables.change(variable, op, args),
      disposeVariable: (variable, at) => this.#variables.dispose(variable, at),
    };
    this.#objects = new OwnObjects(outbox);
    const longestKeepMs = welcome.keepMs;
    this.#requests = new Requests({ outbox, takeId, longestKeepMs, changed });
    this.requests = new RequestList(this.#requests);
    this.receipts = new Receipts(link.peer, link.ownFingerprint);
    this.#transfers = new Transfers({
      link,
      receipts: this.receipts,
      changed,
      broken: (error) => this.#fail(error),
    });
    const transfers = this.#transfers;
    this.#gets = new Gets({
      outbox,
      requests: this.#requests,
      transfers,
      takeId,
      taken: (value, byOwner) => {
        value.take();
        if (byOwner) this.#objects.taken(value);
        else this.#objects.release(value);
      },
      released: ({ id, name, value }, digits) => {
        const about = { request: id, name, pointer: value.id, kept: undefined };
        this.emit('release', { ...about, meta: value.meta, digits });
      },
    });
    this.kept = new KeptRequests({
      outbox,
      transfers,
      takeId,
      checkOpen,
      clock: options.clock ?? systemClock,
      longestMs: longestKeepMs,
      decided: (kept, decision) => {
        const about = { request: kept.id, name: kept.name, pointer: undefined, kept };
        this.emit('decision', { ...decision, ...about });
      },
      released: (kept, { meta, digits }) => {
        const about = { request: kept.id, name: kept.name, pointer: undefined, kept };
        this.emit('release', { ...about, meta, digits });
      },
      changed: (kept) => {
        this.emit('kept', kept);
        changed();
      },
    });
    this.#recorder = new Recorder({
      host,
      outbox,
      objects: this.#objects,
      scopes: this.#scopes,
      tracer,
      mocks,
      limits: sessionLimits,
      takeId,
      lacking,
      checkOpen,
    });
    const objects = this.#objects;
    this.#calls = new PlanCalls({
      outbox,
      objects,
      mocks,
      limits: sessionLimits,
      takeId,
      lacking,
    });
    this.#variables = new VariableTable({
      host,
      objects,
      tracer,
      recorder: () => this.#recorder,
      dispose: host.dispose,
    });
    const rebind = this.#variables.rebind.bind(this.#variables);
    this.#planner = new Planner({
      recorder: this.#recorder,
      tracer,
      calls: this.#calls,
      checkOpen,
      rebind,
    });
    this.#trainer = new Trainer({
      planner: this.#planner,
      outbox,
      objects,
      limits: sessionLimits,
      checkOpen,
      nextId: () => this.#nextId,
      takeIdsUntil: (last) => {
        this.#nextId = last + 1;
      },
      fetch: host.fetch,
      dispose: host.dispose,
      rebind,
    });
    this.tf = createRemoteTf(host.call, this.#ownFunctions());
    this.loop = looper(this.#planner);
    this.store = new Store(host, mocks);
    void link.closed.then((reason) => this.#end(reason));
  }

  get status(): SessionStatus {
    return {
      phase: this.#ended === undefined ? 'ready' : 'closed',
      objects: this.#objects.size,
      waiting: this.#requests.size,
      getting: this.#transfers.size,
    };
  }

  /** Ids of ours that are alive on the owner's side, as far as this side knows. */
  get liveIds(): readonly number[] {
    return this.#objects.ids;
  }

  /** Gets without a value and requests without a decision. */
  get pending(): number {
    return this.#transfers.size + this.#requests.size;
  }

  /**
   * Sends a value of one's own; the pointer can be used at once. A tensor stays the caller's and is copied. Throws
   * `bad-argument` for ragged or mixed arrays and texts that are too long, `too-large`, or why the duet has ended. Progress
   * and errors of the transfer: `pointer.sent`.
   */
  send(value: tf.Tensor | Plain, options: SendOptions = {}): Pointer {
    const words = {
      tags: ownTags(options.tags ?? []),
      description: ownText(options.description ?? '', limits.descriptionChars, 'The description'),
      columns: [],
    };
    const bytes = isTensor(value) ? tensorToValue(value) : plainToValue(value);
    return this.#recorder.send(bytes, words, options);
  }

  /**
   * Runs a function and disposes the pointers that it made, except those that it returns, also inside arrays and plain
   * objects. Scopes nest. Throws `bad-argument` for an async function. Local tensors are tf.tidy's.
   */
  tidy<T>(fn: () => T): T {
    return this.#scopes.run(fn);
  }

  /**
   * Records a function of pointers once, as a plan. `inputs` are specs ({ shape, dtype }) or examples; what else the function
   * uses is captured: pointers and variables are looked up at each call, tensors and numbers are a part of the plan. Wrong calls
   * inside throw where they are written. Dispose the plan when it is not needed any more. Throws `bad-argument` for an async
   * function, and what a check of the whole plan finds.
   */
  plan<R extends PlanResult>(
    fn: (...inputs: Pointer[]) => R,
    inputs: readonly PlanInput[] = [],
    options: PlanOptions = {},
  ): RemotePlan<R> {
    this.#checkOpen();
    return recordPlan(this.#planner, fn, inputs, options);
  }

  /** A plan from what `plan.toBytes()` gave. Throws `bad-message` for anything else. */
  planFromBytes(bytes: Uint8Array): RemotePlan {
    this.#checkOpen();
    return readPlan(this.#planner, bytes);
  }

  /**
   * Starts a training run on the owner's side, with one message. Throws at once what is wrong with the step or the options;
   * what comes later is told by the run.
   */
  train(options: TrainOptions): TrainingRun {
    return this.#trainer.start(options);
  }

  /**
   * Sends a model of tf.layers, topology and weights. The model stays the caller's. Throws `unsupported-op` for layers and
   * configurations that have no translation, by name, and `too-large`, before anything is sent.
   */
  sendModel(model: tf.LayersModel): RemoteModel {
    this.#checkOpen();
    return sendModel(this, model);
  }

  /** Ends the session and the link. Whatever waits rejects with `closed`. */
  close(): void {
    this.#fail(new DuetError('closed'));
  }

  #ownFunctions(): OwnFunctions {
    const variables = this.#variables;
    return {
      variable: (init, trainable = true, name, dtype) =>
        variables.make(init, { trainable, name }, dtype ?? undefined),
      train: optimizerConstructors({
        planner: this.#planner,
        ops: () => this.tf,
        makeState: (shape, value, name) => variables.makeState(shape, value, name),
        variable: (name) => variables.byName(name),
      }),
      ...gradientFunctions(this.#planner),
    };
  }

  #takeId(): number {
    if (this.#nextId > limits.id) throw new DuetError('limit', { detail: 'All ids are used up.' });
    return this.#nextId++;
  }

  #checkOpen(): void {
    if (this.#ended === undefined) return;
    const { text, hint } = describeError(this.#ended.code);
    throw new DuetError(this.#ended.code, { detail: text, hint, cause: this.#ended });
  }

  #fetch(value: ValueState, options: GetOptions): Promise<ReceivedValue> {
    this.#checkOpen();
    this.#tracer.checkNotRecording('get()');
    value.checkUsable();
    return this.#gets.fetch(value, options);
  }

  #request(value: ValueState, options: RequestOptions): RequestHandle {
    this.#checkOpen();
    this.#tracer.checkNotRecording('request()');
    value.checkUsable();
    const { signal } = options;
    if (signal?.aborted === true) throw new DuetError('aborted');
    if (value.request?.status === 'pending') throw new DuetError('duplicate-request');
    const granted = value.readable || value.request?.status === 'accepted';
    const state = granted
      ? this.#requests.granted(value)
      : this.#requests.open(value, options, false);
    const onAbort = () => this.#requests.withdraw(state, new DuetError('aborted'));
    const settled = () => signal?.removeEventListener('abort', onAbort);
    signal?.addEventListener('abort', onAbort);
    state.decision.then(settled, settled);
    return this.requests.handleOf(state);
  }

  #dispose(value: ValueState, at: Error): void {
    if (value.origin === 'published' || value.hasEnded) return;
    value.dispose(at);
    this.#objects.release(value);
    this.#tellStatus();
  }

  // ---- what the owner's side says ------------------------------------------------------------------------------

  #handle(message: OwnerMessage): void {
    if (this.#ended !== undefined) return;
    try {
      this.#take(message);
    } catch (error) {
      this.#fail(asDuetError(error));
    }
  }

  #take(message: OwnerMessage): void {
    switch (message.kind) {
      case 'catalogue':
        this.store.update(message);
        this.emit('store');
        return;
      case 'gone':
        this.store.remove(message.published);
        for (const id of message.own) this.#objects.lost(id, 'gone');
        if (message.published.length > 0) this.emit('store');
        this.#tellStatus();
        return;
      case 'decision': {
        const decided = this.#requests.decided(message);
        if (decided === undefined) return;
        const { state, decision } = decided;
        this.emit('decision', {
          ...decision,
          request: state.id,
          name: state.name,
          pointer: state.value.id,
          kept: undefined,
        });
        return;
      }
      case 'kept':
        this.kept.update(message);
        return;
      case 'value':
        this.#transfers.arrived(message);
        return;
      case 'failed':
        this.#transfers.failed(message);
        return;
      case 'fault':
        this.#fault(message.about, message.code);
        return;
      case 'progress':
        if (!this.#trainer.progressed(message)) {
          throw new DuetError('bad-reply', { detail: 'Progress of a run that does not run.' });
        }
        this.#tellStatus();
        return;
      case 'mine':
      case 'hello':
      case 'proof':
      case 'admitted':
      case 'refused':
      case 'welcome':
        throw new DuetError('bad-reply', {
          detail: `The owner’s side sent ${message.kind} in the middle of a session.`,
        });
      default:
        message satisfies never;
    }
  }

  #fault(about: number, code: ErrorCode): void {
    const error = new DuetError(code, { from: 'peer' });
    const known =
      this.#objects.lost(about, code) ||
      this.#calls.refused(about, code) ||
      this.#trainer.refused(about, error) ||
      this.#requests.refused(about, error) ||
      this.#transfers.refused(about, error);
    // About what is gone here already, it is no news.
    if (known || about === 0) this.emit('fault', { error, about: known ? `s${about}` : undefined });
    this.#tellStatus();
  }

  #fail(error: DuetError): void {
    this.#end(error);
    this.#link.close(error);
  }

  #end(reason: DuetError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#requests.end(reason);
    this.#transfers.end(reason);
    this.kept.end(reason);
    this.#trainer.end(reason);
    this.#objects.end();
    this.#tellStatus();
    this.emit('closed', reason);
  }

  /** Once for all changes of a microtask. */
  #tellStatus(): void {
    if (this.#statusDue) return;
    this.#statusDue = true;
    queueMicrotask(() => {
      this.#statusDue = false;
      this.emit('status', this.status);
    });
  }
}

/** Why an op cannot be called on this owner's side, though others can run it. */
function lackingOf({ backend, lacking }: Welcome): (op: string) => DuetError | undefined {
  const names = new Set(lacking);
  return (op) =>
    names.has(op)
      ? new DuetError('unsupported-op', {
          detail: `${op}: the owner’s engine runs on the backend ${backend}, which cannot run it.`,
          hint: '',
        })
      : undefined;
}
