/**
 * What two pages tell each other through the signaling server, as bytes. Both directions go through this one pair of
 * functions. The bytes are not encrypted: the server could read and change them. A changed one makes the two sides see
 * different DTLS fingerprints, so that the handshake, which binds them to the invite's secret, fails.
 */

import { DuetError, signalingLimits } from '@duet/protocol';

export type RtcSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly type: 'candidate';
      /** Empty where the browser says that there are no more. */
      readonly candidate: string;
      readonly sdpMid: string | null;
      readonly sdpMLineIndex: number | null;
    };

export function sealSignal(signal: RtcSignal): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(signal));
}

/** Throws `bad-message` for anything but the description or a candidate of one data connection. */
export function openSignal(bytes: Uint8Array): RtcSignal {
  if (bytes.length > signalingLimits.signalBytes) return bad('A signal is too large.');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    return bad('A signal is unreadable.', thrown);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad('A signal is unreadable.');
  }
  const { type, sdp, candidate, sdpMid, sdpMLineIndex } = value as Record<string, unknown>;
  if ((type === 'offer' || type === 'answer') && typeof sdp === 'string') {
    if (!isDataOnly(sdp)) return bad('A signal offers more than a data channel.');
    // Firefox would accept the key of any of several.
    if (fingerprintOf(sdp) === undefined) return bad('A signal does not name one DTLS key.');
    return { type, sdp };
  }
  if (
    type === 'candidate' &&
    typeof candidate === 'string' &&
    (sdpMid === null || typeof sdpMid === 'string') &&
    (sdpMLineIndex === null || typeof sdpMLineIndex === 'number') &&
    // Browsers throw on a candidate that belongs nowhere.
    (sdpMid !== null || sdpMLineIndex !== null)
  ) {
    return { type, candidate, sdpMid, sdpMLineIndex };
  }
  return bad('A signal is of an unknown kind.');
}

/** One section, for data: no camera or microphone is ever negotiated. */
function isDataOnly(sdp: string): boolean {
  const sections = sdp.split(/\r?\n/u).filter((line) => line.startsWith('m='));
  return sections.length === 1 && sections[0]?.startsWith('m=application ') === true;
}

/** The one DTLS fingerprint of a description, by SHA-256; undefined where there is none, another kind, or more than one. */
export function fingerprintOf(sdp: string): string | undefined {
  const lines = sdp.split(/\r?\n/u).filter((line) => /^a=fingerprint/iu.test(line));
  const digest = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})\s*$/iu.exec(
    lines[0] ?? '',
  )?.[1];
  return lines.length === 1 ? digest?.toUpperCase() : undefined;
}

function bad(detail: string, cause?: unknown): never {
  throw new DuetError('bad-message', cause === undefined ? { detail } : { detail, cause });
}
