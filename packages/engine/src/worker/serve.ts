/** The worker's end: takes jobs, gives them to an engine that runs right here, and says what is done. */

import type { Engine, EngineFacts } from '@duet/ops';
import type { BackendName, TensorValue } from '@duet/protocol';
import { toWords } from './error-words';
import type { FromWorker, ToWorker, WorkerJob } from './messages';

/**
 * What is done is told at the latest so long after the first of it, so that the page's watchdog knows within so much how
 * long the job at hand takes; and not for every small op, since a message costs as much as one.
 */
const tellDoneMs = 50;

export interface ServedPort {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

export interface Served {
  readonly engine: Engine;
  readonly facts: EngineFacts;
}

export type StartServed = (
  backend: BackendName | undefined,
  onFailure: (op: string, error: unknown) => void,
) => Promise<Served>;

/** Serves one engine on the port, for the port's life. */
export function serveEngine(port: ServedPort, start: StartServed): void {
  const tell = (message: FromWorker, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  let server: JobServer | undefined;
  const begin = async (backend: BackendName | undefined): Promise<void> => {
    try {
      const { engine, facts } = await start(backend, (op, error) =>
        tell({ kind: 'failed', op, error: toWords(error) }),
      );
      server = new JobServer(engine, tell);
      tell({ kind: 'ready', facts });
    } catch (error) {
      tell({ kind: 'unusable', error: toWords(error) });
    }
  };
  port.onmessage = ({ data }) => {
    if (data.kind === 'start') void begin(data.backend);
    else server?.take(data.jobs);
  };
}

class JobServer {
  readonly #engine: Engine;
  readonly #tell: (message: FromWorker, transfer?: Transferable[]) => void;
  #underWay = 0;
  #untold = 0;
  #toldAt = 0;

  constructor(engine: Engine, tell: (message: FromWorker, transfer?: Transferable[]) => void) {
    this.#engine = engine;
    this.#tell = tell;
  }

  take(jobs: readonly WorkerJob[]): void {
    this.#underWay += jobs.length;
    for (const job of jobs) void this.#do(job).then(() => this.#done());
  }

  #do(job: WorkerJob): Promise<void> {
    const engine = this.#engine;
    switch (job.kind) {
      case 'put':
        engine.put(job.slot, job.value);
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
      case 'drop':
        engine.drop(job.slots);
        break;
      case 'read':
        return engine.read(job.slot).then((value) => this.#send(job.id, value));
      default:
        job satisfies never;
    }
    return engine.settled();
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

  #done(): void {
    this.#underWay -= 1;
    this.#untold += 1;
    const now = performance.now();
    if (this.#underWay > 0 && now - this.#toldAt < tellDoneMs) return;
    this.#tell({ kind: 'done', count: this.#untold });
    this.#untold = 0;
    this.#toldAt = now;
  }
}
