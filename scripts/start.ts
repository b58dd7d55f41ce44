/** `npm start [-- flags]`: builds the pages, then serves them and the signaling. Flags are those of the command. */

import { runCommand } from 'duetjs-signaling';
import { build } from 'vite';
import { inRepository } from './tools';

await runCommand(process.argv.slice(2), {
  staticDir: inRepository('dist'),
  async prepare() {
    console.log('Building the pages.');
    await build({ configFile: inRepository('vite.config.ts'), logLevel: 'warn' });
  },
});
