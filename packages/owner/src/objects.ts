import type { Slot } from '@duet/ops';
import {
  byteLength,
  DuetError,
  elementCount,
  type Ref,
  type SessionLimits,
  type TensorMeta,
  type TensorValue,
} from '@duet/protocol';
import type { Label } from './labels';
import type { Lineage } from './lineage';
import type { Recipe } from './recipes';

/**
 * One immutable value that a scientist can name. Its id may be dropped while a request or a transfer still needs it;
 * the value lives until the last of them lets go.
 */
export interface Version {
  readonly slot: Slot;
  readonly meta: TensorMeta;
  readonly origin: 'published' | 'sent' | 'derived';
  readonly lineage: Lineage;
  /** What its scientist says of a sent value. Inert text. */
  readonly words?: { readonly tags: readonly string[]; readonly description: string };
  /** Grows by releases; what was computed before keeps the label it got. */
  label: Label;
  /** Published, sent and released values are kept as bytes, outside the engine. */
  bytes: TensorValue | undefined;
  /** Does the engine have it? Published and sent values are given to it when they are first used. */
  isInEngine: boolean;
  /** What still needs it: its id, and each request or delivery under way. */
  holds: number;
  /** Is there an id by which it can still be named? Without one it can be held, and never again be asked for. */
  named: boolean;
  /** How to make it again where the engine lost it. Those with bytes need none. */
  recipe: Recipe | undefined;
  /** Recipes that need it, also when its id is gone. */
  users: number;
  /** Its failure was told, or is beyond repair: it stays a failure, whatever an engine could make of it later. */
  failed: boolean;
}

/** A version as it begins: bound to no id, and needed by nothing. */
export function newVersion(
  fixed: Pick<Version, 'slot' | 'meta' | 'origin' | 'lineage' | 'label'>,
  more: Partial<Pick<Version, 'words' | 'bytes'>> = {},
): Version {
  return {
    bytes: undefined,
    isInEngine: fixed.origin === 'derived',
    holds: 0,
    named: false,
    recipe: undefined,
    users: 0,
    failed: false,
    ...fixed,
    ...more,
  };
}

/** So many values with so many bytes. */
export interface Room {
  readonly count: number;
  readonly bytes: number;
  /** Of the largest of them. */
  readonly elements?: number | undefined;
}

/** Room that is kept for values which are not there yet. */
export interface Booking {
  /** Gives some of it back, just before values are bound. */
  use(room: Room): void;
  /** Gives back what is left. */
  end(): void;
}

export function roomFor(metas: readonly TensorMeta[], times = 1): Room {
  let bytes = 0;
  let elements = 0;
  for (const meta of metas) {
    bytes += byteLength(meta);
    elements = Math.max(elements, elementCount(meta.shape));
  }
  return { count: metas.length * times, bytes: bytes * times, elements };
}

/** What one scientist has made, by the ids that the scientist assigned. */
export class ObjectTable {
  readonly #objects = new Map<number, (Version | undefined)[]>();
  readonly #limits: SessionLimits;
  readonly #free: (version: Version) => void;
  #lastId = 0;
  #count = 0;
  #bytes = 0;
  #bookedCount = 0;
  #bookedBytes = 0;

  /** `free` is told of the values that nothing needs any more. */
  constructor(limits: SessionLimits, free: (version: Version) => void) {
    this.#limits = limits;
    this.#free = free;
  }

  /** Live values, those included that only a request holds. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get lastId(): number {
    return this.#lastId;
  }

  entries(): readonly { id: number; path: readonly number[]; version: Version }[] {
    return [...this.#objects].flatMap(([id, versions]) =>
      versions.flatMap((version, index) =>
        version ? [{ id, path: versions.length > 1 ? [index] : [], version }] : [],
      ),
    );
  }

  /** Takes the next id of the scientist's. Throws `id-taken`; afterwards this id is used, whatever becomes of it. */
  claim(id: number): void {
    if (id <= this.#lastId) throw new DuetError('id-taken');
    this.#lastId = id;
  }

  /** The rest of a block whose first id was claimed just now. */
  claimUntil(lastId: number): void {
    this.#lastId = Math.max(this.#lastId, lastId);
  }

  /** Keeps room for values that will be bound later. Throws `limit`. */
  book(room: Room): Booking {
    this.reserve(room);
    let left = room;
    const keep = (rest: Room): void => {
      this.#bookedCount += rest.count - left.count;
      this.#bookedBytes += rest.bytes - left.bytes;
      left = rest;
    };
    this.#bookedCount += room.count;
    this.#bookedBytes += room.bytes;
    return {
      use: ({ count, bytes }) => keep({ count: left.count - count, bytes: left.bytes - bytes }),
      end: () => keep({ count: 0, bytes: 0 }),
    };
  }

  /** Throws `limit` unless so many more values fit. */
  reserve({ count, bytes, elements = 0 }: Room): void {
    if (elements > this.#limits.elements) {
      throw new DuetError('limit', {
        detail: `A tensor may have at most ${this.#limits.elements} elements, not ${elements}.`,
      });
    }
    if (
      this.#count + this.#bookedCount + count > this.#limits.objects ||
      // An op that returns an empty list takes an id all the same.
      this.#objects.size >= this.#limits.objects ||
      this.#bytes + this.#bookedBytes + bytes > this.#limits.bytes
    ) {
      throw new DuetError('limit', {
        detail: `More than ${this.#limits.objects} objects or ${this.#limits.bytes} bytes would be alive.`,
      });
    }
  }

  /** Binds an id, once, to the values of one put or one op. */
  bind(id: number, versions: readonly Version[]): void {
    this.#objects.set(id, [...versions]);
    for (const version of versions) {
      version.holds += 1;
      version.named = true;
      this.#count += 1;
      this.#bytes += byteLength(version.meta);
    }
  }

  has(id: number): boolean {
    return this.#objects.has(id);
  }

  /** Is it one of several outputs that is still there? */
  hasPart({ id, path }: Ref): boolean {
    const versions = this.#objects.get(id) ?? [];
    return versions.length > 1 && versions[path[0] ?? -1] !== undefined;
  }

  /** Throws `no-object`, in the same way whatever the reason. */
  find({ id, path }: Ref): Version {
    const versions = this.#objects.get(id);
    const index =
      path.length === 0 && versions?.length === 1 ? 0 : path.length === 1 ? path[0] : undefined;
    const version = versions && index !== undefined ? versions[index] : undefined;
    // A single value has no path; [0] into it would be a second name for the same thing.
    if (!version || (versions?.length === 1 && path.length > 0)) throw new DuetError('no-object');
    return version;
  }

  /** The scientist, or the owner, lets go of an id. Throws `no-object`. */
  drop(id: number): void {
    const versions = this.#objects.get(id);
    if (!versions) throw new DuetError('no-object');
    this.#objects.delete(id);
    for (const version of versions) if (version) this.#unname(version);
  }

  /** Lets go of one value, the others of its op stay. */
  dropOne({ id, path }: Ref): void {
    const version = this.find({ space: 'own', id, path });
    const versions = this.#objects.get(id) ?? [];
    versions[path[0] ?? 0] = undefined;
    if (versions.every((other) => other === undefined)) this.#objects.delete(id);
    this.#unname(version);
  }

  #unname(version: Version): void {
    version.named = false;
    this.release(version);
  }

  hold(version: Version): void {
    version.holds += 1;
  }

  release(version: Version): void {
    version.holds -= 1;
    if (version.holds > 0) return;
    if (version.origin !== 'published') {
      this.#count -= 1;
      this.#bytes -= byteLength(version.meta);
    }
    this.#free(version);
  }

  /** Lets go of every id. Ids stay used. */
  clear(): void {
    for (const id of [...this.#objects.keys()]) this.drop(id);
  }
}
