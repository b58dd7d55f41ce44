import type { Engine, EngineFacts, Known, Slot } from '@duet/ops';
import {
  DuetError,
  type Operand,
  type PeerIdentity,
  type Ref,
  type SessionLimits,
  type TensorMeta,
} from '@duet/protocol';
import { joinLabels, type Label, mayRead, type Origin, publishedLabel, sentLabel } from './labels';
import { type Lineage, Lineages } from './lineage';
import { newVersion, ObjectTable, type Version } from './objects';
import { PlanTable } from './plans';
import { loadSlot } from './read-slot';
import type { Source } from './recipes';
import { Recovery } from './recovery';
import { nameOf, type OwnerStore } from './store';

export interface WorkspaceParts {
  readonly engine: Engine;
  readonly store: OwnerStore;
  readonly limits: SessionLimits;
  readonly peer: PeerIdentity;
}

/** An operand with what the checks, the label and the engine need of it. */
export interface Input extends Known {
  readonly slot: Slot;
  readonly label: Label;
  readonly lineage: Lineage;
  readonly source: Source;
}

/** What one scientist works with: their engine, their objects and plans, and their view of what is published. */
export class Workspace {
  readonly engine: Engine;
  readonly limits: SessionLimits;
  readonly peer: PeerIdentity;
  readonly objects: ObjectTable;
  readonly plans: PlanTable;
  readonly recovery: Recovery;
  readonly lineages = new Lineages();
  readonly #store: OwnerStore;
  /** Published objects that the engine has, by number. */
  readonly #published = new Map<number, Version>();
  /** One for all that the scientist sends or writes: what is computed of values with one label has that label. */
  readonly #sentLabel: Label;
  #facts: EngineFacts | undefined;
  #lacking: ReadonlySet<string> = new Set();
  #nextSlot = 1;

  constructor({ engine, store, limits, peer }: WorkspaceParts) {
    this.engine = engine;
    this.limits = limits;
    this.peer = peer;
    this.#store = store;
    this.#sentLabel = sentLabel(peer.fingerprint);
    this.plans = new PlanTable({
      engine,
      limits,
      lacking: () => this.#lacking,
      relieve: () => this.recovery.relieve(),
    });
    this.recovery = new Recovery({
      engine,
      plans: this.plans,
      newSlot: () => this.newSlot(),
      readable: ({ label }) => mayRead(label, peer.fingerprint),
    });
    this.objects = new ObjectTable(limits, (version) => this.discard(version));
  }

  /** Resolves when the engine can run, with what it can. */
  async ready(): Promise<EngineFacts> {
    this.#facts ??= await this.engine.ready();
    this.#lacking = new Set(this.#facts.lacking);
    return this.#facts;
  }

  /** Ops that the engine's backend cannot run. */
  get lacking(): ReadonlySet<string> {
    return this.#lacking;
  }

  newSlot(): Slot {
    return this.#nextSlot++;
  }

  /** A value that the engine is about to make; it has a place there until nothing needs it. */
  derived(meta: TensorMeta, label: Label, lineage: Lineage, slot = this.newSlot()): Version {
    const version = newVersion({ slot, meta, origin: 'derived', lineage, label });
    this.recovery.track(version);
    return version;
  }

  /** One that was never bound is not needed after all. */
  discard(version: Version): void {
    this.engine.drop([version.slot]);
    this.recovery.untrack(version);
  }

  /** A value that its scientist has announced. */
  sent(meta: TensorMeta, words: NonNullable<Version['words']>): Version {
    const label = this.#sentLabel;
    const [name = ''] = words.tags;
    const lineage = { kind: 'sent', shape: meta.shape, name } as const;
    const version = newVersion(
      { slot: this.newSlot(), meta, origin: 'sent', lineage, label },
      { words },
    );
    this.recovery.track(version);
    return version;
  }

  /** Throws `no-object`. */
  resolve(ref: Ref): Version {
    if (ref.space === 'own') return this.objects.find(ref);
    if (ref.path.length > 0) throw new DuetError('no-object');
    return this.#publishedVersion(ref.id);
  }

  #publishedVersion(number: number): Version {
    const known = this.#published.get(number);
    if (known) return known;
    const object = this.#store.visible(number, this.peer.fingerprint);
    if (!object) throw new DuetError('no-object');
    const version = newVersion(
      {
        slot: this.newSlot(),
        meta: object.value.meta,
        origin: 'published',
        lineage: { kind: 'published', name: nameOf(object) },
        label: publishedLabel(object.fact, object.readers),
      },
      { bytes: object.value },
    );
    this.objects.hold(version);
    version.named = true;
    this.recovery.track(version);
    this.#published.set(number, version);
    return version;
  }

  /** The owner takes a published object back. What runs with it keeps it until it is done. */
  takeBack(number: number): void {
    const version = this.#published.get(number);
    if (!version) return;
    this.#published.delete(number);
    version.named = false;
    this.objects.release(version);
  }

  /** What a message names, or brings along. Throws `no-object`. */
  source(operand: Operand): Source {
    return operand.kind === 'ref'
      ? { kind: 'version', version: this.resolve(operand.ref) }
      : { kind: 'literal', value: operand.value };
  }

  /** What a call is made on. Literals are put into the engine; their slots go to `temporary`, for the caller to drop. */
  input(operand: Operand, temporary: Slot[]): Input {
    const source = this.source(operand);
    const { meta, label, lineage, info } = this.factsOf(source);
    if (source.kind === 'version') {
      return { meta, label, lineage, info, source, slot: this.slotOf(source.version) };
    }
    const slot = this.newSlot();
    this.engine.put(slot, source.value);
    temporary.push(slot);
    return { meta, label, lineage, info, source, slot, literal: source.value };
  }

  /** Where the engine has a value that it is about to use. */
  slotOf(version: Version): Slot {
    loadSlot(this.engine, version);
    return version.slot;
  }

  /** What is known of an input without looking at it. What a scientist wrote into a message is theirs to read. */
  factsOf(source: Source): Pick<Input, 'meta' | 'label' | 'lineage' | 'info'> {
    if (source.kind === 'literal') {
      const label = this.#sentLabel;
      return { meta: source.value.meta, label, lineage: { kind: 'literal' }, info: label.info };
    }
    const { meta, label, lineage } = source.version;
    return { meta, label, lineage, info: label.info };
  }

  /** Who may read what depends on all of these, and where it comes from. */
  originOf(inputs: readonly Pick<Input, 'label'>[]): Origin {
    const [first] = inputs;
    if (first !== undefined && inputs.every(({ label }) => label === first.label)) {
      return joinLabels([first.label], this.peer.fingerprint);
    }
    const labels = new Set(inputs.map(({ label }) => label));
    return joinLabels([...labels], this.peer.fingerprint);
  }

  /** Everything of the scientist's goes; ids stay used. */
  clear(): void {
    this.objects.clear();
    this.plans.clear();
    for (const number of [...this.#published.keys()]) this.takeBack(number);
  }
}
