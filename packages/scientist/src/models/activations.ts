/** The activations of tfjs-layers, by the formulas of its `activations.ts`. */

import type { Pointer } from '../pointer';
import type { Config } from './config';
import type { Ops } from './ops-namespace';

type Activation = (ops: Ops, x: Pointer) => Pointer;

/** Null prototype: a name from a model finds activations and nothing else. */
const activations: Readonly<Record<string, Activation | undefined>> = Object.assign(
  Object.create(null) as Record<string, Activation>,
  {
    elu: (ops, x) => ops.elu(x),
    gelu: (ops, x) => ops.mul(x, ops.mul(0.5, ops.add(1, ops.erf(ops.div(x, Math.SQRT2))))),
    gelu_new: (ops, x) => {
      const cubic = ops.add(x, ops.mul(0.044715, ops.pow(x, 3)));
      return ops.mul(0.5, ops.mul(x, ops.add(1, ops.tanh(ops.mul(Math.sqrt(2 / Math.PI), cubic)))));
    },
    hardSigmoid: (ops, x) => ops.clipByValue(ops.add(0.5, ops.mul(0.2, x)), 0, 1),
    linear: (_, x) => x,
    logSoftmax: (ops, x) => ops.logSoftmax(x),
    mish: (ops, x) => ops.mul(x, ops.tanh(ops.softplus(x))),
    relu: (ops, x) => ops.relu(x),
    relu6: (ops, x) => ops.minimum(6, ops.relu(x)),
    selu: (ops, x) => ops.selu(x),
    sigmoid: (ops, x) => ops.sigmoid(x),
    softmax: (ops, x) => ops.softmax(x),
    softplus: (ops, x) => ops.softplus(x),
    softsign: (ops, x) => ops.div(x, ops.add(ops.abs(x), 1)),
    swish: (ops, x) => ops.mul(ops.sigmoid(x), x),
    tanh: (ops, x) => ops.tanh(x),
  } satisfies Record<string, Activation>,
);

export const activationNames: readonly string[] = Object.keys(activations);

export function isActivation(name: string): boolean {
  return activations[name] !== undefined;
}

/** Throws `unsupported-op` for a name that tfjs-layers does not register. */
export function checkActivation(config: Config, key = 'activation'): void {
  const name = config.text(key, 'linear');
  if (isActivation(name)) return;
  config.refuse(`its ${key} is not one of tfjs.`, `Use one of ${activationNames.join(', ')}.`);
}

export function activate(ops: Ops, name: string, x: Pointer): Pointer {
  const activation = activations[name];
  if (activation === undefined) throw new Error(`There is no activation ${name}.`);
  return activation(ops, x);
}
