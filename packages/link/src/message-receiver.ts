import { DuetError, type Handled, limits } from '@duet/protocol';
import { Fifo } from './fifo';
import { messageCost } from './message-sender';

export type MessageListener = (message: Uint8Array) => Handled;

/** What messages in a row cost. */
interface Spent {
  cost: number;
  isOver: boolean;
}

/** Puts messages together, hands them over one by one, and counts what credit goes back. */
export class MessageReceiver {
  readonly #queue = new Fifo<Uint8Array>();
  readonly #failed: (thrown: unknown) => void;
  readonly #credited: () => void;
  /** The parts of a message so far, at the beginning of a larger buffer. */
  #partial = new Uint8Array();
  #partialBytes = 0;
  #listener: MessageListener | undefined;
  #busy = false;
  /** What credit waits for: from the first message on that is not over, in order. */
  readonly #spent = new Fifo<Spent>();
  #ended = false;
  /** Received and not yet given back. */
  #outstanding = 0;
  #handled = 0;
  #isDraining = false;
  #tellDrained: () => void = () => {};

  /** `failed` hears what a listener threw; `credited` that there is credit to send. */
  constructor(failed: (thrown: unknown) => void, credited: () => void) {
    this.#failed = failed;
    this.#credited = credited;
  }

  listen(listener: MessageListener | undefined): void {
    this.#listener = listener;
    if (this.#isDraining && listener === undefined) this.#drop();
    this.#deliver();
  }

  /** Takes a segment. Throws `bad-message` when the other side sends more than it may. */
  take(body: Uint8Array, isLast: boolean): void {
    if (this.#partialBytes + body.length > limits.messageBytes) {
      throw new DuetError('bad-message', { detail: 'A message is too large.' });
    }
    if (isLast && this.#partialBytes === 0) {
      // A copy: a view would keep its whole frame alive for as long as the message waits.
      this.#accept(body.slice());
      return;
    }
    this.#append(body);
    if (!isLast) return;
    const message = this.#partial.slice(0, this.#partialBytes);
    this.#partial = new Uint8Array();
    this.#partialBytes = 0;
    this.#accept(message);
  }

  /** The credit to give back now: none, or a multiple of a fixed step, so that it tells no time. */
  credit(): number {
    const given = this.#handled - (this.#handled % limits.messageCreditStep);
    this.#handled -= given;
    this.#outstanding -= given;
    return given;
  }

  /**
   * Nothing more comes. Resolves when all that was received whole is handled; where nobody listens, it never will be, and is
   * dropped. So is a part of a message.
   */
  drain(): Promise<void> {
    this.#isDraining = true;
    this.#partial = new Uint8Array();
    if (this.#listener === undefined) this.#drop();
    return new Promise((resolve) => {
      this.#tellDrained = resolve;
      this.#checkDrained();
    });
  }

  end(): void {
    this.#ended = true;
    this.#drop();
    this.#partial = new Uint8Array();
  }

  #drop(): void {
    this.#queue.clear();
    this.#checkDrained();
  }

  #checkDrained(): void {
    if (this.#ended || (this.#queue.length + this.#spent.length === 0 && !this.#busy))
      this.#tellDrained();
  }

  #accept(message: Uint8Array): void {
    this.#outstanding += messageCost(message.length);
    if (this.#outstanding > limits.messageCredit) {
      throw new DuetError('bad-message', { detail: 'More messages came than there was credit.' });
    }
    this.#queue.push(message);
    this.#deliver();
  }

  /** One buffer that doubles, so that many tiny parts take no more memory than a few large ones. */
  #append(part: Uint8Array): void {
    const needed = this.#partialBytes + part.length;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(needed * 2, limits.messageBytes)));
      grown.set(this.#partial.subarray(0, this.#partialBytes));
      this.#partial = grown;
    }
    this.#partial.set(part, this.#partialBytes);
    this.#partialBytes = needed;
  }

  /** Hands over what waits. A listener that answers at once costs no microtask. */
  #deliver(): void {
    while (!this.#busy && !this.#ended && this.#listener !== undefined) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      this.#busy = true;
      const cost = messageCost(message.length);
      try {
        const handled = this.#listener(message);
        if (handled instanceof Promise) {
          handled.then(
            () => {
              this.#settle(cost);
              this.#deliver();
            },
            (thrown: unknown) => this.#failed(thrown),
          );
        } else if (handled === undefined) {
          this.#settle(cost);
        } else {
          this.#settleLater(cost, handled.over);
        }
      } catch (thrown) {
        this.#failed(thrown);
        return;
      }
    }
  }

  /** The next one may be handed over, but nothing is told of this one before `over`. */
  #settleLater(cost: number, over: Promise<void>): void {
    this.#busy = false;
    const spent = { cost, isOver: false };
    this.#spent.push(spent);
    over.then(
      () => {
        spent.isOver = true;
        this.#countSpent();
      },
      (thrown: unknown) => this.#failed(thrown),
    );
  }

  #countSpent(): void {
    while (this.#spent.peek()?.isOver) this.#count(this.#spent.shift()?.cost ?? 0);
  }

  #settle(cost: number): void {
    this.#busy = false;
    const last = this.#spent.at(this.#spent.length - 1);
    if (last === undefined) this.#count(cost);
    else if (last.isOver) last.cost += cost;
    else this.#spent.push({ cost, isOver: true });
  }

  #count(cost: number): void {
    this.#handled += cost;
    if (this.#isDraining) this.#checkDrained();
    if (this.#handled >= limits.messageCreditStep) this.#credited();
  }
}
