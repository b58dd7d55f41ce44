/** `npm run generate -w @duet/engine`: writes `op-kernels.generated.ts` anew, from tfjs as it is installed. */

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderKernels, traceKernels } from './kernels';

const file = new URL('../src/backends/op-kernels.generated.ts', import.meta.url);
await writeFile(fileURLToPath(file), renderKernels(await traceKernels()));
