/** What the work comes to, worked out apart from those who do it. */

/** The private numbers of the owner's. */
export const secretNumbers: readonly number[] = Array.from({ length: 12 }, (_, at) => at * at + 3);

const secretSum = secretNumbers.reduce((sum, each) => sum + each, 0);

/** What the nth request asks for: exact in float32, and another number for each. */
export const answerTo = (n: number): number => secretSum + n;

/**
 * The chain of additions: the nth adds n. Every link of it has another value, so that one that is missing, or there twice,
 * shows; exact in float32 up to `longestChain`.
 */
export const chainValue = (n: number): number => (n * (n + 1)) / 2;
export const longestChain = 5000;

/** How long the chain is whose newest link has this value; undefined where no chain gives it. */
export function chainLength(value: number): number | undefined {
  const n = Math.round((Math.sqrt(8 * value + 1) - 1) / 2);
  return chainValue(n) === value ? n : undefined;
}

/** Numbers that look random, the same for the same seed: Mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers for a transfer. */
export function numbersFrom(seed: number, count: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length: count }, random);
}

/** What the owner has published and keeps over reloads. */
export const keptSeed = 4711;
export const keptCount = 200_000;
