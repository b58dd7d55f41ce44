/**
 * What the libraries that Duet stands on bring along and Duet never calls is left out of what is built. The development server and
 * the tests that need no build take them as they are.
 */

import type { Plugin } from 'vite';

/** Modules that are replaced, by the file that asks for them and the name by which it does. */
interface Replacement {
  readonly importer: RegExp;
  readonly modules: Readonly<Record<string, string>>;
}

const libraries: readonly Replacement[] = [
  {
    // A stream of Node's, which it extends, is five times its own size. Duet needs a connection's way from its start to its end.
    importer: /[\\/]simple-peer[\\/]index\.js$/,
    modules: {
      'readable-stream': `
const { EventEmitter } = require('eventemitter3');
exports.Duplex = class extends EventEmitter {
  _readableState = { ended: false };
  _writableState = { finished: false };
  push(data) {
    if (data === null) this._readableState.ended = true;
    else this.emit('data', data);
  }
  end() {
    this._writableState.finished = true;
  }
};`,
      buffer: `exports.Buffer = { from: (bytes) => new Uint8Array(bytes) };`,
      // The name that it has in its own log, which nobody reads.
      randombytes: `module.exports = () => 'lean-peer';`,
      debug: `module.exports = () => () => {};`,
    },
  },
  {
    // The server speaks WebSocket alone.
    importer: /[\\/]engine\.io-client[\\/]build[\\/]esm[\\/]socket\.js$/,
    modules: {
      './transports/index.js': `
import { WS } from './transports/websocket.js';
export const transports = { websocket: WS };`,
    },
  },
  {
    // No field is 64 bits wide, and messages are all that is used.
    importer: /[\\/]protobufjs[\\/]src[\\/]util[\\/]minimal\.js$/,
    modules: { long: 'module.exports = null;' },
  },
  {
    importer: /[\\/]protobufjs[\\/]src[\\/]index-minimal\.js$/,
    modules: { './rpc': 'module.exports = {};' },
  },
];

/**
 * What the engine takes of tfjs in its worker: ops, gradients, backends and metrics. Layers models come to it as plans of ops, and
 * it loads nothing, so that the layers, the converter and the data readers stay outside.
 */
const engineModules: readonly Replacement[] = [
  {
    importer: /[\\/]packages[\\/]engine[\\/]src[\\/]/,
    modules: {
      '@tensorflow/tfjs': `
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
export * from '@tensorflow/tfjs-backend-cpu';
export * from '@tensorflow/tfjs-backend-webgl';
export * from '@tensorflow/tfjs-core';
export * as metrics from '@tensorflow/tfjs-layers/dist/exports_metrics';`,
    },
  },
];

const prefix = '\0duet-lean:';

/** For all that is built. */
export function leanDependencies(): Plugin {
  return replacing('duet-lean-dependencies', libraries);
}

/** For the bundle of the engine's worker alone: elsewhere tfjs is whole, and the page's own. */
export function leanEngine(): Plugin {
  return replacing('duet-lean-engine', engineModules);
}

function replacing(name: string, replaced: readonly Replacement[]): Plugin {
  const sources = new Map(replaced.flatMap(({ modules }) => Object.entries(modules)));
  /** Whence a module that was put there is asked for, and so where what it needs is to be found. */
  const origins = new Map<string, string>();
  return {
    name,
    enforce: 'pre',
    apply: 'build',
    resolveId(source, importer) {
      if (importer === undefined) return undefined;
      const origin = origins.get(importer);
      if (origin !== undefined) return this.resolve(source, origin);
      const found = replaced.find((each) => each.importer.test(importer));
      if (found === undefined || !Object.hasOwn(found.modules, source)) return undefined;
      const id = `${prefix}${source}`;
      if (!origins.has(id)) origins.set(id, importer);
      return id;
    },
    load: (id) => (id.startsWith(prefix) ? sources.get(id.slice(prefix.length)) : undefined),
  };
}
