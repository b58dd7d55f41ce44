/**
 * Frames that are of the connection itself. Links number theirs from 1; those with the number 0 are: a kind (u8) and a body.
 */

import { type Bytes, DuetError, limits } from '@duet/protocol';

export type ControlFrame =
  /** The first frame each way of a paired connection: the key, the identity and the nonce of the short authentication string. */
  | {
      readonly kind: 'confirm';
      readonly mac: Bytes;
      readonly signature: Bytes;
      readonly nonce: Bytes;
    }
  /** The second: this side has checked the first, and has received so many frames of the link. What follows is the link's. */
  | { readonly kind: 'ready'; readonly received: number }
  /** So many frames were received. */
  | { readonly kind: 'received'; readonly received: number }
  /** Nothing to say, and there. Answered by `received`. */
  | { readonly kind: 'beat' }
  /** The page is being closed or reloaded: it may come back. */
  | { readonly kind: 'going' };

const codes = { confirm: 1, ready: 2, received: 3, beat: 4, going: 5 } as const;
const headerBytes = 5;
const confirmBytes = 32 + 64 + 32;

export function isControl(frame: Uint8Array): boolean {
  return (
    frame.length >= headerBytes &&
    frame[0] === 0 &&
    frame[1] === 0 &&
    frame[2] === 0 &&
    frame[3] === 0
  );
}

export function writeControl(control: ControlFrame): Bytes {
  const body = bodyOf(control);
  const frame = new Uint8Array(headerBytes + body.length);
  frame[4] = codes[control.kind];
  frame.set(body, headerBytes);
  return frame;
}

function bodyOf(control: ControlFrame): Uint8Array {
  switch (control.kind) {
    case 'confirm': {
      const body = new Uint8Array(confirmBytes);
      body.set(control.mac, 0);
      body.set(control.signature, 32);
      body.set(control.nonce, 96);
      return body;
    }
    case 'ready':
    case 'received': {
      const body = new Uint8Array(4);
      new DataView(body.buffer).setUint32(0, control.received, true);
      return body;
    }
    default:
      return new Uint8Array();
  }
}

/** Throws `bad-message`. */
export function readControl(frame: Uint8Array): ControlFrame {
  const body = frame.slice(headerBytes);
  switch (frame[4]) {
    case codes.confirm:
      expectBytes(body, confirmBytes);
      return {
        kind: 'confirm',
        mac: body.slice(0, 32),
        signature: body.slice(32, 96),
        nonce: body.slice(96),
      };
    case codes.ready:
      return { kind: 'ready', received: countIn(body) };
    case codes.received:
      return { kind: 'received', received: countIn(body) };
    case codes.beat:
      expectBytes(body, 0);
      return { kind: 'beat' };
    case codes.going:
      expectBytes(body, 0);
      return { kind: 'going' };
    default:
      return bad('A control frame is of an unknown kind.');
  }
}

function countIn(body: Uint8Array): number {
  expectBytes(body, 4);
  return new DataView(body.buffer, body.byteOffset).getUint32(0, true);
}

function expectBytes(body: Uint8Array, length: number): void {
  if (body.length !== length || headerBytes + body.length > limits.frameBytes) {
    bad('A control frame has the wrong length.');
  }
}

function bad(detail: string): never {
  throw new DuetError('bad-message', { detail });
}
