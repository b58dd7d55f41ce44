/** What the owner sees and does while a scientist's training goes on. Every order here is forced: the runs end when they are stopped. */

import { expect, test } from '../support/fixtures';
import { joined } from '../support/people';

const endless = (during: string) => `
  const { X, y } = duet.store.dataSet('breast-cancer');
  const w = duet.tf.variable(tf.zeros([30, 1]));
  const optimizer = duet.tf.train.sgd(1e-6);
  const run = duet.train({
    name: 'endless',
    data: [X, y],
    step: (x, t) => ({ loss: optimizer.minimize(() => x.matMul(w).sub(t).square().mean(), true) }),
    epochs: 100_000,
    report: 'none',
    progressEvery: 10,
  });
  ${during}
  const { status, step } = await run.done;
  return status + (step < run.steps ? ' before its end' : ' at its end');`;

test('D95 the owner decides while a run goes on, and then stops it; the program hears that', async ({
  page,
  newPerson,
  complaints,
}) => {
  const heard = complaints(page);
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(
    endless(`
      const answer = await X.mean().tryGet({ requestBlock: true, name: 'mean' });
      console.log(answer.code, 'while', run.status);
      const asked = await X.max().request({ name: 'max' }).decision;
      console.log(asked.outcome, 'while', run.status);`),
  );
  await expect(owner.hook('run-progress')).not.toHaveAttribute('data-step', '0');
  await owner.deny('mean', 'Not now');
  await expect(scientist.output()).toContainText('denied while running');
  await owner.addAccepting('something else', 'breast-cancer', 1);
  await expect(owner.hook('handler')).toHaveCount(1);
  await owner.accept('max');
  await expect(scientist.output()).toContainText('accepted while running');
  await expect(owner.hook('run')).toHaveAttribute('data-status', 'running');
  await owner.hook('run-stop').click();
  await expect(scientist.hook('output-result')).toContainText('stopped before its end');
  await scientist.expectState('done');
  await expect(owner.hook('run')).toHaveCount(0);
  expect(heard).toEqual([]);
});

test('the owner sees what runs and for whom, and can pause it and have it go on', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await expect(owner.hook('activity')).toContainText('Grace');
  await expect(owner.hook('run')).toHaveCount(0);
  await scientist.run(endless(''));
  await expect(owner.hook('run')).toContainText('endless');
  await owner.hook('run').locator('summary').click();
  await expect(owner.hook('run-words')).toContainText('matMul');

  const reached = async () => Number(await owner.hook('run-progress').getAttribute('data-step'));
  for (const [hold, goOn] of [
    ['run-pause', 'run-resume'],
    ['peer-pause', 'peer-pause'],
  ] as const) {
    await owner.hook(hold).click();
    await expect(owner.hook('run')).toHaveAttribute('data-status', 'paused');
    const held = await reached();
    await owner.hook(goOn).click();
    await expect(owner.hook('run')).toHaveAttribute('data-status', 'running');
    await expect.poll(reached).toBeGreaterThan(held);
  }

  // Whatever is being computed ends; the run is taken up again by itself, and goes on to where it was stopped.
  await owner.hook('peer-end').click();
  const ended = await reached();
  await expect.poll(reached).toBeGreaterThan(ended);
  await owner.hook('run-stop').click();
  await expect(scientist.hook('output-result')).toContainText('stopped before its end');
});
