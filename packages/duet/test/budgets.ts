/** How large the package may be: minified and gzipped, in kB of 1000 bytes, tfjs apart. Each is what it is now, and a little. */

export interface Budget {
  readonly kilobytes: number;
  readonly reason: string;
}

/** By what a page imports, as its bundler leaves it. */
export const importBudgets: Readonly<Record<string, Budget>> = {
  'launchDuet, joinDuet': { kilobytes: 255, reason: 'A page that can be either side.' },
  launchDuet: {
    kilobytes: 198,
    reason: 'The owner’s page has the op table, the gate and the audit.',
  },
  joinDuet: {
    kilobytes: 184,
    reason: 'The scientist’s page has the op table, plans, training and models.',
  },
  connectInvite: { kilobytes: 80, reason: 'Pairing alone: no ops, no tfjs.' },
};

/** By file of the package. */
export const fileBudgets: Readonly<Record<string, Budget>> = {
  'duet.global.js': { kilobytes: 275, reason: 'Everything, for pages without a bundler.' },
  'duet-engine.js': {
    kilobytes: 940,
    reason: 'A tfjs of its own with the WebAssembly of its backend; loaded once, and cached.',
  },
};
