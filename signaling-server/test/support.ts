import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ClientToServerEvents, ServerToClientEvents, SignalingReply } from '@duet/protocol';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { createSignalingServer, type ServerClock, type SignalingServer } from '../src/index';
import type { SignalingServerOptions } from '../src/options';

export type Client = Socket<ServerToClientEvents, ClientToServerEvents>;

/** A server on a loopback port of its own, closed when the test is over. */
export async function startServer(options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const server = await createSignalingServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** A client that has not connected yet. */
export function createClient(
  url: string,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Client {
  const client: Client = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    autoConnect: false,
    ...options,
  });
  onTestFinished(() => {
    client.disconnect();
  });
  return client;
}

/** How this machine reaches it, whatever its public URL. */
export const localUrl = (server: SignalingServer): string => server.urls[0] ?? server.url;

export async function connect(
  server: SignalingServer,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Client> {
  const client = createClient(localUrl(server), options);
  const connected = new Promise<void>((resolve, reject) => {
    client.once('connect', resolve);
    client.once('connect_error', reject);
  });
  client.connect();
  await connected;
  return client;
}

/** Resolves with why a connection is refused; rejects if it is not. */
export async function refusal(url: string, options: Partial<ManagerOptions & SocketOptions> = {}) {
  const client = createClient(url, options);
  const refused = new Promise<Error>((resolve, reject) => {
    client.once('connect_error', resolve);
    client.once('connect', () => reject(new Error('the server let it in')));
  });
  client.connect();
  return refused;
}

export function next<Event extends keyof ServerToClientEvents>(
  client: Client,
  event: Event,
): Promise<Parameters<ServerToClientEvents[Event]>> {
  return new Promise((resolve) => {
    const listener = (name: unknown, ...args: unknown[]): void => {
      if (name !== event) return;
      client.offAny(listener);
      resolve(args as Parameters<ServerToClientEvents[Event]>);
    };
    client.onAny(listener);
  });
}

export function disconnected(client: Client): Promise<string> {
  return new Promise((resolve) => client.once('disconnect', resolve));
}

/** Everything that a client hears, in order. */
export function record(client: Client): unknown[][] {
  const heard: unknown[][] = [];
  client.onAny((...event: unknown[]) => heard.push(event));
  return heard;
}

export const open = (client: Client, room: string): Promise<SignalingReply> =>
  new Promise((resolve) => client.emit('open', room, resolve));

export const join = (client: Client, room: string): Promise<SignalingReply> =>
  new Promise((resolve) => client.emit('join', room, resolve));

/** Resolves when the server has handled what this client sent before. */
export const settled = async (client: Client): Promise<void> => {
  await join(client, 'not a room');
};

export const randomRoom = (): string => randomBytes(16).toString('base64url');

/** A host and a guest in one room. */
export async function pair(server: SignalingServer) {
  const room = randomRoom();
  const host = await connect(server);
  const guest = await connect(server);
  await open(host, room);
  const guestCame = next(host, 'guest');
  await join(guest, room);
  await guestCame;
  return { room, host, guest };
}

/** A clock that moves when told to, and then calls what is due. */
export function fakeClock(): ServerClock & { advance(ms: number): void } {
  let nowMs = 0;
  const timers = new Set<{ periodMs: number; dueMs: number; call: () => void }>();
  return {
    now: () => nowMs,
    every(periodMs, call) {
      const timer = { periodMs, dueMs: nowMs + periodMs, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    after(delayMs, call) {
      const timer = {
        periodMs: 0,
        dueMs: nowMs + delayMs,
        call: () => {
          timers.delete(timer);
          call();
        },
      };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      nowMs += ms;
      for (const timer of timers) {
        if (timer.dueMs > nowMs) continue;
        timer.dueMs = nowMs + timer.periodMs;
        timer.call();
      }
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Trusted for https. */
  readonly ca?: string;
}

/** A request whose path is sent as it is written: `fetch` would tidy up `..` before sending. */
export function ask(origin: string, path: string, options: AskOptions = {}): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin);
  const send = protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: hostname.replace(/^\[|\]$/g, ''),
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: false,
        ...(options.ca === undefined ? {} : { ca: options.ca, servername: 'localhost' }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}
