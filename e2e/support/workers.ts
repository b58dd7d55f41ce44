/** Which of a page's workers is which: by the names that they are started with. */

import type { Page, Worker } from '@playwright/test';

/** The next worker of the page that is its engine: its clock has one, too. */
export function nextEngine(
  page: Page,
  atMost: { readonly timeout?: number } = {},
): Promise<Worker> {
  return page.waitForEvent('worker', {
    predicate: async (worker) => (await worker.evaluate(() => self.name)) === 'duet-engine',
    ...atMost,
  });
}
