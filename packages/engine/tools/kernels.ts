/** Which of tfjs's kernels each op of the table runs, found by running it on cpu, where every kernel is. */

import { allowedOps, inferCall, type OpSpec, type TensorFact } from '@duet/ops';
import { type Arg, byteLength, isDuetError, mapArg, type TensorMeta } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { callOf } from '../../ops/test/calls';
import { allKernels } from '../src/dispatch';
import { valueToTensor } from '../src/tensor-value';

/** Random calls for each op: a kernel that depends on the arguments is met by some of them. */
const calls = 150;

export type OpKernels = Readonly<Record<string, readonly string[]>>;

export async function traceKernels(): Promise<OpKernels> {
  await tf.setBackend('cpu');
  return Object.fromEntries(allowedOps.map((spec) => [spec.name, kernelsOf(spec)]));
}

export function renderKernels(kernels: OpKernels): string {
  const lines = Object.entries(kernels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([op, names]) => `  '${op}': [${names.map((name) => `'${name}'`).join(', ')}],`);
  return [
    '// Made by tools/kernels.ts (`npm run generate -w @duet/engine`).',
    '',
    '/** The kernels of tfjs that each allowed op runs, whatever its arguments are. */',
    'export const opKernels: Readonly<Record<string, readonly string[]>> = {',
    ...lines,
    '};',
    '',
  ].join('\n');
}

/** Only those that every call runs: an op of which a backend can run some calls is not lacking. */
function kernelsOf(spec: OpSpec): string[] {
  const runs = fc
    .sample(callOf(spec, true), { seed: 1, numRuns: calls })
    .flatMap((args) => (isAccepted(spec, args) ? [traced(spec, args)] : []))
    .filter((run) => run !== undefined);
  const [first, ...others] = runs;
  if (first === undefined) throw new Error(`No call of ${spec.name} was found that runs.`);
  return [...first].filter((name) => others.every((run) => run.has(name))).sort();
}

function isAccepted(spec: OpSpec, args: readonly Arg<TensorFact>[]): boolean {
  try {
    inferCall(spec, args, { opCost: 1e6 });
    return true;
  } catch (error) {
    if (isDuetError(error)) return false;
    throw error;
  }
}

function traced(spec: OpSpec, args: readonly Arg<TensorFact>[]): ReadonlySet<string> | undefined {
  const engine = tf.engine();
  const names = new Set<string>();
  const own = engine.runKernel;
  try {
    return tf.tidy(() => {
      const tensors = args.map((arg) => mapArg(arg, ({ meta }) => zeros(meta)));
      engine.runKernel = (name, ...rest) => {
        names.add(name);
        return own.call(engine, name, ...rest) as never;
      };
      tf.dispose(allKernels().get(spec.name)?.run(tensors) ?? []);
      return names as unknown as tf.TensorContainer;
    }) as unknown as ReadonlySet<string>;
  } catch {
    return undefined;
  } finally {
    engine.runKernel = own;
  }
}

function zeros(meta: TensorMeta): tf.Tensor {
  return valueToTensor({ meta, bytes: new Uint8Array(byteLength(meta)) });
}
