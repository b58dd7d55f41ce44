/**
 * What is kept of something published: what was said of it, sealed, and its tensors, sealed in chunks. Every part is bound to
 * the number of what it belongs to and to its place in it.
 */

import { byteLength, DuetError, type TensorMeta, type TensorValue } from '@duet/protocol';
import type { OwnerStorage, StorageChange } from './storage';
import type { Publication } from './store';
import {
  type DataSetOptions,
  isDataSet,
  numbersOf,
  type PublishOptions,
  tensorsOfItem,
  withMocks,
} from './store/published';
import { axisOf, type Content } from './store/successors';

/** A chunk is in memory twice while it is sealed; the database takes one transaction for each. */
const chunkBytes = 4 * 1024 * 1024;

/** In the table of objects, by the number of the item. What is in clear is only needed to remove it. */
export interface KeptRow {
  /** Absent while its chunks are being written. */
  readonly facts?: Uint8Array;
  /** Of each tensor. */
  readonly chunks: readonly number[];
}

interface TensorFacts {
  readonly meta: TensorMeta;
  /** In its data set; empty outside one. */
  readonly field: string;
  readonly isMock: boolean;
}

/** What is sealed of an item, as JSON. */
interface KeptFacts {
  readonly options: PublishOptions | DataSetOptions;
  readonly isDataSet: boolean;
  /** In the order in which they are given out. */
  readonly numbers: readonly number[];
  /** In the order of the chunks. */
  readonly tensors: readonly TensorFacts[];
  /** On the wall clock. */
  readonly since: number;
}

/** What was kept, as it is published again. */
export interface Restored {
  readonly content: Content;
  readonly options: PublishOptions | DataSetOptions;
  readonly numbers: readonly number[];
  readonly since: number;
}

/** The tensors of an item with their mocks, in the order in which they are kept. */
export function tensorsToKeep({ item }: Publication): readonly TensorValue[] {
  return withMocks(tensorsOfItem(item)).map(({ value }) => value);
}

/** Without facts: what is being written. */
export function rowOf(tensors: readonly TensorValue[], facts?: Uint8Array): KeptRow {
  const chunks = tensors.map(({ bytes }) => Math.ceil(bytes.length / chunkBytes));
  return facts ? { facts, chunks } : { chunks };
}

/** The changes that write chunk after chunk, each with the bytes that are in it. */
export async function* sealedChunks(
  storage: OwnerStorage,
  number: number,
  tensors: readonly TensorValue[],
): AsyncIterable<{ readonly change: StorageChange; readonly bytes: number }> {
  for (const [at, { bytes }] of tensors.entries()) {
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      const plain = bytes.subarray(start, start + chunkBytes);
      const key = chunkKey(number, at, start / chunkBytes);
      const value = await storage.seal(plain, `${boundTo(number)} ${key}`);
      yield { change: { table: 'chunks', key, value }, bytes: plain.length };
    }
  }
}

export function sealFacts(
  storage: OwnerStorage,
  publication: Publication,
  since: number,
): Promise<Uint8Array> {
  const { item, options, pointable } = publication;
  // What the launch asked for holds for what was published then, whatever the next one asks for.
  const { keep: _, mock: __, ...said } = options;
  const facts: KeptFacts = {
    options: { ...said, pointable, minRecords: axisOf(item)?.minRecords },
    isDataSet: isDataSet(item),
    numbers: numbersOf(item),
    tensors: withMocks(tensorsOfItem(item)).map(({ value: { meta }, field, mockOf }, at, all) => ({
      meta,
      field: mockOf === 0 ? field : (all[at - 1]?.field ?? ''),
      isMock: mockOf !== 0,
    })),
    since,
  };
  return storage.seal(new TextEncoder().encode(JSON.stringify(facts)), boundTo(item.number));
}

/** Rejects where something of it is missing, or is not what was sealed. */
export async function openRecord(
  storage: OwnerStorage,
  number: number,
  row: KeptRow,
  launchMinRecords: number,
): Promise<Restored> {
  if (!row.facts) throw incomplete();
  const text = new TextDecoder().decode(await storage.open(row.facts, boundTo(number)));
  const facts = JSON.parse(text) as KeptFacts;
  const fields: Record<string, TensorValue> = {};
  const mocks: Record<string, TensorValue> = {};
  for (const [at, { meta, field, isMock }] of facts.tensors.entries()) {
    const value = await openTensor(storage, number, at, meta);
    (isMock ? mocks : fields)[field] = value;
  }
  const { minRecords } = facts.options;
  const options = {
    ...facts.options,
    keep: true,
    minRecords: minRecords && Math.max(minRecords, launchMinRecords),
    mock: facts.isDataSet ? mocks : mocks[''],
  } as PublishOptions | DataSetOptions;
  const { numbers, since } = facts;
  if (facts.isDataSet) return { content: { fields }, options, numbers, since };
  const value = fields[''];
  if (!value) throw incomplete();
  return { content: { value }, options, numbers, since };
}

/** Removes all of it, in one go. */
export function removal(number: number, { chunks }: KeptRow): readonly StorageChange[] {
  return [
    { table: 'objects', key: number, value: undefined },
    ...chunks.flatMap((count, tensor) =>
      Array.from(
        { length: count },
        (_, chunk): StorageChange => ({
          table: 'chunks',
          key: chunkKey(number, tensor, chunk),
          value: undefined,
        }),
      ),
    ),
  ];
}

async function openTensor(
  storage: OwnerStorage,
  number: number,
  at: number,
  meta: TensorMeta,
): Promise<TensorValue> {
  const bytes = new Uint8Array(byteLength(meta));
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const key = chunkKey(number, at, start / chunkBytes);
    const [[, sealed] = []] = await storage.read('chunks', { from: key, to: key });
    if (!(sealed instanceof Uint8Array)) throw incomplete();
    const plain = await storage.open(sealed, `${boundTo(number)} ${key}`);
    if (plain.length !== Math.min(chunkBytes, bytes.length - start)) throw incomplete();
    bytes.set(plain, start);
  }
  return { meta, bytes };
}

function chunkKey(number: number, tensor: number, chunk: number): string {
  return `p${number}/${tensor}/${chunk}`;
}

function boundTo(number: number): string {
  return `duet kept object p${number}`;
}

function incomplete(): DuetError {
  return new DuetError('bad-transfer', { detail: 'Not all of it was written.', hint: '' });
}
