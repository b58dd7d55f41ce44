/** Attacks that no test is named after, with the reason. docs/threats.md lists the same. */

import type { AttackId } from './catalogue';

const noCodes =
  'There are no short codes that could be guessed: an invite’s secret is 256 random bits, and the only one.';
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
  P2: noCodes,
  P7: noCodes,
  P14: 'Signaling servers share nothing: there is one process, which keeps its rooms in memory and stores nothing.',
  P21: 'No code can tell people which page they are on. The invite names the origin, the part with the secret is sent to no server, and what serves the pages is said in docs/hosting.md.',
  L9: 'Both pages pair, and need WebRTC for it. Workers, in which everything else runs, have none of it, and no code of others gets into the pages, which L3 tests.',
  M3: 'Who runs a model has it: what a scientist sends is the owner’s to keep.',
};
