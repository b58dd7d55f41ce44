/** The `package.json` to be published: without workspaces, which are bundled, and without what builds and tests need. */

import packageJson from '../package.json' with { type: 'json' };

const { name, version, description, license, type, peerDependencies } = packageJson;

export const manifest = {
  name,
  version,
  description,
  license,
  type,
  sideEffects: ['./augment.js', './duet.global.js', './duet-engine.js'],
  types: './index.d.ts',
  exports: {
    '.': { types: './index.d.ts', default: './index.js' },
    './augment': { types: './augment.d.ts', default: './augment.js' },
    './duet.global.js': './duet.global.js',
    './duet-engine.js': './duet-engine.js',
    './package.json': './package.json',
  },
  bin: { duetjs: './bin/duetjs.js' },
  unpkg: './duet.global.js',
  jsdelivr: './duet.global.js',
  peerDependencies,
};
