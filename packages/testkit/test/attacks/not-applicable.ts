/** Attacks that no test is named after, with the reason. docs/threats.md lists the same. */

import type { AttackId } from './catalogue';

const noNoise =
  'There is no differential privacy yet: nothing is released with noise, and there is no budget of it.';

export const notApplicable: Partial<Readonly<Record<AttackId, string>>> = {
  C12: `${noNoise} What holds already of the ledger of aggregates and of quotas, which do not depend on values and outlive a reload, is tested with them.`,
  C13: noNoise,
  C14: noNoise,
  C15: noNoise,
  C16: noNoise,
  C18: `${noNoise} A quota of a handler can be given to one scientist alone, by their fingerprint.`,
  E12: 'No code can tell whether a person is being talked into something. What can be done is to show the facts beside the scientist’s words, which E8 tests.',
  G11: 'No connection is given up for want of heartbeats, which a tab in the background could miss: there are none yet. Computing is in a worker.',
  M3: 'Who runs a model has it: what a scientist sends is the owner’s to keep.',
  M6: 'Addresses are exchanged to connect, through the server that the invite names. A page hides them by relaying over a TURN server of its own, which is its configuration.',
};
