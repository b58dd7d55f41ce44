/**
 * Chains of lines: how the owner's side writes down what happened so that a later change shows. The log of all, and the
 * history of each scientist, are one chain each. docs/audit.md describes them for others who want to check one.
 */

import { type Bytes, sha256 as hashOf } from './digest';

const utf8 = new TextEncoder();

function hash(...parts: readonly Uint8Array[]): Promise<Bytes> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return hashOf(whole);
}

/** The head of a log in which nothing stands yet. The fingerprint is empty where nothing can be signed. */
export function emptyLogHead(owner: string): Promise<Bytes> {
  return hash(utf8.encode(`duet/1 audit ${owner}`));
}

/** The same for the history of one scientist, who is a part of it: no line can be passed off as another one's. */
export function emptyHistoryHead(owner: string, peer: string): Promise<Bytes> {
  return hash(utf8.encode(`duet/1 history ${owner} ${peer}`));
}

/** The head after a line, which has no line break: SHA-256 over the 32 bytes of the head before it and the line. */
export function headAfter(previous: Uint8Array, line: string): Promise<Bytes> {
  return hash(previous, utf8.encode(line));
}

const signedKinds = {
  log: 'duet/1 audit head\n',
  history: 'duet/1 history head\n',
  /** The whole text of an export, by its SHA-256. */
  export: 'duet/1 audit export\n',
} as const;

export type SignedKind = keyof typeof signedKinds;

/** What is signed of a head: its kind, so that no signature can be taken for another, and its 32 bytes. */
export function headToSign(kind: SignedKind, head: Uint8Array): Bytes {
  const label = utf8.encode(signedKinds[kind]);
  const whole = new Uint8Array(label.length + head.length);
  whole.set(label);
  whole.set(head, label.length);
  return whole;
}

/** JSON in ASCII alone, so that no program which stores or shows a line can change its bytes. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Of a text in UTF-8. */
export function sha256(text: string): Promise<Bytes> {
  return hash(utf8.encode(text));
}

/** What every line of a chain begins with. */
export interface ChainLine {
  /** Counted from 1. */
  readonly n: number;
  /** ISO time. */
  readonly at: string;
  /** The head before it, in hex. */
  readonly prev: string;
  readonly kind: string;
}

/** Undefined unless it is a line of a chain. What else stands in it is not looked at. */
export function parseChainLine(line: string): (ChainLine & Record<string, unknown>) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { n, at, prev, kind } = value as Record<string, unknown>;
  if (!Number.isSafeInteger(n) || (n as number) < 1) return undefined;
  if (typeof at !== 'string' || typeof kind !== 'string') return undefined;
  if (typeof prev !== 'string' || !/^[0-9a-f]{64}$/.test(prev)) return undefined;
  return value as ChainLine & Record<string, unknown>;
}
