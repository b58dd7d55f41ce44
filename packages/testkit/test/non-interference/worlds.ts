/** Pairs of private data with equal public metadata, and how an owner publishes them. */

import type { OwnerStore } from '@duet/owner';
import { encodeStrings, type TensorValue } from '@duet/protocol';
import { bools, floats, ints } from '../words';

/** One of two worlds: all that is private in it follows from the seed. */
export interface World {
  readonly seed: number;
  /** One world of a pair has it: for engines that fail in one of them, and for leaks that are planted. */
  readonly secret: boolean;
}

/** Numbers that can be drawn again from one seed (mulberry32). */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not with, 1. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 up to, not with, `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  one<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** Entries of the long vectors that arguments of any shape are cut from. */
export const flatLength = 1024;

/** Records of the data sets. */
export const records = 40;

/** The two scientists, by the fingerprints of their keys. */
export const fingerprints = { grace: 'ace0'.repeat(16), ada: 'ada0'.repeat(16) } as const;
export type Who = keyof typeof fingerprints;

/** The owner's tag of all that is the same in both worlds. */
export const sameTag = 'same';

const awkward = [
  0,
  -0,
  1,
  -1,
  0.5,
  3e9,
  -3e9,
  1e-40,
  3.4e38,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

const many = (length: number, each: () => number) => Array.from({ length }, each);

function someFloats(draw: Draw, length: number): number[] {
  const oneOf = draw.below(3) * 6;
  // Some data sets are all too awkward, some not at all.
  const isAwkward = () => oneOf > 0 && draw.below(oneOf) === 0;
  return many(length, () => (isAwkward() ? draw.one(awkward) : draw.unit() * 200 - 100));
}

function someInts(draw: Draw, length: number): number[] {
  return many(length, () =>
    draw.below(4) === 0 ? draw.below(2 ** 32) - 2 ** 31 : draw.below(9) - 2,
  );
}

const someBools = (draw: Draw, length: number) => many(length, () => draw.below(2));

/** What is private and differs between worlds. Shapes and dtypes are the same in all. */
export interface Differing {
  readonly matrix: TensorValue;
  readonly indices: TensorValue;
  readonly mask: TensorValue;
  readonly scalar: TensorValue;
  readonly floats: TensorValue;
  readonly ints: TensorValue;
  readonly bools: TensorValue;
  readonly texts: TensorValue;
  readonly rows: TensorValue;
  readonly labels: TensorValue;
  readonly readings: TensorValue;
  readonly persons: TensorValue;
  readonly forAda: TensorValue;
  readonly later: TensorValue;
}

const known = new WeakMap<World, Differing>();

/** The very same values each time: what is private is told by that, and not by bytes, which a scientist may send too. */
export function differingIn(world: World): Differing {
  const made = known.get(world) ?? drawn(world);
  known.set(world, made);
  return made;
}

function drawn({ seed }: World): Differing {
  const draw = new Draw(seed);
  // As many persons in every world: how many there are is published. Who is who is not.
  const first = draw.below(1000) - 500;
  return {
    matrix: floats(someFloats(draw, 12), [4, 3]),
    indices: ints(someInts(draw, 4)),
    mask: bools(someBools(draw, 4)),
    scalar: floats(someFloats(draw, 1), []),
    floats: floats(someFloats(draw, flatLength)),
    ints: ints(someInts(draw, flatLength)),
    bools: bools(someBools(draw, flatLength)),
    texts: encodeStrings(many(8, () => draw.below(9999)).map(String), [8], 8),
    rows: floats(someFloats(draw, records * 3), [records, 3]),
    labels: floats(someBools(draw, records)),
    readings: floats(someFloats(draw, records)),
    persons: ints(Array.from({ length: records }, (_, record) => first + Math.floor(record / 2))),
    forAda: floats(someFloats(draw, 4)),
    later: floats(someFloats(draw, 12), [4, 3]),
  };
}

const always = new Draw(7);

/** Private as well, and equal in all worlds: after its release, what follows can still be compared. */
const same = {
  matrix: floats([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [4, 3]),
  floats: floats(many(flatLength, () => always.unit() * 8 - 4)),
  rows: floats(
    many(records * 3, () => always.unit() * 20 - 10),
    [records, 3],
  ),
  labels: floats(many(records, () => always.below(2))),
  forGrace: floats([0.25, -4]),
};
const open = floats([1, -2, 0.5]);

/** Numbers in the store, in the order of publication. A data set takes one for itself. */
export const numbers = {
  matrix: 1,
  indices: 2,
  mask: 3,
  scalar: 4,
  sameMatrix: 5,
  open: 6,
  floats: 7,
  ints: 8,
  bools: 9,
  texts: 10,
  sameFloats: 11,
  visits: 12,
  rows: 13,
  labels: 14,
  sameVisits: 15,
  sameRows: 16,
  sameLabels: 17,
  people: 18,
  readings: 19,
  persons: 20,
  forAda: 21,
  forGrace: 22,
  mockForGrace: 23,
} as const;

export function publish(store: OwnerStore, world: World): void {
  const differing = differingIn(world);
  const tags = ['t'];
  const sameTags = ['t', sameTag];
  store.add(differing.matrix, { tags });
  store.add(differing.indices, { tags });
  store.add(differing.mask, { tags });
  store.add(differing.scalar, { tags });
  store.add(same.matrix, { tags: sameTags });
  store.add(open, { tags: sameTags, public: true });
  for (const flat of [differing.floats, differing.ints, differing.bools, differing.texts]) {
    store.add(flat, { tags });
  }
  store.add(same.floats, { tags: sameTags });
  store.addDataSet(
    { X: differing.rows, y: differing.labels },
    { name: 'visits', tags, columns: { X: ['a', 'b', 'c'] } },
  );
  store.addDataSet({ X: same.rows, y: same.labels }, { name: 'same visits', tags: sameTags });
  store.addDataSet(
    { value: differing.readings, who: differing.persons },
    { name: 'people', tags, unit: 'who', splits: { first: [0, records / 2] } },
  );
  store.add(differing.forAda, { tags, pointable: [fingerprints.ada] });
  store.add(same.forGrace, {
    tags: sameTags,
    readers: [fingerprints.grace],
    mock: floats([0, 0]),
  });
}

/** What the owner does to what they published. */
export const changesOfStore = 8;

/** Throws what the store throws: by public facts, so in both worlds. */
export function changeStore(store: OwnerStore, which: number, world: World): void {
  const differing = differingIn(world);
  const changes = [
    () => store.add(open, { tags: ['later'], public: true }),
    () => store.add(differing.later, { tags: ['later'] }),
    () => store.replace('p1', differing.later),
    () => store.extend('p5', floats([1, 2, 3], [1, 3])),
    () => store.extend('p1', floats([1, 2, 3], [1, 3])),
    () => store.remove('p4'),
    () => store.setAccess('p2', { pointable: [fingerprints.ada] }),
    () => store.setAccess('p21', { pointable: true }),
  ];
  changes[which % changes.length]?.();
}
