import { expect, it } from 'vitest';
import { prepareToJoin, takePreparation } from '../src/preparation';

it('makes an identity ahead of time, for one joining', async () => {
  expect(takePreparation()).toBeUndefined();
  prepareToJoin();
  prepareToJoin();
  const prepared = takePreparation();
  const identity = await prepared?.identity;
  expect(identity?.publicKey).toHaveLength(65);
  expect(takePreparation()).toBeUndefined();
});

it('is the same identity each time', async () => {
  prepareToJoin();
  const first = await takePreparation()?.identity;
  prepareToJoin();
  const second = await takePreparation()?.identity;
  expect(second?.fingerprint).toBe(first?.fingerprint);
});
