/** A TURN server of a test's own on loopback, whose credentials are minted from a shared secret, as in an installation. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TurnServer {
  /** For the signaling server's `--ice`. */
  readonly ice: string;
  /** Its log so far. */
  log(): string;
  close(): Promise<void>;
}

/** Above the ports that systems hand out of themselves, so that nothing else takes one meanwhile. */
const relayPorts = { from: 61_000, to: 61_200 };

/** Starts `turnserver`. Rejects if it ends or listens to nobody within ten seconds. */
export async function startTurnServer(turnserver: string): Promise<TurnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'duet-turn-'));
  const secret = randomBytes(12).toString('hex');
  const port = await freePort();
  const child = spawn(turnserver, [
    // Not the machine's own configuration.
    ...[
      '-c',
      join(folder, 'none.conf'),
      '--no-cli',
      '--no-tls',
      '--no-dtls',
      '--no-multicast-peers',
    ],
    ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--allow-loopback-peers'],
    ...['--listening-port', String(port), '--realm', 'duet.test'],
    ...['--min-port', String(relayPorts.from), '--max-port', String(relayPorts.to)],
    ...['--use-auth-secret', '--static-auth-secret', secret, '--fingerprint'],
    ...['--userdb', join(folder, 'users'), '--pidfile', join(folder, 'pid')],
    ...['--log-file', 'stdout', '--simple-log', '--verbose'],
  ]);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (!(await isListening(child, port))) {
    await close();
    throw new Error(`The TURN server did not start:\n${log}`);
  }
  return { ice: `turn:127.0.0.1:${port}?secret=${secret}`, log: () => log, close };
}

async function isListening(child: ChildProcess, port: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && child.exitCode === null; tries += 1) {
    if (await accepts(port)) return true;
    await sleep(100);
  }
  return false;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
