/** `npm run build -w duetjs`: makes `dist/` the package to be published. */

import { inPackage } from './folder';
import { buildPackage } from './package';

await buildPackage(inPackage('dist'));
