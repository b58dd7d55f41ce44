/** Words of the other side, with every trick in them: shown as they are, within bounds, on both pages. */

import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { OwnerOnPage, ScientistOnPage } from '../support/people';

/** A script, an image that would load, a right-to-left override, what cannot be seen, and marks on marks. */
const tricks = '<script>x=1</script><img src=x onerror=x()>\u202Elatot\u200B\u2066 ';
const filled = (chars: number) =>
  (tricks + 'Z\u0300\u0301\u0302\u0303\u0304\u0306\u0307W'.repeat(chars)).slice(0, chars);
/** As long as it may be, and as long as it may not. */
const [name, reason, description] = [filled(64), filled(280), filled(1000)];
const tooLong = 100_000;

/** Where `npm run screenshot:inert` wants to have pictures. */
const pictures = process.env['DUET_PICTURES'];

async function expectInert({ page }: { readonly page: Page }): Promise<void> {
  // Nothing of it has become an element.
  await expect(page.locator('bdi *, .quoted-text > :not(bdi), img[src="x"]')).toHaveCount(0);
  await expect(page.locator('body script')).toHaveCount(0);
  // The page is as wide as the window, and no quoted text takes more than its box.
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { documentElement } = document;
    return { scrollWidth: documentElement.scrollWidth, clientWidth: documentElement.clientWidth };
  });
  expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
  const heights = await page
    .locator('.quoted-text')
    .evaluateAll((boxes) => boxes.map(({ clientHeight }) => clientHeight));
  expect(Math.max(0, ...heights)).toBeLessThanOrEqual(110);
  const texts = await page.locator('bdi').allTextContents();
  expect(texts.filter((text) => /[\u200B\u202E\u2066]/.test(text))).toEqual([]);
}

/** Of a request's card, from its top to who asks: below there is more of the same. */
async function takePicture(card: Locator, path: string): Promise<void> {
  const box = await card.boundingBox();
  const last = await card.getByTestId('request-what').boundingBox();
  if (!box || !last) throw new Error('The card is not in sight.');
  const clip = { ...box, height: last.y + last.height - box.y };
  await card.page().screenshot({ path, clip, fullPage: true });
}

test('texts of either side are inert and bounded on the other’s page', async ({
  page,
  newPerson,
  complaints,
}) => {
  const guest = await (await newPerson()).newPage();
  // So high that nothing lies over the card, for the picture.
  await page.setViewportSize({ width: 720, height: 2000 });
  await guest.setViewportSize({ width: 900, height: 1000 });
  const heard = [complaints(page), complaints(guest)];
  const owner = await new OwnerOnPage(page).open();
  const scientist = new ScientistOnPage(guest);

  // The owner's words: the name of a file, of columns and a data set, and a description.
  const csv = `"${filled(128).replaceAll('"', '')}",b\n${'1,2\n'.repeat(20)}`;
  await owner
    .hook('data-file')
    .setInputFiles({ name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await owner.hook('publish-name').fill(name);
  await owner.hook('publish-tags').fill(name);
  await owner.hook('publish-description').fill(description);
  await owner.hook('publish').click();
  await expect(owner.hook('published-item')).toHaveCount(1);
  await scientist.knock(await owner.invite(), name);
  await owner.admit();
  await scientist.expectConnected();
  await expect(scientist.hook('catalogue-description')).toContainText('[U+202E]');
  await expectInert(scientist);

  // The scientist's: their name, a request's name and reason, a tag, a plan's name.
  await scientist.run(`
    const X = duet.store.at(0).field('X');
    const [name, reason] = ${JSON.stringify([name, reason])};
    const whyNot = [];
    for (const options of [{ name: 'n'.repeat(${tooLong}) }, { name, reason: ${JSON.stringify(tricks)}.repeat(${tooLong}) }]) {
      try { X.mean().request(options); } catch (error) { whyNot.push(error.code); }
    }
    const twice = duet.plan((x) => x.mul(2), [X], { name });
    const theirs = duet.send(tf.scalar(2), { tags: [name] });
    console.log('long'.repeat(${tooLong}));
    console.log(${JSON.stringify(description)});
    console.log('refused: ' + whyNot.join(' '));
    const answer = await twice.call(X).mul(theirs).max().tryGet({ requestBlock: true, name, reason });
    return answer.code + ': ' + answer.reason;`);
  const card = owner.hook('request');
  await expect(card.getByTestId('request-name')).toContainText('[U+202E]');
  await expect(card.getByTestId('request-reason')).toContainText('<script>');
  if (pictures !== undefined) await takePicture(card, `${pictures}/inert-text.png`);
  await card.getByTestId('request-lines').locator('summary').click();
  await card.getByTestId('request-plan').locator('summary').click();
  await expectInert(owner);

  // What the owner answers is shown to the scientist in the same way.
  await card.getByTestId('deny-reason').fill(reason);
  await card.getByTestId('deny').click();
  await expect(scientist.hook('output-result')).toContainText('denied: <script>');
  await expect(
    scientist.hook('output-log').filter({ hasText: 'refused: bad-argument bad-argument' }),
  ).toHaveCount(1);
  await expectInert(scientist);
  await expectInert(owner);
  expect(heard).toEqual([[], []]);
});
