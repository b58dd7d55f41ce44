/** Whether someone is let in without the owner being asked. */

import { DuetError } from '@duet/protocol';
import type { Peer } from './peers';

export type AdmissionAnswer = 'admit' | 'refuse' | 'ask';

/**
 * `ask`: the owner admits everybody by hand. `known`: who holds an invite and was admitted before comes in at once; the owner is
 * asked about the others. `all`: everybody who holds an invite. Or a function of the owner's; one that throws leaves it to them.
 */
export type AdmissionPolicy = 'ask' | 'known' | 'all' | ((peer: Peer) => AdmissionAnswer);

const answers: ReadonlySet<unknown> = new Set([
  'admit',
  'refuse',
  'ask',
] satisfies AdmissionAnswer[]);

/** Throws `bad-argument` for anything else. */
export function checkedPolicy(policy: AdmissionPolicy = 'ask'): AdmissionPolicy {
  const words: readonly unknown[] = ['ask', 'known', 'all'];
  if (typeof policy === 'function' || words.includes(policy)) return policy;
  throw new DuetError('bad-argument', {
    detail: 'admit is ‘ask’, ‘known’, ‘all’, or a function of the peer.',
  });
}

/** Throws whatever a function of the owner's throws, and `bad-argument` for what is no answer. */
export function answerOf(policy: AdmissionPolicy, peer: Peer): AdmissionAnswer {
  if (policy === 'ask') return 'ask';
  if (policy === 'known') return peer.assurance === 'known' ? 'admit' : 'ask';
  // A channel that the page has opened itself asks for no invite.
  if (policy === 'all') return peer.assurance === 'key' ? 'ask' : 'admit';
  const answer: unknown = policy(peer);
  if (answers.has(answer)) return answer as AdmissionAnswer;
  throw new DuetError('bad-argument', {
    detail: 'A function for admit answers ‘admit’, ‘refuse’ or ‘ask’ at once.',
  });
}
