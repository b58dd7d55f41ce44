import { spawn } from 'node:child_process';
import { inRepository } from '../../scripts/tools';

export interface ServerProcess {
  /** Its origin, without a slash at the end. */
  readonly url: string;
  /** Ends it politely or at once; resolves when the process is gone. May be called again. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a signaling server as a process of its own, with the pages as they were built last, and flags if any. */
export async function startServer(...flags: readonly string[]): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', inRepository('e2e/support/serve.ts'), '--built', ...flags],
    { cwd: inRepository('.'), stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const announced = /(http:\/\/127\.0\.0\.1:\d+)\/owner\//.exec(output)?.[1];
      if (announced !== undefined) resolve(announced);
    });
    void ended.then(() => reject(new Error('The server ended before it was ready.')));
  });
  return {
    url,
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
