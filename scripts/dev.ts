/** `npm run dev [-- flags]`: the same as `npm start`, with the pages served from their sources and reloaded on change. */

import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { runCommand } from 'duetjs-signaling';
import { createServer, type ViteDevServer } from 'vite';
import { inRepository } from './tools';

let vite: ViteDevServer | undefined;
const hasIndex = existsSync(inRepository('examples/index.html'));

/** Vite writes the responses; what security headers a built page gets, these do not have. */
function pages(request: IncomingMessage, response: ServerResponse): void {
  if (vite === undefined) {
    response.writeHead(503, { 'Retry-After': '1' }).end('Starting.\n');
  } else if (request.url === '/' && !hasIndex) {
    response.writeHead(302, { Location: '/owner/' }).end();
  } else {
    vite.middlewares(request, response);
  }
}

await runCommand(process.argv.slice(2), {
  server: { pages },
  async onListening(server) {
    vite = await createServer({
      configFile: inRepository('vite.config.ts'),
      // Reload messages go through the same port, beside the signaling.
      server: { middlewareMode: true, hmr: { server: server.http } },
    });
    server.http.once('close', () => void vite?.close());
  },
});
