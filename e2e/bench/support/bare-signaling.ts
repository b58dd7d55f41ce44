/** The least signaling server there is, in a process of its own: rooms of socket.io that pass on what is said in them. */

import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Server } from 'socket.io';

export interface BareSignaling {
  readonly url: string;
  close(): void;
}

export async function startBareSignaling(): Promise<BareSignaling> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: ['--import', 'tsx'] });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (told) => resolve(told as number));
    child.once('exit', () => reject(new Error('The bare signaling server did not start.')));
  });
  return { url: `http://127.0.0.1:${port}`, close: () => void child.kill() };
}

function serve(): void {
  const http = createServer();
  const server = new Server(http, { cors: { origin: '*' } });
  server.on('connection', (socket) => {
    socket.on('enter', (room: string, done: () => void) => {
      void socket.join(room);
      socket.on('signal', (data: unknown) => socket.to(room).emit('signal', data));
      done();
    });
  });
  http.listen(0, '127.0.0.1', () => process.send?.((http.address() as AddressInfo).port));
}

if (process.argv[2] === 'serve') serve();
