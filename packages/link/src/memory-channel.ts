import { type Clock, DuetError, limits, systemClock } from '@duet/protocol';
import { BaseChannel, type Channel } from './channel';

export interface MemoryPairOptions {
  /** What delays are measured on. */
  readonly clock?: Clock;
  /** Every frame arrives so much later; their order stays. */
  readonly delayMs?: number;
  /** Keep a log of all frames. It grows without bound. */
  readonly record?: boolean;
  /** Stands for the binding of a real transport. */
  readonly binding?: Uint8Array;
}

export interface LoggedFrame {
  /** Which lane it took. */
  readonly lane: 'aToB' | 'bToA';
  readonly frame: Uint8Array;
  /** Was it thrown away by `drop`? */
  readonly dropped: boolean;
}

/** One direction of a pair, and what can be done to it. */
export interface Lane {
  /** Frames sent and not yet delivered. */
  readonly waiting: number;
  /** Every frame sent from now on arrives so much later. */
  delayMs: number;
  /** From now on nothing is delivered. */
  hold(): void;
  /** Delivers the next `count` frames and goes on holding; without a count, stops holding. */
  release(count?: number): void;
  /** Throws away the frames to come for which `which` is true; without it, none any more. */
  drop(which?: (frame: Uint8Array, index: number) => boolean): void;
}

export interface MemoryPair {
  readonly a: Channel;
  readonly b: Channel;
  readonly aToB: Lane;
  readonly bToA: Lane;
  /** All frames of both directions in the order they were sent, where `record` is set. */
  readonly log: readonly LoggedFrame[];
  /** Breaks the connection: both sides see `link-lost`. */
  fail(): void;
}

/** Two linked channels in one process. Without fences, delays and losses, a frame arrives in the next microtask. */
export function memoryPair(options: MemoryPairOptions = {}): MemoryPair {
  const { clock = systemClock, delayMs = 0, record = false, binding = new Uint8Array() } = options;
  const log: LoggedFrame[] = [];
  const lane = (name: LoggedFrame['lane']) =>
    new MemoryLane(clock, delayMs, (frame, dropped) => {
      if (record) log.push({ lane: name, frame, dropped });
    });
  const aToB = lane('aToB');
  const bToA = lane('bToA');
  const a = new MemoryChannel(aToB, binding);
  const b = new MemoryChannel(bToA, binding);
  aToB.connect(a, b);
  bToA.connect(b, a);
  const fail = (): void => {
    a.break();
    b.break();
  };
  return { a, b, aToB, bToA, log, fail };
}

class MemoryChannel extends BaseChannel {
  override readonly kind = 'memory';
  override readonly binding: Uint8Array;
  readonly #out: MemoryLane;

  constructor(out: MemoryLane, binding: Uint8Array) {
    super();
    this.#out = out;
    this.binding = binding;
  }

  override get writable(): boolean {
    return !this.ended && !this.#out.full;
  }

  protected override transmit(frame: Uint8Array): void {
    // A copy, as a network makes one: what the two sides and the log hold is never shared.
    this.#out.push(frame.slice());
  }

  protected override shut(): void {
    this.#out.pushEnd();
  }

  arrive(frame: Uint8Array): void {
    this.deliver(frame);
  }

  drained(): void {
    this.becameWritable();
  }

  otherClosed(): void {
    this.end(new DuetError('peer-left'));
  }

  break(): void {
    this.end(new DuetError('link-lost'));
  }
}

interface Parcel {
  /** Absent: the sender has closed. */
  readonly frame: Uint8Array | undefined;
  readonly dueAt: number;
}

class MemoryLane implements Lane {
  delayMs: number;
  readonly #clock: Clock;
  readonly #logged: (frame: Uint8Array, dropped: boolean) => void;
  #from: MemoryChannel | undefined;
  #to: MemoryChannel | undefined;
  #parcels: Parcel[] = [];
  #bytes = 0;
  #full = false;
  #held = false;
  #drop: (frame: Uint8Array, index: number) => boolean = () => false;
  #sent = 0;
  #scheduled = false;

  constructor(
    clock: Clock,
    delayMs: number,
    logged: (frame: Uint8Array, dropped: boolean) => void,
  ) {
    this.#clock = clock;
    this.delayMs = delayMs;
    this.#logged = logged;
  }

  connect(from: MemoryChannel, to: MemoryChannel): void {
    this.#from = from;
    this.#to = to;
  }

  get waiting(): number {
    return this.#parcels.filter(({ frame }) => frame !== undefined).length;
  }

  get full(): boolean {
    return this.#full;
  }

  hold(): void {
    this.#held = true;
  }

  release(count?: number): void {
    if (count === undefined) {
      this.#held = false;
      this.#schedule();
    } else {
      for (let left = count; left > 0 && this.#parcels.length > 0; left -= 1) this.#deliverNext();
    }
  }

  drop(which: (frame: Uint8Array, index: number) => boolean = () => false): void {
    this.#drop = which;
  }

  push(frame: Uint8Array): void {
    const dropped = this.#drop(frame, this.#sent);
    this.#sent += 1;
    this.#logged(frame, dropped);
    if (dropped) return;
    this.#bytes += frame.length;
    this.#full ||= this.#bytes >= limits.channelHighBytes;
    this.#parcels.push({ frame, dueAt: this.#clock.now() + this.delayMs });
    this.#schedule();
  }

  /** The end comes after the frames sent before it. */
  pushEnd(): void {
    this.#parcels.push({ frame: undefined, dueAt: this.#clock.now() + this.delayMs });
    this.#schedule();
  }

  #schedule(): void {
    const first = this.#parcels[0];
    if (this.#scheduled || this.#held || first === undefined) return;
    this.#scheduled = true;
    const run = (): void => {
      this.#scheduled = false;
      this.#pump();
    };
    const waitMs = first.dueAt - this.#clock.now();
    if (waitMs > 0) this.#clock.after(waitMs, run);
    else queueMicrotask(run);
  }

  #pump(): void {
    // Only what is there now: what its arrival makes the sender send comes in a later microtask, as on any wire.
    for (let left = this.#parcels.length; left > 0; left -= 1) {
      const first = this.#parcels[0];
      if (first === undefined || this.#held || first.dueAt > this.#clock.now()) break;
      this.#deliverNext();
    }
    this.#schedule();
  }

  #deliverNext(): void {
    const parcel = this.#parcels.shift();
    if (parcel === undefined) return;
    if (parcel.frame === undefined) {
      this.#to?.otherClosed();
      return;
    }
    this.#bytes -= parcel.frame.length;
    this.#to?.arrive(parcel.frame);
    if (this.#full && this.#bytes <= limits.channelLowBytes) {
      this.#full = false;
      this.#from?.drained();
    }
  }
}
