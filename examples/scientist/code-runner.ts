import type { Connection } from 'duetjs';
import type { FromRunner, ToRunner } from './runner-messages';

interface Running {
  readonly worker: Worker;
  readonly attachment: ReturnType<Connection['attach']>;
}

/**
 * Runs programs in a worker that speaks over the page's link. Stopping a program ends its worker; a fresh one joins over
 * the same link, so that the scientist stays admitted.
 */
export class CodeRunner {
  readonly #connection: Connection;
  readonly #tell: (message: FromRunner) => void;
  #running: Running | undefined;

  constructor(connection: Connection, tell: (message: FromRunner) => void) {
    this.#connection = connection;
    this.#tell = tell;
    this.#start();
  }

  run(code: string): void {
    this.#post({ kind: 'run', code });
  }

  /** Fetches the value of a request of an earlier session, and shows it with the program's output. */
  collect(id: number): void {
    this.#post({ kind: 'collect', id });
  }

  /** Has the owner's side let go of one. */
  forget(id: number): void {
    this.#post({ kind: 'forget', id });
  }

  /** Ends the program at once. What it had on the owner's side is dropped there, its requests are withdrawn. */
  stop(): void {
    this.close();
    this.#start();
  }

  close(): void {
    this.#running?.worker.terminate();
    this.#running?.attachment.detach();
    this.#running = undefined;
  }

  #start(): void {
    const worker = new Worker(new URL('./runner.ts', import.meta.url), {
      type: 'module',
      name: 'duet-program',
    });
    worker.addEventListener('message', ({ data }: MessageEvent<FromRunner>) => this.#tell(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why = event.message || 'its script could not be loaded';
      this.#tell({
        kind: 'unusable',
        why: `The worker for programs has failed: ${why}. Reload the page.`,
      });
    });
    const { port1, port2 } = new MessageChannel();
    this.#running = { worker, attachment: this.#connection.attach(port1) };
    this.#post({ kind: 'start', port: port2 }, [port2]);
  }

  #post(message: ToRunner, transfer: Transferable[] = []): void {
    this.#running?.worker.postMessage(message, transfer);
  }
}
