/** What must compile and what must not. Checked by tsc, never run. */

import type { DType } from '@duet/protocol';
import * as tf from '@tensorflow/tfjs';
import type { DataSetPointer, Pointer, ScientistSession, TryGetResult } from '../src';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function expectTrue<T extends true>(_proof?: T): void {}

declare const duet: ScientistSession;
declare const pointer: Pointer;

// ---- calls ----------------------------------------------------------------------------------------------------------

const local = tf.tensor1d([1, 2]);
const product: Pointer = duet.tf.matMul(pointer, local);
duet.tf.matMul(local, pointer, false, true);
duet.tf.add(pointer, 1);
duet.tf.add(pointer, [[1, 2]]);
duet.tf.concat([pointer, local], 0);
duet.tf.sum(pointer, [0, 1], true);
duet.tf.where(pointer, local, 0);
duet.tf.losses.meanSquaredError(pointer, local);
const chained: Pointer = pointer.matMul(local).add([1, 2]).relu().sum(0);
const { values, indices } = duet.tf.topk(pointer, 2);
expectTrue<Equal<typeof values, Pointer>>();
expectTrue<Equal<typeof indices, Pointer>>();
const parts: Pointer[] = duet.tf.split(pointer, 2);
const transposed: Pointer = pointer.transpose([1, 0]);

// @ts-expect-error an op whose result has a shape that depends on values
duet.tf.unique(pointer);
// @ts-expect-error a loader
duet.tf.loadLayersModel('https://example.org/model.json');
// @ts-expect-error the page's own tfjs
duet.tf.setBackend('cpu');
// @ts-expect-error an axis is no text
duet.tf.sum(pointer, 'rows');
// @ts-expect-error a function is never an argument
duet.tf.add(pointer, () => 1);
// @ts-expect-error no such op
duet.tf.matmul(pointer, pointer);
// @ts-expect-error too many arguments
duet.tf.relu(pointer, 1);
// @ts-expect-error a pointer has no elements here
pointer.dataSync();
// @ts-expect-error nor is it a tensor of the local tfjs
tf.add(pointer, 1);
// @ts-expect-error nor a number
pointer + 1;
// @ts-expect-error chained methods keep their argument types
pointer.reshape('x');

// ---- pointers -------------------------------------------------------------------------------------------------------

expectTrue<Equal<typeof pointer.shape, number[]>>();
expectTrue<Equal<typeof pointer.dtype, DType>>();
expectTrue<Equal<typeof pointer.rank, number>>();
expectTrue<Equal<typeof pointer.size, number>>();
const column: Pointer = pointer.column('radius');
// @ts-expect-error a pointer is immutable
pointer.tags.push('x');

export async function values_(): Promise<void> {
  const tensor: tf.Tensor = await pointer.get({ requestBlock: true, name: 'n', timeoutSecs: 1 });
  const copy: tf.Tensor = await pointer.getCopy({ signal: AbortSignal.timeout(1) });
  const result: TryGetResult<tf.Tensor> = await pointer.tryGet();
  if (result.ok) result.value.dispose();
  // @ts-expect-error there is no value where it is not ok
  else result.value.dispose();
  const { outcome } = await pointer.request({ reason: 'why' }).decision;
  expectTrue<Equal<typeof outcome, 'accepted' | 'denied' | 'expired' | 'revoked'>>();
  await pointer.getValue({ requestBlock: true, keepSecs: 3600 });
  if (result.ok) expectTrue<Equal<typeof result.digits, number | undefined>>();
  const keptTensor: tf.Tensor = await duet.kept
    .get('mean age')
    .get({ onProgress: () => undefined });
  keptTensor.dispose();
  // @ts-expect-error it was asked already
  await duet.kept.at(0).get({ requestBlock: true });
  // @ts-expect-error an unknown option
  await pointer.get({ requestblock: true });
  // @ts-expect-error getCopy never deletes
  await pointer.getCopy({ deleteObj: true });
  using scoped = duet.tf.add(pointer, 1);
  expectTrue<Equal<typeof scoped, Pointer>>();
  tf.dispose([tensor, copy]);
}

// ---- indexing -------------------------------------------------------------------------------------------------------

expectTrue<Equal<ReturnType<typeof pointer.at>, Pointer>>();
pointer.at(0, null, { from: 1, to: -1, step: 2 });
pointer
  .slice([0, 1], [2, 2])
  .slice(1)
  .slice({ 0: [2, 5], 1: 1, 2: { step: -1 } });
pointer.mask(pointer.greater(0)).gather([1, 2], 1);
for (const row of pointer) expectTrue<Equal<typeof row, Pointer>>();
const [firstRow] = pointer;
expectTrue<Equal<typeof firstRow, Pointer | undefined>>();
// @ts-expect-error a list of entries is what gather takes
pointer.at([1, 2]);
// @ts-expect-error an index is known here
pointer.at(pointer);
// @ts-expect-error no such member of a range
pointer.at({ start: 1 });
// @ts-expect-error a mask is a pointer or a tensor
pointer.mask([true]);

// ---- store ----------------------------------------------------------------------------------------------------------

const ages: Pointer = duet.store.get('ages');
const patients = duet.store.dataSet<'X' | 'y'>('patients');
const X: Pointer = patients.X;
const y: Pointer = patients.field('y');
// @ts-expect-error no such field
patients.Z;
const untyped = duet.store.get<DataSetPointer>('patients');
// @ts-expect-error without field names there is only field()
untyped.X;
const typed = duet.store.get<DataSetPointer<'X'>>('patients').X;
expectTrue<Equal<typeof typed, Pointer>>();
const name: string = duet.store.dataSet<'X' | 'name'>('patients').name;

// ---- send and tidy --------------------------------------------------------------------------------------------------

duet.send(local, { tags: ['weights'] }).sent.then(() => undefined);
duet.send([[1, 2]]);
duet.send(['a', 'b']);
// @ts-expect-error an object is no value
duet.send({ a: 1 });
const kept: { a: Pointer; n: number } = duet.tidy(() => ({ a: pointer.add(1), n: 1 }));
duet.on('decision', ({ outcome, reason }) => `${outcome} ${reason}`);
// @ts-expect-error no such event
duet.on('request', () => undefined);

export const used = [product, chained, parts, transposed, column, ages, X, y, name, kept];
