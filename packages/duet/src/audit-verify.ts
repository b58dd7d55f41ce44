/** Checks an exported audit, or one scientist's history: that nothing in it was changed, taken out or put in. */

import {
  asciiJson,
  type ChainLine,
  emptyHistoryHead,
  emptyLogHead,
  fingerprintOf,
  fromHex,
  headAfter,
  headToSign,
  parseChainLine,
  type SignedKind,
  sha256,
  toHex,
  verifySignature,
} from '@duet/protocol';

export interface VerifyAuditOptions {
  /** What `duet.receipts.export()` of a scientist gave: each must be found. */
  readonly receipts?: string | undefined;
  /** The owner's fingerprint, as you know it from elsewhere. Without it the one in the text is taken. */
  readonly key?: string | undefined;
}

export interface AuditFault {
  readonly in: 'audit' | 'receipts';
  /** Counted from 1. */
  readonly line: number;
  readonly what: string;
}

export interface AuditReport {
  readonly ok: boolean;
  /** The first one; what comes after it was not looked at. */
  readonly fault: AuditFault | undefined;
  /** Undefined where the text is neither. */
  readonly kind: 'audit' | 'history' | undefined;
  /** The fingerprint of the owner's key; empty where nothing is signed, and then anybody could have made the text. */
  readonly owner: string;
  /** Whose history it is. */
  readonly peer: string | undefined;
  /** Numbers of the first and the last entry. */
  readonly from: number;
  readonly to: number;
  readonly signedHeads: number;
  readonly receipts: number;
  /** Entries before which a page was not closed in order: the newest entries of that page may be missing. */
  readonly gaps: readonly number[];
}

class Fault extends Error {
  readonly fault: AuditFault;

  constructor(fault: AuditFault) {
    super(fault.what);
    this.fault = fault;
  }
}

const usualKeyBytes = 65;
const hex64 = /^[0-9a-f]{64}$/;

/** Reads the texts and checks everything in them. Never rejects for what stands in them. */
export async function verifyAudit(
  text: string,
  options: VerifyAuditOptions = {},
): Promise<AuditReport> {
  const check = new Check(options);
  let fault: AuditFault | undefined;
  try {
    await check.text(text);
    if (options.receipts !== undefined) await check.receipts(options.receipts);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    fault = thrown.fault;
  }
  return { ok: fault === undefined, fault, ...check.found };
}

type Found = Omit<AuditReport, 'ok' | 'fault'>;
type Json = Record<string, unknown>;

class Check {
  readonly #options: VerifyAuditOptions;
  #kind: Found['kind'];
  #owner = '';
  #publicKey: Uint8Array | undefined;
  #peer: string | undefined;
  #from = 1;
  /** Before the first entry, and after each. */
  readonly #heads: string[] = [];
  /** Of releases, by their recipient and place in its history. */
  readonly #releases = new Map<string, string>();
  readonly #gaps: number[] = [];
  #signedHeads = 0;
  #receipts = 0;

  constructor(options: VerifyAuditOptions) {
    this.#options = options;
  }

  get found(): Found {
    return {
      kind: this.#kind,
      owner: this.#owner,
      peer: this.#peer,
      from: this.#from,
      to: this.#to,
      signedHeads: this.#signedHeads,
      receipts: this.#receipts,
      gaps: this.#gaps,
    };
  }

  get #to(): number {
    return this.#from + this.#heads.length - 2;
  }

  async text(text: string): Promise<void> {
    const lines = linesOf(text);
    const last = lines.length - 1;
    if (last < 1) throw faultAt(0, 'This is no export: it has no header or no end.');
    await this.#header(lines[0] ?? '');
    const begun = { isCutKnown: this.#from === 1 };
    let index = 1;
    for (; index < last; index += 1) {
      const entry = parseChainLine(lines[index] ?? '');
      if (!entry) break;
      await this.#entry(index, lines[index] ?? '', entry, begun);
    }
    if (this.#heads.length === 1) throw faultAt(index, 'There are no entries.');
    if (!begun.isCutKnown) {
      throw faultAt(0, `Entries before number ${this.#from} are missing, and no entry says why.`);
    }
    for (; index < last; index += 1) await this.#signedHead(index, lines[index] ?? '');
    await this.#end(last, text, lines[last] ?? '');
  }

  async #header(line: string): Promise<void> {
    const { duet, version, owner, publicKey, from, start, peer } = parse(line) ?? {};
    const isHistory = duet === 'history';
    if (!isHistory && duet !== 'audit') throw faultAt(0, 'This is no export of an audit.');
    if (version !== 1) throw faultAt(0, 'This export is of a version that is not known here.');
    this.#kind = duet;
    if (typeof owner !== 'string' || typeof publicKey !== 'string') {
      throw faultAt(0, 'The header does not say whose it is.');
    }
    if (isHistory) {
      if (typeof peer !== 'string' || !hex64.test(peer)) {
        throw faultAt(0, 'The header does not say whose history it is.');
      }
      this.#peer = peer;
    }
    await this.#takeKey(owner, publicKey);
    const first = Number.isSafeInteger(from) ? Number(from) : 0;
    if (first < 1 || typeof start !== 'string' || !hex64.test(start)) {
      throw faultAt(0, 'The header does not say where it begins.');
    }
    this.#from = first;
    this.#heads.push(start);
    if (first === 1 && start !== toHex(await this.#emptyHead())) {
      throw faultAt(0, 'The first head is not that of an empty chain.');
    }
  }

  #emptyHead(): Promise<Uint8Array> {
    return this.#peer === undefined
      ? emptyLogHead(this.#owner)
      : emptyHistoryHead(this.#owner, this.#peer);
  }

  async #takeKey(owner: string, publicKey: string): Promise<void> {
    const { key } = this.#options;
    const bytes = fromHex(publicKey, usualKeyBytes);
    const isSigned = owner !== '' || publicKey !== '';
    if (isSigned && (!bytes || (await fingerprintOf(bytes)) !== owner)) {
      throw faultAt(0, 'The key in the header is not the one that its fingerprint says.');
    }
    this.#owner = owner;
    this.#publicKey = bytes;
    if (key === undefined) return;
    if (!isSigned) throw faultAt(0, 'It is not signed.');
    if (key.toLowerCase() !== owner) throw faultAt(0, 'It is signed by another key.');
  }

  async #entry(
    index: number,
    line: string,
    entry: ChainLine & Json,
    begun: { isCutKnown: boolean },
  ): Promise<void> {
    const expected = this.#to + 1;
    const head = this.#heads.at(-1) ?? '';
    if (entry.n !== expected) {
      throw faultAt(index, `Here entry ${expected} should stand, and it is entry ${entry.n}.`);
    }
    if (entry.prev !== head) {
      throw faultAt(index, `Entry ${entry.n} does not follow what stands before it.`);
    }
    this.#heads.push(toHex(await headAfter(bytesOf(head), line)));
    const { kind } = entry;
    if (kind === 'opened' && entry['gap'] === true) this.#gaps.push(entry.n);
    if (kind === 'cut' && entry['upTo'] === this.#from - 1) {
      if (entry['head'] !== this.#heads[0]) throw faultAt(index, 'It was cut somewhere else.');
      begun.isCutKnown = true;
    }
    if (kind === 'release') this.#keepRelease(entry);
  }

  #keepRelease({ n, ...entry }: ChainLine & Json): void {
    if (this.#peer !== undefined) {
      this.#releases.set(releaseKey(this.#peer, n), this.#heads.at(-1) ?? '');
      return;
    }
    const place = entry['history'] as { n?: unknown; head?: unknown } | undefined;
    this.#releases.set(releaseKey(entry['peer'], place?.n), String(place?.head));
  }

  async #signedHead(index: number, line: string): Promise<void> {
    const { signed, head, signature } = parse(line) ?? {};
    if (!Number.isSafeInteger(signed)) {
      throw faultAt(index, 'This is neither an entry nor a signed head.');
    }
    const known = this.#heads[Number(signed) - this.#from + 1];
    if (known === undefined || head !== known) {
      throw faultAt(index, `The head that was signed with entry ${signed} is another one.`);
    }
    await this.#checkSignature(index, 'log', bytesOf(known), signature);
    this.#signedHeads += 1;
  }

  async #end(index: number, text: string, line: string): Promise<void> {
    const { end, at, digest, signature } = parse(line) ?? {};
    const proof = { digest, ...(signature !== undefined && { signature }) };
    if (typeof end !== 'number' || line !== asciiJson({ end, at, ...proof })) {
      throw faultAt(index, 'The last line is not the end of an export: it was cut off.');
    }
    if (end !== this.#to) throw faultAt(index, `It should end with entry ${end}.`);
    const before = text.slice(0, text.length - line.length - 1);
    const actual = await sha256(`${before}${asciiJson({ end, at })}`);
    if (digest !== toHex(actual)) throw faultAt(index, 'Something before the end was changed.');
    if (this.#publicKey) await this.#checkSignature(index, 'export', actual, signature);
    else if (signature !== undefined) throw faultAt(index, 'It is signed, and by nobody.');
  }

  async #checkSignature(
    index: number,
    kind: SignedKind,
    head: Uint8Array,
    signature: unknown,
    where: AuditFault['in'] = 'audit',
  ): Promise<void> {
    const bytes = fromHex(String(signature), 64);
    const key = this.#publicKey;
    const isGood = bytes && key && (await verifySignature(key, bytes, headToSign(kind, head)));
    if (!isGood) throw faultAt(index, 'The signature is not the owner’s.', where);
  }

  // ---- what a scientist holds against it ------------------------------------------------------------------------------

  async receipts(text: string): Promise<void> {
    const [first = '', ...lines] = linesOf(text);
    const { duet, version, owner } = parse(first) ?? {};
    if (duet !== 'receipts' || version !== 1)
      throw faultAt(0, 'These are no receipts.', 'receipts');
    if (owner !== this.#owner) throw faultAt(0, 'These are another owner’s.', 'receipts');
    for (const [index, line] of lines.entries()) await this.#receipt(index + 1, line);
  }

  async #receipt(index: number, line: string): Promise<void> {
    const { entry, previous, signature } = parse(line) ?? {};
    const before = typeof previous === 'string' ? fromHex(previous, 32) : undefined;
    const facts = typeof entry === 'string' ? parseChainLine(entry) : undefined;
    if (typeof entry !== 'string' || !before || !facts || facts.prev !== previous) {
      throw faultAt(index, 'This is no receipt.', 'receipts');
    }
    const head = await headAfter(before, entry);
    await this.#checkSignature(index, 'history', head, signature, 'receipts');
    const kept = this.#releases.get(releaseKey(facts['to'], facts.n));
    if (kept === undefined) {
      const what = `Release ${facts.n} to ${facts['to']} was signed for, and is not in the export.`;
      throw faultAt(index, what, 'receipts');
    }
    if (kept !== toHex(head)) {
      throw faultAt(
        index,
        `Release ${facts.n} was signed for as another one than is in the export, or after other things.`,
        'receipts',
      );
    }
    this.#receipts += 1;
  }
}

function faultAt(index: number, what: string, where: AuditFault['in'] = 'audit'): Fault {
  return new Fault({ in: where, line: index + 1, what });
}

/** Without the line break at the end, which must be there: a text that was cut in its last line has none. */
function linesOf(text: string): string[] {
  return text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n').slice(0, -1);
}

function parse(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Json)
      : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(head: string): Uint8Array {
  return fromHex(head, 32) ?? new Uint8Array();
}

function releaseKey(peer: unknown, n: unknown): string {
  return `${String(peer)} ${String(n)}`;
}
