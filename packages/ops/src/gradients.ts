/** What tfjs can differentiate, op by op and tensor by tensor. */

import { firstGradients, secondGradients } from './gradients.generated';

function lookUp(all: Readonly<Record<string, readonly string[]>>) {
  const known = new Map(Object.entries(all).map(([op, params]) => [op, new Set(params)]));
  return (op: string, param: string): boolean => known.get(op)?.has(param) === true;
}

/**
 * Can a gradient be taken by this tensor parameter of the op? Where not, tfjs fails as soon as the way from an argument to
 * the value leads through it, be it of numbers or not. Attributes may still stand in the way: some kernels have a gradient
 * without dilations alone. False for names that are no op.
 */
export const hasGradient: (op: string, param: string) => boolean = lookUp(firstGradients);

/** The same of the gradient itself, for gradients of gradients. */
export const hasSecondGradient: (op: string, param: string) => boolean = lookUp(secondGradients);
