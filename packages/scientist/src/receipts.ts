/** The owner's signed word on each release: checked as it arrives, kept for whoever doubts it later. */

import {
  asciiJson,
  type ChainLine,
  type DType,
  DuetError,
  headAfter,
  headToSign,
  limits,
  type PeerIdentity,
  parseChainLine,
  type Receipt,
  sameShape,
  type TensorMeta,
  toHex,
  verifySignature,
} from '@duet/protocol';

/** What this side knows of a release that a receipt came with. */
export interface Told {
  /** The number of this session's request; undefined where it was one of an earlier session. */
  readonly request: number | undefined;
  readonly outcome: ReceiptRow['outcome'];
  readonly meta: TensorMeta;
  /** Of the payload; undefined for a failure. */
  readonly digest: Uint8Array | undefined;
  readonly digits: number | undefined;
}

/** One receipt that was found good. */
export interface ReceiptRow {
  /** Its place in the history that the owner's side keeps of this scientist. */
  readonly n: number;
  /** When it was released, by the owner's clock. ISO time. */
  readonly at: string;
  /** The number of the request. */
  readonly request: number;
  readonly outcome: 'value' | 'op-failed' | 'stale-grant';
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** SHA-256 of the value's bytes, in hex; undefined for a failure. */
  readonly digest: string | undefined;
  /** Significant digits, where it was rounded. */
  readonly digits: number | undefined;
  /** The head of the history with it, in hex: whoever has it can tell whether the history was changed. */
  readonly head: string;
  readonly receipt: Receipt;
}

export class Receipts {
  readonly #owner: PeerIdentity;
  readonly #ownFingerprint: string | undefined;
  readonly #rows: ReceiptRow[] = [];
  /** One after the other, in the order of arrival: each must go on from the one before. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Must the next one go on from the last? */
  #goesOn = true;

  /** `ownFingerprint`: by which the owner knows this side. Without the owner's key nothing can be checked, or is kept. */
  constructor(owner: PeerIdentity, ownFingerprint: string | undefined) {
    this.#owner = owner;
    this.#ownFingerprint = ownFingerprint;
  }

  get length(): number {
    return this.#rows.length;
  }

  /** Those of this session, oldest first. An owner who signs nothing gives none. */
  get list(): readonly ReceiptRow[] {
    return [...this.#rows];
  }

  /** JSON lines for `verifyAudit` and the command `verify-audit`. They have digests, which tell small values to who guesses. */
  export(): string {
    const header = {
      duet: 'receipts',
      version: 1,
      owner: this.#owner.fingerprint,
      scientist: this.#ownFingerprint,
    };
    const lines = this.#rows.map(({ receipt: { entry, previous, signature } }) => ({
      entry,
      previous: toHex(previous),
      signature: toHex(signature),
    }));
    return [header, ...lines].map((line) => `${asciiJson(line)}\n`).join('');
  }

  /** The owner's page was reloaded: as in a new session, nothing is known of what was before the next one. */
  beginAnew(): void {
    this.#turn = this.#turn.then(() => {
      this.#goesOn = false;
    });
  }

  /** As it arrives, for the session alone. Rejects with `bad-reply` where it is not what was told, or not the owner's. */
  take(receipt: Receipt | undefined, told: Told): Promise<void> {
    const { publicKey } = this.#owner;
    if (!receipt || !publicKey) return Promise.resolve();
    const taken = this.#turn.then(() => this.#check(receipt, told, publicKey));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  async #check(receipt: Receipt, told: Told, publicKey: Uint8Array): Promise<void> {
    const line = parseChainLine(receipt.entry);
    const row = line && readRow(line);
    if (!row || line.prev !== toHex(receipt.previous)) wrong('A receipt cannot be read.');
    if (this.#ownFingerprint !== undefined && line['to'] !== this.#ownFingerprint) {
      wrong('A receipt is for someone else.');
    }
    if (!isAbout(row, told)) wrong('A receipt is for something else than what came with it.');
    const head = await headAfter(receipt.previous, receipt.entry);
    if (!(await verifySignature(publicKey, receipt.signature, headToSign('history', head)))) {
      wrong('A receipt is not signed by this owner.');
    }
    const last = this.#goesOn ? this.#rows.at(-1) : undefined;
    this.#goesOn = true;
    if (last && !follows(row, receipt, last)) {
      wrong('A receipt does not go on from the one before: the owner’s history was changed.');
    }
    this.#rows.push({ ...row, head: toHex(head), receipt });
    if (this.#rows.length > limits.keptReceipts) this.#rows.shift();
  }
}

type ReadRow = Omit<ReceiptRow, 'head' | 'receipt'>;

function readRow(line: ChainLine & Record<string, unknown>): ReadRow | undefined {
  if (line.kind !== 'release') return undefined;
  const { n, at, number, outcome, dtype, shape, digest, digits } = line;
  const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);
  const isMaybe = (value: unknown, type: string) => value === undefined || typeof value === type;
  if (!isNumber(number) || !Array.isArray(shape) || !shape.every(isNumber)) return undefined;
  if (typeof outcome !== 'string' || typeof dtype !== 'string') return undefined;
  if (!isMaybe(digest, 'string') || !isMaybe(digits, 'number')) return undefined;
  // What they may be is compared with what was told.
  return { n, at, request: number, outcome, dtype, shape, digest, digits } as ReadRow;
}

function isAbout(row: ReadRow, { request, outcome, meta, digest, digits }: Told): boolean {
  return (
    (request === undefined || row.request === request) &&
    row.outcome === outcome &&
    row.dtype === meta.dtype &&
    sameShape(row.shape, meta.shape) &&
    row.digest === (digest && toHex(digest)) &&
    row.digits === digits
  );
}

/** Between two releases there may be other lines, which are not signed for. */
function follows({ n }: ReadRow, { previous }: Receipt, last: ReceiptRow): boolean {
  if (n <= last.n) return false;
  return n > last.n + 1 || toHex(previous) === last.head;
}

function wrong(detail: string): never {
  throw new DuetError('bad-reply', { detail });
}
