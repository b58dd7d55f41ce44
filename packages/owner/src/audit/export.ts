/** What an owner hands over: a header, the lines as they are kept, signed heads, and an end that is signed over all of it. */

import {
  asciiJson,
  DuetError,
  emptyHistoryHead,
  emptyLogHead,
  headToSign,
  parseChainLine,
  sha256,
  toHex,
} from '@duet/protocol';
import type { OwnerStorage } from '../storage';
import { historyKey, readHistory, readLog } from './draft';
import type { AuditSigner } from './log';
import { readHeads } from './reading';

/** A head with the owner's signature of it. */
export interface AuditHead {
  /** The number of the entry whose head it is. */
  readonly signed: number;
  /** In hex. */
  readonly head: string;
  /** ISO time. */
  readonly at: string;
  readonly signature: string;
}

interface Chain {
  readonly lines: readonly string[];
  /** Before the first of the lines. */
  readonly start: string;
  readonly heads: readonly AuditHead[];
}

export async function exportLog(
  storage: OwnerStorage,
  signer: AuditSigner | undefined,
  nowMs: number,
): Promise<string> {
  const owner = signer?.fingerprint ?? '';
  const { since } = await readLog(storage, owner);
  const found = await storage.read('audit', { from: since });
  const lines = found.map(([, line]) => String(line));
  const start = previousOf(lines[0]) ?? toHex(await emptyLogHead(owner));
  const [first, last] = [numberOf(lines[0]) ?? 1, numberOf(lines.at(-1)) ?? 0];
  const heads = (await readHeads(storage)).filter(
    ({ signed }) => signed >= first && signed <= last,
  );
  return exportOf({ duet: 'audit' }, { lines, start, heads }, signer, nowMs);
}

/** Throws `no-object` where a scientist has no history. */
export async function exportHistory(
  storage: OwnerStorage,
  signer: AuditSigner | undefined,
  peer: string,
  nowMs: number,
): Promise<string> {
  const owner = signer?.fingerprint ?? '';
  const { since, n } = await readHistory(storage, owner, peer);
  const range = { from: historyKey(peer, since), to: historyKey(peer, n) };
  const found = since > n ? [] : await storage.read('chains', range);
  if (found.length === 0) {
    throw new DuetError('no-object', { detail: 'There is no history of this scientist.' });
  }
  const lines = found.map(([, line]) => String(line));
  const start = previousOf(lines[0]) ?? toHex(await emptyHistoryHead(owner, peer));
  return exportOf({ duet: 'history', peer }, { lines, start, heads: [] }, signer, nowMs);
}

function previousOf(line: string | undefined): string | undefined {
  return line === undefined ? undefined : parseChainLine(line)?.prev;
}

function numberOf(line: string | undefined): number | undefined {
  return line === undefined ? undefined : parseChainLine(line)?.n;
}

async function exportOf(
  about: object,
  { lines, start, heads }: Chain,
  signer: AuditSigner | undefined,
  nowMs: number,
): Promise<string> {
  const first = numberOf(lines[0]) ?? 1;
  const header = asciiJson({
    ...about,
    version: 1,
    owner: signer?.fingerprint ?? '',
    publicKey: signer ? toHex(signer.publicKey) : '',
    from: first,
    start,
  });
  const body = [header, ...lines, ...heads.map(asciiJson)].map((line) => `${line}\n`).join('');
  const end = { end: first + lines.length - 1, at: new Date(nowMs).toISOString() };
  const digest = await sha256(`${body}${asciiJson(end)}`);
  const signature = await signer?.sign(headToSign('export', digest));
  const proof = { digest: toHex(digest), ...(signature && { signature: toHex(signature) }) };
  return `${body}${asciiJson({ ...end, ...proof })}\n`;
}
