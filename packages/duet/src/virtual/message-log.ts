/** What went over the channels of a virtual worker, message by message. */

import { type LoggedFrame, readFrame } from '@duet/link';
import { decodeOwnerMessage, decodeScientistMessage } from '@duet/protocol';

export interface LoggedMessage {
  readonly direction: 'toWorker' | 'fromWorker';
  /** As in the protocol: `put`, `action`, `get`, `drop`, `value`, … */
  readonly kind: string;
  readonly bytes: number;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The messages in a log of a memory pair whose `a` is the worker's end. Payloads are no messages. */
export function messagesIn(log: readonly LoggedFrame[]): LoggedMessage[] {
  const begun = { aToB: [] as Uint8Array[], bToA: [] as Uint8Array[] };
  const messages: LoggedMessage[] = [];
  for (const { lane, frame } of log) {
    for (const { kind, body } of readFrame(frame).segments) {
      if (kind !== 'message' && kind !== 'message-part') continue;
      begun[lane].push(body);
      if (kind === 'message-part') continue;
      const bytes = joined(begun[lane].splice(0));
      const toWorker = lane === 'bToA';
      messages.push({
        direction: toWorker ? 'toWorker' : 'fromWorker',
        kind: (toWorker ? decodeScientistMessage(bytes) : decodeOwnerMessage(bytes)).kind,
        bytes: bytes.length,
      });
    }
  }
  return messages;
}
