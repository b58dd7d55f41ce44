/** The worker's end: takes jobs, gives them to an engine that runs right here, and says what is done. */

import type { Engine, EngineFacts } from '@duet/ops';
import type { TensorValue } from '@duet/protocol';
import { toWords } from './error-words';
import type { FromWorker, ToWorker, Wanted, WorkerJob } from './messages';
import { unpackOps } from './packed-ops';
import { PieceCollector } from './pieces';

/**
 * What is done is told at the latest so long after the first of it, so that the page's watchdog knows within so much how
 * long the job at hand takes; and not for every small op, since a message costs as much as one.
 */
const tellDoneMs = 50;
/** And after so many of them, so that the page need not wait for the last before it gives more. */
const tellDoneJobs = 128;

export interface ServedPort {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

export interface Served {
  readonly engine: Engine;
  readonly facts: EngineFacts;
}

/** What the engine tells of its work. */
export interface ServedEvents {
  readonly onFailure: (op: string, error: unknown) => void;
  readonly onJobDone: () => void;
}

export type StartServed = (wanted: Wanted, events: ServedEvents) => Promise<Served>;

/** Serves one engine on the port, for the port's life. */
export function serveEngine(port: ServedPort, start: StartServed): void {
  const tell = (message: FromWorker, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  let server: JobServer | undefined;
  const begin = async (wanted: Wanted): Promise<void> => {
    try {
      const { engine, facts } = await start(wanted, {
        onFailure: (op, error) => tell({ kind: 'failed', op, error: toWords(error) }),
        onJobDone: () => server?.done(),
      });
      server = new JobServer(engine, tell);
      tell({ kind: 'ready', facts });
    } catch (error) {
      tell({ kind: 'unusable', error: toWords(error) });
    }
  };
  port.onmessage = ({ data }) => {
    if (data.kind === 'start') void begin(data.wanted);
    else if (data.kind === 'piece') server?.addPiece(data);
    else server?.take(data.jobs);
  };
}

class JobServer {
  readonly #engine: Engine;
  readonly #tell: (message: FromWorker, transfer?: Transferable[]) => void;
  readonly #pieces = new PieceCollector();
  #underWay = 0;
  #untold = 0;
  #toldAt = 0;

  constructor(engine: Engine, tell: (message: FromWorker, transfer?: Transferable[]) => void) {
    this.#engine = engine;
    this.#tell = tell;
  }

  addPiece(piece: Extract<ToWorker, { kind: 'piece' }>): void {
    this.#pieces.add(piece);
  }

  take(jobs: readonly WorkerJob[]): void {
    for (const job of jobs) this.#underWay += job.kind === 'ops' ? job.count : 1;
    for (const job of jobs) this.#do(job);
  }

  #do(job: WorkerJob): void {
    const engine = this.#engine;
    switch (job.kind) {
      case 'put':
        engine.put(job.slot, this.#wholeOf(job));
        break;
      case 'install':
        engine.install(job.plan, job.graph);
        break;
      case 'uninstall':
        engine.uninstall(job.plan);
        break;
      case 'run':
        engine.run(job.step);
        break;
      case 'ops':
        for (const step of unpackOps(job.packed)) engine.run(step);
        break;
      case 'drop':
        engine.drop(job.slots);
        break;
      case 'read':
        // Sent before the engine says that it is done.
        void engine.read(job.slot).then((value) => this.#send(job.id, value));
        break;
      default:
        job satisfies never;
    }
  }

  #wholeOf({ value, isInPieces }: Extract<WorkerJob, { kind: 'put' }>): TensorValue {
    return isInPieces === true ? { ...value, bytes: this.#pieces.take() } : value;
  }

  #send(id: number, value: TensorValue | undefined): void {
    if (value === undefined) {
      this.#tell({ kind: 'value', id, value });
      return;
    }
    const { bytes } = value;
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    const own = isWhole && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
    this.#tell({ kind: 'value', id, value: { ...value, bytes: own } }, [own.buffer as ArrayBuffer]);
  }

  /** One more job is done, in the order in which they came. */
  done(): void {
    this.#underWay -= 1;
    this.#untold += 1;
    const now = performance.now();
    const isEarly = this.#untold < tellDoneJobs && now - this.#toldAt < tellDoneMs;
    if (this.#underWay > 0 && isEarly) return;
    this.#tell({ kind: 'done', count: this.#untold });
    this.#untold = 0;
    this.#toldAt = now;
  }
}
