import {
  DuetError,
  limits,
  type PayloadOptions,
  pieceCount,
  pieceOf,
  type SendPayloadOptions,
} from '@duet/protocol';
import type { FrameWriter } from './segments';

interface Chunk {
  readonly bytes: Uint8Array;
  /** Called when the last of it was handed to the channel. */
  readonly sent: () => void;
  readonly onProgress: PayloadOptions['onProgress'];
}

type Ending = 'open' | 'end' | 'cut';

/** One payload on its way out, whose bytes may come bit by bit. */
export class OutboundPayload {
  readonly stream: number;
  readonly #wake: () => void;
  readonly #stopped: () => void;
  #chunks: Chunk[] = [];
  #offset = 0;
  #ending: Ending = 'open';
  #ended: () => void = () => {};

  constructor(stream: number, wake: () => void, stopped: () => void) {
    this.stream = stream;
    this.#wake = wake;
    this.#stopped = stopped;
  }

  /** May more be added? */
  get isOpen(): boolean {
    return this.#ending === 'open';
  }

  /** Adds bytes, which are read until `sent` is called and must not change before. */
  push(
    bytes: Uint8Array,
    sent: () => void = () => {},
    onProgress?: PayloadOptions['onProgress'],
  ): void {
    if (this.#ending !== 'open' || bytes.length === 0) {
      sent();
      return;
    }
    this.#chunks.push({ bytes, sent, onProgress });
    this.#wake();
  }

  /** What was pushed is all; `ended` is called when the last of it was handed to the channel. */
  end(ended: () => void = () => {}): void {
    if (this.#ending !== 'open') return;
    this.#ending = 'end';
    this.#ended = ended;
    this.#wake();
  }

  /** Ends it before its announced length. What was not sent yet never is. */
  cut(): void {
    if (this.#ending === 'cut') return;
    this.#ending = 'cut';
    const dropped = this.#chunks;
    this.#chunks = [];
    this.#offset = 0;
    this.#ended = () => {};
    for (const { sent } of dropped) sent();
    this.#wake();
  }

  /** The other side wants no more of it, which counts as having sent it. */
  stop(): void {
    const ended = this.#ended;
    this.cut();
    ended();
    this.#stopped();
  }

  /** Writes one segment, if there is something to send and `credit` and room for it. Tells the credit it took. */
  write(writer: FrameWriter, credit: number): { cost: number; finished: boolean } | undefined {
    const most = Math.min(writer.room, credit - limits.payloadPartCost);
    if (most < 0) return undefined;
    const chunk = this.#chunks[0];
    if (chunk === undefined) {
      if (this.#ending === 'open') return undefined;
      writer.add(this.#ending === 'cut' ? 'payload-cut' : 'payload-end', this.stream);
      writer.whenSent(this.#ended);
      return { cost: limits.payloadPartCost, finished: true };
    }
    const left = chunk.bytes.length - this.#offset;
    const length = Math.min(left, most);
    // Crumbs at the end of a frame cost more than they carry.
    if (length < left && length < smallestPartBytes) return undefined;
    const finished = length === left && this.#chunks.length === 1 && this.#ending === 'end';
    const body = chunk.bytes.subarray(this.#offset, this.#offset + length);
    writer.add(finished ? 'payload-end' : 'payload-part', this.stream, body);
    const from = this.#offset;
    this.#offset += length;
    reportSteps(chunk.onProgress, from, this.#offset, chunk.bytes.length);
    if (length === left) {
      this.#chunks.shift();
      this.#offset = 0;
      writer.whenSent(chunk.sent);
    }
    if (finished) writer.whenSent(this.#ended);
    return { cost: length + limits.payloadPartCost, finished };
  }
}

const smallestPartBytes = 1024;

/**
 * Of the credit, only the oldest payload may use the last half. Payloads are announced in the order they are begun, and
 * the other side may wait for one before it reads the announcement of the next: later ones must never keep it waiting.
 */
const reservedCredit = limits.payloadCredit / 2;

interface Turn {
  readonly payload: OutboundPayload;
  /** What it has had of the channel, for fairness. */
  served: number;
}

/** All payloads on their way out. Of the `limits.transfers` under way at once, the one that has had the least goes on. */
export class PayloadSender {
  readonly #wake: () => void;
  #credit: number = limits.payloadCredit;
  /** Not yet under way, in the order they were begun. */
  #waiting: OutboundPayload[] = [];
  /** Under way, oldest first. */
  #active: Turn[] = [];
  readonly #streams = new Map<number, OutboundPayload>();
  #pending = new Set<(reason: DuetError) => void>();
  #ended: DuetError | undefined;

  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** `stopped` hears that the other side wants no more of it. */
  begin(stream: number, stopped: () => void = () => {}): OutboundPayload {
    if (this.#streams.has(stream)) {
      throw new DuetError('internal', { detail: `Two payloads were sent on stream ${stream}.` });
    }
    const payload = new OutboundPayload(stream, this.#wake, stopped);
    this.#streams.set(stream, payload);
    this.#waiting.push(payload);
    return payload;
  }

  send(stream: number, bytes: Uint8Array, options: SendPayloadOptions): Promise<void> {
    const { signal, onProgress, mayLeave } = options;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      if (bytes.length > limits.tensorBytes) throw new DuetError('too-large');
      const payload = this.begin(stream);
      const settle = (): void => {
        this.#pending.delete(fail);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (reason: DuetError): void => {
        settle();
        reject(reason);
      };
      const abort = (): void => {
        // The other side was promised these bytes, so it is told that they will not come.
        payload.cut();
        fail(new DuetError('aborted'));
      };
      this.#pending.add(fail);
      if (signal?.aborted === true) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      const sent = (): void => {
        settle();
        resolve();
      };
      if (mayLeave === undefined) {
        payload.push(bytes, undefined, onProgress);
        payload.end(sent);
      } else {
        const refused = (cause?: unknown): void => {
          payload.cut();
          fail(new DuetError('internal', { detail: 'A piece of a payload may not leave.', cause }));
        };
        pushChecked(payload, bytes, mayLeave, onProgress).then(
          (mayAll) => (mayAll ? payload.end(sent) : refused()),
          refused,
        );
      }
    });
  }

  /** The other side wants no more of a payload. It may have been sent whole meanwhile. */
  stop(stream: number): void {
    this.#streams.get(stream)?.stop();
  }

  /** Takes credit that the other side gave. Throws `bad-transfer` if it gives more than there is. */
  add(credit: number): void {
    this.#credit += credit;
    if (this.#credit > limits.payloadCredit) {
      throw new DuetError('bad-transfer', { detail: 'More credit was given back than taken.' });
    }
  }

  /** Writes what credit and room allow, turn by turn. */
  fill(writer: FrameWriter): void {
    while (writer.room >= 0 && this.#writeOne(writer)) {
      // until nothing more fits
    }
  }

  end(reason: DuetError): void {
    this.#ended = reason;
    this.#waiting = [];
    this.#active = [];
    for (const fail of [...this.#pending]) fail(reason);
  }

  #writeOne(writer: FrameWriter): boolean {
    while (this.#active.length < limits.transfers) {
      const payload = this.#waiting.shift();
      if (payload === undefined) break;
      // A newcomer owes nothing for what the others have had before it came.
      const served = Math.min(...this.#active.map((turn) => turn.served));
      this.#active.push({ payload, served: Number.isFinite(served) ? served : 0 });
    }
    const oldest = this.#active[0];
    // Sorting keeps the order of age among equals.
    for (const turn of [...this.#active].sort((a, b) => a.served - b.served)) {
      const { payload } = turn;
      const written = payload.write(writer, this.#credit - (turn === oldest ? 0 : reservedCredit));
      if (written === undefined) continue;
      this.#credit -= written.cost;
      turn.served += written.cost;
      if (written.finished) {
        this.#active.splice(this.#active.indexOf(turn), 1);
        this.#streams.delete(payload.stream);
      }
      return true;
    }
    return false;
  }
}

/** Pieces that are checked before their turn: more than are sent while one is checked. */
const piecesAhead = 8;

/** Adds a payload piece by piece, each once it may leave; false where one may not. */
async function pushChecked(
  payload: OutboundPayload,
  bytes: Uint8Array,
  mayLeave: NonNullable<SendPayloadOptions['mayLeave']>,
  onProgress: PayloadOptions['onProgress'],
): Promise<boolean> {
  let sentPieces = 0;
  let sentBytes = 0;
  let goOn = (): void => {};
  for (let index = 0; index < pieceCount(bytes.length); index += 1) {
    while (index - sentPieces >= piecesAhead) {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }
    // Nobody wants it any more.
    if (!payload.isOpen) return true;
    const piece = pieceOf(bytes, index);
    if (!(await mayLeave(piece, index))) return false;
    payload.push(piece, () => {
      sentPieces += 1;
      reportSteps(onProgress, sentBytes, sentBytes + piece.length, bytes.length);
      sentBytes += piece.length;
      goOn();
    });
  }
  return true;
}

/**
 * Tells of progress after fixed counts of bytes, and at the end. In a microtask of its own, so that a listener which
 * throws does not break the link.
 */
export function reportSteps(
  onProgress: PayloadOptions['onProgress'],
  fromBytes: number,
  toBytes: number,
  ofBytes: number,
): void {
  if (onProgress === undefined) return;
  const step = limits.progressStepBytes;
  const isDue = toBytes === ofBytes || Math.floor(toBytes / step) > Math.floor(fromBytes / step);
  if (isDue) queueMicrotask(() => onProgress(toBytes));
}
