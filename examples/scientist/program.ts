/** A text that a person typed, as a program: the body of an async function. */

type Program = (...values: readonly unknown[]) => Promise<unknown>;

/** Evaluating the typed text is what this worker is for; its own policy allows it, and forbids every connection. */
const AsyncFunction = (async () => undefined).constructor as new (
  ...source: readonly string[]
) => Program;

/** By this name the program is found in the stacks of errors. */
const fileName = 'duet-program.js';

/** Throws SyntaxError. */
export function compile(code: string, names: readonly string[]): Program {
  return new AsyncFunction(...names, `${code}\n//# sourceURL=${fileName}`);
}

function lineInStack(stack: string): number | undefined {
  const found = /duet-program\.js:(\d+)/.exec(stack);
  return found ? Number(found[1]) : undefined;
}

/** Browsers put lines of their own above the body: found by a program that fails in its first line. */
async function linesAbove(): Promise<number> {
  const stack = await compile('return new Error().stack', [])().catch(() => '');
  return (lineInStack(String(stack)) ?? 1) - 1;
}

/** The line of the program where an error came from; undefined where its stack does not tell. */
export async function lineOf(error: unknown): Promise<number | undefined> {
  if (!(error instanceof Error)) return undefined;
  const line = lineInStack(error.stack ?? '');
  return line === undefined ? undefined : line - (await linesAbove());
}
