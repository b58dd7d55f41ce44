/** Starts the backend of an engine of its own, with everything that it lacks. Not for the page, whose tfjs is not ours. */

import type { BackendName } from '@duet/protocol';
import { DuetError } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import { bridgeKernels } from './bridge';
import { guardMemory, mayCompile, prepareWasm } from './wasm';
import { mendKernels, registerGradientKernels } from './wasm-gradients';

/** Products run ten to thirty times faster on wasm than on cpu, and all else at least as fast. */
const preferred: readonly BackendName[] = ['wasm', 'cpu'];

/** Starts the backend that is wanted, or the best that starts here. Throws `no-engine`. */
export async function startBackend(wanted: BackendName | undefined): Promise<BackendName> {
  prepareWasm();
  for (const name of wanted === undefined ? preferred : [wanted]) {
    if (!(await starts(name))) continue;
    if (name === 'wasm') {
      guardMemory();
      registerGradientKernels(name);
    }
    mendKernels(name);
    if (name !== 'cpu') bridgeKernels(name);
    return name;
  }
  throw new DuetError('no-engine', {
    detail: `The backend ${wanted ?? 'cpu'} does not start in this browser’s workers.`,
    hint: 'Name another backend, or none.',
  });
}

async function starts(name: BackendName): Promise<boolean> {
  if (tf.engine().registryFactory[name] === undefined) return false;
  if (name === 'wasm' && !mayCompile()) return false;
  try {
    return await tf.setBackend(name);
  } catch {
    return false;
  }
}
