import { createServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Server } from 'socket.io';
import { clientAddress, rateKey } from './addresses';
import { systemClock } from './clock';
import { createHttpHandler } from './http-handler';
import { defaultServerLimits } from './limits';
import { listen } from './listen';
import { AddressHash, createLog } from './log';
import { Metrics } from './metrics';
import { observe } from './observing';
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
  /** The port of the metrics, if there is one. */
  readonly metricsPort: number | undefined;
  /** Tells everyone who is connected, stops listening and lets go of everything. May be called twice. */
  close(): Promise<void>;
}

/** Starts a signaling server. Rejects if it cannot listen, or if an option is not usable. */
export async function createSignalingServer(
  options: SignalingServerOptions = {},
): Promise<SignalingServer> {
  const limits = { ...defaultServerLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const relays = options.relay ?? true;
  const publicOrigin =
    options.publicUrl === undefined ? undefined : requireOrigin(options.publicUrl);
  const originRule = { publicOrigin, allowed: new Set((options.origins ?? []).map(requireOrigin)) };
  const files =
    options.staticDir === undefined ? new Map<never, never>() : await listPages(options.staticDir);
  const metrics = new Metrics();
  const log = createLog({
    format: options.log ?? 'off',
    linesPerMinute: limits.logLinesPerMinute,
    clock,
    ...(options.writeLog === undefined ? {} : { write: options.writeLog }),
  });
  const addresses = new AddressHash(clock);
  const keyOf = (request: IncomingMessage): string =>
    addresses.of(rateKey(clientAddress(request, options.trustProxy ?? false)));

  const rooms = new Rooms(limits, relays);
  const mints = new RateLimiter(limits.credentialsPerMinute, limits.addresses);
  let isClosing = false;
  const isReady = (): boolean =>
    !isClosing && !rooms.isFull && io.engine.clientsCount < limits.connections;

  const handler = createHttpHandler({
    files,
    pages: options.pages,
    ice: options.ice ?? [],
    originRule,
    isReady,
    mayMint(request) {
      const may = mints.take(clock.now(), keyOf(request));
      if (may) metrics.count('duet_turn_credentials_total');
      return may;
    },
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
  const whyRefused = (request: IncomingMessage, key: string): string | undefined => {
    if (isClosing) return 'closing';
    if (!isOriginAllowed(request, originRule)) return 'origin';
    if (io.engine.clientsCount >= limits.connections || open.isFull(key)) return 'limit';
    return connects.take(clock.now(), key) ? undefined : 'rate';
  };

  const io: SignalingIo = new Server({
    transports: ['websocket'],
    serveClient: false,
    allowEIO3: false,
    perMessageDeflate: false,
    httpCompression: false,
    // Signals are held to their own, smaller limit.
    maxHttpBufferSize: relays
      ? Math.max(limits.relayBytes, limits.signalBytes)
      : limits.signalBytes,
    connectTimeout: limits.connectTimeoutMs,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    allowRequest(request, decide) {
      const key = keyOf(request);
      const why = whyRefused(request, key);
      if (why === undefined) {
        decide(null, true);
        return;
      }
      metrics.count('duet_refused_connections_total', why);
      log('refused', { why, address: key });
      decide(why, false);
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

  const events = new SocketEvents({ rooms, limits, clock, metrics, log, relays });
  events.attach(io);
  metrics.gauge('duet_connections', 'Connections now.', () => io.engine.clientsCount);
  metrics.gauge('duet_rooms', 'Rooms now.', () => rooms.count);
  metrics.gauge('duet_relayed_pairs', 'Relayed pairs now.', () => rooms.relayedPairs);
  metrics.gauge('duet_ready', 'Would it take more?', () => (isReady() ? 1 : 0));
  const stopSweeping = clock.every(limits.sweepPeriodMs, () => {
    events.sweep();
    for (const limiter of [connects, mints]) limiter.sweep(clock.now());
  });

  const host = options.host ?? 'localhost';
  const stop = (): void => {
    stopSweeping();
    io.engine.close();
  };
  const listening = await listen(http, {
    host,
    port: options.port ?? 8787,
    attempts: options.portAttempts ?? 1,
    maxConnections: limits.connections,
  }).catch((error: unknown) => {
    stop();
    throw error;
  });
  const observing = await observe({
    host: options.metricsHost ?? '127.0.0.1',
    port: options.metricsPort,
    metrics,
    isReady,
  }).catch(async (error: unknown) => {
    stop();
    await listening.close(0);
    throw error;
  });
  log('listening', { port: listening.port });

  const close = async (): Promise<void> => {
    isClosing = true;
    log('closing', { connections: io.engine.clientsCount });
    events.clear();
    stop();
    await listening.close(limits.shutdownGraceMs);
    await observing?.close(0);
    log('closed');
  };

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
    metricsPort: observing?.port,
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
