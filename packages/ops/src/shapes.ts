/** Arithmetic on shapes, as tfjs does it. */

import { Misfit } from './misfit';

export type Shape = readonly number[];

/** WebGL kernels know some ops up to a lower rank than the others. */
export function needRankAtMost(shape: Shape, most: number): void {
  if (shape.length > most) {
    throw new Misfit(`rank ${shape.length} is more than the ${most} that every backend can do`);
  }
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Steps of a loop over a shape. A zero does not make the loops around it shorter, so it counts as one. */
export function workOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * Math.max(1, dimension), 1);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new Misfit(`shapes ${showShape(a)} and ${showShape(b)} do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}

/** An axis counted from the front. */
export function wrapAxis(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) {
    throw new Misfit(
      rank === 0
        ? `axis ${axis} does not exist in a scalar`
        : `axis ${axis} is not between ${-rank} and ${rank - 1}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** All axes where none are named. */
export function wrapAxes(axes: Shape | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const wrapped = axes.map((axis) => wrapAxis(axis, rank));
  if (new Set(wrapped).size !== wrapped.length) throw new Misfit('an axis is named twice');
  return wrapped;
}

export function reduceShape(shape: Shape, axes: Shape, keepDims: boolean): number[] {
  return keepDims
    ? shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** The shape asked for, with at most one -1 inferred from the number of elements. */
export function inferDimension(shape: Shape, size: number): number[] {
  const unknown = shape.indexOf(-1);
  if (shape.some((dimension, at) => dimension < 0 && at !== unknown)) {
    throw new Misfit(`${showShape(shape)} has more than one unknown dimension`);
  }
  const known = sizeOf(shape.filter((_, at) => at !== unknown));
  if (unknown === -1) {
    if (known !== size) throw new Misfit(`${size} elements do not fit shape ${showShape(shape)}`);
    return [...shape];
  }
  if (known === 0 || size % known !== 0) {
    throw new Misfit(`${size} elements do not fit shape ${showShape(shape)}`);
  }
  return shape.map((dimension, at) => (at === unknown ? size / known : dimension));
}
