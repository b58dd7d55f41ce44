import { type AttackId, catalogue } from './catalogue';

/** The name of a test: the ids of what it tries, and how. */
export function titleOf(ids: AttackId | readonly AttackId[], what: string): string {
  const all = typeof ids === 'string' ? [ids] : ids;
  return `${all.map((id) => `${id} ${catalogue[id]}`).join('; ')}: ${what}`;
}
