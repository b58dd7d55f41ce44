/**
 * simple-peer's dependencies expect Node's globals. This must be imported before simple-peer, and leaves alone what is
 * there already. A bundler's `define` would not do: nextTick passes arguments on, which queueMicrotask drops.
 */

interface NodeGlobals {
  global?: unknown;
  process?: unknown;
}

const globals = globalThis as NodeGlobals;
globals.global ??= globalThis;
globals.process ??= {
  env: {},
  browser: true,
  version: '',
  nextTick: (call: (...args: unknown[]) => void, ...args: unknown[]) =>
    queueMicrotask(() => call(...args)),
};
