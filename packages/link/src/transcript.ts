/** What two sides hash and sign, so that both mean the same session. */

import type { Bytes } from '@duet/protocol';
import type { Role } from './identity';

const label = 'duet/1';
const utf8 = new TextEncoder();

/** Each part with its length before it, so that no two lists of parts give the same bytes. */
export function joinParts(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    whole.set(part, at + 4);
    at += 4 + part.length;
  }
  return whole;
}

/** The same as joinParts, of words and bytes. */
export function joinWords(...parts: readonly (string | Uint8Array)[]): Bytes {
  return joinParts(parts.map((part) => (typeof part === 'string' ? utf8.encode(part) : part)));
}

/** SHA-256 over parts. */
export async function hashOf(...parts: readonly (string | Uint8Array)[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joinWords(...parts)));
}

/** Ties a session together: both hellos as they were sent, and the transport between them. */
export function transcriptOf(
  scientistHello: Uint8Array,
  ownerHello: Uint8Array,
  binding: Uint8Array,
): Promise<Bytes> {
  return hashOf(label, scientistHello, ownerHello, binding);
}

/** What a role signs. With the role in it a proof cannot be sent back to the side that made it. */
export function signedBytes(role: Role, transcript: Uint8Array): Bytes {
  return joinWords(`${label} signature ${role}`, transcript);
}

/** All that was said in pairing, by both sides alike. */
export interface PairingFacts {
  readonly room: string;
  /** Plaintexts. */
  readonly scientistHello: Uint8Array;
  readonly ownerHello: Uint8Array;
  /** Empty where frames go through the server: what was tried before does not matter then. */
  readonly offer: Uint8Array;
  readonly answer: Uint8Array;
  readonly scientistCertificate: Uint8Array;
  readonly ownerCertificate: Uint8Array;
  readonly isRelayed: boolean;
}

/** T: what keys, signatures and the short authentication string of a pairing are bound to. */
export function pairingTranscript(facts: PairingFacts): Promise<Bytes> {
  return hashOf(
    `${label} pairing`,
    facts.isRelayed ? 'relay' : 'direct',
    facts.room,
    facts.scientistHello,
    facts.ownerHello,
    facts.offer,
    facts.answer,
    facts.scientistCertificate,
    facts.ownerCertificate,
  );
}
