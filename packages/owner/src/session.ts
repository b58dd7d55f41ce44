import { type CallFacts, describeCall, type Engine, findOp, inferCall, type Slot } from '@duet/ops';
import {
  type Action,
  type Arg,
  asDuetError,
  byteLength,
  type Catalogue,
  checkTensor,
  DuetError,
  decodeScientistMessage,
  digestOf,
  type ErrorCode,
  elementCount,
  type Link,
  limits,
  mapArg,
  type Operand,
  type PeerIdentity,
  type Put,
  type Ref,
  type ScientistMessage,
  type SessionLimits,
  sameBytes,
  type TensorMeta,
  type TensorValue,
  tensorsOf,
} from '@duet/protocol';
import { Gate } from './gate';
import { joinLabels, type Label, publishedLabel, sentLabel } from './labels';
import { type Lineage, Lineages } from './lineage';
import { ObjectTable, type Version } from './objects';
import { Releases } from './releases';
import type { OwnerRequests } from './requests';
import { nameOf, type OwnerStore } from './store';

/** Steps given to the engine before the session waits for it. A fixed count, so that waiting tells no time. */
const stepsAhead = 256;

/** What left: metadata, never the value. */
export interface Release {
  readonly to: PeerIdentity;
  readonly meta: TensorMeta;
  readonly elements: number;
  readonly bytes: number;
  /** The number of the scientist's get that it answers. */
  readonly get: number;
}

export interface SessionParts {
  readonly link: Link;
  readonly engine: Engine;
  readonly store: OwnerStore;
  readonly requests: OwnerRequests;
  readonly limits: SessionLimits;
  readonly onRelease: (release: Release) => void;
  /** The scientist's objects or requests have changed. */
  readonly onChange: () => void;
}

/** An operand with what the checks, the label and the engine need of it. */
interface Input {
  readonly slot: Slot;
  readonly meta: TensorMeta;
  readonly label: Label;
  readonly lineage: Lineage;
  readonly literal?: TensorValue;
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
  readonly #gate: Gate;
  readonly #objects: ObjectTable;
  readonly #releases: Releases;
  /** Published objects that this scientist's engine has, or once had, by number. */
  readonly #published = new Map<number, Version>();
  /** Sent values that are not here yet, by id. */
  readonly #uploads = new Map<number, Promise<void>>();
  /** Ids that the owner dropped, until their scientist has let go of them too. */
  readonly #takenAway = new Set<number>();
  readonly #lineages = new Lineages();
  readonly #unsubscribe: () => void;
  #turn: Promise<void> = Promise.resolve();
  #inHand: Promise<void> = Promise.resolve();
  #nextSlot = 1;
  #begun = false;
  #ended = false;
  #steps = 0;
  #badMessages = 0;

  constructor(parts: SessionParts) {
    const { link, engine, store, requests, onChange } = parts;
    this.peer = link.peer;
    this.#link = link;
    this.#engine = engine;
    this.#store = store;
    this.#limits = parts.limits;
    this.#onChange = onChange;
    this.#gate = new Gate(link, engine, ({ version: { meta } }, get) =>
      parts.onRelease({
        to: link.peer,
        meta,
        elements: elementCount(meta.shape),
        bytes: byteLength(meta),
        get,
      }),
    );
    this.#objects = new ObjectTable(parts.limits, ({ slot }) => engine.drop([slot]));
    this.#releases = new Releases({
      gate: this.#gate,
      objects: this.#objects,
      requests,
      peer: link.peer,
      mostWaiting: parts.limits.pendingRequests,
      inTurn: (task) => this.#inTurn(task),
      later: (task) => this.#later(task),
    });
    const added = (catalogue: Catalogue) => this.#tellAdded(catalogue);
    const removed = (numbers: readonly number[]) => this.#tellRemoved(numbers);
    store.on('added', added).on('removed', removed);
    this.#unsubscribe = () => store.off('added', added).off('removed', removed);
    link.onMessage((bytes) => {
      this.#inHand = this.#receive(bytes);
      return this.#inHand;
    });
    this.freed = link.closed.then(() => this.#end());
  }

  /** Live values of this scientist's. */
  get objects(): ObjectTable {
    return this.#objects;
  }

  /** Values of deleting gets that were not confirmed yet. */
  get deliveries(): number {
    return this.#releases.deliveries;
  }

  /** Resolves when everything that has come so far is answered, and what was sent has left. */
  async settled(): Promise<void> {
    await Promise.all(this.#uploads.values());
    await this.#inHand;
    await this.#turn;
    await this.#engine.settled();
    await this.#gate.drained();
  }

  /** Drops one of the scientist's objects. They hear `gone`. Throws `no-object`. */
  drop(id: number): void {
    this.#dropOwn(id);
    this.#takenAway.add(id);
    this.#later(() => this.#releases.voidUnnamed());
    this.#tellInTurn({ kind: 'gone', published: [], own: [id] });
    this.#onChange();
  }

  /** A value of the scientist's, for the owner's eyes; undefined if its computation failed. Throws `no-object`. */
  preview(ref: Ref): Promise<TensorValue | undefined> {
    return this.#gate.preview(this.#objects.find(ref));
  }

  /**
   * Does one thing after the other: the scientist's messages and the owner's decisions, in the order in which they came.
   * So the answers to messages leave in the order of the messages, however long anything takes, and nothing is told in the
   * middle of something else. Between which two of them a decision falls follows from its moment, which is time.
   */
  #inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
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

  /** The link hands over the next message when this has settled. */
  async #receive(bytes: Uint8Array): Promise<void> {
    let message: ScientistMessage;
    try {
      message = decodeScientistMessage(bytes);
    } catch (thrown) {
      return this.#inTurn(() => this.#reportBad(asDuetError(thrown)));
    }
    await this.#whatItNeeds(message);
    await this.#inTurn(() => this.#answer(message));
  }

  /** Waits for what its sender still owes: the uploads that it names, and room for a transfer that it asks for. */
  async #whatItNeeds(message: ScientistMessage): Promise<void> {
    for (const { space, id } of refsOf(message)) {
      if (space === 'own' && this.#objects.has(id)) await this.#uploads.get(id);
    }
    if (message.kind === 'get') await this.#gate.room();
  }

  async #answer(message: ScientistMessage): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#handle(message);
    } catch (thrown) {
      const { code } = asDuetError(thrown);
      // The code alone, which was found from public facts.
      if (message.kind === 'get') this.#gate.fail(message.id, code);
      else this.#gate.tell({ kind: 'fault', about: idOf(message), code });
    }
    this.#onChange();
  }

  /** Bytes that are no message. One may be a bug of the other side; after several there is nothing to talk about. */
  #reportBad(error: DuetError): void {
    this.#badMessages += 1;
    if (this.#badMessages >= limits.badMessages) this.#link.close(new DuetError('bad-message'));
    else this.#gate.tell({ kind: 'fault', about: 0, code: error.code });
  }

  async #handle(message: ScientistMessage): Promise<void> {
    if (message.kind === 'begin') {
      this.#begin(message.epoch);
      return;
    }
    if (!this.#begun)
      throw new DuetError('bad-message', { detail: 'A session starts with begin.' });
    switch (message.kind) {
      case 'put':
        return this.#put(message);
      case 'action':
        return this.#act(message);
      case 'request':
        this.#objects.claim(message.id);
        return this.#releases.request(message, this.#resolve(message.ref));
      case 'get':
        this.#objects.claim(message.id);
        return this.#releases.get(message, this.#resolve(message.ref));
      case 'confirm':
        return this.#releases.confirm(message.get);
      case 'withdraw':
        return this.#releases.withdraw(message.request);
      case 'drop':
        return this.#drop(message.ids);
      case 'hello':
      case 'proof':
        throw new DuetError('bad-message', { detail: 'The handshake is over.' });
      default:
        message satisfies never;
    }
  }

  // ---- a session on the link -----------------------------------------------------------------------------------

  #begin(epoch: number): void {
    if (this.#objects.lastId >= limits.id) throw new DuetError('limit');
    this.#clear('withdrawn');
    this.#begun = true;
    const catalogues = this.#store.catalogue();
    this.#gate.tell({
      kind: 'welcome',
      epoch,
      nextId: this.#objects.lastId + 1,
      catalogues: catalogues.length,
      opCost: this.#limits.opCost,
    });
    for (const catalogue of catalogues) this.#gate.tell(catalogue);
  }

  #tellAdded(catalogue: Catalogue): void {
    if (catalogue.objects.length + catalogue.dataSets.length > 0) this.#tellInTurn(catalogue);
  }

  #tellRemoved(numbers: readonly number[]): void {
    for (const number of numbers) {
      const version = this.#published.get(number);
      if (!version) continue;
      this.#published.delete(number);
      version.named = false;
      this.#objects.release(version);
    }
    this.#later(() => this.#releases.voidUnnamed());
    for (let start = 0; start < numbers.length; start += limits.dropIds) {
      this.#tellInTurn({
        kind: 'gone',
        published: numbers.slice(start, start + limits.dropIds),
        own: [],
      });
    }
  }

  /** Everything that the scientist made or asked for goes; ids stay used. */
  #clear(how: 'withdrawn' | 'left'): void {
    this.#releases.clear(how);
    this.#takenAway.clear();
    this.#objects.clear();
    for (const version of this.#published.values()) this.#objects.release(version);
    this.#published.clear();
  }

  async #end(): Promise<void> {
    this.#ended = true;
    this.#begun = false;
    this.#unsubscribe();
    this.#clear('left');
    this.#onChange();
    await this.#engine.close();
  }

  // ---- values --------------------------------------------------------------------------------------------------

  #slot(): Slot {
    return this.#nextSlot++;
  }

  #put({ id, meta, tags, description, digest }: Put): void {
    this.#objects.claim(id);
    const refuse = (thrown: unknown): never => {
      // Its payload is on the way: let it pass by.
      const over = { signal: AbortSignal.abort() };
      void this.#link.receivePayload(id, byteLength(meta), over).catch(() => undefined);
      throw thrown;
    };
    try {
      this.#objects.reserve([meta]);
    } catch (thrown) {
      refuse(thrown);
    }
    const version: Version = {
      slot: this.#slot(),
      meta,
      origin: 'sent',
      lineage: { kind: 'sent', shape: meta.shape },
      words: { tags, description },
      label: sentLabel(this.peer.fingerprint),
      bytes: undefined,
      holds: 0,
      named: false,
    };
    this.#objects.bind(id, [version]);
    this.#uploads.set(
      id,
      this.#upload(id, version, digest).finally(() => this.#uploads.delete(id)),
    );
  }

  async #upload(id: number, version: Version, digest: Uint8Array): Promise<void> {
    this.#objects.hold(version);
    let bad: ErrorCode | undefined;
    try {
      const bytes = await this.#link.receivePayload(id, byteLength(version.meta));
      const value = { meta: version.meta, bytes };
      checkTensor(value);
      if (!sameBytes(await digestOf(bytes), digest)) throw new DuetError('bad-transfer');
      version.bytes = value;
    } catch (thrown) {
      bad = asDuetError(thrown).code;
    }
    // Whoever waits for it goes on when this is done.
    await this.#inTurn(() => this.#uploaded(id, version, bad));
  }

  #uploaded(id: number, version: Version, bad: ErrorCode | undefined): void {
    if (!this.#ended) {
      if (version.bytes) this.#engine.put(version.slot, version.bytes);
      // What names it from now on finds nothing. Its scientist may have dropped it meanwhile.
      else if (this.#objects.has(id)) this.#objects.drop(id);
      if (bad) this.#gate.tell({ kind: 'fault', about: id, code: bad });
    }
    this.#objects.release(version);
  }

  #resolve(ref: Ref): Version {
    if (ref.space === 'own') return this.#objects.find(ref);
    if (ref.path.length > 0) throw new DuetError('no-object');
    return this.#publishedVersion(ref.id);
  }

  #publishedVersion(number: number): Version {
    const known = this.#published.get(number);
    if (known) return known;
    const object = this.#store.find(number);
    if (!object?.pointable) throw new DuetError('no-object');
    const version: Version = {
      slot: this.#slot(),
      meta: object.value.meta,
      origin: 'published',
      lineage: { kind: 'published', name: nameOf(object) },
      label: publishedLabel(number, object.public),
      bytes: object.value,
      holds: 1,
      named: true,
    };
    this.#engine.put(version.slot, object.value);
    this.#published.set(number, version);
    return version;
  }

  /** Drops all that are there. Throws `no-object` if one was not, unless the owner took it and the two words crossed. */
  #drop(ids: readonly number[]): void {
    let missing = false;
    for (const id of ids) {
      if (this.#objects.has(id)) this.#dropOwn(id);
      else if (!this.#takenAway.delete(id)) missing = true;
    }
    this.#releases.voidUnnamed();
    if (missing) throw new DuetError('no-object');
  }

  #dropOwn(id: number): void {
    this.#objects.drop(id);
    this.#releases.forgetDeliveries(id);
  }

  // ---- actions -------------------------------------------------------------------------------------------------

  async #act({ id, op, args }: Action): Promise<void> {
    this.#objects.claim(id);
    const spec = findOp(op);
    if (!spec) throw new DuetError('unsupported-op');
    const temporary: Slot[] = [];
    const inputs = new Map<Operand, Input>();
    try {
      for (const operand of tensorsOf(args)) inputs.set(operand, this.#input(operand, temporary));
      const known: Arg<Input>[] = args.map((arg) =>
        mapArg(arg, (operand) => inputs.get(operand) ?? missing()),
      );
      const facts = inferCall(spec, known, { opCost: this.#limits.opCost });
      this.#objects.reserve(facts.outputs);
      const versions = this.#outputs(facts, describeCall(spec, known), spec.name, [
        ...inputs.values(),
      ]);
      this.#engine.run({
        op: spec.name,
        args: known.map((arg) => mapArg(arg, ({ slot }) => slot)),
        outputs: versions.map(({ slot }) => slot),
      });
      this.#objects.bind(id, versions);
    } finally {
      if (temporary.length > 0) this.#engine.drop(temporary);
      // Those count too that were refused: their literals have reached the engine.
      this.#steps += 1;
      if (this.#steps % stepsAhead === 0) await this.#engine.settled();
    }
  }

  #input(operand: Operand, temporary: Slot[]): Input {
    if (operand.kind === 'ref') return this.#resolve(operand.ref);
    const { value } = operand;
    const slot = this.#slot();
    this.#engine.put(slot, value);
    temporary.push(slot);
    const label = sentLabel(this.peer.fingerprint);
    return {
      slot,
      meta: value.meta,
      label,
      lineage: { kind: 'literal' },
      literal: value,
    };
  }

  #outputs({ outputs }: CallFacts, words: string, op: string, inputs: readonly Input[]): Version[] {
    const label = joinLabels(
      inputs.map((input) => input.label),
      this.peer.fingerprint,
    );
    const lineage = this.#lineages.call(
      op,
      words,
      inputs.map((input) => input.lineage),
    );
    return outputs.map((meta) => ({
      slot: this.#slot(),
      meta,
      origin: 'derived',
      lineage,
      label,
      bytes: undefined,
      holds: 0,
      named: false,
    }));
  }
}

function missing(): never {
  throw new DuetError('internal');
}

/** The objects that a message names. */
function refsOf(message: ScientistMessage): readonly Ref[] {
  if (message.kind === 'request' || message.kind === 'get') return [message.ref];
  if (message.kind !== 'action') return [];
  return tensorsOf(message.args).flatMap((operand) =>
    operand.kind === 'ref' ? [operand.ref] : [],
  );
}

function idOf(message: ScientistMessage): number {
  if ('id' in message) return message.id;
  if (message.kind === 'confirm') return message.get;
  if (message.kind === 'withdraw') return message.request;
  return 0;
}
