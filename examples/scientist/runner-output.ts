import type { FromRunner, Output, OutputTone } from './runner-messages';
import { showAll, showTable } from './show-value';

/** Prints wait so long for more of them, or until so many are there, so that a loop that prints cannot drown the page. */
const batchMs = 30;
const mostInBatch = 200;
/** One run's prints; after them a loop that never ends must be a mistake. */
const mostInRun = 20_000;

export type RunnerOutput = ReturnType<typeof createOutput>;

/** What a program prints, and the console that it prints with. */
export function createOutput(send: (message: FromRunner) => void) {
  let batch: Output[] = [];
  let printed = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (batch.length > 0) send({ kind: 'output', outputs: batch });
    batch = [];
  };

  const add = (output: Output): void => {
    printed++;
    if (printed > mostInRun) return;
    batch.push(
      printed < mostInRun
        ? output
        : {
            kind: 'line',
            tone: 'warn',
            text: `Only the first ${mostInRun} prints of a run are shown.`,
          },
    );
    if (batch.length >= mostInBatch) flush();
    else timer ??= setTimeout(flush, batchMs);
  };

  const line = (tone: OutputTone, text: string): void => add({ kind: 'line', tone, text });
  const printing =
    (tone: OutputTone) =>
    (...values: unknown[]): void =>
      line(tone, showAll(values));
  const log = printing('log');

  return {
    flush,
    line,
    /** A new run may print as much again. */
    restart(): void {
      printed = 0;
    },
    console: {
      ...globalThis.console,
      log,
      info: log,
      debug: log,
      warn: printing('warn'),
      error: printing('error'),
      clear: () => add({ kind: 'clear' }),
      table(data: unknown): void {
        const table = showTable(data);
        if (table) add({ kind: 'table', ...table });
        else log(data);
      },
      assert(holds: unknown, ...values: unknown[]): void {
        if (!holds) line('error', `Assertion failed: ${showAll(values)}`);
      },
    },
  };
}
