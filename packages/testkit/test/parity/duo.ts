/** An owner and a scientist in one process, with what most cases begin with. */

import * as tf from '@tensorflow/tfjs';
import type { OwnerDuetOptions, OwnerRequest } from 'duetjs';
import { isDuetError } from 'duetjs';
import { connectedPair, type TestPair, until } from '../../src';

/** Runs a test on a pair; the tensors that it makes on this side are freed at its end, and both sides are found empty. */
export async function inDuo(
  test: (pair: TestPair) => Promise<void>,
  options: OwnerDuetOptions = {},
): Promise<void> {
  await using pair = await connectedPair(options);
  tf.engine().startScope('test');
  try {
    await test(pair);
  } finally {
    tf.engine().endScope();
    tf.disposeVariables();
  }
}

export const ages = [25, 32, 49, 65, 88, 22];

/** Publishes ages and waits until the scientist sees them. */
export async function publishAges({ owner, scientist }: TestPair) {
  await owner.store.add(ages, { tags: ['ages'], description: 'in years' });
  await until(() => scientist.store.length > 0);
  return scientist.store.get('ages');
}

/** The oldest request, once one waits. */
export async function asked({ owner }: Pick<TestPair, 'owner'>): Promise<OwnerRequest> {
  await until(() => owner.requests.length > 0);
  return owner.requests.at(0);
}

/** How something ended: the code of its error, or `done`. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (thrown: unknown) => (isDuetError(thrown) ? thrown.code : String(thrown)),
  );
