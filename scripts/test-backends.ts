/**
 * `npm run test:backends`: many calls of every allowed op, with their gradients, and what every engine must do, on every backend
 * that there is.
 */

import { findBrowser } from './browsers';
import { packageBin, runNode } from './tools';

const vitest = packageBin('vitest');
const inNode = ['run', '--project', 'node', 'packages/engine/test/wasm.test.ts'];
const inBrowser = [
  'run',
  '--project',
  'browser',
  'packages/engine/test/browser/every-op.browser.test.ts',
  'packages/engine/test/browser/worker-engine.browser.test.ts',
];

const codes = [await runNode(vitest, inNode, { DUET_BACKEND_CASES: '120' })];
if (findBrowser('chromium') === undefined) {
  console.error('No Chromium or Chrome was found: backends in workers were not tested.');
  codes.push(1);
} else {
  codes.push(await runNode(vitest, inBrowser, { VITE_DUET_SWEEP: '1' }));
}
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
