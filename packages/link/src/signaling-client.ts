/** One connection to the signaling server. The one place that imports socket.io-client. */

import {
  type ClientToServerEvents,
  type Clock,
  DuetError,
  type ErrorCode,
  errorCodes,
  limits,
  type ServerToClientEvents,
} from '@duet/protocol';
import { io, type Socket } from 'socket.io-client';

export type SignalingSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** Makes a socket that connects, and reconnects, by itself. */
export function connectSignaling(address: string): SignalingSocket {
  const url = new URL(address);
  return io(url.origin, {
    // What socket.io takes for a namespace is the folder that an installation lives in.
    path: `${url.pathname.replace(/\/$/u, '')}/socket.io/`,
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
  });
}

/** Resolves once connected. Rejects: `no-signaling`, `signaling-refused`, `aborted`; the socket is the caller's to end. */
export function whenConnected(
  socket: SignalingSocket,
  address: string,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let failures = 0;
    const settle = (act: () => void): void => {
      stopTimer();
      socket.off('connect', onConnect);
      socket.off('connect_error', onError);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onConnect = (): void => settle(resolve);
    const onAbort = (): void => settle(() => reject(new DuetError('aborted')));
    const onTimeout = (): void => settle(() => reject(unreachable(address)));
    const onError = async (): Promise<void> => {
      failures += 1;
      // A browser does not say why a WebSocket failed. A server that answers a plain request, and yet twice not this
      // one, does not want this page.
      if (failures < 2 || !(await answers(address)) || socket.connected) return;
      settle(() =>
        reject(
          new DuetError('signaling-refused', {
            detail: `The signaling server at ${address} refused this page.`,
          }),
        ),
      );
    };
    const stopTimer = clock.after(limits.connectTimeoutMs, onTimeout);
    socket.on('connect', onConnect);
    socket.on('connect_error', onError);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    else if (socket.connected) onConnect();
  });
}

function unreachable(address: string): DuetError {
  return new DuetError('no-signaling', {
    detail: `The signaling server at ${address} cannot be reached.`,
  });
}

async function answers(address: string): Promise<boolean> {
  try {
    const response = await fetch(`${address.replace(/\/$/u, '')}/health`, {
      cache: 'no-store',
      credentials: 'omit',
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** Opens or joins a room. Rejects with the server's refusal, or `no-signaling` when it does not answer. */
export function enterRoom(
  socket: SignalingSocket,
  how: 'open' | 'join',
  room: string,
  address: string,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      stopTimer();
      socket.off('disconnect', onLost);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onLost = (): void => settle(() => reject(unreachable(address)));
    const onAbort = (): void => settle(() => reject(new DuetError('aborted')));
    const stopTimer = clock.after(limits.connectTimeoutMs, onLost);
    socket.on('disconnect', onLost);
    signal?.addEventListener('abort', onAbort);
    socket.emit(how, room, (answer: unknown) => {
      const refusal = refusalIn(answer);
      settle(() => (refusal === undefined ? resolve() : reject(new DuetError(refusal))));
    });
  });
}

/** Why the server says no; undefined if it does not. Nothing is taken on trust: an answer that is none is a refusal. */
function refusalIn(answer: unknown): ErrorCode | undefined {
  const { ok, code } = (answer ?? {}) as { ok?: unknown; code?: unknown };
  if (ok === true) return undefined;
  return errorCodes.find((known) => known === code) ?? 'signaling-refused';
}

/** Socket.IO hands binary over as ArrayBuffer in browsers and as Buffer in Node. */
export function toBytes(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (data instanceof Uint8Array) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  throw new DuetError('bad-message', { detail: 'A signal is not bytes.' });
}
