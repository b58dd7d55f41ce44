/** What a page's first load costs on the wire: the real server, a browser that has nothing yet. */

import type { Socket } from 'node:net';
import type { Browser } from '@playwright/test';
import { createSignalingServer, type SignalingServer } from 'duetjs-signaling';

export interface FirstLoad {
  /** From the server to the browser, headers included. */
  readonly bytes: number;
  readonly requests: number;
}

/** So long has nothing crossed when it is over: pages start their workers a moment later, and workers start theirs. */
const quietMs = 3000;

/** `pages`: the folder of the built pages; `path`: of one of them. */
export async function firstLoad(
  browser: Browser,
  pages: string,
  path: string,
  acceptEncoding?: string,
): Promise<FirstLoad> {
  const server = await createSignalingServer({ staticDir: pages, port: 0, host: '127.0.0.1' });
  try {
    // The server compresses a file when it is first asked for.
    await visit(server, browser, path, acceptEncoding);
    return await visit(server, browser, path, acceptEncoding);
  } finally {
    await server.close();
  }
}

async function visit(
  server: SignalingServer,
  browser: Browser,
  path: string,
  acceptEncoding: string | undefined,
): Promise<FirstLoad> {
  const sockets = new Set<Socket>();
  const listen = (socket: Socket): void => void sockets.add(socket);
  server.http.on('connection', listen);
  const context = await browser.newContext(
    acceptEncoding === undefined ? {} : { extraHTTPHeaders: { 'Accept-Encoding': acceptEncoding } },
  );
  const written = (): number =>
    [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  try {
    let requests = 0;
    context.on('request', () => {
      requests += 1;
    });
    const page = await context.newPage();
    await page.goto(`${server.url}${path}`, { waitUntil: 'load' });
    let before = -1;
    while (written() !== before) {
      before = written();
      await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
    return { bytes: written(), requests };
  } finally {
    await context.close();
    server.http.off('connection', listen);
  }
}
