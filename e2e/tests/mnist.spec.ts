/** A convolutional network that reads digits, trained from the scientist's tab on the owner's images, while the owner goes on. */

import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { joined, type OwnerOnPage, type ScientistOnPage } from '../support/people';

/** Five epochs of a convolutional network, beside another test that does the same. */
const patience = { timeout: 240_000 };

const joinedForDigits = (owner: Page, scientist: Page) =>
  joined(owner, scientist, '', (on) => on.publishDigits());

/** The number that a line of the output ends with. */
async function numberAfter(scientist: ScientistOnPage, words: string): Promise<number> {
  const line = await scientist.hook('output-log').filter({ hasText: words }).textContent();
  return Number(/: ([\d.]+)$/.exec(line?.trim() ?? '')?.[1] ?? Number.NaN);
}

/** What the program says when it is done: chance without the owner's data, and a network that reads with it. */
async function expectLearned(scientist: ScientistOnPage): Promise<void> {
  await scientist.expectState('done', patience);
  expect(await numberAfter(scientist, 'without the owner')).toBeLessThan(0.3);
  expect(await numberAfter(scientist, 'with the owner')).toBeGreaterThanOrEqual(0.95);
  await expect(scientist.output()).toContainText(/image is a 7; the (network|model) reads a 7/);
}

/** It computes in a worker of its own. */
function expectEngineInWorker({ page }: OwnerOnPage): void {
  expect(page.workers().map((worker) => worker.url())).toContainEqual(
    expect.stringMatching(/\/engine\/engine-worker-/),
  );
}

test('a network written as a class learns digits that stay with their owner', async ({
  page,
  newPerson,
  complaints,
}) => {
  test.setTimeout(300_000);
  const guest = await (await newPerson()).newPage();
  const heard = [complaints(page), complaints(guest)];
  const { owner, scientist } = await joinedForDigits(page, guest);
  await owner.addAccepting('loss', 'mnist', 5, 'metrics');
  await scientist.chooseSample('mnist-module');
  await scientist.run();
  await expect(owner.hook('run')).toContainText('digits');
  expectEngineInWorker(owner);
  const card = owner.request('weights');
  await expect(card.getByTestId('request-sources')).toContainText('6,000 records', patience);
  await expect(card.getByTestId('request-lineage')).toContainText('×470');
  await card.getByTestId('request-plan').first().locator('summary').click();
  await expect(card.getByTestId('request-plan').first()).toContainText('conv2d');
  await owner.accept('weights');
  await expectLearned(scientist);
  await expect(scientist.output()).toContainText(/epoch 5: loss 0\.0/);
  await expect(owner.hook('handler-quota')).toContainText('0 of 5');
  await expect(owner.hook('run')).toHaveCount(0);
  expect(heard).toEqual([[], []]);
  await scientist.leave();
  await owner.expectAlone(4);
});

test('a layers model fits them, and a number that is denied does not stop it', async ({
  page,
  newPerson,
}) => {
  test.setTimeout(300_000);
  const { owner, scientist } = await joinedForDigits(page, await (await newPerson()).newPage());
  await owner.addAccepting('loss', 'mnist', 5, 'metrics');
  await scientist.chooseSample('mnist-fit');
  await scientist.run();
  for (let epoch = 1; epoch <= 5; epoch += 1) {
    await owner.request('acc').first().getByTestId('deny').click(patience);
    await expect(owner.hook('decision').filter({ hasText: 'denied' })).toHaveCount(epoch);
  }
  await owner.accept('weights', patience);
  await expectLearned(scientist);
  await expect(scientist.output()).toContainText(/epoch 5 \{loss: 0\.0\d+\}/);
});
