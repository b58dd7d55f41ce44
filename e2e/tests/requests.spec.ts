/** What the owner sees of a request, and the ways in which one ends that take two pages to show. */

import { expect, test } from '../support/fixtures';
import { joined } from '../support/people';

test('a card says what is asked, of which class and why, from what, and what of it is theirs', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    const theirs = duet.send(tf.scalar(2), { tags: ['factor'] });
    const asked = [
      X.mean(0).request({ name: 'means' }),
      X.mul(theirs).max().request({ name: 'largest' }),
      X.request({ name: 'all' }),
    ];
    const decided = await Promise.all(asked.map((each) => each.decision));
    return decided.map(({ outcome }) => outcome).join(' ');`);

  const means = owner.request('means');
  await expect(means.getByTestId('request-class')).toHaveAttribute('data-class', 'aggregate');
  await expect(means.getByTestId('request-who')).toContainText('Grace');
  await expect(means.getByTestId('request-who')).toContainText('They hold your invite');
  await expect(means.getByTestId('request-about')).toContainText('all 456 records');
  await expect(means.getByTestId('request-sources')).toContainText('breast-cancer.X (456 records)');
  await expect(means.getByTestId('request-theirs')).toContainText(
    'nothing that the scientist put in',
  );
  await expect(means.getByTestId('request-warning')).toHaveCount(0);

  const largest = owner.request('largest');
  await expect(largest.getByTestId('request-class')).toHaveAttribute('data-class', 'record');
  await expect(largest.getByTestId('request-theirs')).toContainText('“factor”');
  await largest.getByTestId('request-lines').locator('summary').click();
  await expect(largest.getByTestId('request-lines')).toContainText('the scientist’s “factor”');

  const all = owner.request('all');
  await expect(all.locator('[data-kind="whole-object"]')).toBeVisible();

  // The value is shown by the owner's word, hidden again, and tells nobody.
  await means.getByTestId('show-value').click();
  await expect(means.getByTestId('request-preview')).toContainText('float32 [30]');
  await means.getByTestId('show-value').click();
  await expect(means.getByTestId('request-preview')).toHaveCount(0);
  await scientist.expectState('running');

  await owner.accept('means');
  await owner.deny('largest', 'No extremes');
  await owner.deny('all', '');
  await expect(scientist.hook('output-result')).toContainText('accepted denied denied');
});

test('what was accepted and not fetched is taken back, and the scientist hears that', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    const mean = X.mean();
    const asked = mean.request({ name: 'mean' });
    const revoked = new Promise((resolve) =>
      duet.on('decision', ({ outcome }) => outcome === 'revoked' && resolve(outcome)));
    await asked.decision;
    await revoked;
    const answer = await mean.tryGet({ requestBlock: false });
    return asked.status + ', and a get says ' + answer.code;`);
  await owner.accept('mean');
  await expect(owner.hook('grant')).toContainText('accepted by you');
  await owner.hook('revoke').click();
  await expect(owner.hook('grant')).toHaveCount(0);
  await expect(scientist.hook('output-result')).toContainText('revoked, and a get says revoked');
  await expect(owner.hook('decision')).toHaveCount(1);
  await expect(owner.hook('decision')).toContainText('taken back');
});

test('asked, left, decided meanwhile, come back and collected', async ({ page, newPerson }) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    X.mean().request({ name: 'mean', reason: 'For Monday', keepSecs: 3600 });
    X.max().request({ name: 'largest', keepSecs: 3600 });`);
  await expect(owner.request('largest')).toBeVisible();
  await scientist.leave();

  const card = owner.request('mean');
  await expect(card.getByTestId('request-kept')).toContainText('they have left');
  await expect(owner.hook('person-absent')).toContainText('2 kept requests');
  await owner.accept('mean');
  await owner.deny('largest', 'No extremes');

  await owner.hook('invite-new').click();
  await scientist.knock(await owner.invite());
  await owner.admit();
  await scientist.expectConnected();
  const denied = scientist.hook('kept').and(scientist.page.locator('[data-status="denied"]'));
  await expect(denied).toContainText('No extremes');
  await denied.getByTestId('kept-forget').click();
  await expect(scientist.hook('kept')).toHaveCount(1);
  await scientist.hook('kept-collect').click();
  await expect(scientist.hook('output-result')).toContainText(/"mean": 6\d\.\d/);
  await expect(scientist.hook('kept')).toHaveCount(0);
  await expect(scientist.hook('receipts')).toContainText('1 receipt');
  await expect(owner.hook('person-joined')).toContainText('Held for them: nothing');
});

test('a handler is made of a request, looked at, and answers it', async ({ page, newPerson }) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    const mean = () => X.mean().getValue({ requestBlock: true, name: 'mean' });
    return (await mean()) === (await mean()) ? 'twice the same' : 'not the same';`);
  await owner.request('mean').getByTestId('make-handler').click();
  await expect(owner.hook('handler-release')).toHaveValue('aggregates');
  await expect(owner.hook('handler-name')).toHaveValue('mean');
  await expect(owner.hook('handler-peer')).not.toHaveValue('');
  await expect(owner.hook('handler-warning')).toContainText('no fewer records than each data set');
  await owner.hook('dry-run').click();
  await expect(owner.hook('dry-run-result')).toContainText('accepted 1 of 1 request (1 number');
  await owner.hook('handler-add').click();
  await expect(scientist.hook('output-result')).toContainText('twice the same');
  await expect(owner.hook('handlers-banner')).toContainText('1 handler lets values leave');
  await expect(owner.hook('handler-counts')).toContainText('2 accepted');
  await expect(owner.hook('request')).toHaveCount(0);
});
