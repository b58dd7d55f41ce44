/** How soon each side notices that the other has gone: its tab was closed, or its browser killed. */

import type { Browser, Page } from '@playwright/test';
import { call, connectDuet, type Harness, launchBrowser, type Section } from '../support/harness';
import { atMost, type Row, rowOf } from '../support/rows';

type Side = 'owner' | 'scientist';

const repeats = 5;
/** The connection has come to rest, and losses fall anywhere between two heartbeats. */
const restMs = 1000;
const spreadMs = 1500;

export const loss: Section = {
  name: 'loss',
  async run(harness) {
    const rows: Row[] = [];
    for (const lost of ['owner', 'scientist'] as const) {
      const values = await repeated(() => afterLoss(harness, lost, closeTab));
      const name = `the ${lost}’s tab is closed: noticed`;
      rows.push(rowOf({ name, unit: 's', values, target: atMost(0.5, 'value') }));
    }
    for (const lost of ['owner', 'scientist'] as const) {
      const values = await repeated(() => afterLoss(harness, lost, killBrowser));
      const name = `the ${lost}’s browser is killed: noticed`;
      rows.push(rowOf({ name, unit: 's', values, target: atMost(6, 'value') }));
    }
    return rows;
  },
};

async function repeated(once: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < repeats; round += 1) values.push(await once());
  return values;
}

/** In seconds. The side that goes has a browser of its own. */
async function afterLoss(
  harness: Harness,
  lost: Side,
  lose: (page: Page, browser: Browser) => Promise<void>,
): Promise<number> {
  const browser = await launchBrowser();
  try {
    const going = await harness.open('loss', browser);
    const staying = await harness.open('loss');
    const [owner, scientist] = lost === 'owner' ? [going, staying] : [staying, going];
    await connectDuet(harness, owner, scientist);
    await call(staying, 'expectLoss', lost === 'owner' ? 'scientist' : 'owner');
    await staying.waitForTimeout(restMs + Math.random() * spreadMs);
    const lostAt = Date.now();
    await lose(going, browser);
    const noticedAt = await call<number>(staying, 'noticedAt');
    await harness.shut(staying);
    return (noticedAt - lostAt) / 1000;
  } finally {
    await browser.close();
  }
}

/** As a person does, whose page may still say that it is going. */
async function closeTab(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  // The answer may be lost with the tab.
  await session.send('Page.close').catch(() => undefined);
}

/** Without a word, and all at once: its network process ends with it. */
async function killBrowser(_page: Page, browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const main = processInfo.find(({ type }) => type === 'browser');
  if (main === undefined) throw new Error('The browser does not say which process it is.');
  process.kill(main.id, 'SIGKILL');
}
