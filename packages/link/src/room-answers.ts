/** What a signaling server answers to those who ask for a room, and what it hands over. None of it is taken on trust. */

import { type Clock, DuetError, type ErrorCode, errorCodes, limits } from '@duet/protocol';
import { refused, type SignalingSocket, unreachable } from './signaling-socket';

interface Question {
  readonly socket: SignalingSocket['socket'];
  readonly address: string;
  readonly clock: Clock;
  readonly ending: AbortSignal;
  /** Called in the same turn as the answer comes, since more may come behind it. */
  readonly onYes: (relays: boolean) => void;
  /** The room was given to a question that nobody waits for any more. */
  readonly onLateYes: () => void;
}

/** Asks for a room, once. Rejects with the server's refusal, `no-signaling` when it does not answer, or `aborted`. */
export function askForRoom(how: 'open' | 'join', id: string, question: Question): Promise<void> {
  const { socket, address, clock, ending } = question;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (act: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      stopTimer();
      socket.off('disconnect', onLost);
      ending.removeEventListener('abort', onAbort);
      act();
    };
    const onLost = (): void => settle(() => reject(unreachable(address)));
    const onAbort = (): void => settle(() => reject(new DuetError('aborted')));
    const stopTimer = clock.after(limits.connectTimeoutMs, onLost);
    if (ending.aborted) return onAbort();
    if (!socket.connected) return onLost();
    socket.on('disconnect', onLost);
    ending.addEventListener('abort', onAbort);
    let answers = 0;
    socket.emit(how, id, (answer: unknown) => {
      const said = readReply(answer);
      answers += 1;
      if (answers > 1) return;
      if (isSettled) {
        if (said.ok) question.onLateYes();
        return;
      }
      settle(() => {
        if (said.ok) {
          question.onYes(said.relays);
          resolve();
        } else {
          const { code } = said;
          reject(code === 'signaling-refused' ? refused(address) : new DuetError(code));
        }
      });
    });
  });
}

type Said =
  | { readonly ok: true; readonly relays: boolean }
  | { readonly ok: false; readonly code: ErrorCode };

/** Nothing is taken on trust: an answer that is none is a refusal. */
function readReply(answer: unknown): Said {
  const { ok, relay, code } = (answer ?? {}) as { ok?: unknown; relay?: unknown; code?: unknown };
  if (ok === true) return { ok, relays: relay === true };
  return { ok: false, code: errorCodes.find((known) => known === code) ?? 'signaling-refused' };
}

/** Bytes up to a length, or undefined for anything else. Socket.IO hands binary over as ArrayBuffer in browsers and as Buffer in Node. */
export function bytesIn(data: unknown, mostBytes: number): Uint8Array | undefined {
  if (data instanceof ArrayBuffer)
    return data.byteLength > mostBytes ? undefined : new Uint8Array(data);
  if (!(data instanceof Uint8Array) || data.byteLength > mostBytes) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
