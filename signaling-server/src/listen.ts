import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';

/** A server that listens on one or two addresses, and can be closed for good. */
export interface Listening {
  readonly port: number;
  readonly addresses: readonly string[];
  /** Stops listening, gives what is open so long to end, then cuts it. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  /** `localhost` means both loopback addresses, since browsers may try either. */
  readonly host: string;
  /** 0 is any free port. */
  readonly port: number;
  /** How many ports to try, upwards from `port`. */
  readonly attempts: number;
  readonly maxConnections: number;
}

/** Both loopback addresses, the one that is everywhere first. */
const loopback = ['127.0.0.1', '::1'] as const;

const lastPort = 65_535;

/**
 * Listens with `http` on the first address, and with a plain TCP server that hands its connections to `http` on the
 * second: an HTTP server by itself stands on one address only.
 */
export async function listen(http: HttpServer, options: ListenOptions): Promise<Listening> {
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const servers = await bindFreePort(http, options);
  return {
    port: addressOf(http).port,
    addresses: servers.map((server) => addressOf(server).address),
    async close(graceMs) {
      const closed = Promise.all(servers.map(stop));
      http.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

async function bindFreePort(http: HttpServer, options: ListenOptions): Promise<Server[]> {
  const { port, attempts } = options;
  for (let attempt = 0; ; attempt += 1) {
    const wanted = port === 0 ? 0 : port + attempt;
    try {
      return await bindAll(http, options, wanted);
    } catch (error) {
      const isLast = attempt + 1 >= attempts || wanted >= lastPort;
      if (errorCode(error) !== 'EADDRINUSE' || isLast) throw error;
    }
  }
}

async function bindAll(http: HttpServer, options: ListenOptions, port: number): Promise<Server[]> {
  const { host, maxConnections } = options;
  const servers: Server[] = [];
  try {
    for (const address of host === 'localhost' ? loopback : [host]) {
      const isFirst = servers.length === 0;
      const server = isFirst ? http : createServer((socket) => http.emit('connection', socket));
      server.maxConnections = maxConnections;
      try {
        await bind(server, address, isFirst ? port : addressOf(http).port);
      } catch (error) {
        // A machine without one of the two families is still a machine with a localhost.
        if (host === 'localhost' && isMissingFamily(error)) continue;
        throw error;
      }
      servers.push(server);
    }
  } catch (error) {
    await Promise.all(servers.map(stop));
    throw error;
  }
  if (servers.length === 0) throw new Error('this machine has no loopback address');
  return servers;
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      server.off('listening', succeed);
      reject(error);
    };
    const succeed = (): void => {
      server.off('error', fail);
      // A connection that breaks before it is accepted is its own affair, not the server's end.
      server.on('error', () => undefined);
      resolve();
    };
    server.once('error', fail);
    server.once('listening', succeed);
    server.listen({ host, port });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function addressOf(server: Server): { address: string; port: number } {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address;
}

function isMissingFamily(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error) ?? '');
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
