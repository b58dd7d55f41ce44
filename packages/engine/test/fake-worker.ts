/** A worker that is none: its code runs in the test's own process, on cpu, and it ends when it is told to. */

import type { Engine } from '@duet/ops';
import { createPageEngine, type WorkerLike } from '../src';
import type { FromWorker, ToWorker } from '../src/worker/messages';
import { type ServedPort, type StartServed, serveEngine } from '../src/worker/serve';

const start: StartServed = async (_backend, events) => ({
  engine: createPageEngine({ backend: 'cpu', isAlone: true, ...events }),
  facts: { backend: 'cpu', lacking: [] },
});

export class FakeWorker implements WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onmessageerror: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly sent: ToWorker[] = [];
  isEnded = false;
  readonly #port: ServedPort;
  #isStuck = false;
  #held: FromWorker[] = [];
  #engine: Engine | undefined;
  /** Resolves when a worker that was ended holds no tensor of tfjs any more. */
  freed: Promise<void> = Promise.resolve();

  constructor(begin: StartServed = start) {
    this.#port = {
      onmessage: null,
      postMessage: (message, transfer) => this.#tell(structuredClone(message, { transfer })),
    };
    serveEngine(this.#port, async (...args) => {
      const served = await begin(...args);
      this.#engine = served.engine;
      return served;
    });
  }

  postMessage(message: ToWorker, transfer: Transferable[]): void {
    const cloned = structuredClone(message, { transfer });
    this.sent.push(cloned);
    setTimeout(() => {
      if (!this.isEnded) this.#port.onmessage?.({ data: cloned } as MessageEvent<ToWorker>);
    });
  }

  terminate(): void {
    this.isEnded = true;
    this.freed = this.#engine?.close() ?? Promise.resolve();
  }

  /** From now on nothing of what it does is heard, as if it never came to an end. */
  hang(): void {
    this.#isStuck = true;
  }

  /** What it has to say since it hung is heard. */
  goOn(): void {
    this.#isStuck = false;
    for (const message of this.#held.splice(0)) this.#tell(message);
  }

  die(message = 'gone'): void {
    this.onerror?.({ message } as ErrorEvent);
  }

  #tell(message: FromWorker): void {
    if (this.#isStuck) this.#held.push(message);
    else if (!this.isEnded) this.onmessage?.({ data: message } as MessageEvent);
  }
}
