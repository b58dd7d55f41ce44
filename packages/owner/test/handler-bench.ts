/** What tests of handlers share: facts, a clock that is set by hand, storage that outlives the list. */

import type { RecordAxis } from '@duet/ops';
import type { TensorValue } from '@duet/protocol';
import type { AuditEvent, AuditSink } from '../src/audit/events';
import { Automatic } from '../src/automatic';
import type { RequestFacts, SetFacts } from '../src/gate/facts';
import { memoryStorage } from '../src/memory-storage';
import type { OwnerStorage } from '../src/storage';
import { OwnerStore } from '../src/store';

export const ada = 'ad'.repeat(32);
export const eve = 'e7'.repeat(32);
export const somePlan = '5a'.repeat(32);

export function factsWith(some: Partial<RequestFacts> = {}): RequestFacts {
  const elements = some.elements ?? 1;
  return {
    name: 'loss',
    peer: ada,
    dtype: 'float32',
    shape: elements === 1 ? [] : [elements],
    elements,
    bytes: elements * 4,
    class: 'record',
    why: '',
    sets: [],
    units: undefined,
    sources: [source('t')],
    plan: undefined,
    ...some,
  };
}

export function source(...tags: string[]) {
  return { id: 'p1', name: 'ages', tags, records: 100, units: 100 };
}

export function setWith(some: Partial<SetFacts> = {}): SetFacts {
  const { records = 100, from = 0, to = records, columns = 1 } = some;
  return {
    axis: 'a1',
    object: 1,
    from,
    to,
    columns,
    firstColumn: 0,
    endColumn: columns,
    records,
    units: to - from,
    minRecords: 10,
    spans: undefined,
    ...some,
  };
}

export function setOf(axis: RecordAxis, object: number, some: Partial<SetFacts> = {}): SetFacts {
  const { id, records, minRecords, spans } = axis;
  return setWith({ axis: id, object, records, minRecords, spans, ...some });
}

export function aggregate(sets: readonly SetFacts[], some: Partial<RequestFacts> = {}) {
  return factsWith({ class: 'aggregate', sets, ...some });
}

export function lastingStorage(): OwnerStorage {
  return memoryStorage({ lasting: true });
}

export function column(records: number, seed = 0): TensorValue {
  const values = Float32Array.from({ length: records }, (_, index) => index * 7 + seed);
  return {
    meta: { dtype: 'float32', shape: [records], elementBytes: 0 },
    bytes: new Uint8Array(values.buffer),
  };
}

/** An owner's page as far as handlers go. */
export class Page {
  readonly clock = { time: 0, now: () => this.clock.time, after: () => () => undefined };
  readonly events: AuditEvent[] = [];
  readonly store = new OwnerStore();
  readonly automatic: Automatic;
  readonly storage: OwnerStorage;
  #requests = 0;

  constructor(storage = memoryStorage(), wallMs: () => number = () => this.clock.time) {
    this.storage = storage;
    const audit: AuditSink = {
      note: (event) => void this.events.push(event),
      release: async () => undefined,
    };
    this.automatic = new Automatic({
      clock: this.clock,
      storage,
      audit,
      store: this.store,
      wallMs,
    });
    this.automatic.on('failed', () => undefined);
  }

  /** `accept`, `deny`, or undefined where it is left to the owner. */
  async ask(facts: RequestFacts): Promise<'accept' | 'deny' | undefined> {
    const verdict = await this.automatic.decide(`r${++this.#requests}`, facts);
    if (!verdict?.accept) return verdict && 'deny';
    return (await verdict.written) ? 'accept' : undefined;
  }

  noted(kind: AuditEvent['kind']) {
    return this.events.filter((event) => event.kind === kind);
  }
}
