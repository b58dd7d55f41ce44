/** One scientist's conversation with one owner, on a link that is there already. */

import { isTensor, type Plain, plainToValue, tensorToValue } from '@duet/engine';
import {
  asDuetError,
  DuetError,
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
import { type Listing, stateOfHeld } from './mine';
import { Mocks } from './mocks';
import { type RemoteModel, sendModel } from './models/remote-model';
import { Opening, Terms } from './opening';
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
  readonly #terms: Terms;
  readonly #outbox: Outbox;
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
  /** Of the begin whose answers are this session's. */
  #epoch: number;
  #nextId: number;
  /** Until everything was told; undefined while the welcome is waited for, after a reload of the owner's page. */
  #opening: Opening | undefined;
  /** Ids below were taken before a page was last reloaded. */
  #firstId: number;
  #isReady = false;
  /** Has it been ready before the last reload of the owner's page? */
  #wasReady = false;
  /** Is what was there before to stay? */
  #keeps: boolean;
  #onReady: () => void = () => undefined;
  #ended: DuetError | undefined;
  #statusDue = false;

  /**
   * Starts a session and resolves when the owner's side has welcomed it and told everything that is published, and what it has
   * kept of earlier sessions. What an earlier session on this link left is dropped there, or with `keep` is in `store.mine()`.
   * Rejects with `aborted` or the reason the link ended.
   */
  static open(link: Link, options: SessionOptions = {}): Promise<ScientistSession> {
    const { signal } = options;
    let epoch = options.epoch ?? 1;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw new DuetError('aborted');
      const onAbort = () => {
        const error = new DuetError('aborted');
        reject(error);
        link.close(error);
      };
      signal?.addEventListener('abort', onAbort);
      void link.closed.then(reject);
      let session: ScientistSession | undefined;
      const take = (message: OwnerMessage): void => {
        if (session !== undefined) session.#handle(message);
        else if (message.kind === 'welcome' && message.epoch === epoch) {
          const started = new ScientistSession(link, message, options);
          session = started;
          started.#whenReady(() => {
            signal?.removeEventListener('abort', onAbort);
            resolve(started);
          });
        } else if (message.kind === 'value') discard(link, message);
        // Whatever else comes before belongs to an earlier session.
      };
      link.onRenewed?.(() => {
        if (session !== undefined) return session.#renewed();
        epoch = epochAfter(epoch);
        begin(link, epoch, options.keep);
      });
      readMessages(link, take);
      begin(link, epoch, options.keep);
    });
  }

  private constructor(link: Link, welcome: Welcome, options: SessionOptions) {
    super();
    this.#link = link;
    this.peer = link.peer;
    this.#keeps = options.keep ?? false;
    this.#epoch = welcome.epoch;
    this.#nextId = welcome.nextId;
    this.#firstId = welcome.nextId;
    this.#opening = new Opening(welcome, this.#keeps, this.#nextId);
    const terms = new Terms(welcome, options.limits);
    this.#terms = terms;
    const lacking = (op: string) => terms.lacking(op);
    const checkOpen = () => this.#checkOpen();
    const tracer = this.#tracer;
    const outbox = new Outbox(link, (error) => this.#fail(error));
    this.#outbox = outbox;
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
    const longestKeepMs = () => terms.keepMs;
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
      tellDropped: () => this.#objects.tellDropped(),
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
      limits: terms.limits,
      takeId,
      lacking,
      checkOpen,
    });
    const objects = this.#objects;
    this.#calls = new PlanCalls({
      outbox,
      objects,
      mocks,
      limits: terms.limits,
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
      limits: terms.limits,
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
    this.store = new Store(host, mocks, () => objects.pointers);
    link.onState?.(() => this.#tellStatus());
    void link.closed.then((reason) => this.#end(reason));
  }

  get status(): SessionStatus {
    const { awayUntil, path } = this.#link.state ?? {};
    return {
      phase: this.#phase,
      ...(path !== undefined && { path }),
      ...(awayUntil !== undefined && { awayUntil: new Date(awayUntil) }),
      objects: this.#objects.size,
      waiting: this.#requests.size,
      getting: this.#transfers.size,
    };
  }

  get #phase(): SessionStatus['phase'] {
    if (this.#ended !== undefined) return 'closed';
    return this.#isReady && this.#link.state?.phase !== 'away' ? 'ready' : 'reconnecting';
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
      if (this.#opening === undefined) this.#awaitWelcome(message);
      else {
        this.#take(message);
        this.#opening.count(message);
      }
      this.#lookReady();
    } catch (error) {
      this.#fail(asDuetError(error));
    }
  }

  // ---- the beginning, and a reload of the owner's page ---------------------------------------------------------

  #whenReady(call: () => void): void {
    this.#onReady = call;
    this.#lookReady();
  }

  /** Nothing that this side knows of the owner's is sure until it was told again. */
  #renewed(): void {
    if (this.#ended !== undefined) return;
    this.#keeps ||= this.#isReady || this.#wasReady;
    this.#wasReady ||= this.#isReady;
    this.#isReady = false;
    this.#opening = undefined;
    this.#epoch = epochAfter(this.#epoch);
    this.#firstId = this.#nextId;
    this.#outbox.beginAnew();
    this.#objects.beginAnew();
    this.#calls.beginAnew();
    begin(this.#link, this.#epoch, this.#keeps);
    const lost = lostByReload();
    this.#requests.beginAnew(lost);
    this.#transfers.beginAnew(lost);
    this.#trainer.end(lost);
    this.receipts.beginAnew();
    this.#tellStatus();
  }

  /** What comes before the welcome is of the page that is gone. */
  #awaitWelcome(message: OwnerMessage): void {
    if (message.kind === 'value') discard(this.#link, message);
    if (message.kind !== 'welcome' || message.epoch !== this.#epoch) return;
    this.#terms.take(message);
    this.#nextId = Math.max(this.#nextId, message.nextId);
    this.#opening = new Opening(message, this.#keeps, this.#firstId);
    this.store.beginAnew();
    this.kept.beginAnew();
  }

  /** Was everything told that the welcome has announced? */
  #lookReady(): void {
    if (this.#isReady || this.#opening?.isComplete !== true) return;
    const listing = this.#opening.takeListing();
    this.#isReady = true;
    if (!this.#wasReady) this.#adopt(listing);
    const gone = this.#objects.settle(listing, this.#firstId) + this.store.settle();
    this.#outbox.settle((id) => listing.get(id) !== undefined, lostByReload());
    if (this.#wasReady) {
      this.emit('renewed', { gone });
      this.emit('store');
    }
    this.#tellStatus();
    this.#onReady();
    this.#onReady = () => undefined;
  }

  /** What an earlier session has left. */
  #adopt(listing: Listing): void {
    for (const [id, outputs] of listing) {
      const states = [...outputs.values()].map((item) => {
        const state = stateOfHeld(item);
        this.#recorder.hold(state, { tags: item.tags, description: item.description, columns: [] });
        return state;
      });
      this.#objects.add(id, states);
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
        // A run of before a reload goes on by itself.
        if (!this.#trainer.progressed(message) && message.run >= this.#firstId) {
          throw new DuetError('bad-reply', { detail: 'Progress of a run that does not run.' });
        }
        this.#tellStatus();
        return;
      case 'mine':
        if (this.#opening?.take(message) !== true || !this.#isReady) return;
        this.#adopt(this.#opening.takeListing());
        this.emit('store');
        this.#tellStatus();
        return;
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
    this.#outbox.end(reason);
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
      if (this.listenerCount('status') > 0) this.emit('status', this.status);
    });
  }
}

function begin(link: Link, epoch: number, keep = false): void {
  link.send(encodeScientistMessage({ kind: 'begin', epoch, keep }));
}

function epochAfter(epoch: number): number {
  return epoch < limits.id ? epoch + 1 : 1;
}

function lostByReload(): DuetError {
  return new DuetError('gone', {
    detail: 'The owner’s page was reloaded, and this was lost with it.',
    hint: 'What is published and kept there is still in duet.store; compute and ask again.',
    from: 'peer',
  });
}
