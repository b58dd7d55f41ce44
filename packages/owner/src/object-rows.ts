/** What is in the store, one row an object, for people. */

import { byteLength, elementCount, type TensorMeta, visibleText } from '@duet/protocol';
import type { ObjectTable } from './objects';
import type { Peer } from './peers';
import { nameOf, type Pointable, type PublishedObject } from './store';

export interface ObjectRow {
  readonly id: string;
  /** `owner`, or the scientist whose object it is. */
  readonly of: string;
  readonly name: string;
  readonly tags: string;
  readonly description: string;
  readonly shape: string;
  readonly dtype: string;
  readonly elements: number;
  readonly bytes: number;
  readonly access: 'private' | 'public' | 'hidden' | 'scientist';
  /** Who may use it: `everyone`, `nobody`, or the ids of scientists. */
  readonly usedBy: string;
  /** Along the record axis; empty for a scientist's. */
  readonly records: number | '';
}

export function ownRow(object: PublishedObject): ObjectRow {
  const usedBy = wordsOf(object.pointable);
  return {
    id: object.id,
    of: 'owner',
    name: nameOf(object),
    tags: object.tags.join(', '),
    description: object.description,
    ...shapeRow(object.value.meta),
    access: usedBy === 'nobody' ? 'hidden' : object.public ? 'public' : 'private',
    usedBy,
    records: object.fact.axis?.records ?? '',
  };
}

/** Texts of the scientist's are shown with whatever is invisible made visible. */
export function theirRow(
  peer: Peer,
  { id, path, version }: ReturnType<ObjectTable['entries']>[number],
): ObjectRow {
  return {
    id: `${peer.id}/${[`s${id}`, ...path].join('.')}`,
    of: visibleText(peer.name) || peer.id,
    name: '',
    tags: visibleText(version.words?.tags.join(', ') ?? ''),
    description: visibleText(version.words?.description ?? '') || version.origin,
    ...shapeRow(version.meta),
    access: 'scientist',
    usedBy: peer.id,
    records: '',
  };
}

/** The parts of a scientist's object's id in the table; undefined for one of the owner's. */
export function readTheirId(
  key: string,
): { readonly peer: string; readonly id: number; readonly path: readonly number[] } | undefined {
  const [, peer, id, path = ''] =
    /^([0-9a-f]{8}(?:-[0-9]+)?)\/s([0-9]+)((?:\.[0-9]+)*)$/.exec(key) ?? [];
  if (peer === undefined) return undefined;
  return { peer, id: Number(id), path: path.split('.').slice(1).map(Number) };
}

function wordsOf(pointable: Pointable): string {
  if (typeof pointable === 'boolean') return pointable ? 'everyone' : 'nobody';
  return pointable.map((fingerprint) => fingerprint.slice(0, 8)).join(', ') || 'nobody';
}

function shapeRow(meta: TensorMeta): Pick<ObjectRow, 'shape' | 'dtype' | 'elements' | 'bytes'> {
  return {
    shape: `[${meta.shape.join(', ')}]`,
    dtype: meta.dtype,
    elements: elementCount(meta.shape),
    bytes: byteLength(meta),
  };
}
