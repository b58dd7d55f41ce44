/**
 * Property tests draw the same cases in every run, so that what is green stays green until something changes. Other cases:
 * DUET_PROPERTY_SEED=<a whole number> npm run test:unit. A test with a seed of its own keeps it.
 */

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['DUET_PROPERTY_SEED'] ?? 20261) });
