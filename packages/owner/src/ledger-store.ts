/**
 * Where the ledgers of released aggregates are kept, so that they go on after a reload of the page: when the same bytes are
 * published again they are the same records again. Bytes are known by keyed digests, which tell nobody what they were.
 */

import type { RecordAxis } from '@duet/ops';
import type { TensorValue } from '@duet/protocol';
import type { SetFacts } from './gate/facts';
import {
  type ColumnCount,
  freshLedger,
  joined,
  type Ledger,
  type Ledgers,
  type ReleasedRange,
} from './gate/ledger';
import { digestsOfKept } from './known-digests';
import type { OwnerStorage, StorageChange } from './storage';
import { isDataSet, type Predecessor, type StoreItem } from './store';

/** A published tensor whose records are along an axis. */
export interface TrackedField {
  /** Of the published object. */
  readonly number: number;
  /** In its data set; empty outside one. */
  readonly field: string;
  readonly value: TensorValue;
  /** The dimension that the records are along. */
  readonly recordAxis: number;
}

/** What was published together, on one record axis. */
export interface TrackedAxis {
  readonly axis: RecordAxis;
  readonly fields: readonly TrackedField[];
  /** What it stands for now. */
  readonly before?: Predecessor<RecordAxis> | undefined;
}

/** What is published, as it comes. */
export interface TrackedStore {
  on(event: 'added', listener: (item: StoreItem) => void): unknown;
  predecessorOf(axis: RecordAxis): Predecessor<RecordAxis> | undefined;
}

/** What of an item has records that a release could be about; undefined if nothing has. */
export function trackedAxis(item: StoreItem, store: TrackedStore): TrackedAxis | undefined {
  const objects = isDataSet(item) ? [...item.fields.values()] : [item];
  const tracked = objects.filter((object) => !object.public && object.fact.axis);
  const axis = tracked[0]?.fact.axis;
  if (!axis) return undefined;
  const fields = tracked.map(({ number, field, value, fact: { recordAxis } }) => ({
    number,
    field,
    value,
    recordAxis,
  }));
  return { axis, fields, before: store.predecessorOf(axis) };
}

/** Which columns of which ledger a tensor's are. */
interface Place {
  readonly ledger: string;
  readonly slot: number;
}

interface LedgerRow {
  readonly group: string;
  readonly records: number;
  readonly cuts: readonly number[];
  readonly ranges: readonly ReleasedRange[];
  readonly columns: readonly (readonly [slot: number, counts: readonly ColumnCount[]])[];
}

const ledgerKey = /^l\d+$/;

export class LedgerStore {
  readonly #storage: OwnerStorage;
  readonly #ledgers = new Map<string, Ledger>();
  /** By keyed digest of the bytes. */
  readonly #digests = new Map<string, Place>();
  /** The digests of each ledger: there are few of one, and may be many of all. */
  readonly #digestsOf = new Map<string, Set<string>>();
  /** By number of the published object. */
  readonly #objects = new Map<number, string>();
  /** Of each record axis: its ledger's id, and the digests of its fields by name. */
  readonly #axes = new Map<string, { ledger: string; readonly fields: Map<string, string> }>();
  /** Ledgers with something that is not written down: what was published could not be. */
  readonly #unwritten = new Set<string>();
  #next = 1;

  constructor(storage: OwnerStorage) {
    this.#storage = storage;
  }

  get ledgers(): Ledgers {
    return this.#ledgers;
  }

  /** Reads what was kept. Once, before anything else. */
  async load(): Promise<void> {
    for (const [key, row] of await this.#storage.read('ledger')) {
      if (typeof key !== 'string') continue;
      if (ledgerKey.test(key)) {
        const { columns, ...ledger } = row as LedgerRow;
        this.#ledgers.set(key, { ...ledger, columns: new Map(columns) });
        this.#next = Math.max(this.#next, Number(key.slice(1)) + 1);
      } else {
        this.#place(key, row as Place);
      }
    }
  }

  /** Finds the ledger of what is published, or begins one. What it stands for must have been tracked before. */
  async track({ axis, fields, before }: TrackedAxis): Promise<void> {
    const digests = new Map<string, string>();
    for (const each of fields) digests.set(each.field, await this.#digest(each));
    const old = before && this.#axes.get(before.axis.id);
    const extended = before?.how === 'extended' ? old : undefined;
    const changed = new Set<string>();
    const ledger = this.#ledgerFor(
      [...digests.values()].flatMap((digest) => this.#digests.get(digest)?.ledger ?? []),
      extended?.ledger,
      changed,
    );
    if (old && before?.how === 'replaced') this.#makeKin(ledger, old.ledger, changed);
    const kept = this.#get(ledger);
    this.#ledgers.set(ledger, { ...kept, records: Math.max(kept.records, axis.records) });
    this.#axes.set(axis.id, { ledger, fields: digests });
    for (const { field, number } of fields) {
      const digest = digests.get(field) ?? '';
      this.#objects.set(number, digest);
      if (this.#digests.has(digest)) continue;
      const sameColumns = this.#digests.get(extended?.fields.get(field) ?? '');
      const slot = sameColumns?.slot ?? this.#freeSlot(ledger);
      this.#place(digest, { ledger, slot });
    }
    for (const id of changed.add(ledger)) this.#unwritten.add(id);
    await this.#storage.write(this.#allRows(this.#unwritten));
    this.#unwritten.clear();
  }

  /** The sets by ledger and slot instead of by axis and object; undefined if one of them is unknown. */
  place(sets: readonly SetFacts[]): readonly SetFacts[] | undefined {
    const placed = sets.flatMap((set) => {
      const axis = this.#axes.get(set.axis);
      const place = this.#digests.get(this.#objects.get(set.object) ?? '');
      if (!axis || place?.ledger !== axis.ledger) return [];
      return [{ ...set, axis: axis.ledger, object: place.slot }];
    });
    return placed.length === sets.length ? placed : undefined;
  }

  /** Takes over what became of the ledgers about these sets; returns what must be written. */
  keep(ledgers: Ledgers, sets: readonly SetFacts[]): readonly StorageChange[] {
    const ids = [...new Set(sets.map(({ axis }) => axis))];
    for (const id of ids) {
      const ledger = ledgers.get(id);
      if (ledger) this.#ledgers.set(id, ledger);
    }
    return [...this.#rows(ids), ...this.#allRows(this.#unwritten)];
  }

  #get(id: string): Ledger {
    return this.#ledgers.get(id) ?? freshLedger(id);
  }

  /** The one ledger of fields that had these. */
  #ledgerFor(known: readonly string[], extended: string | undefined, changed: Set<string>): string {
    const [first, ...others] = new Set(extended === undefined ? known : [extended, ...known]);
    if (first === undefined) {
      const id = `l${this.#next++}`;
      this.#ledgers.set(id, freshLedger(id));
      return id;
    }
    for (const other of others) this.#join(first, other, changed);
    return first;
  }

  #join(one: string, other: string, changed: Set<string>): void {
    const shift = this.#freeSlot(one);
    const { columns, ...rest } = this.#get(other);
    const moved = new Map([...columns].map(([slot, counts]) => [slot + shift, counts]));
    this.#makeKin(one, other, changed);
    this.#ledgers.set(one, joined(this.#get(one), { ...rest, columns: moved }));
    this.#ledgers.delete(other);
    for (const digest of [...(this.#digestsOf.get(other) ?? [])]) {
      const { slot } = this.#digests.get(digest) ?? { slot: 0 };
      this.#place(digest, { ledger: one, slot: slot + shift });
    }
    for (const axis of this.#axes.values()) if (axis.ledger === other) axis.ledger = one;
    changed.add(one).add(other);
  }

  #makeKin(one: string, other: string, changed: Set<string>): void {
    const { group } = this.#get(one);
    const theirs = this.#get(other).group;
    for (const [id, ledger] of this.#ledgers) {
      if (ledger.group !== theirs) continue;
      this.#ledgers.set(id, { ...ledger, group });
      changed.add(id);
    }
  }

  #freeSlot(ledger: string): number {
    const slots = [...(this.#digestsOf.get(ledger) ?? [])].map(
      (digest) => this.#digests.get(digest)?.slot ?? -1,
    );
    return Math.max(-1, ...slots) + 1;
  }

  #place(digest: string, place: Place): void {
    this.#digestsOf.get(this.#digests.get(digest)?.ledger ?? '')?.delete(digest);
    this.#digests.set(digest, place);
    const own = this.#digestsOf.get(place.ledger) ?? new Set();
    this.#digestsOf.set(place.ledger, own.add(digest));
  }

  #rows(ids: readonly string[]): readonly StorageChange[] {
    return [...new Set(ids)].map((key) => {
      const ledger = this.#ledgers.get(key);
      const value: LedgerRow | undefined = ledger && { ...ledger, columns: [...ledger.columns] };
      return { table: 'ledger', key, value };
    });
  }

  #allRows(ids: ReadonlySet<string>): readonly StorageChange[] {
    return [...this.#rows([...ids]), ...this.#digestRows([...ids])];
  }

  #digestRows(ids: readonly string[]): readonly StorageChange[] {
    return ids.flatMap((id) =>
      [...(this.#digestsOf.get(id) ?? [])].map((key) => ({
        table: 'ledger' as const,
        key,
        value: this.#digests.get(key),
      })),
    );
  }

  async #digest({ value, recordAxis }: TrackedField): Promise<string> {
    const { dtype, shape } = value.meta;
    const header = new TextEncoder().encode(`${JSON.stringify([dtype, shape, recordAxis])}\n`);
    const bytes = (await digestsOfKept(value.bytes)).whole;
    const all = new Uint8Array(header.length + bytes.length);
    all.set(header);
    all.set(bytes, header.length);
    const digest = await this.#storage.keyedDigest(all);
    return `f${[...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
}
