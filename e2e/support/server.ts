import { spawn } from 'node:child_process';
import { inRepository } from '../../scripts/tools';

export interface ServerProcess {
  /** Its origin, without a slash at the end: the public one if it was given one. */
  readonly url: string;
  /** All that it has printed so far, its log included. */
  printed(): string;
  /** Writes everything that is in its memory to a file. */
  writeHeap(file: string): Promise<void>;
  /** Ends it politely or at once; resolves when the process is gone. May be called again. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a signaling server as a process of its own, with the pages as they were built last, and flags if any. */
export async function startServer(...flags: readonly string[]): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', inRepository('e2e/support/serve.ts'), '--built', ...flags],
    { cwd: inRepository('.'), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      output += chunk.toString();
      const announced = /(https?:\/\/[\w.:]+)\/owner\//.exec(output)?.[1];
      if (announced !== undefined) resolve(announced);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    void ended.then(() => reject(new Error(`The server ended before it was ready:\n${output}`)));
  });
  return {
    url,
    printed: () => output,
    writeHeap: (file) =>
      new Promise((resolve) => {
        child.once('message', () => resolve());
        child.send({ writeHeap: file });
      }),
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
