/** A site of somebody else's, on an origin of its own: plain files, no policy, nothing of Duet's server. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OtherSite {
  /** Without a slash at the end. */
  readonly origin: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  wasm: 'application/wasm',
};

/** Serves files by their path, such as `/owner.html`. `read` gives nothing for those that there are not. */
export async function serveSite(
  read: (path: string) => Promise<string | Buffer | undefined>,
): Promise<OtherSite> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.invalid');
    read(pathname).then(
      (content) => {
        const type = types[pathname.split('.').at(-1) ?? ''] ?? 'text/plain';
        response.writeHead(content === undefined ? 404 : 200, { 'Content-Type': type });
        response.end(content);
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
