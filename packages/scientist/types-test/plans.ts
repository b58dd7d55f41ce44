/** What must compile and what must not: plans, gradients, variables, optimizers, training. Checked by tsc, never run. */

import * as tf from '@tensorflow/tfjs';
import type {
  Pointer,
  RemoteOptimizer,
  RemotePlan,
  RemoteVariable,
  ScientistSession,
  TrainingResult,
} from '../src';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectTrue<T extends true>(_proof?: T): void {}

declare const duet: ScientistSession;
declare const pointer: Pointer;

// ---- plans ----------------------------------------------------------------------------------------------------------

const single = duet.plan((a: Pointer) => a.relu(), [{ shape: [2], dtype: 'int32' }], { name: 'n' });
expectTrue<Equal<typeof single, RemotePlan<Pointer>>>();
const one: Pointer = single.call(pointer);
const local: tf.Tensor = single.run(tf.scalar(1));
single.callWith({ salt: 1 }, [1, 2]);
const several = duet.plan((a, b) => ({ sum: a.add(b), parts: [a, b], rate: 1 }), [pointer, local]);
const { sum, parts, rate } = several.call(1, [2]);
expectTrue<Equal<typeof sum, Pointer>>();
expectTrue<Equal<typeof parts, Pointer[]>>();
expectTrue<Equal<typeof rate, Pointer>>();
expectTrue<Equal<ReturnType<typeof several.run>['sum'], tf.Tensor>>();
duet.plan(() => {
  variable.assign(0);
});
// @ts-expect-error an async function
duet.plan(async () => pointer);
// @ts-expect-error a text is no value
duet.plan(() => 'x');
// @ts-expect-error no such dtype
duet.plan((a: Pointer) => a, [{ shape: [2], dtype: 'float64' }]);
// @ts-expect-error a plan takes tensors
single.call(() => 1);

const looped = duet.loop(3, { a: pointer }, ({ a }, round) => ({
  carried: { a: a.add(round) },
  collect: [a],
}));
expectTrue<Equal<typeof looped.carried.a, Pointer>>();
expectTrue<Equal<typeof looped.collect, Pointer[]>>();

// ---- gradients ------------------------------------------------------------------------------------------------------

const gradient: Pointer = duet.tf.grad((x) => x.square())(pointer, tf.scalar(1));
const gradients: Pointer[] = duet.tf.grads((x: Pointer, y: Pointer) => x.mul(y))([pointer, 2]);
const both = duet.tf.valueAndGrads((x: Pointer) => x)([pointer]);
expectTrue<Equal<typeof both, { value: Pointer; grads: Pointer[] }>>();
const named = duet.tf.variableGrads(() => pointer).grads;
expectTrue<Equal<(typeof named)[string], Pointer | null>>();
// @ts-expect-error gradients of a function alone
duet.tf.grad(pointer);
// @ts-expect-error tfjs has it, pointers have not
duet.tf.customGrad(() => pointer);

// ---- variables and optimizers ---------------------------------------------------------------------------------------

const variable: RemoteVariable = duet.tf.variable(pointer, true, 'w', 'float32');
const asPointer: Pointer = variable;
variable.assign(tf.scalar(1));
const chained: RemoteVariable = variable.add_(1).mul_([2]).zero_();
// @ts-expect-error a pointer has no in-place methods
pointer.add_(1);
// @ts-expect-error nor can it be assigned
pointer.assign(1);
const optimizer: RemoteOptimizer = duet.tf.train.adam(0.01).clip({ globalNorm: 1 });
const cost: Pointer | null = optimizer.minimize(() => variable.sum(), true, [variable]);
optimizer.learningRate = 0.1;
// @ts-expect-error a loss is a pointer
optimizer.minimize(() => 1);
// @ts-expect-error variables alone
optimizer.minimize(() => pointer, true, [pointer]);
// @ts-expect-error sgd needs a learning rate
duet.tf.train.sgd();

// ---- training -------------------------------------------------------------------------------------------------------

export async function training(): Promise<void> {
  const run = duet.train({
    step: (x, y) => ({ loss: x.sub(y).sum() }),
    data: [pointer, local],
    learningRate: (step, epoch) => step / (epoch + 1),
    signal: AbortSignal.timeout(1),
  });
  for await (const { step, values } of run) {
    expectTrue<Equal<typeof step, number>>();
    const loss = values['loss'];
    if (loss?.ok) loss.value.toFixed(2);
  }
  const result: TrainingResult = await run.done;
  expectTrue<Equal<typeof result.status, 'finished' | 'cancelled' | 'stopped'>>();
  run.on('progress', ({ steps }) => steps.toFixed());
  // @ts-expect-error no such event
  run.on('loss', () => undefined);
  // @ts-expect-error there is no step
  duet.train({ data: [pointer] });
  // @ts-expect-error an unknown option
  duet.train({ step: (x) => x, data: [pointer], batchsize: 1 });
}

export const used = [one, gradient, gradients, asPointer, chained, cost];
