import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Server } from 'socket.io';
import { clientAddress, rateKey } from './addresses';
import { systemClock } from './clock';
import { createHttpHandler } from './http-handler';
import { defaultServerLimits } from './limits';
import { listen } from './listen';
import type { SignalingServerOptions } from './options';
import { isOriginAllowed, parseOrigin } from './origins';
import { OpenCounter, RateLimiter } from './rate-limits';
import { Rooms } from './rooms';
import { type SignalingIo, SocketEvents } from './sockets';
import { listPages } from './static';

export interface SignalingServer {
  /** The port it listens on; not the one that was asked for, if that was taken. */
  readonly port: number;
  /** The origin to open: the public URL if there is one. */
  readonly url: string;
  /** Every origin on which this machine itself reaches it. */
  readonly urls: readonly string[];
  /** Are there pages to open, or is it signaling alone? */
  readonly hasPages: boolean;
  /** For tools that must see upgrades of their own on the same port. */
  readonly http: HttpServer;
  /** Tells everyone who is connected, stops listening and lets go of everything. May be called twice. */
  close(): Promise<void>;
}

/** Starts a signaling server. Rejects if it cannot listen, or if an option is not usable. */
export async function createSignalingServer(
  options: SignalingServerOptions = {},
): Promise<SignalingServer> {
  const limits = { ...defaultServerLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const publicOrigin =
    options.publicUrl === undefined ? undefined : requireOrigin(options.publicUrl);
  const originRule = { publicOrigin, allowed: new Set((options.origins ?? []).map(requireOrigin)) };
  const files =
    options.staticDir === undefined ? new Map<never, never>() : await listPages(options.staticDir);

  const handler = createHttpHandler({
    files,
    pages: options.pages,
    ice: options.ice ?? [],
    originRule,
  });
  const httpOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.headersTimeoutMs / 2,
  };
  const http = options.tls
    ? createTlsServer({ ...httpOptions, ...options.tls }, handler)
    : createServer(httpOptions, handler);
  http.maxHeadersCount = limits.headersCount;
  http.on('clientError', (_error, socket) => socket.destroy());
  if (options.tls) http.on('tlsClientError', () => undefined);

  const connects = new RateLimiter(limits.connectionsPerMinute, limits.addresses);
  const open = new OpenCounter(limits.connectionsPerAddress);
  const keyOf = (request: IncomingMessage): string =>
    rateKey(clientAddress(request, options.trustProxy ?? false));

  const io: SignalingIo = new Server({
    transports: ['websocket'],
    serveClient: false,
    allowEIO3: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: limits.signalBytes,
    connectTimeout: limits.connectTimeoutMs,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    allowRequest(request, decide) {
      const key = keyOf(request);
      if (!isOriginAllowed(request, originRule)) decide('origin', false);
      else if (io.engine.clientsCount >= limits.connections) decide('limit', false);
      else if (open.isFull(key)) decide('limit', false);
      else if (!connects.take(clock.now(), key)) decide('rate', false);
      else decide(null, true);
    },
  });
  io.use((socket, next) => {
    socket.data.rateKey = keyOf(socket.request);
    next();
  });
  io.attach(http);
  io.engine.on('connection', (connection: EngineConnection) => {
    const key = keyOf(connection.request);
    open.add(key);
    connection.on('close', () => open.remove(key));
    connection.on('error', () => undefined);
  });

  const events = new SocketEvents(new Rooms(limits), limits, clock);
  events.attach(io);
  const stopSweeping = clock.every(limits.sweepPeriodMs, () => {
    events.sweep();
    connects.sweep(clock.now());
  });

  const close = async (): Promise<void> => {
    stopSweeping();
    events.clear();
    io.engine.close();
    await listening.close(limits.shutdownGraceMs);
  };

  const host = options.host ?? 'localhost';
  const listening = await listen(http, {
    host,
    port: options.port ?? 8787,
    attempts: options.portAttempts ?? 1,
    maxConnections: limits.connections,
  }).catch((error: unknown) => {
    stopSweeping();
    io.engine.close();
    throw error;
  });

  const scheme = options.tls ? 'https' : 'http';
  const urls = hostsOf(host, listening.addresses).map(
    (name) => `${scheme}://${name}:${listening.port}`,
  );
  let closing: Promise<void> | undefined;
  return {
    port: listening.port,
    url: publicOrigin ?? urls[0] ?? `${scheme}://localhost:${listening.port}`,
    urls,
    hasPages: files.size > 0 || options.pages !== undefined,
    http,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

interface EngineConnection {
  readonly request: IncomingMessage;
  on(event: 'close' | 'error', listener: () => void): void;
}

/** How this machine's own browser spells the addresses. */
function hostsOf(host: string, addresses: readonly string[]): string[] {
  const isAny = host === '0.0.0.0' || host === '::';
  const named = addresses.map((address) => (address.includes(':') ? `[${address}]` : address));
  if (host === 'localhost') return ['localhost', ...named];
  return isAny ? ['localhost'] : named;
}

function requireOrigin(text: string): string {
  const origin = parseOrigin(text);
  if (origin === undefined) {
    throw new Error(`"${text}" is not an origin such as https://duet.example`);
  }
  return origin;
}
