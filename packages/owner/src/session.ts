import type { Engine } from '@duet/ops';
import {
  asDuetError,
  type Begin,
  byteLength,
  type CallPlan,
  type Catalogue,
  DuetError,
  decodeScientistMessage,
  type ErrorCode,
  elementCount,
  type Handled,
  type Link,
  limits,
  type PeerIdentity,
  type Progress,
  type Ref,
  type Request,
  type ScientistMessage,
  type SessionLimits,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import { Actions } from './actions';
import type { AuditSink } from './audit/events';
import { Drops } from './drops';
import { Gate } from './gate/gate';
import { KeptCollector } from './kept-collector';
import type { Mailbox } from './mailbox';
import { idOf, isGet, refsOf, takesId } from './message-facts';
import { MineList } from './mine';
import type { ObjectTable } from './objects';
import type { Assurance } from './owner-request';
import type { OwnerRun } from './owner-run';
import { Releases } from './releases';
import type { OwnerRequests } from './requests';
import { Runs } from './runs';
import { Signal } from './signal';
import type { Audience, OwnerStore } from './store';
import { Turns } from './turns';
import { Uploads } from './uploads';
import { Workspace } from './workspace';

/** What left: metadata, never the value. */
export interface Release {
  readonly to: PeerIdentity;
  readonly meta: TensorMeta;
  readonly elements: number;
  readonly bytes: number;
  /** Significant digits, where it was rounded. */
  readonly digits: number | undefined;
  /** The number of the scientist's get that it answers. */
  readonly get: number;
}

export interface SessionParts {
  readonly link: Link;
  readonly engine: Engine;
  readonly store: OwnerStore;
  readonly requests: OwnerRequests;
  readonly limits: SessionLimits;
  /** How the scientist has proved who they are. */
  readonly assurance: Assurance;
  readonly audit: AuditSink;
  /** Takes over the requests that outlive the session. */
  readonly mailbox: Mailbox;
  readonly onRelease: (release: Release) => void;
  /** The scientist's objects or requests have changed. */
  readonly onChange: () => void;
  /** A training run began, went on or ended. */
  readonly onRun: (run: OwnerRun) => void;
}

/** What is computed for one scientist right now. */
export interface Activity {
  /** The last op or plan that the engine was given, in words, while it is at work; undefined when it is done. */
  readonly computing: string | undefined;
  /** The training run under way. */
  readonly run: OwnerRun | undefined;
  /** Messages that were not handled yet: the one in hand, which holds up those behind it at their sender. */
  readonly inHand: boolean;
}

/**
 * One scientist's conversation. Every message is handled to its end before the next, so that answers leave in the order
 * of what they answer, whatever the values are and however long the engine takes. A message that has to wait for its own
 * sender waits outside the turn: it holds up those behind it, and nobody's decisions.
 */
export class OwnerSession {
  readonly peer: PeerIdentity;
  /** Resolves when the link has ended and everything of this scientist's is freed. */
  readonly freed: Promise<void>;
  readonly #link: Link;
  readonly #engine: Engine;
  readonly #store: OwnerStore;
  readonly #limits: SessionLimits;
  readonly #onChange: () => void;
  readonly #parts: SessionParts;
  readonly #space: Workspace;
  readonly #gate: Gate;
  readonly #releases: Releases;
  readonly #kept: KeptCollector;
  readonly #uploads: Uploads;
  readonly #actions: Actions;
  readonly #runs: Runs;
  readonly #drops: Drops;
  readonly #mine: MineList;
  readonly #unsubscribe: () => void;
  readonly #resumed = new Signal();
  readonly #turns = new Turns();
  #inHand: Promise<void> = Promise.resolve();
  #isInHand = false;
  #computing: string | undefined;
  /** Calls that the engine was given. */
  #given = 0;
  #begun = false;
  /** Their page was reloaded, and the new one has said nothing yet. */
  #wasRenewed = false;
  #ended = false;
  #paused = false;
  #badMessages = 0;
  #messages = 0;
  #actionCount = 0;

  constructor(parts: SessionParts) {
    const { link, engine, store, requests, audit, onChange } = parts;
    this.#parts = parts;
    this.peer = link.peer;
    this.#link = link;
    this.#engine = engine;
    this.#store = store;
    this.#limits = parts.limits;
    this.#onChange = onChange;
    this.#space = new Workspace({ engine, store, limits: parts.limits, peer: link.peer });
    const { objects, recovery } = this.#space;
    engine.onLost(() => {
      if (!this.#ended) recovery.lost();
    });
    this.#gate = new Gate({
      link,
      engine,
      recovery,
      grants: requests.grants,
      audit,
      onRelease: ({ meta, digits }, get) =>
        parts.onRelease({
          to: link.peer,
          meta,
          elements: elementCount(meta.shape),
          bytes: byteLength(meta),
          digits,
          get,
        }),
    });
    this.#releases = new Releases({
      gate: this.#gate,
      objects,
      recovery,
      requests,
      peer: link.peer,
      assurance: parts.assurance,
      refused: (code) => this.#refused(code),
      mostWaiting: parts.limits.pendingRequests,
      inTurn: (task) => this.#inTurn(task),
      later: (task) => this.#later(task),
    });
    this.#drops = new Drops(this.#space, this.#releases);
    this.#kept = new KeptCollector({
      mailbox: parts.mailbox,
      gate: this.#gate,
      releases: this.#releases,
      peer: link.peer,
      inTurn: (task) => this.#inTurn(task),
      later: (task) => this.#later(task),
    });
    this.#uploads = new Uploads({
      link,
      space: this.#space,
      inTurn: (task) => this.#inTurn(() => task(this.#ended)),
      failed: (id, code) => {
        // It was on its way from a page that is gone.
        if (code !== 'link-lost') this.#fault(id, code);
      },
    });
    this.#mine = new MineList(this.#space);
    this.#actions = new Actions(this.#space, (words) => this.#gave(words));
    this.#runs = new Runs({
      space: this.#space,
      tell: (progress) => this.#tellRun(progress),
      inTurn: (task) => this.#inTurn(task),
      broken: (error) => link.close(error),
      changed: parts.onRun,
      drop: (id) => this.#dropCheckpoint(id),
      objectsChanged: onChange,
    });
    const unfollow = this.#followStore();
    const unlisten = link.onRenewed?.(() => this.#renewed());
    this.#unsubscribe = () => {
      unfollow();
      unlisten?.();
    };
    link.onMessage((bytes) => this.#receive(bytes));
    this.freed = link.closed.then((reason) => this.#end(reason));
  }

  /** Live values of this scientist's. */
  get objects(): ObjectTable {
    return this.#space.objects;
  }

  /** Plans of this scientist's that something needs. */
  get planCount(): number {
    return this.#space.plans.count;
  }

  /** The same in bytes. */
  get planBytes(): number {
    return this.#space.plans.bytes;
  }

  /** Their training run under way, if there is one. */
  get run(): OwnerRun | undefined {
    return this.#runs.current;
  }

  get activity(): Activity {
    return { computing: this.#computing, run: this.run, inHand: this.#isInHand };
  }

  /** Are their messages kept waiting? */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** While paused, no further message is handled and no further step of a run is taken. They hear nothing of it. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#runs.halt(paused);
    this.#resumed.give();
    this.#onChange();
  }

  /** Ends what the engine is computing. What was published, sent or released is there again at once; they hear nothing of it. */
  endComputation(): void {
    this.#engine.restart();
  }

  /** Values of deleting gets that were not confirmed yet. */
  get deliveries(): number {
    return this.#releases.deliveries;
  }

  /** Resolves when everything that has come so far is answered, and what was sent has left. */
  async settled(): Promise<void> {
    await this.#uploads.settled();
    await this.#inHand;
    await this.#runs.idle();
    await this.#turns.idle();
    await this.#engine.settled();
    await this.#gate.drained();
  }

  /** Drops one of the scientist's objects. They hear `gone`. Throws `no-object`. */
  drop(id: number): void {
    this.#drops.byOwner(id);
    this.#later(() => this.#releases.voidUnnamed());
    this.#tellInTurn({ kind: 'gone', published: [], own: [id] });
    this.#onChange();
  }

  /** A value of the scientist's, for the owner's eyes; undefined if its computation failed. Throws `no-object`. */
  preview(ref: Ref): Promise<TensorValue | undefined> {
    return this.#gate.preview(this.objects.find(ref));
  }

  /**
   * Does one thing after the other: the scientist's messages and the owner's decisions, in the order in which they came.
   * So the answers to messages leave in the order of the messages, however long anything takes, and nothing is told in the
   * middle of something else. Between which two of them a decision falls follows from its moment, which is time.
   */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    return this.#turns.take(() => (this.#gate.isIdle ? task() : this.#gate.idle().then(task)));
  }

  /** Tells something that the scientist did not cause. */
  #tellInTurn(message: Parameters<Gate['tell']>[0]): void {
    this.#later(() => {
      if (this.#begun) this.#gate.tell(message);
    });
  }

  #later(task: () => unknown): void {
    this.#inTurn(task).catch((thrown: unknown) => this.#link.close(asDuetError(thrown)));
  }

  /**
   * The link hands over the next message when this has settled. One that has to wait for nothing is handled at once, so that
   * those of one frame cost no microtask each, and the engine is given all of them in one go.
   */
  #receive(bytes: Uint8Array): Handled {
    const mayGoOn = this.#turns.isFree && !this.#paused;
    const handled = mayGoOn ? this.#handleBytes(bytes) : this.#handleInTime(bytes);
    if (!(handled instanceof Promise)) return handled;
    this.#isInHand = true;
    this.#inHand = handled.finally(() => {
      this.#isInHand = false;
    });
    return this.#inHand;
  }

  async #handleInTime(bytes: Uint8Array): Promise<void> {
    while (this.#paused && !this.#ended) await this.#resumed.wait();
    await this.#toItsEnd(this.#handleBytes(bytes));
  }

  #handleBytes(bytes: Uint8Array): Handled {
    this.#messages += 1;
    if (this.#messages > this.#limits.messages) return this.#inTurn(() => this.#tooMany());
    let message: ScientistMessage;
    try {
      message = decodeScientistMessage(bytes);
    } catch (thrown) {
      return this.#inTurn(() => this.#reportBad(asDuetError(thrown)));
    }
    if (this.#mustWait(message)) return this.#handleWhenReady(message);
    if (!this.#turns.isFree) return this.#turns.take(() => this.#toItsEnd(this.#answer(message)));
    return this.#turns.runNow(() => this.#answer(message));
  }

  #tooMany(): void {
    this.#link.close(new DuetError('limit', { detail: 'Too many messages for one session.' }));
  }

  /** Also of what would let the next message be handled before. */
  async #toItsEnd(handled: Handled): Promise<void> {
    if (handled instanceof Promise) await handled;
    else await handled?.over;
  }

  async #handleWhenReady(message: ScientistMessage): Promise<void> {
    await this.#whatItNeeds(message);
    await this.#inTurn(() => this.#toItsEnd(this.#answer(message)));
  }

  /**
   * Has it to wait for its turn at least? What people may hear of does: a side that has left in the same breath is not heard.
   * So does what needs something that its sender, or the engine, still owes.
   */
  #mustWait(message: ScientistMessage): boolean {
    if (!handledAtOnce.has(message.kind)) return true;
    if (!this.#gate.isIdle && this.#mustWaitForValues(message)) return true;
    if (isGet(message) && !this.#gate.hasRoom) return true;
    return this.#uploads.areComing && refsOf(message).some((ref) => this.#isComing(ref));
  }

  /** A value is being read: what follows from the message may leave behind it, but must not depend on whether it has left. */
  #mustWaitForValues(message: ScientistMessage): boolean {
    if (this.#gate.isRemaking) return true;
    if (message.kind === 'confirm') return this.#releases.isComing(message.get);
    return !handledBehindValues.has(message.kind);
  }

  #isComing({ space, id }: Ref): boolean {
    return space === 'own' && this.objects.has(id) && this.#uploads.isComing(id);
  }

  /**
   * Waits for what its sender still owes: the uploads that it names, and room for a transfer that it asks for; and for an
   * engine to begin with.
   */
  async #whatItNeeds(message: ScientistMessage): Promise<void> {
    for (const ref of refsOf(message)) {
      if (this.#isComing(ref)) await this.#uploads.arrived(ref.id);
    }
    if (isGet(message)) await this.#gate.room();
    if (message.kind !== 'begin') return;
    await this.#engineStarted();
    // What has come whole from the page before is looked at to its end; the rest will not come any more.
    if (this.#wasRenewed) await this.#uploads.settled();
  }

  /** Without an engine there is no session. */
  async #engineStarted(): Promise<void> {
    try {
      await this.#space.ready();
    } catch (thrown) {
      this.#link.close(asDuetError(thrown));
    }
  }

  /** At once, unless something of it takes time. */
  #answer(message: ScientistMessage): Handled {
    if (this.#ended) return;
    try {
      const handled = this.#handle(message);
      if (handled instanceof Promise) return this.#answerLater(message, handled);
      if (handled !== undefined) return this.#answerBehind(handled);
    } catch (thrown) {
      this.#refuse(message, thrown);
    }
    return this.#answered();
  }

  async #answerLater(message: ScientistMessage, handled: Promise<void>): Promise<void> {
    try {
      await handled;
    } catch (thrown) {
      this.#refuse(message, thrown);
    }
    await this.#answered();
  }

  /** Where others have to be seen to first, its own answer is waited for as well. */
  #answerBehind(handled: { readonly over: Promise<void> }): Handled {
    const answered = this.#answered();
    return answered === undefined ? handled : answered.then(() => handled.over);
  }

  /** With the code alone, which was found from public facts. */
  #refuse(message: ScientistMessage, thrown: unknown): void {
    const { code } = asDuetError(thrown);
    if (!isGet(message)) {
      this.#fault(idOf(message), code);
    } else {
      this.#gate.fail(message.id, code);
      this.#refused(code);
    }
  }

  #answered(): void | Promise<void> {
    const engineKeepsUp = this.#actions.keepUp();
    if (engineKeepsUp === undefined && !this.#space.recovery.pressed) {
      this.#onChange();
      return;
    }
    return this.#relieve(engineKeepsUp);
  }

  /** More was given, or is remembered, than may be: that is seen to before anything else is handled. */
  async #relieve(engineKeepsUp: Promise<void> | undefined): Promise<void> {
    await engineKeepsUp;
    const { recovery } = this.#space;
    if (recovery.pressed) {
      await this.#gate.idle();
      await recovery.relieve();
    }
    this.#onChange();
  }

  /** Bytes that are no message. One may be a bug of the other side; after several there is nothing to talk about. */
  #reportBad(error: DuetError): void {
    this.#badMessages += 1;
    if (this.#badMessages >= limits.badMessages) this.#link.close(new DuetError('bad-message'));
    else this.#fault(0, error.code);
  }

  #fault(about: number, code: ErrorCode): void {
    this.#gate.tell({ kind: 'fault', about, code });
    this.#refused(code);
  }

  #refused(code: ErrorCode): void {
    this.#parts.audit.note({ kind: 'refused', peer: this.peer.fingerprint, code, count: 1 });
  }

  /** Throws `limit`. */
  #countAction(): void {
    this.#actionCount += 1;
    if (this.#actionCount > this.#limits.actions) {
      throw new DuetError('limit', { detail: 'Too many actions for one session.' });
    }
  }

  #handle(message: ScientistMessage): Handled {
    if (message.kind === 'begin') {
      return this.#begin(message);
    }
    if (!this.#begun)
      throw new DuetError('bad-message', { detail: 'A session starts with begin.' });
    if (takesId(message)) this.objects.claim(message.id);
    switch (message.kind) {
      case 'put':
        return this.#uploads.put(message);
      case 'action':
        this.#countAction();
        return this.#actions.op(message);
      case 'define':
        return this.#space.plans.define(message.id, message.plan);
      case 'call':
        return this.#call(message);
      case 'train':
        this.#countAction();
        return this.#runs.train(message);
      case 'cancel':
        return this.#runs.cancel(message.run);
      case 'request':
        return this.#request(message);
      case 'get':
        return this.#releases.get(message, this.#space.resolve(message.ref));
      case 'confirm':
        if (!this.#kept.confirm(message.get)) this.#releases.confirm(message.get);
        return;
      case 'withdraw':
        return this.#releases.withdraw(message.request);
      case 'drop':
        return this.#drops.byScientist(message.ids, message.parts);
      case 'collect':
        return this.#kept.collect(message);
      case 'forget':
        return this.#kept.forget(message.kept);
      case 'hello':
      case 'proof':
        throw new DuetError('bad-message', { detail: 'The handshake is over.' });
      default:
        message satisfies never;
    }
  }

  // ---- a session on the link -----------------------------------------------------------------------------------

  /**
   * Told in this order: the welcome; what is kept, where anything is kept at all; what is published; and where the page wants
   * to keep it, what there is of its scientist's.
   */
  async #begin({ epoch, keep = false }: Begin): Promise<void> {
    if (this.objects.lastId >= limits.id) throw new DuetError('limit');
    const { backend, lacking } = await this.#space.ready();
    this.#begun = false;
    if (keep) this.#leaveOldPage();
    else this.#beginAnew();
    await this.#kept.idle();
    if (this.#ended) return;
    const kept = this.#kept.begin();
    const mine = keep ? this.#mine.begin() : [];
    this.#begun = true;
    this.#wasRenewed = false;
    const catalogues = this.#store.catalogueFor(this.peer.fingerprint);
    const { opCost, planCost, runCost } = this.#limits;
    this.#gate.tell({
      kind: 'welcome',
      epoch,
      nextId: this.objects.lastId + 1,
      catalogues: catalogues.length,
      opCost,
      planCost,
      runCost,
      backend,
      lacking,
      keepMs: this.#kept.longestMs,
      mine: mine.length,
    });
    if (this.#kept.longestMs > 0) this.#gate.tell({ kind: 'kept', items: kept, gone: [] });
    for (const message of [...catalogues, ...mine]) this.#gate.tell(message);
  }

  #beginAnew(): void {
    this.#kept.beginAnew(this.#releases.beginAnew());
    this.#mine.clear();
    this.#clear();
  }

  /** Their page was reloaded. What they have stays until the new page says what it wants of it. */
  #renewed(): void {
    if (this.#ended) return;
    this.#begun = false;
    this.#wasRenewed = true;
    this.#gate.forgetBefore(this.objects.lastId);
    this.#later(() => this.#leaveOldPage());
  }

  /** In turn: values and runs stay, and requests are kept; plans go, of which the new page defines its own. */
  #leaveOldPage(): void {
    this.#gate.forgetBefore(this.objects.lastId);
    this.#kept.renewed();
    this.#drops.clear();
    this.#space.plans.clear();
    this.#runs.orphan();
  }

  /** In turn. Of a run that another page has begun, the present one hears what there is to be had. */
  #tellRun(progress: Progress): void {
    if (!this.#runs.isOrphan) this.#gate.tell(progress);
    else if (this.#begun) for (const mine of this.#mine.more()) this.#gate.tell(mine);
  }

  /** In turn. */
  #dropCheckpoint(id: number): void {
    this.#drops.checkpoint(id);
    if (this.#mine.forget(id) && this.#begun) {
      this.#gate.tell({ kind: 'gone', published: [], own: [id] });
    }
  }

  /** Tells what concerns this scientist, and nothing of the rest. */
  #followStore(): () => void {
    const { fingerprint } = this.peer;
    const shown = (catalogue: Catalogue, to: Audience) => {
      if (to(fingerprint)) this.#tellInTurn(catalogue);
    };
    const hidden = (numbers: readonly number[], from: Audience) => {
      if (from(fingerprint)) this.#tellHidden(numbers);
    };
    const store = this.#store;
    store.on('shown', shown).on('hidden', hidden);
    return () => store.off('shown', shown).off('hidden', hidden);
  }

  #tellHidden(numbers: readonly number[]): void {
    for (const number of numbers) this.#space.takeBack(number);
    this.#later(() => this.#releases.voidUnnamed());
    for (let start = 0; start < numbers.length; start += limits.dropIds) {
      this.#tellInTurn({
        kind: 'gone',
        published: numbers.slice(start, start + limits.dropIds),
        own: [],
      });
    }
  }

  /** Everything that the scientist made goes; ids stay used. */
  #clear(): void {
    this.#runs.clear();
    this.#drops.clear();
    this.#space.clear();
  }

  async #end(reason: DuetError): Promise<void> {
    this.#ended = true;
    this.#begun = false;
    this.#resumed.give();
    this.#unsubscribe();
    const left = this.#releases.leave();
    this.#kept.end(left, sentAway.has(reason.code));
    this.#clear();
    this.#onChange();
    // What is kept is read before the engine goes.
    await Promise.all(left.map(({ value }) => value));
    await this.#engine.close();
  }

  // ---- what they make ------------------------------------------------------------------------------------------

  /** Throws `bad-argument` or `limit` where it cannot be kept as it wants to be. */
  #request(message: Request): Promise<void> {
    const version = this.#space.resolve(message.ref);
    this.#kept.checkRoom(message, version.meta);
    return this.#releases.request(message, version);
  }

  /** A call lets go of its drops whatever becomes of it: their scientist has done so already. */
  #call(message: CallPlan): void {
    let failure: unknown;
    try {
      this.#countAction();
      this.#actions.call(message);
    } catch (thrown) {
      failure = thrown;
    }
    try {
      this.#drops.byScientist(message.drops, message.dropParts);
    } catch (thrown) {
      failure ??= thrown;
    }
    if (failure !== undefined) throw failure;
  }

  /** What the engine is at work on, for the owner's eyes. */
  #gave(words: string): void {
    this.#given += 1;
    const wasIdle = this.#computing === undefined;
    this.#computing = words;
    if (wasIdle) void this.#untilIdle();
  }

  async #untilIdle(): Promise<void> {
    for (let seen = 0; seen !== this.#given; ) {
      seen = this.#given;
      await this.#engine.settled();
    }
    this.#computing = undefined;
    this.#onChange();
  }
}

/** Of which nobody hears but the engine and the scientist. */
const handledAtOnce: ReadonlySet<ScientistMessage['kind']> = new Set([
  'put',
  'action',
  'define',
  'call',
  'get',
  'confirm',
  'drop',
]);

/** Of these, what may be handled while the value of a get before it is being read: all that leaves leaves through the gate. */
const handledBehindValues: ReadonlySet<ScientistMessage['kind']> = new Set([
  'action',
  'call',
  'get',
  'drop',
]);

/** Ends of a link that the owner has made: nothing is kept for whom they send away. */
const sentAway: ReadonlySet<ErrorCode> = new Set(['dismissed', 'closed']);
