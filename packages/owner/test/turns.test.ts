import { expect, it } from 'vitest';
import { Turns } from '../src/turns';

const deferred = () => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

it('what can be done at once is, and what is taken comes in turn', async () => {
  const turns = new Turns();
  const told: number[] = [];
  expect(turns.runNow(() => void told.push(1))).toBeUndefined();
  expect(told).toEqual([1]);
  void turns.take(() => told.push(2));
  const third = turns.take(() => void told.push(3));
  expect([turns.isFree, ...told]).toEqual([false, 1]);
  await third;
  expect(told).toEqual([1, 2, 3]);
  await turns.idle();
  expect(turns.isFree).toBe(true);
});

it('what a task takes itself comes after all of it, and before what comes later', async () => {
  const turns = new Turns();
  const told: string[] = [];
  const { promise, resolve } = deferred();
  const first = turns.runNow(() => {
    void turns.take(() => told.push('inner'));
    return promise.then(() => void told.push('first'));
  });
  const second = turns.take(() => void told.push('second'));
  await Promise.resolve();
  expect(told).toEqual([]);
  resolve();
  await Promise.all([first, second]);
  expect(told).toEqual(['first', 'inner', 'second']);
});

it('a task that fails holds nobody up', async () => {
  const turns = new Turns();
  const told: string[] = [];
  const wrong = () => {
    throw new Error('wrong');
  };
  expect(() => turns.runNow(wrong)).toThrow('wrong');
  expect(turns.isFree).toBe(true);
  const late = turns.runNow(() => Promise.reject(new Error('late')));
  const next = turns.take(() => told.push('next'));
  await expect(late).rejects.toThrow('late');
  await next;
  await turns.idle();
  expect([turns.isFree, ...told]).toEqual([true, 'next']);
});
