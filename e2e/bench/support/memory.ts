/** What a page's process holds, as Linux counts it. */

import { readFileSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import { call } from './harness';

interface Process {
  readonly type: string;
  readonly id: number;
  readonly cpuTime: number;
}

async function renderersOf(browser: Browser): Promise<readonly Process[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer');
}

/** The process of a page that has a function `spin`: the one that works while the page does. */
export async function processOf(browser: Browser, page: Page): Promise<number> {
  const before = new Map((await renderersOf(browser)).map(({ id, cpuTime }) => [id, cpuTime]));
  await call(page, 'spin', 400);
  const worked = (await renderersOf(browser)).map(({ id, cpuTime }) => ({
    id,
    seconds: cpuTime - (before.get(id) ?? cpuTime),
  }));
  worked.sort((a, b) => b.seconds - a.seconds);
  const [most] = worked;
  if (most === undefined) throw new Error('There is no renderer.');
  return most.id;
}

function megabytes(process: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${process}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`, 'u').exec(status)?.[1]) / 1024;
}

/** From now on the peak is counted anew. Gives what it holds now, in MB of 2^20 bytes, after a collection of garbage. */
export async function startOfPeak(page: Page, process: number): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  writeFileSync(`/proc/${process}/clear_refs`, '5');
  return megabytes(process, 'VmRSS');
}

export function peakOf(process: number): number {
  return megabytes(process, 'VmHWM');
}
