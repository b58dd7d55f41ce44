/** Where scientists' computations run: each in a worker of its own, or, where there are none, one in the page itself. */

import { addressOf, createPageEngine, createWorkerEngine } from '@duet/engine';
import type { Engine } from '@duet/ops';
import { type BackendName, backendNames, DuetError } from '@duet/protocol';

export interface EngineOptions {
  /**
   * `'worker'`: a worker for each scientist, which keeps the page free and ends what takes too long. `'page'`: the page's own
   * tfjs. Default: workers in browsers, and the page where none can be started, with a warning.
   */
  readonly engine?: 'worker' | 'page';
  /** Where `duet-engine.js` is. Default: beside the file of the library. */
  readonly engineUrl?: string | URL;
  /**
   * A tfjs backend. Default: in workers webgl on a real GPU, else wasm, or cpu where that does not start; in the page the one that
   * tfjs chooses.
   */
  readonly backend?: BackendName;
  /**
   * On how many threads a worker's wasm computes large products; pages that are not isolated have one. Default: one less than
   * the machine's processors, at most 4.
   */
  readonly threads?: number;
  /** How long one op of a scientist's may run before its worker is ended; plans have more, by their cost. Default 30 s. */
  readonly opTimeoutMs?: number;
}

/** A page has one tfjs: a scientist who fills its memory would be noticed by another. */
const mostInPage = 1;
/** Each worker has a tfjs and a memory of its own: some ten megabytes, and what the scientist holds. */
const mostInWorkers = 8;

export class Engines {
  readonly #options: EngineOptions;
  readonly #onFallback: (why: DuetError) => void;
  readonly #onBackend: () => void;
  #backend: BackendName | undefined;
  #kind: 'worker' | 'page';
  /** Started before anyone is there: it is known at once whether workers start, and the first scientist need not wait. */
  #spare: Engine | undefined;

  /**
   * `onFallback` is told once, when the page takes over from workers that do not start; `onBackend` when it is known on what they
   * compute, or that has changed. Throws `bad-argument`, `no-engine`.
   */
  constructor(
    options: EngineOptions,
    onFallback: (why: DuetError) => void,
    onBackend: () => void = () => undefined,
  ) {
    checkOptions(options);
    this.#options = options;
    this.#onFallback = onFallback;
    this.#onBackend = onBackend;
    const hasWorkers = globalThis.Worker !== undefined;
    if (options.engine === 'worker' && !hasWorkers) {
      throw new DuetError('no-engine', {
        detail: 'There are no workers here.',
        hint: "Use engine: 'page'.",
      });
    }
    this.#kind = options.engine ?? (hasWorkers ? 'worker' : 'page');
    if (this.#kind === 'worker') this.#spare = this.#makeWorker();
  }

  get kind(): 'worker' | 'page' {
    return this.#kind;
  }

  /** The backend of the engine that started last; undefined before the first has. */
  get backend(): BackendName | undefined {
    return this.#backend;
  }

  /** Scientists at once, unless the owner says otherwise. */
  get mostScientists(): number {
    return this.#kind === 'worker' ? mostInWorkers : mostInPage;
  }

  /** A fresh engine for one scientist, who closes it. */
  create(): Engine {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare) return spare;
    return this.#kind === 'worker' ? this.#makeWorker() : this.#followed(this.#makePage(true));
  }

  /** Ends the worker that nobody has. */
  async close(): Promise<void> {
    const spare = this.#spare;
    this.#spare = undefined;
    await spare?.close();
  }

  #makeWorker(): Engine {
    const { engineUrl, backend, threads, opTimeoutMs } = this.#options;
    return this.#followed(
      createWorkerEngine({
        url: engineUrl,
        backend,
        threads,
        opTimeoutMs,
        // A backend that was meant for workers may be none of the page's.
        fallback: () => this.#makePage(false),
        onFallback: (why) => this.#fallBack(why),
      }),
    );
  }

  #followed(engine: Engine): Engine {
    engine.ready().then(
      ({ backend }) => {
        if (backend === this.#backend) return;
        this.#backend = backend;
        this.#onBackend();
      },
      // Whoever uses it is told.
      () => undefined,
    );
    return engine;
  }

  #makePage(isChosen: boolean): Engine {
    const { backend } = this.#options;
    return createPageEngine(backend === undefined || !isChosen ? {} : { backend });
  }

  #fallBack(why: DuetError): void {
    if (this.#kind === 'page') return;
    this.#kind = 'page';
    this.#onFallback(why);
  }
}

/** As many as the wasm binary can take. */
const mostThreads = 8;

function checkOptions({ engine, engineUrl, backend, threads, opTimeoutMs }: EngineOptions): void {
  if (engine !== undefined && engine !== 'worker' && engine !== 'page') {
    throw bad(`engine is 'worker' or 'page', not ${String(engine)}.`);
  }
  if (engineUrl !== undefined) {
    if (engine === 'page') throw bad("engineUrl is for workers, and engine: 'page' has none.");
    addressOf(engineUrl);
  }
  if (backend !== undefined && !backendNames.includes(backend)) {
    throw bad(`backend is one of ${backendNames.join(', ')}, not ${String(backend)}.`);
  }
  if (
    threads !== undefined &&
    !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads)
  ) {
    throw bad(`threads is a whole number from 1 to ${mostThreads}, not ${String(threads)}.`);
  }
  if (opTimeoutMs !== undefined && !(opTimeoutMs > 0)) {
    throw bad(`opTimeoutMs is a positive number of milliseconds, not ${String(opTimeoutMs)}.`);
  }
}

function bad(detail: string): DuetError {
  return new DuetError('bad-argument', { detail });
}
