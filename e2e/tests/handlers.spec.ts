/** Automatic answers between two pages: how far each kind goes, what it is told for, and what a reload leaves of it. */

import { expect, test } from '../support/fixtures';
import { joined } from '../support/people';

test('means go out by themselves, slices that tell too much do not, also after the owner’s reload', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await owner.openAccepting('aggregates');
  await owner.hook('handler-timeout').fill('');
  await owner.hook('handler-add').click();
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    const means = await X.mean(0).getValue({ requestBlock: true, name: 'means' });
    return means.length + ' means, the first is ' + means[0];`);
  await expect(scientist.hook('output-result')).toContainText(/30 means, the first is 1\d\.\d/);

  const allButFour = `
    const { X } = duet.store.dataSet('breast-cancer');
    const few = X.slice([0, 0], [452, 30]).mean(0);
    return (await few.tryGet({ requestBlock: true, name: 'all but four' })).code;`;
  await scientist.run(allButFour);
  const card = owner.request('all but four');
  const narrow = card.locator('[data-testid="request-warning"][data-kind="too-narrow"]');
  await expect(narrow).toContainText('h1');
  await expect(card.locator('[data-kind="near-release"]')).toContainText(
    'the 4 in which they differ',
  );
  await expect(owner.hook('handler-counts')).toContainText('1 accepted · 0 denied · 1 matched');
  await owner.deny('all but four', 'Too close');
  await expect(scientist.hook('output-result')).toContainText('denied');
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    return (await X.max().tryGet({ requestBlock: true, name: 'largest' })).code;`);
  await owner.deny('largest', 'No extremes');
  await expect(scientist.hook('output-result')).toContainText('denied');

  // What a reload must not undo: the handler, what it has done, and what was released of these very records.
  await owner.reload();
  await expect(owner.hook('handler')).toHaveAttribute('data-id', 'h1');
  await expect(owner.hook('handler-counts')).toContainText('1 accepted');
  await expect(scientist.hook('renewed-notice')).toBeVisible();
  await owner.publishSample();
  await scientist.expectConnected();
  await scientist.run(allButFour);
  await expect(narrow).toContainText('h1');
  await owner.deny('all but four', 'Still too close');
  await expect(scientist.hook('output-result')).toContainText('denied');
});

test('a metric of a trained model goes out rounded, as long as the quota lasts', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await owner.openAccepting('metrics');
  await owner.hook('handler-name').fill('loss');
  await owner.hook('handler-quota-field').fill('3');
  await expect(owner.hook('handler-warning')).toContainText(
    'each of which could be about one person',
  );
  await expect(owner.hook('handler-warning')).toContainText('rounded to 4 significant digits');
  await owner.hook('handler-add').click();
  await scientist.run(`
    const { X, y } = duet.store.dataSet('breast-cancer');
    const w = duet.tf.variable(tf.zeros([30, 1]));
    const optimizer = duet.tf.train.sgd(1e-7);
    const predictions = () => X.matMul(w).sigmoid();
    const told = [];
    for (let step = 0; step < 4; step++) {
      optimizer.minimize(() => predictions().sub(y).square().mean());
      const loss = duet.tf.losses.meanSquaredError(y, predictions());
      const answer = await loss.tryGet({ requestBlock: true, name: 'loss' });
      if (!answer.ok) told.push(answer.code);
      else {
        const [value] = answer.value.dataSync();
        const isRounded = Math.fround(Number(value.toPrecision(4))) === value;
        told.push(answer.digits + (isRounded ? ' digits' : ' digits, and more'));
      }
    }
    return told.join('; ');`);
  await expect(scientist.hook('output-result')).toContainText(
    '4 digits; 4 digits; 4 digits; denied',
  );
  await expect(owner.hook('handler-quota')).toContainText('0 of 3 numbers left');
  await expect(owner.hook('request')).toHaveCount(0);
});
