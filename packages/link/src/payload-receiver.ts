import {
  type Bytes,
  DuetError,
  limits,
  type PayloadOptions,
  type ReceivePayloadOptions,
} from '@duet/protocol';
import { reportSteps } from './payload-sender';

export type PayloadEnding = 'more' | 'end' | 'cut';

/**
 * Takes payloads segment by segment, as a relay does that knows nothing of their lengths. `taken` is to be called once
 * the bytes have gone on, and gives their credit back.
 */
export type PayloadTap = (
  stream: number,
  bytes: Uint8Array,
  ending: PayloadEnding,
  taken: () => void,
) => void;

/** Bytes came before anybody asked for them. */
interface Early {
  readonly state: 'early';
  readonly chunks: Uint8Array[];
  bytes: number;
  cost: number;
  ending: PayloadEnding;
}

interface Taking {
  readonly state: 'taking';
  readonly byteLength: number;
  /** Made when the first bytes come: an announcement alone takes no memory. */
  buffer: Bytes | undefined;
  filled: number;
  readonly onProgress: PayloadOptions['onProgress'];
  readonly onPiece: ReceivePayloadOptions['onPiece'];
  readonly resolve: (payload: Bytes) => void;
  readonly reject: (reason: DuetError) => void;
}

/** Nobody wants the rest. */
interface Discarding {
  readonly state: 'discarding';
}

interface Tapped {
  readonly state: 'tapped';
}

type Inbound = Early | Taking | Discarding | Tapped;

function bad(detail: string): never {
  throw new DuetError('bad-transfer', { detail });
}

/** All payloads on their way in. What nobody has asked for yet is kept, within the credit. */
export class PayloadReceiver {
  readonly #credited: () => void;
  readonly #violated: (reason: DuetError) => void;
  readonly #unwanted: (stream: number) => void;
  readonly #streams = new Map<number, Inbound>();
  /** Streams of which some bytes, but not the end, have come. */
  readonly #underWay = new Set<number>();
  #tap: PayloadTap | undefined;
  /** Counts taps, so that what an earlier one still holds is not given back twice. */
  #tapAge = 0;
  #tapHolds = 0;
  #outstanding = 0;
  #taken = 0;
  #ended: DuetError | undefined;
  #retired: DuetError | undefined;

  /**
   * `credited` hears that there is credit to send; `violated` that early bytes turned out to be more than announced;
   * `unwanted` that nobody wants what else comes of a stream.
   */
  constructor(
    credited: () => void,
    violated: (reason: DuetError) => void,
    unwanted: (stream: number) => void,
  ) {
    this.#credited = credited;
    this.#violated = violated;
    this.#unwanted = unwanted;
  }

  /** Takes a segment. Throws `bad-transfer` when the other side sends more, or other, than it may. */
  receive(stream: number, body: Uint8Array, ending: PayloadEnding): void {
    const cost = body.length + limits.payloadPartCost;
    this.#outstanding += cost;
    if (this.#outstanding > limits.payloadCredit) bad('More bytes came than there was credit.');
    if (ending === 'more') this.#underWay.add(stream);
    else this.#underWay.delete(stream);
    if (this.#underWay.size > limits.transfers) bad('Too many transfers are under way.');
    const inbound = this.#streams.get(stream) ?? this.#first(stream);
    switch (inbound.state) {
      case 'early':
        if (inbound.ending !== 'more') bad('A stream was used again before its payload was taken.');
        // A copy: a view would keep its whole frame alive.
        if (body.length > 0) inbound.chunks.push(body.slice());
        inbound.bytes += body.length;
        inbound.cost += cost;
        inbound.ending = ending;
        return;
      case 'taking':
        this.#put(stream, inbound, body, ending);
        this.#take(cost);
        return;
      case 'discarding':
        if (ending !== 'more') this.#streams.delete(stream);
        this.#take(cost);
        return;
      case 'tapped':
        if (ending !== 'more') this.#streams.delete(stream);
        this.#pass(stream, body, ending, cost);
        return;
      default:
        inbound satisfies never;
    }
  }

  take(stream: number, byteLength: number, options: ReceivePayloadOptions): Promise<Bytes> {
    const { signal, onProgress, onPiece } = options;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      if (byteLength > limits.tensorBytes) throw new DuetError('too-large');
      const early = this.#streams.get(stream);
      if (early === undefined && this.#retired !== undefined) throw this.#retired;
      if (early !== undefined && early.state !== 'early') {
        throw new DuetError('internal', { detail: `Stream ${stream} is taken already.` });
      }
      if (early === undefined && this.#streams.size >= limits.announcedPayloads) {
        throw new DuetError('limit', { detail: 'Too many payloads were announced and not sent.' });
      }
      const abort = (): void => {
        this.#discard(stream);
        settle();
        reject(new DuetError('aborted'));
      };
      const settle = (): void => signal?.removeEventListener('abort', abort);
      const taking: Taking = {
        state: 'taking',
        byteLength,
        buffer: undefined,
        filled: 0,
        onProgress,
        onPiece,
        resolve: (payload) => {
          settle();
          resolve(payload);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      };
      this.#streams.set(stream, taking);
      if (signal?.aborted === true) {
        if (early?.ending === 'end' || early?.ending === 'cut') this.#streams.delete(stream);
        if (early !== undefined) this.#take(early.cost);
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      if (early !== undefined) this.#takeEarly(stream, taking, early);
    });
  }

  /** From now on new payloads go to the tap, early ones first; without one, what it has begun is discarded. */
  tap(tap: PayloadTap | undefined): void {
    this.#tapAge += 1;
    this.#take(this.#tapHolds);
    this.#tapHolds = 0;
    for (const [stream, inbound] of this.#streams) {
      if (inbound.state === 'tapped') this.#streams.set(stream, { state: 'discarding' });
    }
    this.#tap = tap;
    if (tap === undefined) return;
    for (const [stream, inbound] of [...this.#streams]) {
      if (inbound.state !== 'early') continue;
      if (inbound.ending === 'more') this.#streams.set(stream, { state: 'tapped' });
      else this.#streams.delete(stream);
      const whole = new Uint8Array(inbound.bytes);
      copyChunks(inbound.chunks, whole);
      this.#pass(stream, whole, inbound.ending, inbound.cost);
    }
  }

  /** The credit to give back now: none, or a multiple of a fixed step, so that it tells no time. */
  credit(): number {
    const given = this.#taken - (this.#taken % limits.payloadCreditStep);
    this.#taken -= given;
    this.#outstanding -= given;
    return given;
  }

  /** Nothing more comes: what is not whole never will be. What came whole may still be taken. */
  retire(reason: DuetError): void {
    this.#retired = reason;
    this.tap(undefined);
    for (const [stream, inbound] of [...this.#streams]) {
      if (inbound.state === 'early' && inbound.ending === 'end') continue;
      this.#streams.delete(stream);
      if (inbound.state === 'taking') inbound.reject(reason);
    }
  }

  end(reason: DuetError): void {
    this.#ended = reason;
    this.#tap = undefined;
    const inbounds = [...this.#streams.values()];
    this.#streams.clear();
    for (const inbound of inbounds) if (inbound.state === 'taking') inbound.reject(reason);
  }

  #first(stream: number): Inbound {
    const inbound: Inbound =
      this.#tap === undefined
        ? { state: 'early', chunks: [], bytes: 0, cost: 0, ending: 'more' }
        : { state: 'tapped' };
    this.#streams.set(stream, inbound);
    return inbound;
  }

  #put(stream: number, taking: Taking, body: Uint8Array, ending: PayloadEnding): void {
    const filled = taking.filled + body.length;
    if (filled > taking.byteLength) bad('A payload is longer than announced.');
    if (ending === 'end' && filled !== taking.byteLength)
      bad('A payload is shorter than announced.');
    if (ending === 'cut') {
      this.#streams.delete(stream);
      taking.reject(
        new DuetError('bad-transfer', { detail: 'The other side broke off.', from: 'peer' }),
      );
      return;
    }
    try {
      taking.buffer ??= new Uint8Array(taking.byteLength);
    } catch (thrown) {
      // No memory for it. That is this side's trouble and no reason to end the link.
      if (ending === 'more') this.#discard(stream);
      else this.#streams.delete(stream);
      taking.reject(
        new DuetError('limit', { detail: 'There is no memory for a payload.', cause: thrown }),
      );
      return;
    }
    taking.buffer.set(body, taking.filled);
    tellPieces(taking, filled);
    reportSteps(taking.onProgress, taking.filled, filled, taking.byteLength);
    taking.filled = filled;
    if (ending === 'more') return;
    this.#streams.delete(stream);
    taking.resolve(taking.buffer);
  }

  #takeEarly(stream: number, taking: Taking, early: Early): void {
    const whole = new Uint8Array(early.bytes);
    copyChunks(early.chunks, whole);
    this.#take(early.cost);
    try {
      this.#put(stream, taking, whole, early.ending);
    } catch (thrown) {
      this.#violated(thrown as DuetError);
    }
  }

  #pass(stream: number, bytes: Uint8Array, ending: PayloadEnding, cost: number): void {
    const age = this.#tapAge;
    let isHeld = true;
    this.#tapHolds += cost;
    this.#tap?.(stream, bytes, ending, () => {
      if (!isHeld || age !== this.#tapAge) return;
      isHeld = false;
      this.#tapHolds -= cost;
      this.#take(cost);
    });
  }

  #discard(stream: number): void {
    if (!this.#streams.has(stream)) return;
    this.#streams.set(stream, { state: 'discarding' });
    this.#unwanted(stream);
  }

  #take(cost: number): void {
    this.#taken += cost;
    if (this.#taken >= limits.payloadCreditStep) this.#credited();
  }
}

/** Tells of the pieces that are whole with what has just come. */
function tellPieces({ buffer, byteLength, filled: before, onPiece }: Taking, filled: number): void {
  if (onPiece === undefined || buffer === undefined) return;
  const size = limits.digestPieceBytes;
  for (let start = before - (before % size); start < filled; start += size) {
    const end = Math.min(start + size, byteLength);
    if (end <= filled) onPiece(buffer.subarray(start, end));
  }
}

function copyChunks(chunks: readonly Uint8Array[], into: Uint8Array): void {
  let at = 0;
  for (const chunk of chunks) {
    into.set(chunk, at);
    at += chunk.length;
  }
}
