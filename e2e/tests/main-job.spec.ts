/** The main job between two browsers: published, trained, asked for, decided, answered. */

import { expect, test } from '../support/fixtures';
import { sampleProgram } from '../support/main-job';
import { joined } from '../support/people';

test('the sample program runs as it is, and its two values arrive after two accepts', async ({
  page,
  newPerson,
  complaints,
}) => {
  const guest = await (await newPerson()).newPage();
  const heard = [complaints(page), complaints(guest)];
  const { owner, scientist } = await joined(page, guest);
  await scientist.run();
  const card = owner.request('weights');
  await expect(card.getByTestId('request-what')).toContainText('31');
  await expect(card.getByTestId('request-sources')).toContainText('456 records');
  await expect(card.getByTestId('request-lineage')).toContainText('matMul ×400');
  await owner.accept('weights');
  await owner.accept('accuracy');
  await scientist.expectState('done');
  await expect(scientist.output()).toContainText(/accuracy 0\.9[4-9]/);
  await expect(owner.hook('decision')).toHaveCount(2);
  expect(heard).toEqual([[], []]);
  await scientist.leave();
  await owner.expectAlone(2);
});

test('a denial reaches the program with the owner’s words, and it may ask again', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run();
  await owner.deny('weights', 'Only summaries, please');
  await scientist.expectState('failed');
  await expect(scientist.hook('output-error')).toContainText('Only summaries, please');
  // The line that asked, though the answer came long after it.
  await expect(scientist.hook('failed-line')).toContainText('36');
  await scientist.run();
  await owner.accept('weights');
  await owner.accept('accuracy');
  await scientist.expectState('done');
});

test('a request that nobody decides expires on the owner’s side, and the program may ask again', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  const hurried = sampleProgram.replace("name: 'weights',", "name: 'weights', timeoutSecs: 1,");
  expect(hurried).not.toBe(sampleProgram);
  await scientist.run(hurried);
  await scientist.expectState('failed');
  await expect(scientist.hook('output-error')).toContainText(
    'Nobody decided on this request in time',
  );
  await expect(owner.hook('request')).toHaveCount(0);
  await expect(owner.hook('decision')).toContainText(/expired/i);
  await scientist.run(sampleProgram);
  await owner.accept('weights');
  await owner.accept('accuracy');
  await scientist.expectState('done');
});

test('a handler answers both requests within its quota, and denies what is over it', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await owner.openAccepting('records');
  await owner.hook('handler-tag').first().check();
  await owner.hook('handler-quota-field').fill('32');
  await expect(owner.hook('handler-warning')).toContainText('single records included');
  await expect(owner.hook('handler-warning')).toContainText('without asking you');
  await owner.hook('handler-add').click();
  await expect(owner.hook('handler')).toHaveCount(1);
  await scientist.run();
  await scientist.expectState('done');
  await expect(scientist.output()).toContainText(/accuracy 0\.9[4-9]/);
  await expect(owner.hook('handler-quota')).toContainText('0');
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    return (await X.mean().tryGet({ requestBlock: true, name: 'mean' })).code;`);
  await expect(scientist.hook('output-result').last()).toContainText('denied');
});

test('nothing can be read without asking, not even by its name', async ({ page, newPerson }) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const { X, y } = duet.store.dataSet('breast-cancer');
    const codes = [];
    for (const pointer of [X, y, X.mean(), X.column('mean_radius').max()]) {
      codes.push((await pointer.tryGet()).code);
    }
    return codes.join(' ');`);
  await scientist.expectState('done');
  await expect(scientist.hook('output-result')).toContainText(
    'not-released not-released not-released not-released',
  );
  await expect(owner.hook('request')).toHaveCount(0);
});
