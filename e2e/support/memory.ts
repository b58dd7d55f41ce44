/** How much memory a page, its engine's worker and its process hold, after the collector ran. */

import { readFileSync } from 'node:fs';
import type { Browser, CDPSession, Page } from '@playwright/test';

export interface MemorySample {
  readonly heapBytes: number;
  /** Buffers outside the heap, those of tensors among them. */
  readonly buffersBytes: number;
  /** Undefined where the page has no engine's worker. */
  readonly engineHeapBytes: number | undefined;
  readonly engineBuffersBytes: number | undefined;
  /** Of all processes of the browser that run pages; undefined where the system does not tell. */
  readonly residentBytes: number | undefined;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

interface WorkerTarget {
  readonly sessionId: string;
  readonly targetInfo: { readonly type: string; readonly url: string };
}

/** Playwright does not lend the sessions of workers, so that messages to them go through the page's. */
export class MemoryProbe {
  readonly #browser: Browser;
  readonly #session: CDPSession;
  readonly #workers = new Map<string, string>();
  readonly #answers = new Map<number, (result: unknown) => void>();
  #next = 1;

  private constructor(browser: Browser, session: CDPSession) {
    this.#browser = browser;
    this.#session = session;
  }

  static async of(browser: Browser, page: Page): Promise<MemoryProbe> {
    const session = await page.context().newCDPSession(page);
    const probe = new MemoryProbe(browser, session);
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }: WorkerTarget) => {
      if (targetInfo.type === 'worker') probe.#workers.set(sessionId, targetInfo.url);
    });
    session.on('Target.detachedFromTarget', ({ sessionId }) => probe.#workers.delete(sessionId));
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message);
      probe.#answers.get(id)?.(result);
      probe.#answers.delete(id);
    });
    await session.send('HeapProfiler.enable');
    await session.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    return probe;
  }

  async collect(): Promise<void> {
    await this.#session.send('HeapProfiler.collectGarbage');
  }

  async sample(): Promise<MemorySample> {
    await this.collect();
    const page = (await this.#session.send('Runtime.getHeapUsage')) as HeapUsage;
    const engine = await this.#engine();
    return {
      heapBytes: page.usedSize,
      buffersBytes: page.backingStorageSize ?? 0,
      engineHeapBytes: engine?.usedSize,
      engineBuffersBytes: engine?.backingStorageSize,
      residentBytes: await this.#resident(),
    };
  }

  async #engine(): Promise<HeapUsage | undefined> {
    const [session] = [...this.#workers].findLast(([, url]) => url.includes('engine')) ?? [];
    if (session === undefined) return undefined;
    await this.#ask(session, 'HeapProfiler.collectGarbage');
    return (await this.#ask(session, 'Runtime.getHeapUsage')) as HeapUsage | undefined;
  }

  /** Undefined where the worker ends before it answers. */
  async #ask(sessionId: string, method: string): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    const answer = new Promise((resolve) => {
      this.#answers.set(id, resolve);
      setTimeout(() => resolve(undefined), 10_000).unref();
    });
    const message = JSON.stringify({ id, method });
    await this.#session
      .send('Target.sendMessageToTarget', { sessionId, message })
      .catch(() => this.#answers.get(id)?.(undefined));
    return answer;
  }

  async #resident(): Promise<number | undefined> {
    if (process.platform !== 'linux') return undefined;
    const session = await this.#browser.newBrowserCDPSession();
    try {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      const renderers = processInfo.filter(({ type }) => type === 'renderer');
      return renderers.reduce((sum, { id }) => sum + residentOf(id), 0);
    } finally {
      await session.detach();
    }
  }
}

/** 0 for one that is gone. */
function residentOf(processId: number): number {
  try {
    const status = readFileSync(`/proc/${processId}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
