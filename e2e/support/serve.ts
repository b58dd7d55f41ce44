/** The server that end-to-end tests share: the real one with the built pages, on a loopback port of its own. */

import { writeHeapSnapshot } from 'node:v8';
import { runCommand } from 'duetjs-signaling';
import { build } from 'vite';
import { inRepository } from '../../scripts/tools';

/** All tests come from one address; what it may do in a minute is tested with the server. */
const generousRates = {
  connectionsPerMinute: 100_000,
  connectionsPerAddress: 1_000,
  roomsPerMinute: 100_000,
  joinsPerMinute: 100_000,
};

const flags = process.argv.slice(2);
const isBuilt = flags[0] === '--built';

await runCommand(['--host', '127.0.0.1', '--port', '0', ...flags.slice(isBuilt ? 1 : 0)], {
  staticDir: inRepository('dist'),
  server: { limits: generousRates },
  async prepare() {
    if (!isBuilt) {
      await build({ configFile: inRepository('vite.config.ts'), logLevel: 'warn' });
    }
  },
});

// A test wants to see what is in this process's memory.
process.on('message', (message: { readonly writeHeap: string }) => {
  writeHeapSnapshot(message.writeHeap);
  process.send?.('done');
});
process.channel?.unref();
