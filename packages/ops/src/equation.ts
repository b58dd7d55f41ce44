/**
 * The equations of `einsum`: terms of labels, a comma between them, an arrow, and the labels of the result. tfjs takes one
 * term or two, each label once in a term, and no ellipsis. Their labels say nothing, so they are named in order: an
 * equation has one form on the wire, and no words of anyone.
 */

import { limits } from '@duet/protocol';
import { Misfit } from './misfit';

export interface Equation {
  /** The labels of each tensor, in order of its axes. */
  readonly terms: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** What tfjs has kernels for. */
const mostTerms = 2;

/** `ij, jk -> ik` as `ab,bc->ac`. Throws Misfit for what tfjs does not take. */
export function canonicalEquation(text: string): string {
  const { terms, result } = parseEquation(text.replace(/\s/g, ''));
  const names = new Map<string, string>();
  for (const label of terms.flat()) {
    if (!names.has(label)) names.set(label, String.fromCharCode(0x61 + names.size));
  }
  const renamed = (labels: readonly string[]) => labels.map((label) => names.get(label)).join('');
  return `${terms.map(renamed).join(',')}->${renamed(result)}`;
}

export function isCanonicalEquation(text: string): boolean {
  try {
    return canonicalEquation(text) === text;
  } catch (error) {
    if (error instanceof Misfit) return false;
    throw error;
  }
}

/** The parts of an equation without blanks. Throws Misfit for what tfjs does not take. */
export function parseEquation(text: string): Equation {
  if (text.length > limits.textChars) throw new Misfit('the equation is too long');
  if (!/^[A-Za-z]*(,[A-Za-z]*)*->[A-Za-z]*$/.test(text)) {
    throw new Misfit(
      'the equation must be letters, commas and one arrow, such as ij,jk->ik; an ellipsis is not known to tfjs',
    );
  }
  const [left = '', right = ''] = text.split('->');
  const terms = left.split(',').map((term) => [...term]);
  const result = [...right];
  if (terms.length > mostTerms) throw new Misfit('the equation has more than two terms');
  for (const labels of [...terms, result]) {
    if (labels.length > limits.rank) {
      throw new Misfit(`the equation has a term of more than ${limits.rank} labels`);
    }
    if (new Set(labels).size !== labels.length) {
      throw new Misfit('the equation has a label twice in one term');
    }
  }
  const known = new Set(terms.flat());
  if (result.some((label) => !known.has(label))) {
    throw new Misfit('the result of the equation has a label that no term has');
  }
  return { terms, result };
}
