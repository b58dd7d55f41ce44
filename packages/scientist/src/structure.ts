/** What a recorded function takes or returns: one value, or values in lists and plain objects. */

import { DuetError } from '@duet/protocol';

/** The form without the values. Keys are the scientist's own. */
export type Structure =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'nothing'; readonly value: null | undefined }
  | { readonly kind: 'list'; readonly items: readonly Structure[] }
  | { readonly kind: 'record'; readonly items: readonly (readonly [string, Structure])[] };

/** Lists and objects inside what a function returns are looked at so deep. */
const mostDepth = 8;

export interface Flat {
  readonly structure: Structure;
  /** In the order of the structure. */
  readonly leaves: readonly unknown[];
}

/** Takes apart lists and plain objects; `isLeaf` says what is a value. Throws `bad-argument` for anything else. */
export function flatten(value: unknown, isLeaf: (value: unknown) => boolean, what: string): Flat {
  const leaves: unknown[] = [];
  const walk = (at: unknown, depth: number): Structure => {
    if (isLeaf(at)) {
      leaves.push(at);
      return { kind: 'leaf' };
    }
    if (at === undefined || at === null) return { kind: 'nothing', value: at };
    if (depth < mostDepth && Array.isArray(at)) {
      return { kind: 'list', items: at.map((item) => walk(item, depth + 1)) };
    }
    if (depth < mostDepth && isPlainObject(at)) {
      const items = Object.entries(at).map(([key, item]) => [key, walk(item, depth + 1)] as const);
      return { kind: 'record', items };
    }
    throw new DuetError('bad-argument', {
      detail: `${what} must be pointers, tensors or numbers, by themselves or in lists and plain objects, not ${nameOf(at)}.`,
    });
  };
  return { structure: walk(value, 0), leaves };
}

/** The inverse, with other leaves: as many as there were. */
export function rebuild(structure: Structure, leaves: readonly unknown[]): unknown {
  let next = 0;
  const walk = (at: Structure): unknown => {
    switch (at.kind) {
      case 'leaf':
        return leaves[next++];
      case 'nothing':
        return at.value;
      case 'list':
        return at.items.map(walk);
      case 'record':
        return Object.fromEntries(at.items.map(([key, item]) => [key, walk(item)]));
      default:
        return at satisfies never;
    }
  };
  return walk(structure);
}

/** For several values without names: one by itself, else a list. */
export function listOf(count: number): Structure {
  if (count === 1) return { kind: 'leaf' };
  return { kind: 'list', items: Array.from({ length: count }, () => ({ kind: 'leaf' })) };
}

export function sameStructure(a: Structure, b: Structure): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return 'an object of a class';
}
