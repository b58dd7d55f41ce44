/** What was asked and released, as both sides can show it later. */

import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { verifyAudit } from 'duetjs';
import { expect, test } from '../support/fixtures';
import { joined } from '../support/people';

async function saved(page: Page, button: Locator): Promise<string> {
  const download = page.waitForEvent('download');
  await button.click();
  return readFileSync(await (await download).path(), 'utf8');
}

test('the log is looked at, checked, saved, held against receipts, kept over a reload, and forgotten', async ({
  page,
  newPerson,
}) => {
  const { owner, scientist } = await joined(page, await (await newPerson()).newPage());
  await scientist.run(`
    const { X } = duet.store.dataSet('breast-cancer');
    const mean = await X.mean().getValue({ requestBlock: true, name: 'mean' });
    return 'mean ' + mean + ', ' + (await X.max().tryGet({ requestBlock: true, name: 'largest' })).code;`);
  await owner.accept('mean');
  await owner.deny('largest', 'no');
  await expect(scientist.hook('output-result')).toContainText('denied');
  const said = (await scientist.hook('output-result').textContent()) ?? '';
  const mean = /mean (\d+\.\d+), denied/.exec(said)?.[1] ?? '';

  await owner.hook('audit-open').click();
  const entries = owner.hook('audit-entry');
  await expect(entries.filter({ hasText: 'r2 denied, by you' })).toBeVisible();
  await owner.hook('audit-kind').selectOption('release');
  await expect(entries).toHaveCount(1);
  await expect(entries).toContainText('r1: 1 number, by you');
  await owner.hook('audit-peer').selectOption({ index: 1 });
  await expect(entries).toHaveCount(1);
  await owner.hook('audit-verify').click();
  await expect(owner.hook('audit-report')).toHaveAttribute('data-ok', 'true');

  const log = await saved(owner.page, owner.hook('audit-export'));
  const receipts = await saved(scientist.page, scientist.hook('receipts-export'));
  const report = await verifyAudit(log, { receipts });
  expect(report).toMatchObject({ ok: true, receipts: 1 });
  const changed = log.replace('"elements":1,', '"elements":2,');
  expect(changed).not.toBe(log);
  expect((await verifyAudit(changed, { receipts })).ok).toBe(false);
  // No value, and no word of people's reasons.
  expect(mean).toMatch(/^6\d\.\d{3}/);
  expect(log).not.toContain(mean.slice(0, 6));
  expect(log).not.toContain('"reason"');

  await owner.reload();
  await owner.hook('audit-open').click();
  await expect(entries.filter({ hasText: 'r2 denied, by you' })).toBeVisible();
  const later = await saved(owner.page, owner.hook('audit-export'));
  expect(await verifyAudit(later, { receipts })).toMatchObject({ ok: true, receipts: 1 });
  await owner.hook('audit-wipe').click();
  await owner.hook('audit-wipe-yes').click();
  await expect(entries.filter({ hasText: 'are gone' })).toBeVisible();
  await expect(entries.filter({ hasText: 'r2 denied' })).toHaveCount(0);
});
