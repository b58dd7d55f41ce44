/** What is drawn from public seeds: both sides, and a local program, draw the same. */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** One 32-bit number of two, in which every bit of both shows (the finaliser of MurmurHash3). */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e37_79b9, 0x85eb_ca6b) ^ b;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The salt of a part of what has a salt: a node of a plan, a round of a loop, a step of a run. */
export function innerSalt(salt: number, part: number): number {
  return mix(salt, part + 1);
}

/** The seed of a salted node: positive, and within what tfjs takes for any of its ops. */
export function saltedSeed(seed: number, salt: number): number {
  return 1 + (mix(seed, salt) % (2 ** 31 - 1));
}

/**
 * A permutation of 0 … `count` − 1 that follows from the seed and the number of the epoch (Fisher and Yates, on
 * xoroshiro128+).
 */
export function permutation(count: number, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, at) => at);
  const generator = xoroshiro128plus(mix(seed, epoch));
  for (let last = count - 1; last > 0; last--) {
    const other = uniformInt(generator, 0, last);
    const moved = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
